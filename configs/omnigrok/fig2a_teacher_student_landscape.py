"""Omnigrok fig. 2a: the reduced landscape of the teacher-student task, train loss like an "L", test loss like a "U".

Paper, Sec. 3: teacher and student 5-100-100-5 tanh, 100 training and 100 test points, MSE without decay, weights
rescaled to their initial norm after each step of Adam 3e-4. From the authors' code: α = 10^-1 .. 10^1 in 11 steps of
equal ratio, 1e4 full-batch steps, final values. That code counts the first layer twice in the norm; here the norm is
the true one.
Ours: (b) shows whether the minimum on each sphere was reached. Claim 1 requires the ends of a "U" to be 3 times the
minimum; this was set before the first run.

Expected: all three hold in 3 of 3 seeds. The test loss is smallest, 4.3e-5, at α = .63 (5.3e-5 at 1), 310 times higher
at α = .1 and 1.7e5 times higher, 8.7, at 10. The train loss falls from .016 at α = .1 to 5e-7 at .63 and stays below
2e-6 (median); from α = 2.5 on it is at most 1e-12, except for bursts of Adam, which come at different steps on
different machines and raise a median to 1e-6.
Panel (b) shows how close this is to a minimum. Above α = .6 the train loss keeps falling in bursts, but the test loss
hardly changes (ten times the steps, 2 seeds: 2 to 20% lower, the same minimum). Below α = .5 rescaled Adam settles away
from the minimum: the gradient along the sphere ends at .035 per radian at α = .1 (.043 at the start), at every learning
rate (1e-5: train loss .0146), because Adam divides each coordinate of the gradient by its size; the gradient is far
from 0 normal to the sphere, and the division turns part of it along the sphere. Gradient descent (.03, 2e4 steps, one
seed), which does not mix the two directions, ends at .0076 for α = .1 and at 6.8e-4 for .25 where Adam has .015 and
.0043. So the left arm of the paper's "L" is up to 7 times too high; its shape stays.

Cost on 2 cores: smoke seconds; quick (the paper's numbers, 3 seeds) 20 s; paper (5 seeds) 30 s.
"""

from ml_collections import ConfigDict

from configs.presets import apply_preset
from grok_jax import default_config
from grok_jax.training.grid import log

LARGEST = 10.0  # initial scale
STEPS = 10_000


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = default_config(task="teacher_student", model="mlp", optimizer="adam")
    config.figure = "omnigrok/fig2a_teacher_student_landscape"
    config.task.train_size = 100
    config.task.test_size = 100
    config.model.widths = (100, 100)
    config.model.activation = "tanh"
    config.optimizer.learning_rate = 3e-4
    config.optimizer.constant_norm = True
    config.training.steps = STEPS
    config.training.probes = ("gradient",)
    scales = {"model.init_scale": log(0.1, LARGEST, 11)}
    presets = {
        "smoke": {
            "training.steps": 100,
            "training.records": 8,
            "grid": {"model.init_scale": (0.1, 1, 10), "seed": range(2)},
        },
        "quick": {"grid": {**scales, "seed": range(3)}},
        "paper": {"grid": {**scales, "seed": range(5)}},
    }
    return apply_preset(config, preset, presets)
