"""Lazy to rich, Figure 2: modular addition groks without weight decay, as the norm grows; the scale s sets the delay.

Results: dims ('task.p', 'model.output_scale', 'seed', 'step'). The scale of the paper, s, is that of each layer's
weights: the output scale of a run is s²/√N.
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from configs.lazy_to_rich.fig2_modular_mlp import PRIMES, REFERENCE
from experiments.checks import at_steps, peak, rises
from experiments.lazy_to_rich.claims_at_each import claims_at_each
from experiments.lazy_to_rich.output_scale import OUTPUT_SCALE, absent_at_the_smallest, grows, judged, waits_of_accuracy
from grok_jax.analysis.claims import Measured, over_seeds
from grok_jax.analysis.grokking import LEVEL, first_crossing, is_censored, last_value, t_generalize, value_at
from grok_jax.analysis.selection import runs_at, with_axis
from grok_jax.plotting.curves import curve, learning_curves, legend, weight_norm_axis
from grok_jax.plotting.style import colors, panel_label, style

PRIME = "task.p"
WELL_BEFORE = 1.5  # least ratio of the times to generalize and to fit


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) accuracies and norm, (b) losses, both at the s nearest to 1, (c) accuracies for each s; a row per p."""
    ds = with_axis(with_axis(ds, OUTPUT_SCALE), PRIME).sortby(OUTPUT_SCALE)
    scales = np.sqrt(ds[OUTPUT_SCALE].values / REFERENCE)  # s
    nearest = int(np.abs(np.log(scales)).argmin())
    with style():
        figure = Figure(figsize=(13.0, 3.6 * ds.sizes[PRIME]), layout="constrained")
        figure.get_layout_engine().set(wspace=0.05)
        panels = figure.subplots(ds.sizes[PRIME], 3, squeeze=False)
        for row, (left, middle, right) in enumerate(panels):
            runs = ds.isel({PRIME: row})
            prime = runs[PRIME].item()
            reference = runs.isel({OUTPUT_SCALE: nearest})
            learning_curves(left, reference)
            legend(left, weight_norm_axis(left, reference), loc="upper left")
            learning_curves(middle, reference, ("train_loss", "test_loss"))
            legend(middle)
            for ax in (left, middle):
                ax.set_title(f"p = {prime:g}, s = {scales[nearest]:g}")
            for i, color in enumerate(colors(scales.size)):
                curve(right, runs["train_accuracy"].isel({OUTPUT_SCALE: i}), color=color, linestyle="--")
                curve(right, runs["test_accuracy"].isel({OUTPUT_SCALE: i}), color=color, label=f"s = {scales[i]:g}")
            right.set(ylabel="accuracy (dashed: train)", title=f"p = {prime:g}")
            legend(right)
        for ax, letter in zip(panels[0], "abc", strict=True):
            panel_label(ax, letter)
    return figure


def _fits_well_before(ds: xr.Dataset) -> Measured:
    runs = runs_at(ds, {OUTPUT_SCALE: REFERENCE})
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
    runs = runs_at(ds, {OUTPUT_SCALE: REFERENCE})
    norm, late = runs["weight_norm"], t_generalize(runs)
    start = norm.isel(step=0)
    # A run that ends before it generalizes has diverged; the growth of its norm shows nothing.
    end = last_value(norm).where(norm.isel(step=-1).notnull() | np.isfinite(late))
    return over_seeds(
        end > start,
        {"final norm / initial norm": end / start, "norm at t95(test) / initial norm": value_at(norm, late) / start},
    )


def _scale_sets_the_wait(ds: xr.Dataset) -> Measured:
    waits = waits_of_accuracy(ds, LEVEL)
    return judged(grows(waits), absent_at_the_smallest(waits))


STATEMENTS = (
    (
        f"train accuracy is 100% well before test: t95(test) / t100(train) >= {WELL_BEFORE:g}",
        "grokking on modular arithmetic with no weight decay",
        _fits_well_before,
    ),
    ("the weight norm grows during training", "weight norm increases during training", _norm_grows),
    (
        "the wait, the steps from 95% train to 95% test accuracy, grows with the scale s (rank "
        "correlation > .8); at the smallest s it is gone (at most 5% of the longest)",
        "α continuously controls grokking: more dramatic, or vanishes",
        _scale_sets_the_wait,
    ),
)

CLAIMS = claims_at_each("lazy_to_rich/fig2", PRIME, PRIMES, STATEMENTS)

# One run of the authors' code for each p at s = 1, and for each s of its sweep, with new weights for every s.
P23, P13 = ({PRIME: prime, OUTPUT_SCALE: REFERENCE} for prime in PRIMES)
AT_ONE = [
    *at_steps("train_loss", P23, {0: 0.0437, 21_972: 0.022, 50_000: 0.00065}),
    *at_steps("test_loss", P23, {0: 0.0438, 21_972: 0.042, 50_000: 0.0039}),
    *peak("test_loss", P23, step=16_857, height=0.0455),
    *rises("train_accuracy", P23, {0.95: 19_315, 1.0: 21_972}),
    *rises("test_accuracy", P23, {0.95: 27_036, 1.0: 28_318}),
    *at_steps("train_loss", P13, {0: 0.0770, 2000: 0.052, 2524: 0.035}),
    *at_steps("train_accuracy", P13, {2000: 0.92}),
    *rises("train_accuracy", P13, {0.95: 2081, 1.0: 2524}),
    *rises("test_accuracy", P13, {0.82: 4000, 0.95: 4684}),
]
SWEPT = [
    *rises("train_accuracy", {PRIME: 23, OUTPUT_SCALE: 0.025}, {1.0: 4768}),
    *rises("test_accuracy", {PRIME: 23, OUTPUT_SCALE: 0.025}, {0.95: 5426}),
    *at_steps("test_loss", {PRIME: 23, OUTPUT_SCALE: 0.025}, {40_000: 0.0004}),
    *at_steps("train_accuracy", {PRIME: 23, OUTPUT_SCALE: 0.225}, {40_000: 0.93}),
    *at_steps("train_accuracy", {PRIME: 23, OUTPUT_SCALE: 0.4}, {40_000: 0.54}),
    *rises("train_accuracy", {PRIME: 13, OUTPUT_SCALE: 0.025}, {0.95: 530, 1.0: 586}),
    *rises("test_accuracy", {PRIME: 13, OUTPUT_SCALE: 0.025}, {0.95: 862}),
    *rises("train_accuracy", {PRIME: 13, OUTPUT_SCALE: 0.225}, {0.95: 4235, 1.0: 6109}),
    *at_steps("test_accuracy", {PRIME: 13, OUTPUT_SCALE: 0.225}, {40_000: 0.88}),
    *rises("train_accuracy", {PRIME: 13, OUTPUT_SCALE: 0.4}, {0.95: 8471, 1.0: 10_242}),
    *at_steps("test_accuracy", {PRIME: 13, OUTPUT_SCALE: 0.4}, {40_000: 0.71}),
]
CHECKS = AT_ONE + SWEPT
