"""Lazy to rich, Figure 3a: the output scale α sets how long after the training loss the test loss falls.

Results: dims ('model.output_scale', 'seed', 'step').
"""

import math

import xarray as xr
from matplotlib.figure import Figure

from experiments.checks import Check, at_steps, falls, peak
from experiments.lazy_to_rich.motion import losses_and_paths
from experiments.lazy_to_rich.output_scale import (
    OUTPUT_SCALE,
    Waits,
    absent_at_the_smallest,
    grows,
    judged,
    waits_of_loss,
)
from experiments.lazy_to_rich.relative_loss import relative_losses
from grok_jax.analysis.claims import Claim

LEVEL = 0.1  # share of the loss at the start, by which the authors' code divides it


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) losses for each α, (c) the path of the weights, where the paper has a sketch."""
    figure = losses_and_paths(relative_losses(ds), OUTPUT_SCALE, symbol="α", level=LEVEL, letters="ac")
    figure.axes[0].set_ylabel("loss / its start (dashed: train)")
    return figure


def _waits(ds: xr.Dataset) -> Waits:
    return waits_of_loss(relative_losses(ds), LEVEL)


CLAIMS = [
    Claim(
        "lazy_to_rich/fig3a/1",
        "the wait, the steps from a tenth of the train loss to a tenth of the test loss, grows with the "
        "output scale α (rank correlation > .8)",
        "increasing α continuously induces a longer delay",
        lambda ds: judged(grows(_waits(ds))),
    ),
    Claim(
        "lazy_to_rich/fig3a/2",
        "at the smallest α the wait is gone: at most 5% of the longest in the sweep",
        "small α can eliminate grokking altogether",
        lambda ds: judged(absent_at_the_smallest(_waits(ds))),
    ),
]

# One run of the authors' code at each α: steps until train and test loss are a tenth of their starts (to 15%); the test
# loss at 6e4 steps, and how far the weights have moved by then, relative to their norm.
THEIRS = {
    2**-5: (24, 311, 7e-4, 14.6),
    0.25: (193, 2473, 0.0150, 5.20),
    0.5: (311, 6437, 0.0377, 3.65),
    1: (589, 27_034, 0.0885, 2.53),
    2: (950, None, 0.184, 1.72),
    4: (1533, None, 0.321, 1.14),
    8: (2473, None, 0.465, 0.714),
    16: (3402, None, 0.581, 0.427),
}
PEAKS = {2: 1.008, 4: 1.032, 8: 1.046, 16: 1.054}  # the highest test loss; below these α it is the first


def _checks() -> list[Check]:
    checks = []
    for scale, (train, test, left, moved) in THEIRS.items():
        checks += falls("train_loss", {OUTPUT_SCALE: scale}, {0.1: train}, relative=True)
        checks += falls("test_loss", {OUTPUT_SCALE: scale}, {0.1: test} if test else {}, relative=True)
        checks += at_steps("test_loss", {OUTPUT_SCALE: scale}, {60_000: left}, relative=True)
        checks += at_steps("relative_distance", {OUTPUT_SCALE: scale}, {60_000: moved})
    for scale, height in PEAKS.items():
        checks += peak("test_loss", {OUTPUT_SCALE: scale}, math.nan, height, relative=True)
    return checks


CHECKS = _checks()
