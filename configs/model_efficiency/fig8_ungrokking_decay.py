"""Model efficiency fig. 8: grokked MLPs continued on little data, at several weight decays.

Paper, Sec. 5.3: a model with perfect train and test accuracy "is subsequently trained on a sufficiently small dataset";
its test accuracy falls to zero whatever the weight decay. Decays, fractions and steps are not stated. Ours: 80% of all
pairs, then only a first part of them; the optimizer's state continues. Dropped pairs join neither split, so the test
rows stay the same. Sizes and thresholds are as in figure 7; a sufficient size shows that the change of data does not
itself cause forgetting.
Quick: the MLP of figure 6's quick preset; decays .5, 1, 2; 5, 10, 20 and 40% of all pairs.

Measured (quick, 3 seeds): the claim holds in all. With 5% of all pairs test accuracy ends at .009 at every decay, at or
below chance (.043), all kept pairs right; the critical size, where it ends at 50%, is .21, .24 and .22 of all pairs at
decays .5, 1 and 2 (medians), below the .30 of efficiency (figure 6): runs that know the rule keep it for longer.

Cost on 2 cores: smoke 6 s; quick 75 s (1.8e5 run-steps, 150 s of processor time); paper 7.5e6 run-steps at about 10 a
second, so it needs a GPU (not timed).
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
