"""Model efficiency fig. 8: grokked MLPs continued on little data, at several weight decays.

In the paper (Sec. 5.3) a model with perfect train and test accuracy "is subsequently trained on a sufficiently small
dataset". Its test accuracy falls to zero whatever the weight decay. A sufficient size is in the grid too: it shows that
the change of data does not itself cause forgetting.

| setting | value | source |
|---|---|---|
| data | 80% of all pairs, then only a first part of them | ours; not stated |
| dropped pairs | join neither split, so the test rows stay the same | ours |
| optimizer | its state continues | ours |
| decays, fractions, steps | see the presets | ours; not stated |
| sizes, thresholds | as in figure 7 | ours |
| quick: network | the MLP of figure 6's quick preset | ours |
| quick: decays, sizes | .5, 1, 2; 5, 10, 20 and 40% of all pairs | ours |

| claim | measured (quick, 3 seeds, medians) | verdict |
|---|---|---|
| 1 little data: test accuracy goes to zero | 5%: .009, .009 and .019 at decays .5, 1 and 2 | holds, 3 of 3 |

| preset | runs | on 2 cores | recorded run |
|---|---|---|---|
| smoke | 2 decays, 2 sizes, 1 seed | 6 s | |
| quick | 3 decays, 4 sizes, 3 seeds | 75 s, 1.8e5 run-steps (150 s of processor time) | 169 s, 1 CPU device |
| paper | 5 decays, 5 sizes, 5 seeds | 7.5e6 run-steps at about 10 a second: needs a GPU (not timed) | |

The paper preset was not run, so nothing checks that quick shows the same.

These accuracies are below chance (.043), and all kept pairs are right. The critical size, where test accuracy ends at
50%, is below the .30 of efficiency (figure 6). So runs that know the rule keep it for longer.

| decay | .5 | 1 | 2 |
|---|---|---|---|
| critical size, share of all pairs (median) | .20 | .26 | .24 |
"""

from ml_collections import ConfigDict

from configs.model_efficiency import fig6_efficiency
from configs.model_efficiency.architectures import base, evenly
from configs.model_efficiency.fig7_ungrokking import SHARES
from configs.presets import apply_preset


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = base("MLP")
    config.figure = "model_efficiency/fig8_ungrokking_decay"
    config.task.train_fraction = 0.8
    presets = {
        "smoke": {
            **fig6_efficiency.TINY,
            "training.shrink_step": 15,
            "grid": {"optimizer.weight_decay": (1, 2), "training.shrink_to": (0.125, 0.75), "seed": range(1)},
        },
        "quick": {
            **fig6_efficiency.SMALL,
            "training.steps": 5000,
            "training.record_steps": evenly(5000),
            "training.shrink_step": 2500,
            "grid": {
                "optimizer.weight_decay": (0.5, 1, 2),
                "training.shrink_to": (0.0625, 0.125, 0.25, 0.5),
                "seed": range(3),
            },
        },
        "paper": {
            "training.steps": 60_000,
            "training.record_steps": evenly(60_000, 120),
            "training.shrink_step": 30_000,
            "grid": {"optimizer.weight_decay": (0.3, 0.5, 1, 2, 3), **SHARES, "seed": range(5)},
        },
    }
    return apply_preset(config, preset, presets)
