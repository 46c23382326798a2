"""Lazy to rich, Figure 16: accuracy and loss of the same runs of modular addition tell of the same delay.

Results: dims ('seed', 'step').
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from grok_jax.analysis.claims import Claim, Measured, over_seeds
from grok_jax.analysis.grokking import LEVEL, first_crossing, is_censored, t_generalize, value_at
from grok_jax.plotting.curves import learning_curves, legend, mark_time
from grok_jax.plotting.style import TEST, TRAIN, panel_label, style

NEAR_ZERO = 0.1  # accuracy; guessing among 23 is right in 4%
MOVES = 0.1  # of its start: a loss that changes by more has moved


def plot(ds: xr.Dataset) -> Figure:
    """(a) accuracies, (b) losses of the same runs, with the steps and the loss that the claims compare."""
    perfect, level = _perfect(ds)
    crossing = _falls_below(ds, level)
    with style():
        figure = Figure(figsize=(10.4, 3.9), layout="constrained")
        left, right = figure.subplots(1, 2, sharex=True)
        learning_curves(left, ds)
        learning_curves(right, ds, ("train_loss", "test_loss"))
        right.axhline(float(level.median()), color="0.4", linewidth=0.9, label="train loss at 100% train accuracy")
        for ax in (left, right):
            mark_time(ax, perfect, colour=TRAIN, label="100% train accuracy")
            mark_time(ax, crossing, colour=TEST, label="test loss below train loss then")
        legend(left, loc="upper left")
        legend(right, loc="lower left")
        for ax, letter in ((left, "a"), (right, "b")):
            panel_label(ax, letter)
    return figure


def _perfect(ds: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    """Step at which train accuracy is 100%, and the train loss there."""
    perfect = first_crossing(ds["train_accuracy"], 1.0)
    return perfect, value_at(ds["train_loss"], perfect)


def _falls_below(ds: xr.Dataset, level: xr.DataArray) -> xr.DataArray:
    """Step at which the test loss first falls to a level of each run."""
    return first_crossing(ds["test_loss"] / level, 1.0, "down")


def _accuracy_flat_while_loss_moves(ds: xr.Dataset) -> Measured:
    perfect, _ = _perfect(ds)
    before = ds["step"] <= perfect
    accuracy = np.maximum(ds["test_accuracy"].where(before).max("step"), value_at(ds["test_accuracy"], perfect))
    start = ds["test_loss"].isel(step=0, drop=True)
    change = np.abs(ds["test_loss"].where(before) / start - 1).max("step")
    return over_seeds(
        (accuracy < NEAR_ZERO) & (change > MOVES),
        {
            "test accuracy until then, largest": accuracy,
            "test loss, largest change / start": change,
            "test loss at 100% train accuracy / start": value_at(ds["test_loss"], perfect) / start,
            "t100(train)": perfect,
            "train accuracy when test accuracy passes 10%": value_at(
                ds["train_accuracy"], first_crossing(ds["test_accuracy"], NEAR_ZERO)
            ),
        },
        decided=np.isfinite(perfect),
    )


def _losses_cross_when_test_accuracy_rises(ds: xr.Dataset) -> Measured:
    perfect, level = _perfect(ds)
    crossing = _falls_below(ds, level)
    begins, ends = first_crossing(ds["test_accuracy"], NEAR_ZERO), t_generalize(ds)
    return over_seeds(
        (crossing > perfect) & (crossing >= begins) & (crossing <= ends) & np.isfinite(ends),
        {
            "train loss at 100% train accuracy": level,
            "t100(train)": perfect,
            "test loss there at": crossing,
            "test accuracy then": value_at(ds["test_accuracy"], crossing),
            "t10(test)": begins,
            "t95(test)": ends,
            "t100(test)": first_crossing(ds["test_accuracy"], 1.0),
        },
        decided=np.isfinite(perfect) & ~is_censored(ends),
    )


CLAIMS = [
    Claim(
        "lazy_to_rich/fig16/1",
        "until train accuracy is 100% test accuracy stays near 0 (below 10%) while test loss moves by more than 10%",
        "test accuracy is flat early in training, but test loss moves",
        _accuracy_flat_while_loss_moves,
    ),
    Claim(
        "lazy_to_rich/fig16/2",
        "test loss falls to the train loss of 100% train accuracy later than that, while test accuracy rises"
        f" (between its 10% and {LEVEL:.0%})",
        "test loss dips below .06 precisely when the network generalizes in accuracy",
        _losses_cross_when_test_accuracy_rises,
    ),
]
