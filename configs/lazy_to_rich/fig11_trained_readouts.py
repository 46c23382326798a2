"""Lazy to rich fig. 11: the decomposition of fig. 4 with trained readouts (Eq. 21 and 22).

The paper gives no sizes. Those of its public code are used here.

| setting | value | source |
|---|---|---|
| D, N, P | 40, 2, 120 | authors' code |
| ε, α | 1/4, 1 | authors' code |
| learning rate, steps | N/20, 1e5 | authors' code |
| centering | none | authors' code |
| initial readouts | N(0, 1) | authors' code |
| test rows | 10,000, with many seeds | ours, as in fig. 4 |

| claim | measured (quick, 20 seeds) | verdict |
|---|---|---|
| 1 three parts add up to the test loss | at most 2.5 standard errors in any run | holds, 20 of 20 |
| 2 the test loss rises, by linear power | rise .12 of its start, linear power .21 (medians) | mixed, 4 of 6 |
| 3 the misalignment error halves late | at 16,500 steps (median), the train loss at 33 | holds, 6 of 6 |

| preset | runs | on 2 cores | recorded run |
|---|---|---|---|
| smoke | 2 seeds, 200 steps | seconds | |
| quick | 20 seeds, 1e5 steps | 17 s | 32 s, 1 CPU device |
| paper | 100 seeds, 1e5 steps | 1.5 minutes | 91 s, 1 CPU device |

Claim 1: the median over the runs is 1.05 standard errors; the mean over the runs is off by 1.1 of them (1%).

Claims 2 and 3 are about the 6 of 20 runs that generalize. The misalignment error of the other 14 ends at 1.5-5.7 times
its start. If judged on all runs, with the rise counted from step 0, they hold in 1 and 6 of 20.

Claim 2: the test loss falls at first and then rises again, and linear power makes up more than all of the rise. The
same happens in the authors' one run, whose test loss only returns to its start:

| authors' run | step 0 | step 2531 |
|---|---|---|
| test loss | 1.581 | 1.584 |
| linear power | .355 | .620 |
| variance error | .428 | .131 |

With width 100 and learning rate 5 (5 seeds), claim 2 holds in 1 of 5 and claim 3 in 3 of 5, and test losses end at
.24-.56 of their start.
"""

from ml_collections import ConfigDict

from configs.presets import apply_preset
from grok_jax import default_config


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = default_config(task="single_index", model="committee", optimizer="gd")
    config.figure = "lazy_to_rich/fig11_trained_readouts"
    config.task.features = 40
    config.task.train_size = 120
    config.task.test_size = 10_000  # as in fig. 4
    config.model.width = 2
    config.model.epsilon = 0.25
    config.model.train_readout = True
    config.optimizer.learning_rate = 0.1
    config.training.steps = 100_000
    config.training.records = 120
    config.training.probes = ("experiments.lazy_to_rich.moments:decomposition",)
    presets = {
        "smoke": {"task.test_size": 500, "training.steps": 200, "training.records": 10, "grid": {"seed": range(2)}},
        "quick": {"grid": {"seed": range(20)}},
        "paper": {"grid": {"seed": range(100)}},
    }
    return apply_preset(config, preset, presets)
