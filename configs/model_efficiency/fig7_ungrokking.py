"""Model efficiency fig. 7: a grokked transformer, LSTM and MLP, each continued on little data.

Three networks generalize on 80% of all pairs and then train on a first part of them only. The paper (Sec. 5.3), for all
three: "when a pre-trained model, initially exhibiting perfect training and validation accuracy, is subsequently trained
on a sufficiently small dataset, the validation accuracy gradually decreases to zero".

| setting | value | source |
|---|---|---|
| networks, p, optimizer | those of figure 1 | see there |
| data | 80% of all pairs, then only a first part of them | ours; fractions and steps are not stated |
| paper preset: sizes | 1.2, 4, 8, 16 and 60% of all pairs | ours |
| well below the critical size | at most half of it, measured along the sizes of the same runs | ours, before the runs |
| toward zero | test accuracy ends below twice chance, 2 / p | ours, before the runs |
| | or below 50% and at most .9 of its value halfway from the cut to the end | ours, before the runs |
| train accuracy | stays at 99% in the median over the records | ours, before the runs |
| quick: networks | p = 23, width 64 to 128, LSTM and MLP at 3e-3 | ours |
| quick: sizes | 5 and 40% of all pairs | ours |
| quick: cut | at step 4000 | ours, after a look |

Quick's sizes are about a fifth of the MLP's critical size (.24 to .29, figure 6d) and 1.5 times that. A network that
knows a + b = b + a, and nothing else about the removed pairs, is right on a share of test pairs equal to the share of
pairs kept. It is below twice chance with less than 2 / p of all pairs.

| claim | measured (quick, 3 seeds, medians) | verdict |
|---|---|---|
| 1 little data: test accuracy goes to zero | 5%: .085 (transformer), .038 (LSTM), .019 (MLP) | holds, 3 of 3 |

| preset | runs | on 2 cores | recorded run |
|---|---|---|---|
| smoke | 3 networks, 2 sizes, 1 seed | 15 s | |
| quick | 3 networks, 2 sizes, 3 seeds | 4 minutes, 9e4 run-steps (12 on a busy machine) | 369 s, 1 CPU device |
| paper | 3 networks, 5 sizes, 5 seeds | 4.5e6 run-steps, for a GPU | |

Twice chance is .087. Train accuracy is at 100%. With 40% of all pairs test accuracy stays above 95%, except for the
transformer's collapses. The sizes at which it ends at one half, interpolated between these two, are .209, .220 and
.222.

The paper preset was not run, so nothing checks that quick shows the same.

The data was cut at step 2000 before. But by then the transformer was right on only 82% of the test pairs, and no seed
decided. With decay 3 it generalizes sooner (699 to 1,241 steps) and then forgets again.
"""

from ml_collections import ConfigDict

from configs.model_efficiency.architectures import ARCHITECTURES, SMALL, TINY, base, evenly, half_of, networks_axis
from configs.presets import apply_preset

SHARES = {"training.shrink_to": (0.015, 0.05, 0.1, 0.2, 0.75)}  # shares of the 80% of all pairs trained on first


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = base("MLP")
    config.figure = "model_efficiency/fig7_ungrokking"
    config.task.train_fraction = 0.8
    small = networks_axis(SMALL, batch=half_of(23, 0.8), rate=3e-3)
    presets = {
        "smoke": {
            "task.p": 7,
            "training.steps": 30,
            "training.record_steps": (0, 15),
            "training.shrink_step": 15,
            "grid": {
                **networks_axis(TINY, batch=half_of(7, 0.8)),
                "training.shrink_to": (0.125, 0.5),
                "seed": range(1),
            },
        },
        "quick": {
            "task.p": 23,
            "training.steps": 5000,
            "training.record_steps": evenly(5000),
            "training.shrink_step": 4000,
            "grid": {**small, "training.shrink_to": (0.0625, 0.5), "seed": range(3)},
        },
        "paper": {
            "training.steps": 60_000,
            "training.record_steps": evenly(60_000, 120),
            "training.shrink_step": 30_000,
            "grid": {**networks_axis(ARCHITECTURES), **SHARES, "seed": range(5)},
        },
    }
    return apply_preset(config, preset, presets)
