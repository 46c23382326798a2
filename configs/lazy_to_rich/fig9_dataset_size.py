"""Lazy to rich fig. 9: too few training rows, just enough, and many, with the parts of the test loss below.

The paper gives P = 50, 120, 500; its public code D = 40, N = 100, ε = 1/2, α = 1, learning rate N/2, 5e4 steps,
centred. Ours: a fourth column, P = 240, which no claim looks at.

Expected (quick, 5 seeds). (1) does not hold: P = 50 fails (test loss .93 of its start, train loss 0), and linear power
rises to its maximum and stays there, but is 23% of the final loss; the misalignment error, hardly touched, is 63%. (2)
does not hold: P = 120 interpolates (train loss 1e-12) while the test loss stays at .48 of its start. (3) does not hold,
2 of 5: both losses reach a tenth near 176 and 397 steps, a delay of 2.15 where the limit is 2.

Why: 100 neurons in 40 dimensions can make any M, 860 numbers with w̄, so a tangent solution fits 120 rows before
features have moved, and a train loss of 0 moves nothing more. It is not the centring (uncentred 6 seeds end at .36-.57,
though 5 of 6 halve, 30-700 times later than the train loss: on a linear axis that looks like grokking), nor |β| or the
missing 1/2 (y doubled: never), nor ε = .1 (never). P = 240, 6 D, is where this network groks (fig. 1 has
5.5 D): delays of 5-30 in 4 of 5 seeds (ε = 1/2); with ε = .1, P = 200 does, delays 7-14.

With N = 2, ε = 1/4, learning rate 1, not centred (the network of fig. 4; 10 seeds) it is the paper's figure for the
runs that find the solution: P = 50 none of 10, P = 120 4 of 10 with delays 3.7-34, P = 500 10 of 10 with delays
1.1-1.4.

Cost on 2 cores: smoke seconds; quick 1 minute; paper 4 minutes.
"""

from ml_collections import ConfigDict

from configs.presets import apply_preset
from grok_jax import default_config


def get_config(preset: str = "quick") -> ConfigDict:
    """The config of one preset: smoke, quick or paper."""
    config = default_config(task="single_index", model="committee", optimizer="gd")
    config.figure = "lazy_to_rich/fig9_dataset_size"
    config.task.features = 40
    config.model.width = 100
    config.model.epsilon = 0.5
    config.model.centered = True
    config.optimizer.learning_rate = 50.0
    config.training.steps = 50_000
    config.training.records = 120
    config.training.probes = ("decomposition",)
    presets = {
        "smoke": {"training.steps": 50, "training.records": 8, "grid": "task.train_size=50, 120; seed=range(2)"},
        "quick": {"grid": "task.train_size=50, 120, 240, 500; seed=range(5)"},
        "paper": {"grid": "task.train_size=50, 120, 240, 500; seed=range(20)"},
    }
    return apply_preset(config, preset, presets)
