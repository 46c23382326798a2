"""Lazy to rich fig. 2: grokking of modular addition under plain gradient descent, while the weight norm grows.

Paper, Sec. 3 and App. 8.3: p = 23, inputs 2p one-hot, one hidden layer of 100, p outputs, MSE, vanilla gradient
descent with learning rate 100, 90% of the p^2 pairs, no weight decay. Panel (c) sweeps the laziness alpha
(output_scale) with the centred predictor and the learning rate over alpha^2 (App. 8.1).
Neither activation nor parametrisation is stated. Taken: quadratic activation, N(0, 1) weights with 1/sqrt(fan-in)
in the forward pass, no bias, MSE averaged over the classes (after Gromov 2023, to which the paper says to agree).

Expected: at alpha 1 training accuracy is 100% near 2.7e3 steps, test accuracy 95% near 5.7e3, and the norm ends 1.6
times its start. t95(test)/t95(train) falls from 9 at alpha 2 to 1.5 at 0.1, and no further at this learning rate:
100/alpha^2 is then too large a step (1.6 at .0625, divergence at .05). With learning rate 10 it goes on falling, to 1.2
at .02 and .03: what is left there is no more than that fitting 90% of the pairs precedes the last few of the rest.

Paper preset, three of its six α (5 seeds, 1e5 steps): t95(test)/t95(train) is 1.47 at α = .1 (1.34 to 1.54), 3.5 at 1
(3.1 to 4.0), above 37 at 4, where all fit by 2.8e3 steps and none generalises (test accuracy ends at .49 to .89).
The norm ends at 3.2, 1.7 and 1.2 times its start. Claim 3's limit of 1.5 at the smallest α is a close call, 4 of 5.

Cost on 2 cores: smoke seconds; quick about 2 minutes; paper (3e6 run-steps) about 7.
"""

from ml_collections import ConfigDict

from configs.presets import apply_preset
from grok_jax import default_config


def get_config(preset: str = "quick") -> ConfigDict:
    """The config of one preset: smoke, quick or paper."""
    config = default_config(task="modular_arithmetic", model="mlp", optimizer="gd")
    config.figure = "lazy_to_rich/fig2_modular_mlp"
    config.task.p = 23
    config.task.operation = "add"
    config.task.encoding = "one_hot"
    config.task.train_fraction = 0.9
    config.model.widths = (100,)
    config.model.activation = "quadratic"
    config.model.use_bias = False
    config.model.init = "normal"
    config.model.parametrization = "ntk"
    config.model.centered = True
    config.optimizer.learning_rate = 100.0
    config.optimizer.scale_learning_rate = True
    config.training.steps = 30_000
    presets = {
        "smoke": {"training.steps": 100, "training.records": 8, "grid": "model.output_scale=0.5, 1; seed=range(2)"},
        "quick": {"grid": "model.output_scale=0.1, 0.25, 0.5, 1, 2; seed=range(4)"},
        "paper": {"training.steps": 100_000, "grid": "model.output_scale=0.1, 0.25, 0.5, 1, 2, 4; seed=range(5)"},
    }
    return apply_preset(config, preset, presets)
