"""Lazy to rich fig. 14: targets that span 2 and 3 directions are learned late too.

Paper, Sec. 15.1: "grokking persists" with 2 and 3 directions. It has no numbers, and no code is public. The printed
target, a sum of beta_k . x, is linear; we use y = 1/2 sum_k (beta_k . x)^2, its Eq. 3 for several directions. One
direction is included for comparison.

| setting | value | source |
|---|---|---|
| D, epsilon | 40, .25 | fig. 4 |
| learning rate | N/2 | fig. 4 |
| centering | none | fig. 4 |
| N | 6: two units for each of 3 directions | ours |
| P | 250 | ours, after a search |
| learned | the loss is a fifth of its start | ours, before the search |
| a delay | a factor of 2 | ours, after the search (at P = 250 all were 4 or more) |

| claim | measured (quick, 15 seeds, medians) | verdict |
|---|---|---|
| 1 two directions are learned late | 4.7 times later; ends at .002 of its start | holds, 15 of 15 |
| 2 three directions are learned late | 10.9 times later; ends at .006 of its start | holds, 15 of 15 |

| preset | runs | on 2 cores | recorded run |
|---|---|---|---|
| smoke | 2 and 3 directions, 3 seeds, 100 steps | seconds | |
| quick | network and twin, 1 to 3 directions, 15 seeds, 3e4 steps | about 30 seconds | 49 s, 1 CPU device |
| paper | the same, 20 seeds | under 1 minute | 52 s, 1 CPU device |

Every seed is more than twice as late. The linearized twins end at 1.4 and 1.3 of the start: here the late fall is the
network's own. Unlike in fig. 4, the test loss hardly rises.

Why N = 6: with phi = z + eps/2 z^2, a sum of k squares needs M of rank k and mean weight 0, so N > k units. N = 20
gives delays as at N = 6 and a higher final loss.

Why P = 250: fig. 4's P = 120 grows with the directions. N = 6, 20 and P = 150, 250 were tried on seeds 0 to 2 over 3e4
steps. Only at P = 250 does the test loss of every run fall to a fifth of its start (at P = 150, 1 run of 12 does so).

Losses are over their start, about <y^2>. The mean of y alone explains 1/3, 1/2, 3/5 of that for 1, 2, 3 directions, so
a fifth of the start is 3/10, 2/5, 1/2 of the variance of y.
"""

from ml_collections import ConfigDict

from configs.lazy_to_rich import TWINS
from configs.presets import apply_preset
from grok_jax import default_config


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = default_config(task="single_index", model="committee", optimizer="gd")
    config.figure = "lazy_to_rich/fig14_multi_index"
    config.task.features = 40
    config.task.train_size = 250
    config.model.width = 6
    config.model.epsilon = 0.25
    config.optimizer.learning_rate = 3.0
    config.training.steps = 30_000
    config.training.records = 80
    axes = {**TWINS, "task.directions": (1, 2, 3)}
    presets = {
        "smoke": {"training.steps": 100, "training.records": 8, "grid": {"task.directions": (2, 3), "seed": range(3)}},
        "quick": {"grid": {**axes, "seed": range(15)}},
        "paper": {"grid": {**axes, "seed": range(20)}},
    }
    return apply_preset(config, preset, presets)
