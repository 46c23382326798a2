"""Lazy to rich fig. 11: the decomposition of fig. 4 with trained readouts (Eq. 21 and 22).

The paper gives no sizes; these are from its public code: D = 40, N = 2, P = 120, ε = 1/4, α = 1, learning rate N/20,
1e5 steps, not centered. Readouts begin at N(0, 1), which its Eq. 23 needs. 10,000 test rows and many seeds as in fig.
4.

Expected (quick, 20 seeds). (1) holds, 20 of 20: at most 2.5 standard errors in any run (median 1.05), and 1.1 in the
mean over the runs (1%). 6 of 20 runs generalize; the misalignment error of the other 14 ends at 1.5-5.7 times its
start. (2) is mixed, 4 of 6: the test loss falls at first and then rises again, by .12 of its start in the median, and
linear power makes up more than all of it (.21). The same happens in the authors' one run, whose test loss only returns
to its start: 1.581 at step 0, 1.584 at 2531, linear power .355 and .620 then, variance error .428 and .131. (3) holds,
6 of 6: the misalignment error halves at 16,500 steps (median), the train loss at 33. If judged on all runs, with the
rise counted from step 0, (2) and (3) hold in 1 and 6 of 20.

With width 100 and learning rate 5 (5 seeds): (2) 1 of 5, (3) 3 of 5, test losses end at .24-.56 of their start.

Cost on 2 cores: smoke seconds; quick 17 s; paper 1.5 minutes.
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
