"""Model efficiency, Figure 5: a mixture of two trained circuits; only the mixing weights are trained.

Results: dims ('model.memorizing_speed', 'seed', 'step'), with the probe "mixture".
"""

from typing import NamedTuple

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from configs.model_efficiency.fig5_mixture import EQUAL, UNEQUAL
from experiments.model_efficiency.circuits import with_circuits
from experiments.model_efficiency.critical_size import MIDDLE
from experiments.model_efficiency.efficiency import FITTED
from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.grokking import LEVEL, last_value
from grok_jax.analysis.selection import runs_at, with_axis
from grok_jax.plotting.curves import curve, learning_curves, legend
from grok_jax.plotting.style import TEST, TRAIN, panel_label, style

MEMORIZING_SPEED = "model.memorizing_speed"
RISE = 1.1  # least ratio of the test loss to its start for a rise
LEARNED = 0.5  # largest ratio of the train loss to its start at the rise
NEAR_ZERO = 0.1  # largest ratio of a loss to its start

prepare = with_circuits


def plot(ds: xr.Dataset) -> Figure:
    """Plots one row per speed: accuracies, losses, and the weight of each circuit."""
    ds = with_axis(ds, MEMORIZING_SPEED).sortby(MEMORIZING_SPEED, ascending=False)
    with style():
        figure = Figure(figsize=(13.5, 3.6 * ds.sizes[MEMORIZING_SPEED]), layout="constrained")
        axes = figure.subplots(ds.sizes[MEMORIZING_SPEED], 3, squeeze=False)
        for i, row in enumerate(axes):
            runs = ds.isel({MEMORIZING_SPEED: i})
            learning_curves(row[0], runs)
            learning_curves(row[1], runs, ("train_loss", "test_loss"))
            _weights(row[2], runs)
            for j, ax in enumerate(row):
                ax.set_title(f"w_m2 = {runs[MEMORIZING_SPEED].item():g}, w_g2 = 1 at first")
                panel_label(ax, "abcdefghijkl"[3 * i + j])
                legend(ax, loc="best")
    return figure


def _weights(ax: Axes, runs: xr.Dataset) -> None:
    for name, color, label in (
        ("memorizing_weight", TRAIN, "w_mem = w_m1 w_m2"),
        ("generalizing_weight", TEST, "w_gen = w_g1 w_g2"),
    ):
        if name in runs:
            curve(ax, runs[name], color=color, label=label)
    ax.set_ylabel("weight of the circuit")


class Course(NamedTuple):
    """The losses of each run relative to their starts."""

    peak: xr.DataArray  # largest test loss where the train loss has fallen by half or more
    turn: xr.DataArray  # train loss at the record of the largest test loss, from which on it falls
    end: xr.DataArray  # final test loss


def _course(runs: xr.Dataset) -> Course:
    test, train = (runs[name] / runs[name].isel(step=0, drop=True) for name in ("test_loss", "train_loss"))
    turn = train.where(test == test.max("step")).min("step")
    return Course(test.where(train < LEARNED).max("step"), turn, last_value(test))


def _has_both_circuits(runs: xr.Dataset) -> xr.DataArray:
    """Returns whether C_mem is right only on the training rows, and C_gen also on the test rows."""
    if "memorizing_train_accuracy" not in runs:
        raise NotMeasured("needs the probe 'mixture'")
    fitted, memorized, generalized = (
        runs[f"{name}_accuracy"].isel(step=0, drop=True)
        for name in ("memorizing_train", "memorizing_test", "generalizing_test")
    )
    return (fitted >= FITTED) & (memorized < MIDDLE) & (generalized >= LEVEL)


def _rises_then_falls(ds: xr.Dataset) -> Measured:
    runs = runs_at(ds, {MEMORIZING_SPEED: UNEQUAL})
    found = _course(runs)
    return over_seeds(
        (found.peak > RISE) & (found.turn <= NEAR_ZERO) & (found.end <= NEAR_ZERO),
        {
            "largest test loss / initial": found.peak,
            "train loss / initial where the test loss begins to fall": found.turn,
            "final test loss / initial": found.end,
            "final test loss": last_value(runs["test_loss"]),
        },
        decided=found.peak.notnull() & _has_both_circuits(runs),
    )


def _falls_in_tandem(ds: xr.Dataset) -> Measured:
    runs = runs_at(ds, {MEMORIZING_SPEED: EQUAL})
    found = _course(runs)
    return over_seeds(
        (found.peak <= RISE) & (found.end < 1),
        {"largest test loss / initial": found.peak, "final / initial": found.end},
        decided=found.peak.notnull() & _has_both_circuits(runs),
    )


CLAIMS = [
    Claim(
        "model_efficiency/fig5/1",
        f"w_m2 = {UNEQUAL:g}: the test loss rises above {RISE:g} times its start while the train loss is "
        f"below half of its own; it falls only when the train loss is near 0 ({NEAR_ZERO:g} of its start "
        "or less), and ends near 0",
        "the validation loss increases while the training loss decreases; it goes down only after training loss gets"
        " close to zero",
        _rises_then_falls,
    ),
    Claim(
        "model_efficiency/fig5/2",
        f"w_m2 = {EQUAL:g}: while the train loss is below half of its start, the test loss stays below "
        f"{RISE:g} times its own; it ends below its start",
        "training and validation loss decrease in tandem",
        _falls_in_tandem,
    ),
]
