"""Omnigrok, Figure 3d: an MLP with large initial weights groks on 1000 MNIST images.

Results: dims ('seed', 'step'), or ('optimizer.weight_decay', 'seed', 'step') with one weight decay.
"""

import math

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from configs.omnigrok.fig3d_mnist_grokking import DECAY, STEPS
from experiments.checks import at_steps, rises
from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.grokking import first_crossing, is_censored, last_value, t_fit, value_at
from grok_jax.analysis.selection import config_value
from grok_jax.plotting.curves import learning_curves, legend, mark_time, weight_norm_axis
from grok_jax.plotting.style import TEST, TRAIN, panel_label, style

WEIGHT_DECAY = "optimizer.weight_decay"
FIT_STEPS, MEMORIZED_STEPS = 3e3, 5e3
MEMORIZED, GENERALIZED = 0.3, 0.8  # test accuracy: below the first early, above the second at the end
RISE = 0.01  # minibatch noise changes the norm by less than this fraction


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) accuracies, with the weight norm on a second axis, and (b) losses against steps."""
    with style():
        figure = Figure(figsize=(10.2, 3.8), layout="constrained")
        figure.get_layout_engine().set(wspace=0.06)
        left, right = figure.subplots(1, 2)
        learning_curves(left, ds)
        twin = weight_norm_axis(left, ds)
        mark_time(left, t_fit(ds), color=TRAIN, label="95% train accuracy")
        mark_time(
            left,
            first_crossing(ds["test_accuracy"], GENERALIZED),
            color=TEST,
            label=f"{GENERALIZED:.0%} test accuracy",
        )
        legend(left, twin, loc="center left")
        learning_curves(right, ds, ("train_loss", "test_loss"))
        legend(right)
        for ax, letter in ((left, "a"), (right, "b")):
            panel_label(ax, letter)
            ax.set_title(_setting(ds), fontsize="medium")
    return figure


def _setting(ds: xr.Dataset) -> str:
    symbols = {"task.train_size": "N", "model.init_scale": "α", WEIGHT_DECAY: "γ"}
    known = {symbol: config_value(ds, name) for name, symbol in symbols.items()}
    return ", ".join(f"{symbol} = {value:g}" for symbol, value in known.items() if value is not None)


def _runs(ds: xr.Dataset) -> xr.Dataset:
    if ds.sizes.get(WEIGHT_DECAY, 1) != 1:
        raise NotMeasured(f"needs one value of {WEIGHT_DECAY}; the results have {ds.sizes[WEIGHT_DECAY]}")
    return ds.squeeze(WEIGHT_DECAY) if WEIGHT_DECAY in ds.dims else ds


def _is_paper_scale(ds: xr.Dataset) -> bool:
    weight_decay = config_value(ds, WEIGHT_DECAY)
    long_enough = float(ds["step"][-1]) >= STEPS
    return long_enough and weight_decay is not None and math.isclose(weight_decay, DECAY, rel_tol=1e-6)


def _scale_note(ds: xr.Dataset, measured: str) -> str:
    if _is_paper_scale(ds):
        return ""
    decay = config_value(ds, WEIGHT_DECAY)
    shown = "unknown" if decay is None else f"{decay:g}"
    return f"{measured}: weight decay {shown} and {float(ds['step'][-1]):,.0f} steps instead of .01 and 1e5"


def _fits_early(ds: xr.Dataset) -> Measured:
    fit = t_fit(_runs(ds))
    budget = float(ds["step"][-1])
    return over_seeds(fit <= FIT_STEPS, {"t95(train)": fit}, decided=~is_censored(fit) | (budget >= FIT_STEPS))


def _memorizes_first(ds: xr.Dataset) -> Measured:
    runs = _runs(ds)
    if _is_paper_scale(runs):
        accuracy = value_at(runs["test_accuracy"], MEMORIZED_STEPS)
        return over_seeds(accuracy < MEMORIZED, {"test accuracy at 5e3 steps": accuracy})
    accuracy = value_at(runs["test_accuracy"], t_fit(runs))
    return over_seeds(
        accuracy < MEMORIZED,
        {"test accuracy at t95(train)": accuracy},
        decided=~is_censored(t_fit(runs)),
        note=_scale_note(runs, "measured when train accuracy reaches 95%, not at 5e3 steps"),
    )


def _generalizes_late(ds: xr.Dataset) -> Measured:
    runs, is_paper_scale = _runs(ds).sel(step=slice(0, STEPS)), _is_paper_scale(_runs(ds))
    late, fit = first_crossing(runs["test_accuracy"], GENERALIZED), t_fit(runs)
    return over_seeds(
        np.isfinite(late),
        {
            "final test accuracy": last_value(runs["test_accuracy"]),
            "t80(test)": late,
            "t80(test)/t95(train)": late / fit,
        },
        decided=~is_censored(late) | is_paper_scale,
        note=_scale_note(_runs(ds), "measured within this run's budget"),
    )


def _norm_falls(ds: xr.Dataset) -> Measured:
    runs = _runs(ds)
    fit = t_fit(runs)
    norm = runs["weight_norm"]
    start = value_at(norm, fit)
    after = norm.where(norm["step"] > fit)
    lowest = np.fmin(start, xr.apply_ufunc(np.fmin.accumulate, after, kwargs={"axis": after.get_axis_num("step")}))
    rise = ((after - lowest) / start).max("step")
    ratio = last_value(after) / start
    return over_seeds(
        (rise < RISE) & (ratio < 1),
        {"largest rise / norm at t95(train)": rise, "final norm / norm at t95(train)": ratio},
        decided=~is_censored(fit),
        note=f"rises above the running minimum of less than {RISE:.0%} of the norm at t95(train) do not count",
    )


CLAIMS = [
    Claim(
        "omnigrok/fig3d/1",
        "train accuracy reaches 95% within 3e3 steps",
        "the network quickly fits the training set",
        _fits_early,
    ),
    Claim(
        "omnigrok/fig3d/2",
        "test accuracy is below 30% at 5e3 steps",
        "test accuracy improves much later",
        _memorizes_first,
    ),
    Claim(
        "omnigrok/fig3d/3",
        "test accuracy exceeds 80% by 1e5 steps",
        "delayed generalization, as on algorithmic datasets",
        _generalizes_late,
    ),
    Claim(
        "omnigrok/fig3d/4",
        "the weight norm falls monotonically after fitting",
        "weight decay brings the weight norm down to the Goldilocks zone",
        _norm_falls,
    ),
]

# Read off the plot stored in the authors' notebook; one run.
CHECKS = [
    *rises("train_accuracy", {}, {0.60: 667, 0.95: 1334}),
    *at_steps("test_accuracy", {}, {1000: 0.18, 10_000: 0.24, 100_000: 0.89}),
    *rises("test_accuracy", {}, {0.35: 16_000, 0.63: 25_000, 0.77: 32_000, 0.83: 40_000}),
    *at_steps("weight_norm", {}, {0: 93.7, 10_000: 84, 25_000: 70, 100_000: 52}),
]
