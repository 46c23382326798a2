"""Lazy to rich, Figure 2: modular addition groks with no weight decay and a growing norm; output_scale sets the delay.

Results: dims ('model.output_scale', 'seed', 'step').
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from grok_jax.analysis.claims import Claim, Measured, over_seeds
from grok_jax.analysis.grokking import delay, first_crossing, is_censored, last_value, t_generalize, value_at
from grok_jax.analysis.power_law import rank_correlation
from grok_jax.analysis.selection import runs_at, sorted_along, with_axis
from grok_jax.plotting.curves import curve, learning_curves, legend, weight_norm_axis
from grok_jax.plotting.style import colours, panel_label, style

ALPHA = "model.output_scale"
REFERENCE = 1.0  # the output scale of panels (a) and (b)
WELL_BEFORE = 1.5  # a delay of at least this is one, a smaller one is none
RISING = 0.8  # rank correlation


def plot(ds: xr.Dataset) -> Figure:
    """(a) accuracies and weight norm, (b) losses, both at the output_scale nearest to 1, (c) accuracies for each."""
    ds = with_axis(ds, ALPHA).sortby(ALPHA)
    scales = ds[ALPHA].values
    nearest = int(np.abs(np.log(scales / REFERENCE)).argmin())
    reference = ds.isel({ALPHA: nearest})
    with style():
        figure = Figure(figsize=(13.0, 3.6), layout="constrained")
        figure.get_layout_engine().set(wspace=0.05)
        left, middle, right = figure.subplots(1, 3)
        learning_curves(left, reference)
        twin = weight_norm_axis(left, reference)
        legend(left, twin, loc="upper left")
        learning_curves(middle, reference, ("train_loss", "test_loss"))
        legend(middle)
        for ax in (left, middle):
            ax.set_title(f"α = {scales[nearest]:g}")
        for i, colour in enumerate(colours(scales.size)):
            curve(right, ds["train_accuracy"].isel({ALPHA: i}), colour=colour, linestyle="--")
            curve(right, ds["test_accuracy"].isel({ALPHA: i}), colour=colour, label=f"α = {scales[i]:g}")
        right.set_ylabel("accuracy (dashed: train)")
        legend(right)
        for ax, letter in zip((left, middle, right), "abc", strict=True):
            panel_label(ax, letter)
    return figure


def _fits_well_before(ds: xr.Dataset) -> Measured:
    runs = runs_at(ds, {ALPHA: REFERENCE})
    perfect, late = first_crossing(runs["train_accuracy"], 1.0), t_generalize(runs)
    ratio = late / perfect.where(perfect > 0)
    return over_seeds(
        np.isfinite(ratio) & (ratio >= WELL_BEFORE),
        {
            "t95(test)/t100(train)": ratio,
            "t100(train)": perfect,
            "t95(test)": late,
            "test accuracy at t100(train)": value_at(runs["test_accuracy"], perfect),
        },
        decided=~is_censored(late),
    )


def _norm_grows(ds: xr.Dataset) -> Measured:
    runs = runs_at(ds, {ALPHA: REFERENCE})
    norm, late = runs["weight_norm"], t_generalize(runs)
    start = norm.isel(step=0)
    # A run that breaks off without having generalised has diverged: its norm grew, but shows nothing.
    end = last_value(norm).where(norm.isel(step=-1).notnull() | np.isfinite(late))
    return over_seeds(
        end > start,
        {"final norm / initial norm": end / start, "norm at t95(test) / initial norm": value_at(norm, late) / start},
    )


def _delay_grows_with_scale(ds: xr.Dataset) -> Measured:
    ratio = delay(sorted_along(ds, ALPHA))
    rising = rank_correlation(ratio, ALPHA)
    smallest = ratio.isel({ALPHA: 0}, drop=True)
    return over_seeds(
        (rising > RISING) & (smallest < WELL_BEFORE),
        {
            "rank correlation of delay and α": rising,
            f"delay at α = {float(ds[ALPHA].min()):g}": smallest,
            f"at α = {float(ds[ALPHA].max()):g}": ratio.isel({ALPHA: -1}, drop=True),
        },
        decided=rising.notnull() & smallest.notnull(),
    )


CLAIMS = [
    Claim(
        "lazy_to_rich/fig2/1",
        "train accuracy is 100% well before test: t95(test) / t100(train) >= 1.5",
        "grokking on modular arithmetic with no weight decay",
        _fits_well_before,
    ),
    Claim(
        "lazy_to_rich/fig2/2",
        "the weight norm grows during training",
        "weight norm increases during training",
        _norm_grows,
    ),
    Claim(
        "lazy_to_rich/fig2/3",
        "the delay increases with the output scale α (rank correlation > .8) and vanishes (< 1.5) at the smallest",
        "α continuously controls grokking: more dramatic, or vanishes",
        _delay_grows_with_scale,
    ),
]
