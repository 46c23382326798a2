"""Omnigrok fig. 11: the reduced landscape of MNIST with the cross-entropy, and with the squared error beside it.

Paper, App. E: as figure 3a-c with the cross-entropy; it draws scales up to α = 100 and states no other number. Ours:
the sizes and scales of figure 3 and on to 10^2, both losses on the grid, so that the zones are compared on the same
data, scales and steps. Quick: two sizes and eight scales of the paper's, the digits that need no download, 2000 steps.
Thresholds of our own, before these runs: those of figure 3 for L and U. The zone of a size is where the test error
is at most twice its lowest, interpolated in log α.

Measured (3 seeds): claim 1 holds: N = 193 has no train error from α = .79 on, its test error is lowest at α = 4 (.21),
4.2 and 3.1 times that at the ends. Claim 2 holds: the zone spans 1.30 decades (α = .56 to 11) with cross-entropy, .74
(.42 to 2.4) with the squared error; at N = 1000 1.03 and .61. The lowest test error is the squared error's (.18, and
.077 to .098 at N = 1000). Beyond α = 10 the squared error is not minimised in 2000 steps; its zone ends long before.
Claim 3 came after these numbers, which speak against it: the squared error's zone, counted in its own lowest error, is
.74 decades wide at N = 193 and .61 at 1000, whose lowest error is half as large.

Cost on 2 cores: smoke 20 s; quick under 2 minutes (1.9e5 run-steps at 2,000 a second); paper 8.7e7 run-steps, about 13
hours, and some 9 more for its records; memory as figure 3a-c.
"""

from ml_collections import ConfigDict

from configs.omnigrok import fig3abc_mnist_landscape as mse
from configs.omnigrok.size_landscape import grid
from configs.presets import apply_preset

LOSSES = "training.loss='cross_entropy', 'mse'"


def get_config(preset: str = "quick") -> ConfigDict:
    """The config of one preset: smoke, quick or paper."""
    config = mse.get_config(preset)
    config.figure = "omnigrok/fig11_mnist_cross_entropy_landscape"
    quick = grid(mse.SIZE, (193, 1000, 3727), (-1, -0.5, -0.1, 0.2, 0.6, 1, 1.5, 2), 3)
    every = grid(mse.SIZE, mse.SIZES, tuple(round(-1 + 0.1 * i, 1) for i in range(31)), 5)
    presets = {
        "smoke": {"grid": f"{LOSSES}; {grid(mse.SIZE, (37, 193, 400), (-1, 0, 2), 1)}"},
        "quick": {"grid": f"{LOSSES}; {quick}"},
        "paper": {"grid": f"{LOSSES}; {every}"},
    }
    return apply_preset(config, preset, presets)
