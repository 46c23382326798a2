"""Omnigrok fig. 6: the landscape of toy addition over weight norm and messiness, and how a point moves on it.

Paper, Sec. 5.1 and App. D: digits 0 .. 9 embedded, E = m E_random + (1 - m) E_linear, decoder of E_i + E_j to 30 random
numbers for each sum with 200-200 hidden ReLU units, MSE; on spheres of equal norm Adam 1e-3 for 1e4 steps; 25, 35, 45
and 55 of the 55 pairs to train on (54 here as in the public code, so that one is left to test on); (a) to (d), (f): 45.
From that code: second beta .99; the line on [-1, 1] and two dimensions. App. D has one dimension (Sec. 5.1 vectors):
there messy sums lie on a line in a random order, and at init_scale 4 (2500 steps of 1e-2) the train loss stays at .41
to .47 for m = .2 to 1, against .007 to .009 in two; the train loss then depends on m, against claim 1. A line 0 .. 9
is worse: .20 at m = 0 after 8000 steps of 3e-3, against 1e-4. Other than that code: E_random is N(0, 1) as in the paper
(uniform in +-1 there), targets are of i + j (of i + j mod 10 there), its "line" has a second coordinate of +-.3. It
plots m = 0 to .2 and labels the axis 0 to 1.

Ours: w is counted in initial norms. The path begins at A = (1, .2), the standard initialisation at the top of the
code's plot, γ = 1e-3, η_R = η_D / 25: equal rates on the plot's axes. B to E are found, not placed. Adam with rescaling
need not rest at a sphere's minimum (its step along a radial gradient is no multiple of w), and at width 200, m = 0
losses rise again: .32 to .44 at w = 1.4, .07 to .16 at 2, between 846 and 8000 steps of 3e-3. So a run counts with its
record of least train loss, which is still no minimum (w = 2, m = 0, seed 0: .23, where gradient descent with momentum
on the sphere finds .08, see fig6abc_full_trajectory); (h) shows the gradient that is left. Thresholds (a fifth, 5
times, slope +-.15, test loss .05 or 1.5 times the least) were set before this grid was run (single-seed trials came
before). quick: width 100, 4000 steps of 3e-3, 7 x 7 points, 3 seeds.

Expected (quick, medians of 3 seeds): claim 1 holds: for w >= 3 the train loss ranges over .12, the test loss over 2.8.
Claim 2 does not: the path runs up in w and stays near m = .10 with a test loss of 2.6. Over m the train loss is no
slope toward the line: it has a ridge (w = 4, seed 0: .0025 at m = 0, .028 at .02, .006 at .1, .015 at .2, .0009 at 1)
that moves with the seed. From m = .02, .05 and .1 all seeds generalise, from .2, .4 and 1 none; those from .02 reach
the line while w still grows, so C is E: without a slow part. Claim 3 is not measured. Claim 4 does not hold: contours
lead down to m = 0 for 25 and 35 pairs too in 2 of 3 seeds (w = 3.4 to 2.5 and 4.0 to 3.0), and for 45 and 54 the loss
at m = .2 does not fall to .02 up to w = 5. The test loss of seed 1 stays above .14, probably as a sum that only one
pair has cannot be tested without a loss, and four of the 19 sums are such.
With w up to 9 as in the paper (1, 2, 3, 5, 7, 9, one seed, else as quick) nothing changes: beyond w = 5 the train loss
rises again (m = .1: .001, .016, .060), the path from m = .2 ends at w = 4.4, m = .10 with a test loss of .81, those
from m = .02 to .1 at w = 4.3, m = 0, again with E at C; the contours of 25, 35, 45 and 54 begin at w = 2.3, 3.0, 3.4,
3.4, none leads always downhill, but all now reach m = .2 (2.4, 3.1, 4.0, 4.2).

Cost on 2 cores: smoke seconds; quick 100 s; paper 1.5 hours (5.8e7 steps at 11,000 a second; not run).
"""

from collections.abc import Sequence

import numpy as np
from ml_collections import ConfigDict

from configs.presets import apply_preset
from grok_jax import default_config


def grid(scales: Sequence[float], messiness: Sequence[float], sizes: Sequence[int], seeds: int) -> str:
    """The landscape over init_scale and messiness, for each training size and seed."""
    axes = {"model.init_scale": scales, "task.messiness": messiness, "task.train_size": sizes}
    values = [f"{name}={', '.join(f'{value:.6g}' for value in points)}" for name, points in axes.items()]
    return "; ".join([*values, f"seed=range({seeds})"])


def get_config(preset: str = "quick") -> ConfigDict:
    """The config of one preset: smoke, quick or paper."""
    config = default_config(task="toy_addition", model="mlp", optimizer="adam")
    config.figure = "omnigrok/fig6_toy_addition"
    config.model.widths = (200, 200)
    config.model.activation = "relu"
    config.optimizer.learning_rate = 1e-3
    config.optimizer.b2 = 0.99
    config.optimizer.constant_norm = True
    config.training.steps = 10_000
    config.training.records = 40
    config.training.probes = ("gradient",)
    small = {"model.widths": (100, 100), "optimizer.learning_rate": 3e-3}
    quick = grid((1, 1.5, 2, 2.5, 3, 4, 5), (0, 0.02, 0.05, 0.1, 0.2, 0.4, 1), (25, 35, 45, 54), 3)
    messiness = (*np.linspace(0, 0.2, 11), 0.3, 0.4, 0.6, 0.8, 1)
    presets = {
        "smoke": {
            **small,
            "training.steps": 100,
            "training.records": 6,
            "grid": grid((1, 3, 5), (0, 0.2, 1), (25, 45), 1),
        },
        "quick": {**small, "training.steps": 4000, "grid": quick},
        "paper": {"grid": grid(np.linspace(0.5, 9, 18), messiness, (25, 35, 45, 54), 5)},
    }
    return apply_preset(config, preset, presets)
