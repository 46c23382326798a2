"""Omnigrok fig. 11: the reduced landscape of MNIST with cross-entropy, compared with the squared error.

The landscape of figure 3a-c is computed with both losses on the same data, scales and steps. So the zones of the two
losses can be compared. Look at how wide the zone of good test errors is in α.

| setting | value | source |
|---|---|---|
| network, optimizer | figure 3a-c's, with cross-entropy | paper, App. E |
| scales | 31 from 10^-1 to 10^2 | authors' code of figure 3, commented out; App. E has α = 100 |
| sizes, digits | figure 3's | ours; the paper does not state them |
| L and U | figure 3's thresholds | ours, before these runs |
| zone of a size | test error at most twice its lowest, interpolated in log α | ours, before these runs |
| thresholds of claims 4 and 5 | see the experiment | ours, before the run with N = 3727 |
| claim 3 | wider zone at larger N | ours, after seeing N = 1000 (.61), which speaks against it |
| quick | two sizes and eight scales of the paper's, digits that need no download, 2000 steps | ours |

| claim | measured (quick, medians of 3 seeds) | verdict |
|---|---|---|
| 1 L and U at N = 193 | train error zero from α = .79 on; lowest test error .21 at α = 4 | holds, 3 of 3 |
| | test error at the ends: 4.3 and 3.1 times the lowest | |
| 2 wider zone, cross-entropy | N = 193: 1.33 decades (α = .56 to 11), squared error .74 (.42 to 2.4) | holds, 3 of 3 |
| | N = 3727: 1.05 decades, squared error .76 | |
| 3 squared error: wider zone at larger N | .74 decades at N = 193, .76 at 3727 | does not hold, 1 of 3 |
| 4 cross-entropy: the U flattens with N | from N = 193 to 3727: rise .43 to .14, gap .39 to .11 | holds, 3 of 3 |
| 5 cross-entropy rises less up to α = 10 | by .19; squared error by .72, to chance; both fit all rows | holds, 3 of 3 |

| cross-entropy | N = 193 | N = 1000, an earlier run | N = 3727 |
|---|---|---|---|
| rise of the test error from its lowest to α = 100 | .43 | .25 | .14 |
| mean gap of test and train error | .39 | .21 | .11 |

| preset | runs | on 2 cores | recorded run |
|---|---|---|---|
| smoke | 2 losses, 3 sizes, 3 scales, 1 seed | 20 s | |
| quick | 2 losses, 2 sizes, 8 scales, 3 seeds | as recorded, or less: 1.9e5 run-steps | 312 s, 1 CPU device |
| paper | 2 losses, 28 sizes, 31 scales, 5 seeds | about 13 hours for 8.7e7 run-steps, some 9 more for its records | |

Memory is as in figure 3a-c.

Claim 3: a zone is relative to the lowest error of its size. At N = 3727 the lowest error, and so the level that bounds
the zone, is a quarter as large (.043 against .18). Claim 4: at α = 100 and N = 3727, 2.5% of the training rows are
still wrong.

Claim 5 was meant to hold at the largest N as well. The run does not decide that. There the squared error leaves 74% of
the training rows wrong at α = 10 (the rises are .07 and .73). Beyond α = 10 (from 10 on at N >= 1000), 2000 steps do
not minimize the squared error. Its zone ends before.
"""

from ml_collections import ConfigDict

from configs.omnigrok import fig3abc_mnist_landscape as mse
from configs.omnigrok.size_landscape import grid
from configs.presets import apply_preset

LOSSES = {"training.loss": ("cross_entropy", "mse")}


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = mse.get_config(preset)
    config.figure = "omnigrok/fig11_mnist_cross_entropy_landscape"
    quick = grid(mse.TRAIN_SIZE, (193, 3727), (-1, -0.5, -0.1, 0.2, 0.6, 1, 1.5, 2), 3)
    every = grid(mse.TRAIN_SIZE, mse.SIZES, tuple(round(-1 + 0.1 * i, 1) for i in range(31)), 5)
    presets = {
        "smoke": {"grid": LOSSES | grid(mse.TRAIN_SIZE, (37, 193, 400), (-1, 0, 2), 1)},
        "quick": {"grid": LOSSES | quick},
        "paper": {"grid": LOSSES | every},
    }
    return apply_preset(config, preset, presets)
