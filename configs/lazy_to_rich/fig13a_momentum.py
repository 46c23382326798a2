"""Lazy to rich fig. 13a: fig. 1 again, by gradient descent with momentum.

Paper, Sec. 14: fig. 1 with momentum 0.95. From the authors' code: heavy ball at fig. 1's learning rate of 500, for
network and twin alike; everything else as there. The paper preset trains for fig. 1's steps; quick for a tenth, since
with that momentum a step is worth twenty.

Ours: "agree early" is a difference of less than 10% of the test losses until the network's train loss has lost a tenth,
and the test loss "falls" when it is down to half its peak.

Measured (quick, 4 seeds, medians): both overshoot together to a peak near step 24, with the bumps that the paper shows;
they differ by 10% near step 230, and the network's test loss is at half its peak near 340.

Cost on 2 cores: smoke seconds; quick about 30 s (88 s measured on a busy machine); paper about 6 minutes (estimated).
"""

from ml_collections import ConfigDict

from configs.lazy_to_rich import TWINS
from configs.presets import apply_preset
from grok_jax import default_config


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = default_config(task="single_index", model="committee", optimizer="momentum")
    config.figure = "lazy_to_rich/fig13a_momentum"
    config.task.features = 100
    config.task.train_size = 550
    config.task.test_size = 1000
    config.model.width = 500
    config.model.epsilon = 0.02
    config.model.centered = True
    config.optimizer.learning_rate = 500.0
    config.optimizer.momentum = 0.95
    config.optimizer.scale_learning_rate = True
    config.training.steps = 10_000
    config.training.probes = ("kernel", "kernel_regression")
    config.training.probe_every = 3
    smoke = {"task.features": 20, "task.train_size": 60, "task.test_size": 100, "model.width": 40}
    presets = {
        "smoke": {**smoke, "training.steps": 100, "training.records": 8, "grid": {**TWINS, "seed": range(2)}},
        "quick": {"grid": {**TWINS, "seed": range(4)}},
        "paper": {"training.steps": 100_000, "training.records": 100, "grid": {**TWINS, "seed": range(5)}},
    }
    return apply_preset(config, preset, presets)
