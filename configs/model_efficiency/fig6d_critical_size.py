"""Ours, after model efficiency figs. 6, 7 and 9: the critical amount of data of one MLP, estimated in three ways.

The paper reads D_crit off the efficiency of circuits (Sec. 5.2). It says that D_crit decides which runs end with
intermediate test accuracy (semi-grokking) and below which amount grokked runs forget (ungrokking), but compares the
three for no network. Here one MLP, one weight decay, one grid: runs on random labels (C_mem), runs on the true labels
(C_gen, and their final test accuracy), and runs on true labels that train on 80% of all pairs and continue with fewer.
Estimates: where C_mem's norm at a logit passes C_gen's (figure 6); where the final test accuracy of learning runs, and
of continued runs, passes 50%, each interpolated between fractions, per seed. A first version of the claim required the
three to be within a factor of 1.5 of each other and did not hold. Hysteresis is to be expected: Varma et al. have some
2,000 pairs against 800 to 1,000. So the claims are that learning runs need about twice as many pairs as continued ones,
from 1.33 to 3 times (within a factor of 1.5), and that the estimate from efficiency lies between. They were set with
quick's numbers known, so quick illustrates them and the paper preset tests them.
Quick: the MLP of figure 6's quick preset.

Measured (quick, 3 seeds): both claims hold in all. Of 529 pairs efficiency gives .290 (seeds .282 to .294; 154 pairs),
learning runs .455 (.450 to .499; 241), continued runs .240 (.176 to .241; 127): a factor of 1.9. Training is finite and
starts on one side: learning runs must leave C_mem, continued runs C_gen. Near D_crit neither gains much by leaving, so
both stay for a long time. With 4 times the steps (2 seeds) 45% of the pairs generalize in both seeds (at 6.6e3 and
1.1e4 steps), 40% in one (at 2e4), 35% in none: the estimate from learning runs falls toward the one from efficiency,
which needs no such waiting and lies between the other two in every seed.

Cost on 2 cores: smoke 8 s; quick about 70 s (2.3e5 run-steps); paper 8.7e6 run-steps at about 10 a second, so it needs
a GPU (not timed).
"""

from ml_collections import ConfigDict

from configs.model_efficiency import fig6_efficiency
from configs.model_efficiency.architectures import base, evenly
from configs.presets import Grid, apply_preset

AXIS = "task.label_noise, task.train_fraction, training.shrink_to"
LARGE = 0.8  # fraction trained on before the data is cut


def settings(memorize: tuple[float, ...], learn: tuple[float, ...], keep: tuple[float, ...]) -> Grid:
    """Returns the axis with the runs of all three kinds.

    Args:
      memorize: fractions with random labels.
      learn: fractions with true labels.
      keep: fractions of all pairs with which runs continue after training on LARGE.
    """
    runs = [
        *((1.0, fraction, 1.0) for fraction in memorize),
        *((0.0, fraction, 1.0) for fraction in learn),
        *((0.0, LARGE, round(fraction / LARGE, 6)) for fraction in keep),
    ]
    return {AXIS: runs}


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = base("MLP")
    config.figure = "model_efficiency/fig6d_critical_size"
    config.training.probes = ("logits",)
    small = (0.2, 0.3, 0.4, 0.5, 0.6)
    fine = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)
    presets = {
        "smoke": {
            **fig6_efficiency.TINY,
            "training.shrink_step": 15,
            "grid": {**settings((0.2, 0.6), (0.2, 0.6), (0.2, 0.6)), "seed": range(1)},
        },
        "quick": {
            **fig6_efficiency.SMALL,
            "training.steps": 5000,
            "training.record_steps": evenly(5000),
            "training.shrink_step": 1500,
            "grid": {**settings(small, (0.3, 0.4, 0.5, 0.6, 0.7), (0.1, *small[:-1])), "seed": range(3)},
        },
        "paper": {
            "training.steps": 60_000,
            "training.record_steps": evenly(60_000, 120),
            "training.shrink_step": 20_000,
            "grid": {**settings(fine, (*fine, 0.6, 0.7), fine), "seed": range(5)},
        },
    }
    return apply_preset(config, preset, presets)
