"""Lazy to rich fig. 3a: the output scale α sets how long after the training loss the test loss falls.

Paper, Sec. 5.1, with the numbers of its public code: D = 100, P = 450, N = 500, ε = .25, the centered predictor, α =
2^-5, 1/4, 1/2 .. 32, learning rate .5 N/α², 6e4 steps of gradient descent on all rows. Its panel (c) sketches the path
through weight space; ours is measured by the probe "subspace". The targets are the code's, y = (β·x)² without the ½ of
Eq. 3 (--config.task.target_scale=1 has it): at α with that ½ a run is the code's at 2α, with a quarter of its losses.
The delay is the steps from train loss to test loss at a tenth of their starts, since the code plots losses over their
start. (Before, with y half as large, the level was a loss of .1, as in fig. 3e. It was changed after a first run of the
new setting, in which only two α reached it within quick's steps.) A delay is absent if it is at most 5% of the longest
of the sweep, invisible in the plot. Quick trains 2e4 steps on six of the α.

Check values of the code, one draw: test loss at 6e4 steps over its start 7e-4 at α = 2^-5, .0150 at 1/4, .0377 at 1/2,
.0885 at 1, .184 at 2, .321 at 4, .465 at 8, .581 at 16. Steps to a tenth of the start, train and test: 24 and 311 at
2^-5, 193 and 2,473 at 1/4, 311 and 6,437 at 1/2, 589 and 27,034 at 1, beyond that only train.

Measured (quick, 3 seeds, medians): waits of 133, 2,308, 4,565 and 15,478 steps at α = 2^-5, 1/4, 1/2, 1, then not
within 2e4 steps; both claims hold in all seeds.

Cost on 2 cores: smoke 10 s; quick 130 s; paper (9 α, 5 seeds) about 12 minutes, a sixth of it for the probe.
"""

from ml_collections import ConfigDict

from configs.presets import apply_preset
from grok_jax import default_config


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = default_config(task="single_index", model="committee", optimizer="gd")
    config.figure = "lazy_to_rich/fig3a_output_scale"
    config.task.features = 100
    config.task.train_size = 450
    config.task.target_scale = 2.0
    config.model.width = 500
    config.model.epsilon = 0.25
    config.model.centered = True
    config.optimizer.learning_rate = 250.0
    config.optimizer.scale_learning_rate = True
    config.training.probes = ("subspace",)
    config.training.steps = 60_000
    config.training.records = 100
    config.training.probe_every = 4
    presets = {
        "smoke": {
            "task.features": 20,
            "task.train_size": 90,
            "model.width": 50,
            "optimizer.learning_rate": 25.0,
            "training.steps": 200,
            "training.records": 20,
            "grid": {"model.output_scale": (0.03125, 0.5, 16), "seed": range(3)},
        },
        "quick": {
            "training.steps": 20_000,
            "training.records": 61,
            "grid": {"model.output_scale": (0.03125, 0.25, 0.5, 1, 4, 16), "seed": range(3)},
        },
        "paper": {"grid": {"model.output_scale": (0.03125, 0.25, 0.5, 1, 2, 4, 8, 16, 32), "seed": range(5)}},
    }
    return apply_preset(config, preset, presets)
