"""Omnigrok fig. 6: toy addition over weight norm and messiness, and how runs move on this plane.

Paper, Sec. 5.1 and App. D: digits 0 .. 9 embedded, E = m E_random + (1 - m) E_linear, a decoder of E_i + E_j to 30
random numbers, squared error, minimized on spheres of equal weight norm; 25, 35, 45, 55 of the 55 pairs to train on.

From the authors' code, which made the figure: two dimensions; E_random uniform in ±1; the line on [-1, 1], its second
coordinate uniform in ±.3; targets of i + j mod 10; decoder 2-200-200-30 with leaky ReLU of slope .2; Adam with betas
(.9, .99) at a rate of 1e-2 that drops to a fifth before the steps 5000, 10,000 and 15,000, 15,000 steps, last values;
54 pairs instead of the paper's 55; a coarse grid (m = 0 to .2, α = 0 to 9) and a fine one (m = 0 to .1, α = 2.5 to 4),
each of 21 x 21. The paper preset has the points of both in one plane, at every size. In the code's split, every sum of
the test pairs occurs in training (nearly: 35 and 25 pairs leave out 1 and 5 sums); ours does so at all sizes. Each
setting of the paper's text is one flag away: --config.task.random=normal (N(0, 1)), --config.task.line=digits (0 .. 9),
--config.task.line_noise=0, --config.task.modular=False, --config.task.split=random, --config.model.activation=relu,
--config.task.representation_dim=1 (App. D; together with no noise of the line). Its optimizer is Adam 1e-3 for 1e4
steps: --config.optimizer.learning_rate=1e-3 --config.optimizer.drop_factor=1 --config.training.steps=10000. Differences
from the code: its norm counts the first weight matrix twice; it uses a single seed (58).

The path follows Eq. 6, for which neither paper nor code gives a rate or a decay. Ours are γ = 1e-3 and η_R = η_D on the
axes of the code's plot, which shows m = 0 to .2 as 0 to 1 (so η_R = η_D / 25 here). It starts where the public plot's
hand-drawn paths do, (α, m) = (.45, .06), (1.35, .1), (.9, .195), (7.65, .045), (7.65, .12), (7.65, .19), which are its
A to F, 1 to 6 here; of these 3 and 6 end at its overfitting solution, the others at the generalizing one.

Ours, fixed before this grid was run: weak is a fifth; slow is 5 times as long as fast; slope -1 ± .15; a test loss of
1.5 times the landscape's least, or of .05, generalizes; contours meet if within .15 of w, two cells of the fine grid.
Added after the first run: no path is judged if the test loss never falls to half of its value at the smallest w.

Quick: width 100, 3600 steps with drops before each 1200th, no noise on the line (as in the paper). With the code's
noise of ±.3 nothing generalizes in most draws, so there are no paths to judge: the least test loss of the 45-pair
landscape was .84, .63 and .90 in three seeds, .8, .7 and .9 of that of small weights (claim 1 then holds in 2 of 3, 8
in 3 of 3, 4 in 1 of 3; 5 in none). The noise alone is the cause: at m = 0, α = 4 six seeds have test losses of .86,
.73, 1.75, .24, .48, .48 with it and below .001 without; with targets of i + j instead .95, .75, 1.46, .25, .33, .46 and
below .001. The points of the line are .22 apart, so the noise puts equal sums farther apart than different ones. The
code's seed 58 is a favorable one (.25 to .35 there); one seed in six is like it here.

Measured (quick, medians of 3 seeds): claim 1 holds in 3: for w >= 3 the train loss ranges over .19, the test loss over
1.6 (over 2.1 decades; fig. 8 has its own number). By relative ranges (5) in 2 of 3: 1.78 and 1.80, hardly apart, as the
train loss spans decades too. Claim 2 holds in 3: from small w the boundary is reached after 12 units of time, from
(7.65, .045) E after 463, at w = 4.2 with a test loss of 5e-4. Claim 3 holds in 1 of 3: slopes -.61, -.88, -.83. Why: at
large w the train loss is not minimized (.02 at w = 8, 3e-4 at 4; the gradient along the sphere ends at 30 per radian),
so its slope, not only the decay, moves w. If the train loss is kept from rising with w, as an exact minimum cannot
rise, the slope is -1.000 in all seeds. Claim 4 does not hold: at m = 0 all sizes meet near w = 3.2 to 3.5 (3.28, 3.21,
3.21, 3.26 in one seed), and 54 leans more than 45 in 2 of 3. Claim 6 in 1 of 3: from (1, .2) two seeds generalize, one
rests at m = .15 with a test loss of 1.4. Claim 7 in none: each path has one descent. Claim 8 holds in 3: w_c is 3.21 to
3.30 at m = 0 and beyond 8 at m = .2. Claim 9, on the scale of fig. 8 (cube roots, all of w; two thirds was set before
it was computed), holds in 3: the range over m is 1.08 of that over w for the test loss and .24 for the train loss,
where MNIST has .28 and .20: the train losses depend on m about equally, the test losses do not. This comes from a later
run with only 45 pairs, in which claims 1, 2 and 8 again hold in 3 seeds and claim 3 in 1. Claims 5, 6 and 7 hold there
in 1, 0 and 1 seeds, before in 2, 1 and 0 with the same seeds, so they seem to depend on rounding.

Cost on 2 cores: smoke seconds; quick 2 minutes (11 on a busy machine); paper 26,040 runs, 3.9e8 run-steps, which need a
GPU (not run).
"""

from collections.abc import Sequence

import numpy as np
from ml_collections import ConfigDict

from configs.presets import Grid, apply_preset
from grok_jax import default_config

SIZES = (25, 35, 45, 54)
TOP, LOW = 0.2, 0.1  # largest messiness of the two grids
COARSE = np.linspace(0, 9, 21), np.linspace(0, TOP, 21)  # init_scale and messiness
FINE = np.linspace(2.5, 4, 21), np.linspace(0, LOW, 21)


def grid(scales: Sequence[float], messiness: Sequence[float], sizes: Sequence[int], seeds: int) -> Grid:
    """Returns the grid over init_scale and messiness, for each training size and seed."""
    return {"model.init_scale": scales, "task.messiness": messiness, "task.train_size": sizes, "seed": range(seeds)}


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = default_config(task="toy_addition", model="mlp", optimizer="adam")
    config.figure = "omnigrok/fig6_toy_addition"
    config.task.random = "uniform"
    config.task.line_noise = 0.3
    config.task.modular = True
    config.task.split = "covering"
    config.model.widths = (200, 200)
    config.model.activation = "leaky_relu"
    config.optimizer.learning_rate = 1e-2
    config.optimizer.b2 = 0.99
    config.optimizer.drop_every = 5000
    config.optimizer.drop_factor = 0.2
    config.optimizer.constant_norm = True
    config.training.steps = 15_000
    config.training.records = 40
    config.training.probes = ("gradient",)
    both = (np.unique(np.concatenate(points).round(6)) for points in zip(COARSE, FINE, strict=True))
    presets = {
        "smoke": {
            "model.widths": (100, 100),
            "optimizer.drop_every": 1,
            "optimizer.drop_factor": 0.99,
            "training.steps": 100,
            "training.records": 6,
            "grid": grid((0.4, 3, 8), (0, 0.1, 0.2), (25, 45), 1),
        },
        "quick": {
            "model.widths": (100, 100),
            "optimizer.drop_every": 1200,
            "training.steps": 3600,
            "training.records": 24,
            "task.line_noise": 0.0,
            "grid": grid((0, 1, 1.8, 2.4, 2.7, 3, 3.4, 4, 5.5, 8), (0, 0.02, 0.05, 0.1, 0.15, 0.2), SIZES, 3),
        },
        "paper": {"grid": grid(*both, SIZES, 5)},
    }
    return apply_preset(config, preset, presets)
