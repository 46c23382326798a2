"""Model efficiency fig. 6: parameter norm against the correct logit, for C_mem and C_gen on increasing amounts of data.

MLPs train on several fractions of the pairs, with true or random labels (paper, Sec. 5.2). The memorizing circuit C_mem
needs a larger norm for the same logit when there is more data. The generalizing circuit C_gen does not. Look for the
fraction at which the two norms cross.

| setting | value | source |
|---|---|---|
| measured | norm against correct logit at several fractions | paper, Sec. 5.2 |
| network | the MLP of figure 1 | ours; not stated |
| p, rate, second beta; decay | 97, 1e-3, .98; 1 | openai/grok; ours; not stated |
| C_mem | runs with random training labels, which only memorizing can fit at any fraction | ours; not stated |
| also plotted | runs on true labels that stay below 50% test accuracy | ours |
| C_gen | the records of runs on true labels from 95% test accuracy on | ours |
| correct logit | above the mean of all classes: softmax depends only on differences | ours |
| "the norm at a logit" | the smallest among records at or above that logit | ours |
| the logit | 18 | ours, after one seed |
| quick | p = 23, hidden layers of 128, 3e-3 | ours |

A run has many norms at one logit, as the norm overshoots before decay reduces it. All runs of the one seed end at
logits of 22 to 26 with the norm at rest.

| claim | measured (quick, 3 seeds) | verdict |
|---|---|---|
| 1 C_mem's norm grows with the data | from 21.9 at 20% of the pairs to 32.2 at 90%, slope .25 | holds, 3 of 3 |
| 2 C_gen's norm does not | 24.7, slope -.006: -.02 of C_mem's | holds, 3 of 3 |
| 3 they cross | at .304 of the pairs (seeds .287 to .313) | holds, 3 of 3 |

| preset | runs | on 2 cores | recorded run |
|---|---|---|---|
| smoke | 2 kinds of labels, 2 fractions, 1 seed | 6 s | |
| quick | 2 kinds of labels, 7 fractions, 3 seeds | a minute: 1.7e5 run-steps at 4,000 a second | 185 s, 1 CPU device |
| paper | 2 kinds of labels, 9 fractions, 5 seeds | 4.5e6 run-steps at about 10 a second: needs a GPU (not timed) | |

The slopes are those of log norm over log fraction. The crossing is at about 160 of 529 pairs.

The paper preset was not run, so nothing checks that quick shows the same.

Why a slope requires three fractions: a first grid, with two fractions that generalize, had a ratio of .33, below .2 in
1 of 3 seeds. Runs find one of several C_gen, with norms 23.8 to 25.1. A slope over two fractions cannot distinguish
this spread from growth with data. So the grid has four or five.
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
