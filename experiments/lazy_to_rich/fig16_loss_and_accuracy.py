"""Lazy to rich, Figure 16: accuracy and loss of the same runs of modular addition show the same delay.

Results: dims ('task.p', 'seed', 'step').
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from configs.lazy_to_rich.fig16_loss_and_accuracy import PRIMES
from experiments.lazy_to_rich.claims_at_each import claims_at_each
from experiments.lazy_to_rich.fig2_modular_mlp import AT_ONE
from grok_jax.analysis.claims import Measured, over_seeds
from grok_jax.analysis.grokking import LEVEL, first_crossing, is_censored, last_value, t_generalize, value_at
from grok_jax.analysis.selection import with_axis
from grok_jax.plotting.curves import learning_curves, legend, mark_time
from grok_jax.plotting.style import TEST, TRAIN, panel_label, style

PRIME = "task.p"
FLAT = 0.1  # accuracy is flat if it rises by no more than this
RISING = (0.1, LEVEL)  # accuracies between which a network generalizes
PAPER_LEVEL = 0.06  # loss
GENERALIZES = 0.9  # final test accuracy; one wrong row of 17 gives .94
MOVES = 0.1  # a loss moves if it changes by more than this share of its start


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) accuracies, (b) losses of the same runs, with the steps and the loss of the claims; one row per p."""
    ds = with_axis(ds, PRIME)
    with style():
        figure = Figure(figsize=(10.4, 3.9 * ds.sizes[PRIME]), layout="constrained")
        panels = figure.subplots(ds.sizes[PRIME], 2, sharex="row", squeeze=False)
        for row, (left, right) in enumerate(panels):
            runs = ds.isel({PRIME: row})
            perfect, level = _perfect(runs)
            learning_curves(left, runs)
            learning_curves(right, runs, ("train_loss", "test_loss"))
            right.axhline(float(level.median()), color="0.4", linewidth=0.9, label="loss that the claim compares")
            for ax in (left, right):
                ax.set_title(f"p = {runs[PRIME].item():g}")
                mark_time(ax, perfect, color=TRAIN, label="100% train accuracy")
                mark_time(ax, _falls_below(runs, level), color=TEST, label="test loss below it")
            legend(left, loc="upper left")
            legend(right, loc="lower left")
        for ax, letter in zip(panels[0], "ab", strict=True):
            panel_label(ax, letter)
    return figure


def _perfect(ds: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    """Returns the step of 100% train accuracy, and the paper's loss or, if losses start below it, the train loss."""
    perfect = first_crossing(ds["train_accuracy"], 1.0)
    level = value_at(ds["train_loss"], perfect)
    return perfect, xr.where(ds["test_loss"].isel(step=0, drop=True) > PAPER_LEVEL, PAPER_LEVEL, level)


def _falls_below(ds: xr.Dataset, level: xr.DataArray) -> xr.DataArray:
    """Returns the step at which the test loss first falls to each run's level."""
    return first_crossing(ds["test_loss"] / level, 1.0, "down")


def _accuracy_flat_while_loss_moves(ds: xr.Dataset) -> Measured:
    perfect, _ = _perfect(ds)
    before = ds["step"] <= perfect
    accuracy = np.maximum(ds["test_accuracy"].where(before).max("step"), value_at(ds["test_accuracy"], perfect))
    rise = accuracy - ds["test_accuracy"].isel(step=0, drop=True)
    start = ds["test_loss"].isel(step=0, drop=True)
    change = np.abs(ds["test_loss"].where(before) / start - 1).max("step")
    return over_seeds(
        (rise <= FLAT) & (change > MOVES),
        {
            "test accuracy until then, largest rise": rise,
            "test loss, largest change / start": change,
            "test loss at 100% train accuracy / start": value_at(ds["test_loss"], perfect) / start,
            "t100(train)": perfect,
            "test accuracy there": value_at(ds["test_accuracy"], perfect),
        },
        decided=np.isfinite(perfect),
    )


def _losses_cross_when_test_accuracy_rises(ds: xr.Dataset) -> Measured:
    perfect, level = _perfect(ds)
    crossing = _falls_below(ds, level)
    accuracy = value_at(ds["test_accuracy"], crossing)
    return over_seeds(
        (crossing > perfect) & (accuracy >= RISING[0]) & (accuracy <= RISING[1]),
        {
            "loss": level,
            "t100(train)": perfect,
            "train loss then": value_at(ds["train_loss"], perfect),
            "test loss there at": crossing,
            "test accuracy then": accuracy,
            "t95(test)": t_generalize(ds),
        },
        decided=np.isfinite(perfect) & ~is_censored(crossing) & (last_value(ds["test_accuracy"]) >= GENERALIZES),
    )


STATEMENTS = (
    (
        "until train accuracy is 100%, test accuracy rises by at most 10 points, while the test loss "
        "changes by more than 10%",
        "test accuracy is flat early in training, but test loss moves",
        _accuracy_flat_while_loss_moves,
    ),
    (
        f"after train accuracy is 100%, the test loss falls to {PAPER_LEVEL:g} while test accuracy is "
        f"between {RISING[0]:.0%} and {RISING[1]:.0%} (if the test loss starts below that level, the level "
        "is the train loss at 100% train accuracy)",
        "test loss dips below .06 precisely when the network generalizes in accuracy",
        _losses_cross_when_test_accuracy_rises,
    ),
)

CLAIMS = claims_at_each("lazy_to_rich/fig16", PRIME, PRIMES, STATEMENTS)

CHECKS = AT_ONE
