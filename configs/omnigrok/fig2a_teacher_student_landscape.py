"""Omnigrok fig. 2a: the reduced landscape of the teacher-student task, train loss like an "L", test loss like a "U".

The student is trained on spheres of constant weight norm. The paper draws both losses over the norm. Here panel (b)
also shows whether the minimum on each sphere was reached.

| setting | value | source |
|---|---|---|
| networks | teacher and student 5-100-100-5 tanh | paper, Sec. 3 |
| data, loss | 100 training and 100 test points, MSE without decay | paper, Sec. 3 |
| optimizer | Adam 3e-4; weights rescaled to their initial norm after each step | paper, Sec. 3 |
| | authors' code: rescaled before each step, with the gradient of the weights before that | |
| scales | α = 10^-1 .. 10^1 in 11 steps of equal ratio | authors' code |
| steps | 1e4, full batch, final values | authors' code |
| norm | the true one | ours; the authors' code counts the first weight matrix twice |
| "U" (claim 1) | the ends are 3 times the minimum | ours, before the first run |

| claim | measured (quick, medians of 3 seeds) | verdict |
|---|---|---|
| 1 test loss is a "U" | smallest, 4.3e-5, at α = .63 (5.3e-5 at 1); 310 times higher at .1 | holds, 3 of 3 |
| 2 train loss is an "L" | .016 at α = .1, 5e-7 at .63, then below 2e-6 | holds, 3 of 3 |
| 3 test loss at α = 10 over its minimum | 1.7e5 times higher: 8.7 | holds, 3 of 3 |

| preset | runs | on 2 cores | recorded run |
|---|---|---|---|
| smoke | 3 scales, 2 seeds | seconds | |
| quick | the paper's numbers, 3 seeds | as recorded, or less | 51 s, 1 CPU device |
| paper | 5 seeds | as recorded, or less | 75 s, 1 CPU device |

From α = 2.5 on the train loss is at most 1e-12, except for bursts of Adam. These come at different steps on different
machines and raise a median to 1e-6.

How close is this to a minimum? See panel (b). Above α = .6 the train loss keeps falling in bursts, but the test loss
hardly changes (ten times the steps, 2 seeds: 2 to 20% lower, the same minimum). Below α = .5 rescaled Adam settles away
from the minimum. The gradient along the sphere ends at .035 per radian at α = .1 (.043 at the start), at every learning
rate (1e-5: train loss .0146). The reason: Adam divides each coordinate of the gradient by its size. The gradient is far
from 0 normal to the sphere, and the division turns part of it along the sphere.

Gradient descent does not mix the two directions (rate .03, 2e4 steps, one seed):

| train loss | Adam | gradient descent |
|---|---|---|
| α = .1 | .015 | .0076 |
| α = .25 | .0043 | 6.8e-4 |

So the left arm of the paper's "L" is up to 7 times too high. Its shape stays.
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
