"""Model efficiency, Figure 4: best test accuracy against the fraction of the data, for nine optimizer settings.

Results: dims (the settings as one axis, 'task.train_fraction', 'seed', 'step').
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from experiments.model_efficiency.critical_size import TRAIN_FRACTION
from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.crossing import last_crossing
from grok_jax.analysis.selection import with_axis
from grok_jax.plotting.curves import legend
from grok_jax.plotting.landscape import slice_along
from grok_jax.plotting.style import TEST, panel_label, style

BATCH_SIZE, LEARNING_RATE, WEIGHT_DECAY = "training.batch_size", "optimizer.learning_rate", "optimizer.weight_decay"
DECAY_TO, UPDATE_NOISE, DROPOUT = "optimizer.decay_to", "optimizer.update_noise", "model.dropout"
WEIGHT_NOISE = "optimizer.weight_noise"
NEEDED = 0.9  # best test accuracy
MARGIN = 0.02  # one setting needs less than another if its fraction is smaller by this
REFERENCE = "full batch"
ZERO, INITIAL = "decay to zero", "decay to init"
NOISES = ("full batch, update noise", "weight noise", "dropout")  # prefixes of names
Arms = dict[str, xr.Dataset]


def arms(ds: xr.Dataset) -> Arms:
    """Returns the results of each setting, by name.

    Raises:
      NotMeasured: the grid does not have the nine settings.
    """
    axes = {
        ds[name].dims
        for name in (BATCH_SIZE, LEARNING_RATE, WEIGHT_DECAY, DECAY_TO, UPDATE_NOISE, DROPOUT, WEIGHT_NOISE)
        if name in ds.coords
    }
    if len(axes) != 1 or len(next(iter(axes))) != 1:
        raise NotMeasured("needs the nine optimizer settings on one axis")
    (axis,) = next(iter(axes))
    return {_name(ds, i): ds.isel({axis: i}) for i in range(ds.sizes[axis])}


def _name(ds: xr.Dataset, i: int) -> str:
    batch, rate, decay, to, update, dropout, weights = (
        ds[name].values[i]
        for name in (BATCH_SIZE, LEARNING_RATE, WEIGHT_DECAY, DECAY_TO, UPDATE_NOISE, DROPOUT, WEIGHT_NOISE)
    )
    *_, largest, full = np.unique(ds[BATCH_SIZE].values)  # the full batch is the largest
    for is_so, name in (
        (update > 0, "full batch, update noise"),
        (batch == full, REFERENCE),
        (decay > 0, ZERO if to == "zero" else INITIAL),
        (dropout > 0, f"dropout {dropout:.2g}"),
        (weights > 0, "weight noise"),
        (rate < ds[LEARNING_RATE].values.max(), f"learning rate {rate:.1g}"),
        (batch < largest, f"batch {batch}"),
    ):
        if is_so:
            return name
    return f"learning rate {rate:.1g}"


def best(ds: xr.Dataset) -> xr.DataArray:
    """Returns the best test accuracy of each run within the budget."""
    return ds["test_accuracy"].max("step")


def plot(ds: xr.Dataset) -> Figure:
    """Plots one panel per setting, as in the paper, with its control, which differs in one thing, dotted."""
    found = arms(with_axis(ds, TRAIN_FRACTION))
    with style():
        figure = Figure(figsize=(10.5, 8.4), layout="constrained")
        axes = figure.subplots(-(-len(found) // 3), 3, sharex=True, sharey=True, squeeze=False)
        for ax, (name, runs), letter in zip(axes.flat, found.items(), "abcdefghi", strict=False):
            control = control_of(name, found)
            if control != name:
                slice_along(ax, best(found[control]), TRAIN_FRACTION, color="0.5", label=control, linestyle=":", log="")
            slice_along(ax, best(runs), TRAIN_FRACTION, color=TEST, label=name, log="")
            ax.axhline(NEEDED, color="0.7", linewidth=0.8)
            legend(ax, loc="best")
            ax.set(title=name, ylim=(-0.03, 1.03))
            panel_label(ax, letter)
        for ax in axes[-1]:
            ax.set_xlabel("train fraction")
        for ax in axes[:, 0]:
            ax.set_ylabel("best test accuracy")
    return figure


def table(ds: xr.Dataset) -> list[dict[str, object]]:
    """Returns a row for each setting: the fraction it needs and its accuracies, medians over seeds."""
    rows = []
    for name, runs in arms(with_axis(ds, TRAIN_FRACTION)).items():
        accuracy = best(runs).median("seed")
        by_fraction = {
            f"best accuracy at {f:g}": float(x) for f, x in zip(accuracy[TRAIN_FRACTION], accuracy, strict=True)
        }
        needed = float(_needed(runs).median("seed"))
        rows.append({"setting": name, f"fraction for {NEEDED:g}": needed, **by_fraction})
    return rows


def control_of(name: str, found: Arms) -> str:
    """Returns the control of a setting, which differs from it only in the property that names the setting.

    The control of full-batch settings is full-batch Adam. The control of the others is Adam with the larger minibatch
    and the larger rate; the small minibatch and the small rate each differ from it in one thing.
    """
    if name.startswith(REFERENCE):
        return REFERENCE
    rates = {other: float(runs[LEARNING_RATE]) for other, runs in found.items() if other.startswith("learning rate")}
    return max(rates, key=lambda other: rates[other])


def _needed(runs: xr.Dataset) -> xr.DataArray:
    """Returns the fraction from which on NEEDED is exceeded: the first one if all exceed it, inf if none does."""
    return last_crossing(best(runs), NEEDED, TRAIN_FRACTION).fillna(float(runs[TRAIN_FRACTION].min()))


class Comparison(NamedTuple):
    """Whether one setting needs less data than another, and whether the runs can decide it."""

    less: xr.DataArray
    known: xr.DataArray


def needs_less(left: xr.Dataset, right: xr.Dataset) -> Comparison:
    """Judges whether `left` needs a fraction smaller than `right` by at least MARGIN.

    A setting that never exceeds NEEDED needs more than the largest measured fraction; one that always exceeds it needs
    at most the smallest. So if both never or both always exceed it, their order is undecided.
    """
    first, second = (_needed(runs).reset_coords(drop=True) for runs in (left, right))
    smallest, largest = float(left[TRAIN_FRACTION].min()), float(left[TRAIN_FRACTION].max())
    less = np.minimum(second, largest) - first >= MARGIN
    nowhere = np.isinf(second) & (first > largest - MARGIN)
    everywhere = (first <= smallest) & (second < smallest + MARGIN)
    return Comparison(less, ~nowhere & ~everywhere)


def _judge(ds: xr.Dataset, compare: Callable[[Arms], list[Comparison]]) -> Measured:
    """Requires that all comparisons hold; a single one known not to hold is enough to fail."""
    ds = with_axis(ds, TRAIN_FRACTION)
    if ds.sizes[TRAIN_FRACTION] < 2:
        raise NotMeasured(f"needs 2 or more values of {TRAIN_FRACTION}")
    found = arms(ds)
    less, known = (xr.concat(list(x), "comparison") for x in zip(*compare(found), strict=True))
    decided = known.all("comparison") | (known & ~less).any("comparison")
    needed = {f"fraction for {NEEDED:g}, {name}": _needed(runs) for name, runs in found.items()}
    return over_seeds((less & known).all("comparison"), needed, decided=decided)


def _zero_helps(found: Arms) -> list[Comparison]:
    return [needs_less(found[ZERO], found[control_of(ZERO, found)])]


def _initial_helps_less(found: Arms) -> list[Comparison]:
    initial = found[INITIAL]
    return [needs_less(initial, found[control_of(INITIAL, found)]), needs_less(found[ZERO], initial)]


def _noise_helps(found: Arms) -> list[Comparison]:
    return [needs_less(runs, found[control_of(name, found)]) for name, runs in found.items() if name.startswith(NOISES)]


CLAIMS = [
    Claim(
        "model_efficiency/fig4/1",
        f"decay to zero needs less data for a best test accuracy of {NEEDED:.0%} than the same setting "
        f"without decay, by {MARGIN:g} of all pairs or more",
        "weight decay towards zero significantly enhances data efficiency",
        lambda ds: _judge(ds, _zero_helps),
    ),
    Claim(
        "model_efficiency/fig4/2",
        "decay to the initial weights needs less data than the same setting without decay, but more than "
        f"decay to zero, by {MARGIN:g} or more each",
        "weight decay towards the initialization also effective, albeit to a lesser extent",
        lambda ds: _judge(ds, _initial_helps_less),
    ),
    Claim(
        "model_efficiency/fig4/3",
        "update noise, weight noise and dropout each need less data than the same setting without them, "
        f"by {MARGIN:g} or more",
        "noise through update noise, weight noise, or dropout consistently demonstrates a positive impact",
        lambda ds: _judge(ds, _noise_helps),
    ),
]
