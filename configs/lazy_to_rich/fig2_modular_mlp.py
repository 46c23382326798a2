"""Lazy to rich fig. 2: grokking of modular addition under plain gradient descent, while the weight norm grows.

Paper, Sec. 3 and App. 8.3: p = 23, inputs 2p one-hot, one hidden layer of 100, p outputs, MSE, vanilla gradient
descent, 90% of the p² pairs, no weight decay. What the text leaves open follows the authors' code: activation z², N(0,
1) weights, no biases, f = s²/(D N) W₂ (W₁x)² with D = 2p and N = 100, and a learning rate of 100/s⁴ on the MSE averaged
over the classes. Its s is the α of the plots. So output_scale = s²/√N in the NTK parametrization, at a rate of
1/output_scale². The code also has p = 13; both are here. (a) and (b) are s = 1 until 5e4 steps, (c) s = .5 to 2 until
1e5; here all are trained for 1e5. Code and text differ: unlike App. 8.1, the code does not center the predictor
(--config.model.centered=True does). Its weight norm is the sum of the two layers' norms, ours the joint norm. In (c) it
draws new weights for each s; here they are the same.

Check values of the code, one run, s = 1: p = 23 fits 95% at 19,315 steps, 100% at 21,972 (train loss .022), generalizes
(95%) at 27,036, ends at losses of .00065 and .0039; p = 13 does so at 2,081, 2,524 (.035) and 4,684. In (c) p = 13 fits
95% at 530, 1,903, 4,235, 8,471 steps and generalizes at 862, 4,876, not by 4e4, not by 4e4.

Measured (quick, 3 seeds, medians): the code's times, within seeds. p = 23, s = 1: 95% of the training rows at 18,783
steps, 100% at 23,142, 95% of the test rows at 27,359; the norm ends 3.2 times its start. p = 13: 1,981, 2,454 and 5,144
(one of 3 seeds ends at 94%, 16 of 17 rows). Claim 1 holds in no seed at p = 23, where t95(test) / t100(train) is 1.18;
the limit of 1.5 is ours, and the code's own run has 1.23 there and 1.86 at p = 13. Claim 3 holds in all at p = 23:
waits of 994, 7,913 and 28,350 steps at s = .5, 1, 1.5; at 2 none ends. At p = 13 (286, 2,793, then never in most) two
of 3 seeds have too few finite waits to tell: 17 test rows are 5.9% each.

Cost on 2 cores: smoke seconds; quick under 4 minutes; paper (4e6 run-steps) about 8 (estimated).
"""

from ml_collections import ConfigDict

from configs.presets import apply_preset
from grok_jax import default_config

PRIMES = (23, 13)  # the paper's; the other one in the authors' code
REFERENCE = 0.1  # the output scale at s = 1
SCALES = {"model.output_scale": (0.025, 0.1, 0.225, 0.4)}  # s = .5, 1, 1.5, 2


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = default_config(task="modular_arithmetic", model="mlp", optimizer="gd")
    config.figure = "lazy_to_rich/fig2_modular_mlp"
    config.task.p = PRIMES[0]
    config.task.operation = "add"
    config.task.encoding = "one_hot"
    config.task.train_fraction = 0.9
    config.model.widths = (100,)
    config.model.activation = "quadratic"
    config.model.use_bias = False
    config.model.initializer = "normal"
    config.model.parametrization = "ntk"
    config.model.output_scale = REFERENCE
    config.optimizer.learning_rate = 1.0
    config.optimizer.scale_learning_rate = True
    config.training.steps = 100_000
    config.training.records = 120
    axes = {"task.p": PRIMES, **SCALES}
    presets = {
        "smoke": {"training.steps": 100, "training.records": 8, "grid": {"task.p": (7, 5), **SCALES, "seed": range(2)}},
        "quick": {"grid": {**axes, "seed": range(3)}},
        "paper": {"grid": {**axes, "seed": range(5)}},
    }
    return apply_preset(config, preset, presets)
