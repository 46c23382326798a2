"""Model efficiency, Figure 9: semi-grokking, intermediate test accuracy around the critical fraction.

Results: dims ('task.train_fraction', perhaps with the batch on the same axis, 'seed', 'step').
"""

from typing import NamedTuple

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from configs.model_efficiency.fig9_semi_grokking import WINDOW
from experiments.model_efficiency.critical_size import TRAIN_FRACTION
from experiments.model_efficiency.stability import at_rest, collapse_note
from grok_jax.analysis.claims import Claim, Measured, over_seeds
from grok_jax.analysis.grokking import LEVEL, t_fit, t_generalize
from grok_jax.analysis.selection import sorted_along, with_axis
from grok_jax.plotting.curves import curves_along, legend
from grok_jax.plotting.landscape import slice_along
from grok_jax.plotting.style import TEST, TRAIN, panel_label, style

MIDDLING = (0.1, LEVEL)  # final test accuracy: at least the first, below the second
FLAT = 0.05  # largest change of test accuracy over the second half of the steps, in the window
DELAY = 2.0
PAPERS = WINDOW[0], WINDOW[-1]  # the paper's window, for another network or p


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) accuracies against steps, one color per fraction; (b) final accuracies against the fraction."""
    ds = with_axis(ds, TRAIN_FRACTION).sortby(TRAIN_FRACTION)
    with style():
        figure = Figure(figsize=(14.0, 4.0), layout="constrained")
        left, right = figure.subplots(1, 2)
        curves_along(left, ds, TRAIN_FRACTION, symbol="fraction", variables=("train_accuracy", "test_accuracy"))
        legend(left, loc="upper left", bbox_to_anchor=(1.0, 1.0))
        right.axhspan(*MIDDLING, color="0.93", label="middling")
        for name, color in (("train", TRAIN), ("test", TEST)):
            slice_along(right, at_rest(ds[f"{name}_accuracy"]).value, TRAIN_FRACTION, color=color, label=name, log="")
        # A network that has learned only a + b = b + a is right on the pairs whose mirror image it has seen.
        right.plot(ds[TRAIN_FRACTION], ds[TRAIN_FRACTION], color="0.4", linestyle=":", label="pairs seen mirrored")
        right.axvspan(*PAPERS, color=TEST, alpha=0.12, linewidth=0, label="the paper's window")
        right.set(xlabel="train fraction", ylabel="accuracy, median of the last quarter", ylim=(-0.03, 1.03))
        legend(right, loc="upper left", bbox_to_anchor=(1.0, 1.0))
        for ax, letter in ((left, "a"), (right, "b")):
            panel_label(ax, letter)
    return figure


class Ends(NamedTuple):
    """The end of each run, ordered along TRAIN_FRACTION."""

    accuracy: xr.DataArray  # test accuracy at rest
    fitted: xr.DataArray
    middling: xr.DataArray
    flat: xr.DataArray
    fraction: xr.DataArray  # of each run


def _ends(ds: xr.Dataset) -> Ends:
    test = at_rest(ds["test_accuracy"])
    fitted = np.isfinite(t_fit(ds)) & test.value.notnull()
    middling = fitted & (test.value >= MIDDLING[0]) & (test.value < MIDDLING[1])
    return Ends(test.value, fitted, middling, test.drift <= FLAT, ds[TRAIN_FRACTION].broadcast_like(test.value))


def _window(ds: xr.Dataset) -> Measured:
    ds = sorted_along(with_axis(ds, TRAIN_FRACTION), TRAIN_FRACTION)
    ends = _ends(ds)
    inside = ends.fraction.where(ends.middling & ends.flat)
    low, high = inside.min(TRAIN_FRACTION), inside.max(TRAIN_FRACTION)
    is_low, is_high = ends.accuracy < MIDDLING[0], ends.accuracy >= MIDDLING[1]
    moving = ends.middling & ~ends.flat  # in the window but not yet at rest
    ordered = ((is_low | moving | (ends.fraction >= low)) & (is_high | moving | (ends.fraction <= high))).all(
        TRAIN_FRACTION
    )
    spans = is_low.isel({TRAIN_FRACTION: 0}, drop=True) & is_high.isel({TRAIN_FRACTION: -1}, drop=True)
    is_window = inside.notnull().any(TRAIN_FRACTION)
    return over_seeds(
        is_window & ordered & spans,
        {
            "smallest fraction of the window": low,
            "largest": high,
            "test accuracy in it": ends.accuracy.where(inside.notnull()).mean(TRAIN_FRACTION),
            "share of pairs seen mirrored": inside.mean(TRAIN_FRACTION),
            "test accuracy at the smallest fraction": ends.accuracy.isel({TRAIN_FRACTION: 0}, drop=True),
            "at the largest": ends.accuracy.isel({TRAIN_FRACTION: -1}, drop=True),
            "fractions still in motion": moving.sum(TRAIN_FRACTION),
        },
        decided=ends.fitted.all(TRAIN_FRACTION) & spans & (is_window | ~moving.any(TRAIN_FRACTION)),
        note=f"the paper's window: {PAPERS[0]:g} to {PAPERS[1]:g}; {collapse_note(ds)}",
    )


def _groks_above(ds: xr.Dataset) -> Measured:
    ds = sorted_along(with_axis(ds, TRAIN_FRACTION), TRAIN_FRACTION)
    ends = _ends(ds)
    late = t_generalize(ds)
    below = ends.accuracy < MIDDLING[1]
    above = ends.fraction > ends.fraction.where(below).max(TRAIN_FRACTION)
    wait = (late / t_fit(ds)).where(above)
    return over_seeds(
        ((np.isfinite(late) & (wait > DELAY)) | ~above).all(TRAIN_FRACTION),
        {
            "smallest fraction above": ends.fraction.where(above).min(TRAIN_FRACTION),
            "steps to 95% test accuracy there": late.where(above).max(TRAIN_FRACTION),
            "shortest delay above": wait.min(TRAIN_FRACTION),
            "longest": wait.max(TRAIN_FRACTION),
        },
        decided=ends.fitted.all(TRAIN_FRACTION) & below.any(TRAIN_FRACTION) & above.any(TRAIN_FRACTION),
    )


CLAIMS = [
    Claim(
        "model_efficiency/fig9/1",
        f"in a window of fractions, runs that fit end at a test accuracy from {MIDDLING[0]:.0%} to below "
        f"{MIDDLING[1]:.0%}, which changes by {FLAT:g} or less over the second half of their steps; below "
        f"the window they end below {MIDDLING[0]:.0%}, above it at {MIDDLING[1]:.0%} or more",
        "middling accuracy when the fraction ranges from approximately 23% to 27%",
        _window,
    ),
    Claim(
        "model_efficiency/fig9/2",
        "every fraction above those that end below 95% groks: it reaches 95% test accuracy after more "
        "than twice the steps to 95% train accuracy",
        "as the fraction surpasses 27%, grokking manifests after 6e4 steps",
        _groks_above,
    ),
]
