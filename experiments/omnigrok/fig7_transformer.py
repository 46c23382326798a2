"""Omnigrok, Figure 7: a transformer on modular addition, free and at a constant weight norm.

Results: dims (the settings of both panels as one axis, 'seed', 'step'). If the probes "fourier" and "modules" were
measured, the figure also shows the progress measures of Nanda et al. and the norm by module of the free runs.
"""

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.checks import at_steps, rises
from experiments.omnigrok.fourier import module_norms, progress_losses, sparsity
from grok_jax.analysis.claims import Claim, Measured, over_seeds
from grok_jax.analysis.grokking import first_crossing, is_censored, last_value, t_fit, t_generalize, value_at
from grok_jax.analysis.lazy import t_peak
from grok_jax.analysis.selection import runs_at
from grok_jax.plotting.curves import learning_curves, legend, weight_norm_axis
from grok_jax.plotting.style import panel_label, style

CONSTANT_NORM = "optimizer.constant_norm"
GENERALIZED = 0.99  # test accuracy
RISE = 1.05  # a peak of the norm is at least this many times its initial value
FREE_DELAY, CONSTANT_DELAY = 20.0, 2.0


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) free runs, (b, c) runs at constant norm; (d) to (f) what the free runs learn, and in which module."""
    free, constant = _runs(ds, False), _runs(ds, True)
    probed = "restricted_loss" in ds
    with style():
        figure = Figure(figsize=(15.0, 3.9 * (1 + probed)), layout="constrained")
        figure.get_layout_engine().set(wspace=0.06)
        axes = figure.subplots(1 + probed, 3, squeeze=False)
        _accuracies(axes[0, 0], free)
        _accuracies(axes[0, 1], constant)
        learning_curves(axes[0, 2], constant, ("train_loss", "test_loss"))
        titles = ["free", "constant norm", "constant norm"]
        if probed:
            progress_losses(axes[1, 0], free)
            sparsity(axes[1, 1], free)
            module_norms(axes[1, 2], free)
            titles += ["free: progress measures", "free: sparsity in frequencies", "free: norm by module"]
        for ax, title, letter in zip(axes.flat, titles, "abcdef", strict=False):
            ax.set_title(title, fontsize="medium")
            panel_label(ax, letter)
        places = {2: (0.0, 0.12), 3: (0.0, 0.2), 4: (0.0, 0.22), 5: (0.0, 0.69)}
        for i, place in list(places.items())[: axes.size - 2]:
            legend(axes.flat[i], loc="center left", bbox_to_anchor=place, ncols=2 if i == 5 else 1)
    return figure


def _runs(ds: xr.Dataset, constant_norm: bool) -> xr.Dataset:
    """Returns the runs of one setting, up to their last trained step."""
    return runs_at(ds, {CONSTANT_NORM: constant_norm}).dropna("step", how="all", subset=["weight_norm"])


def _accuracies(ax: Axes, runs: xr.Dataset) -> None:
    learning_curves(ax, runs)
    norm = weight_norm_axis(ax, runs)
    norm.set_ylim(0, 1.08 * float(runs["weight_norm"].max()))
    legend(ax, norm, loc="center left", bbox_to_anchor=(0.0, 0.42))


def _norm_peaks_then_falls(ds: xr.Dataset) -> Measured:
    runs = _runs(ds, False)
    norm, fit = runs["weight_norm"], t_fit(runs)
    general = first_crossing(runs["test_accuracy"], GENERALIZED)
    peak, start, end = t_peak(norm), norm.isel(step=0, drop=True), last_value(norm)
    overfits = (value_at(runs["train_accuracy"], peak) > value_at(runs["test_accuracy"], peak)) & (peak < general)
    return over_seeds(
        overfits & (norm.max("step") > RISE * start) & (end < start),
        {
            "initial norm": start,
            "largest norm": norm.max("step"),
            "final norm": end,
            "step of the largest norm": peak,
            "t95(train)": fit,
            "t99(test)": general,
        },
        decided=~is_censored(general),
    )


def _delay_vanishes_at_constant_norm(ds: xr.Dataset) -> Measured:
    free, constant = _runs(ds, False), _runs(ds, True)
    long, short = t_generalize(free) / t_fit(free), t_generalize(constant) / t_fit(constant)
    # If a run at constant norm does not generalize within its budget, the delay at its last step is a lower bound. A
    # free run that does not generalize shows no delay.
    known = np.isfinite(long), np.isfinite(short) | (_least_delay(constant) >= CONSTANT_DELAY)
    return over_seeds(
        (long > FREE_DELAY) & (short < CONSTANT_DELAY),
        {
            "t95(test) / t95(train), free": long,
            "at constant norm": short,
            "final test accuracy at constant norm": last_value(constant["test_accuracy"]),
        },
        decided=known[0] & known[1],
    )


def _least_delay(runs: xr.Dataset) -> Float[xr.DataArray, "..."]:
    """Returns t95(test) / t95(train), with a run's last step in place of a time that it did not reach."""
    return np.minimum(t_generalize(runs), runs["step"][-1]) / t_fit(runs)


CLAIMS = [
    Claim(
        "omnigrok/fig7/1",
        "the weight norm rises by 5% or more, peaks while train accuracy is above test accuracy and "
        "before test accuracy is 99%, and ends below its start",
        "the norm first increases, is highest during overfitting, then drops below its initial value at generalization",
        _norm_peaks_then_falls,
    ),
    Claim(
        "omnigrok/fig7/2",
        "t95(test) / t95(train) is above 20 for free runs and below 2 at a constant norm of scale .8",
        "constrained optimization at constant norm largely eliminates grokking",
        _delay_vanishes_at_constant_norm,
    ),
]

# Read off the plots stored in the authors' notebook: one free run and one at constant norm.
CHECKS = [
    *at_steps("weight_norm", {CONSTANT_NORM: False}, {0: 42.9, 160: 60, 900: 61, 4000: 52, 7000: 40, 15_000: 30.4}),
    *rises("train_accuracy", {CONSTANT_NORM: False}, {0.90: 120}),
    *at_steps("test_accuracy", {CONSTANT_NORM: False}, {4000: 0.05}),
    *rises("test_accuracy", {CONSTANT_NORM: False}, {0.26: 5600, 0.63: 6300, 0.98: 7100}),
    *at_steps("weight_norm", {CONSTANT_NORM: True}, {0: 33.8}),
    *rises("train_accuracy", {CONSTANT_NORM: True}, {0.95: 260}),
    *rises("test_accuracy", {CONSTANT_NORM: True}, {0.25: 240, 0.73: 260, 0.96: 280}),
]
