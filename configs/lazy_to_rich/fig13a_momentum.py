"""Lazy to rich fig. 13a: fig. 1 again, by gradient descent with momentum.

Paper, Sec. 14: fig. 1 with momentum. The curves keep their broad shape: first linear, then feature learning. Look at
where the network and its linearized twin part.

| setting | value | source |
|---|---|---|
| momentum | 0.95 | paper, Sec. 14 |
| kind of momentum | heavy ball, for network and twin alike | authors' code |
| learning rate | 500, as in fig. 1 | authors' code |
| everything else | as in fig. 1 | authors' code |
| steps, paper | fig. 1's | fig. 1 |
| steps, quick | a tenth: with that momentum a step is worth twenty | ours |
| "agree early" | test losses differ by less than 10% until the network's train loss has lost a tenth | ours |
| the test loss "falls" | it is down to half its peak | ours |

| claim | measured (quick, 4 seeds, medians) | verdict |
|---|---|---|
| 1 network and twin agree early | they differ by 10% near step 230 | holds, 4 of 4 |
| 2 they part before the test loss falls | it is at half its peak near step 340 | holds, 4 of 4 |

| preset | runs | on 2 cores | recorded run |
|---|---|---|---|
| smoke | network and twin, 2 seeds, 100 steps | seconds | |
| quick | network and twin, 4 seeds, 1e4 steps | about 30 s (88 s on a busy machine) | 82 s, 1 CPU device |
| paper | network and twin, 5 seeds, 1e5 steps | about 11 minutes | 680 s, 1 CPU device |

As in fig. 1, CKA is over the 1000 test rows in the paper preset (the recorded run had 500), by the paper's formula.

Both overshoot together to a peak near step 24, with the bumps that the paper shows.
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
        "paper": {
            "training.probe_rows": 1000,
            "training.steps": 100_000,
            "training.records": 100,
            "grid": {**TWINS, "seed": range(5)},
        },
    }
    return apply_preset(config, preset, presets)
