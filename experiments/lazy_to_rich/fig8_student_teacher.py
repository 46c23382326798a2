"""Lazy to rich, Figure 8: a student of doubled weights groks, less with a smaller output scale, more with a larger.

Results: dims ('model.output_scale', 'seed', 'step').
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.grokking import delay, is_censored, t_fit, t_generalize
from grok_jax.analysis.selection import runs_at, with_axis
from grok_jax.plotting.curves import curves_along, legend
from grok_jax.plotting.style import TEST, TRAIN, panel_label, style
from grok_jax.plotting.times import legend_below, times_along

ALPHA = "model.output_scale"
REFERENCE = 1.0
GROKS, GONE = 10.0, 2.0  # delays


def plot(ds: xr.Dataset) -> Figure:
    """(a) accuracies for each α as in the paper, (b) the steps to 95% accuracy over α."""
    ds = with_axis(ds, ALPHA).sortby(ALPHA)
    budget = float(ds["step"][-1])
    with style():
        figure = Figure(figsize=(11.0, 4.0), layout="constrained")
        left, right = figure.subplots(1, 2)
        curves_along(left, ds, ALPHA, symbol="α", variables=("train_accuracy", "test_accuracy"))
        left.set_ylim(-0.03, 1.03)
        legend(left, loc="upper left")
        times_along(right, t_fit(ds), ALPHA, colour=TRAIN, label="95% train accuracy", budget=budget, marker="s")
        times_along(right, t_generalize(ds), ALPHA, colour=TEST, label="95% test accuracy", budget=budget)
        right.set_xlabel("output scale α")
        legend_below(right)
        for ax, letter in ((left, "a"), (right, "b")):
            panel_label(ax, letter)
    return figure


def _beside_reference(ds: xr.Dataset, place: int) -> tuple[xr.Dataset, xr.Dataset, float]:
    """The runs at α = 1, those at the smallest (0) or the largest (-1) α, and that α."""
    ds = with_axis(ds, ALPHA).sortby(ALPHA)
    scale = float(ds[ALPHA][place])
    if not (scale < REFERENCE if place == 0 else scale > REFERENCE):
        raise NotMeasured(f"needs a {ALPHA} {'below' if place == 0 else 'above'} {REFERENCE:g}")
    return runs_at(ds, {ALPHA: REFERENCE}), ds.isel({ALPHA: place}, drop=True), scale


def _small_scale_removes(ds: xr.Dataset) -> Measured:
    reference, small, scale = _beside_reference(ds, 0)
    induced, left = delay(reference), delay(small)
    return over_seeds(
        (induced > GROKS) & (left < GONE),
        {
            "delay at α = 1": induced,
            f"at α = {scale:g}": left,
            "t95(train) at α = 1": t_fit(reference),
            "t95(test) at α = 1": t_generalize(reference),
            f"t95(train) at α = {scale:g}": t_fit(small),
            f"t95(test) at α = {scale:g}": t_generalize(small),
        },
        decided=induced.notnull() & left.notnull() & ~is_censored(left),
    )


def _large_scale_lengthens(ds: xr.Dataset) -> Measured:
    reference, large, scale = _beside_reference(ds, -1)
    early, late = t_generalize(reference), t_generalize(large)
    # A run that fits and never generalises has a delay beyond the budget: a lower bound that may be enough.
    budget = float(ds["step"][-1])
    at_least = np.minimum(late, budget) / t_fit(large)
    longer = at_least > delay(reference)
    return over_seeds(
        longer & (np.minimum(late, budget) > early),
        {
            "delay at α = 1": delay(reference),
            f"at α = {scale:g} (at least)": at_least,
            "t95(test) at α = 1": early,
            f"at α = {scale:g}": late,
            f"t95(train) at α = {scale:g}": t_fit(large),
        },
        decided=np.isfinite(early) & at_least.notnull() & (longer | ~is_censored(late)),
    )


CLAIMS = [
    Claim(
        "lazy_to_rich/fig8/1",
        "small α removes the grokking that doubled weights induce: t95(test)/t95(train) > 10 at α = 1 and < 2 at the"
        " smallest α",
        "tuning our scaling parameter to be smaller we can make that induced grokking vanish",
        _small_scale_removes,
    ),
    Claim(
        "lazy_to_rich/fig8/2",
        "large α lengthens it: t95(test)/t95(train) and t95(test) are larger at the largest α than at α = 1",
        "we can even make grokking more pronounced by increasing it",
        _large_scale_lengthens,
    ),
]
