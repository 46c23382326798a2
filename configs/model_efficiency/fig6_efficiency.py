"""Model efficiency fig. 6: parameter norm against the correct logit, for C_mem and C_gen on increasing amounts of data.

Paper, Sec. 5.2: an MLP on modular addition at several fractions; p, the optimizer and the training data of C_mem are
not stated. Ours: the MLP of figure 1, AdamW with decay 1. C_mem are runs with random training labels, which only
memorizing can fit at any fraction; runs on true labels that stay below 50% test accuracy are also plotted. C_gen are
the records of runs on true labels from 95% test accuracy on. Softmax depends only on differences of logits, so the
correct logit is measured above the mean of all classes. A run has many norms at one logit, as the norm overshoots
before decay reduces it; "the norm at a logit" is the smallest among records at or above that logit. The logit 18 was
set after looking at one seed, whose runs all end at 22 to 26 with the norm at rest.
Quick: p = 23, hidden layers of 128, 3e-3.

Measured (quick, 3 seeds): all claims hold in all. C_mem's norm rises from 21.9 at 20% of the pairs to 32.2 at 90%
(slope of the logarithms .25); C_gen's is 24.7 with slope -.006, ratio -.02. They cross at .303 of the pairs (seeds .287
to .312), 160 of 529. A first grid, with two fractions that generalize, had a ratio of .33, below .2 in 1 of 3 seeds.
Runs find one of several C_gen, with norms 23.8 to 25.1; a slope over two fractions cannot distinguish this spread from
growth with data. So a slope requires three fractions, and the grid has four or five.

Cost on 2 cores: smoke 6 s; quick a minute (1.7e5 run-steps at 4,000 a second); paper 4.5e6 run-steps at about 10 a
second, so it needs a GPU (not timed).
"""

from ml_collections import ConfigDict

from configs.model_efficiency.architectures import base
from configs.presets import apply_preset

SMALL = {"task.p": 23, "model.embedding_width": 32, "model.widths": (128, 128), "optimizer.learning_rate": 3e-3}
TINY = {
    "task.p": 7,
    "model.embedding_width": 8,
    "model.widths": (16, 16),
    "training.steps": 30,
    "training.record_steps": (0, 15),
}


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = base("MLP")
    config.figure = "model_efficiency/fig6_efficiency"
    config.training.probes = ("logits",)
    config.training.records = 120
    noise = {"task.label_noise": (0.0, 1.0)}
    presets = {
        "smoke": {**TINY, "grid": {**noise, "task.train_fraction": (0.3, 0.6), "seed": range(1)}},
        "quick": {
            **SMALL,
            "training.steps": 4000,
            "grid": {**noise, "task.train_fraction": (0.2, 0.35, 0.5, 0.6, 0.7, 0.8, 0.9), "seed": range(3)},
        },
        "paper": {
            "training.steps": 50_000,
            "grid": {**noise, "task.train_fraction": (0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8), "seed": range(5)},
        },
    }
    return apply_preset(config, preset, presets)
