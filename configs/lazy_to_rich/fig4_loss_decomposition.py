"""Lazy to rich fig. 4: the test loss of a small committee that groks, as the sum of three parts (Eq. 6).

Eq. 3 with y = (β·x)²/2. The paper gives no sizes; these are from its public code: D = 40, N = 2, P = 120, ε = 1/4, α =
1, learning rate N/2, 5e4 steps of gradient descent, the predictor not centered, β ~ N(0, I) not normalized. Ours:
10,000 test rows instead of 1,000, to test the sum to a few percent, and many seeds instead of one, since N = 2 has bad
minima.

Expected (quick, 20 seeds). (1) holds, 20 of 20: test loss and sum differ by at most 1.7 standard errors in any run
(median .9), and in the mean over the runs by 1.2 (1%). 7 of 20 runs generalize, and (2) and (3) are about these, since
the figure is of a run that groks. (3) holds, 7 of 7: the misalignment error halves at 1,930 steps (median), the train
loss at 30. (2) does not hold, 0 of 7: two neurons begin with |w̄|²/D near 1/2, so linear power is half of the test loss
at step 0 and only falls. The authors' one run does rise: test loss 1.500, 1.312 at step 29, 2.129 at 1098, linear power
.434 and 1.007 there. Such draws are rare: of 18 runs that generalize out of 40, none rises by a tenth. They are less
rare if weights and inputs share a key, as in the authors' code. With current JAX keys, the first two inputs then equal
the two neurons' weights; set up this way, 3 of 24 runs that generalize rise, by up to .42 of the start, all of it
linear power.

The 13 other runs align with something else (the misalignment ends at 1.6-4.3 times its start, train loss at 2-7% of its
own); these are minima, and no run has left one by 5e5 steps. Two neurons are 80 weights for 120 rows; 16 of 20 runs
generalize with 200 rows, 20 of 20 with 400. All 7 runs that generalize grok: the test loss reaches a tenth of its start
4-35 times later than the train loss.

(2) and (3) were judged on all runs at first, and (2) from step 0 on: 0 of 20 and 7 of 20.

Variants: with model.centered=True 19 of 20 test losses rise but 3 generalize; these first rise by 4-45%, all of it
linear power. With width 100 and learning rate 50 (10 seeds) all claims hold: the test loss peaks at 1.14 times its
start near step 110, by linear power in 7 of 10, and the misalignment halves near step 5,000, in 8 of 10, the train loss
at 64. But the test loss then ends at .25-.53 of its start: see fig. 9.

Cost on 2 cores: smoke seconds; quick 10 s; paper 1 minute.
"""

from ml_collections import ConfigDict

from configs.presets import apply_preset
from grok_jax import default_config


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = default_config(task="single_index", model="committee", optimizer="gd")
    config.figure = "lazy_to_rich/fig4_loss_decomposition"
    config.task.features = 40
    config.task.train_size = 120
    config.task.test_size = 10_000
    config.model.width = 2
    config.model.epsilon = 0.25
    config.optimizer.learning_rate = 1.0
    config.training.steps = 50_000
    config.training.records = 120
    config.training.probes = ("experiments.lazy_to_rich.moments:decomposition",)
    presets = {
        "smoke": {"task.test_size": 500, "training.steps": 200, "training.records": 10, "grid": {"seed": range(2)}},
        "quick": {"grid": {"seed": range(20)}},
        "paper": {"grid": {"seed": range(100)}},
    }
    return apply_preset(config, preset, presets)
