"""Model efficiency, Figure 4: best test accuracy against the fraction of the data, nine optimiser settings.

Results: dims (the settings as one axis, 'task.train_fraction', 'seed', 'step').
"""

import functools
import operator
from collections.abc import Callable, Iterable

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.critical_size import FRACTION, passes_at
from grok_jax.analysis.selection import with_axis
from grok_jax.plotting.curves import legend
from grok_jax.plotting.landscape import slice_along
from grok_jax.plotting.style import TEST, panel_label, style

BATCH, RATE, DECAY = "training.batch_size", "optimizer.learning_rate", "optimizer.weight_decay"
TO, UPDATE, DROPOUT = "optimizer.decay_to", "optimizer.update_noise", "model.dropout"
WEIGHTS = "optimizer.weight_noise"
ALL = 10_000  # rows from which a batch holds all of them, in every preset
NEEDED = 0.9  # best test accuracy
REFERENCE = "full batch"
Arms = dict[str, xr.Dataset]


def arms(ds: xr.Dataset) -> Arms:
    """The results of each setting, by its name.

    Raises:
      NotMeasured: the grid is not that of the nine settings.
    """
    axes = {ds[name].dims for name in (BATCH, RATE, DECAY, TO, UPDATE, DROPOUT, WEIGHTS) if name in ds.coords}
    if len(axes) != 1 or len(next(iter(axes))) != 1:
        raise NotMeasured("needs the nine optimiser settings on one axis")
    (axis,) = next(iter(axes))
    return {_name(ds, i): ds.isel({axis: i}) for i in range(ds.sizes[axis])}


def _name(ds: xr.Dataset, i: int) -> str:
    batch, rate, decay, to, update, dropout, weights = (
        ds[name].values[i] for name in (BATCH, RATE, DECAY, TO, UPDATE, DROPOUT, WEIGHTS)
    )
    for is_so, name in (
        (update > 0, "full batch, update noise"),
        (batch >= ALL, REFERENCE),
        (decay > 0, f"decay to {'zero' if to == 'zero' else 'init'}"),
        (dropout > 0, f"dropout {dropout:.2g}"),
        (weights > 0, "weight noise"),
        (rate < ds[RATE].values.max(), f"learning rate {rate:.1g}"),
        (batch < np.sort(np.unique(ds[BATCH].values))[-2], f"batch {batch}"),
    ):
        if is_so:
            return name
    return f"learning rate {rate:.1g}"


def best(ds: xr.Dataset) -> xr.DataArray:
    """The best test accuracy within the budget, of each run."""
    return ds["test_accuracy"].max("step")


def plot(ds: xr.Dataset) -> Figure:
    """A panel for each setting, as in the paper; full-batch Adam dotted in all."""
    found = arms(with_axis(ds, FRACTION))
    with style():
        figure = Figure(figsize=(10.5, 8.4), layout="constrained")
        axes = figure.subplots(-(-len(found) // 3), 3, sharex=True, sharey=True, squeeze=False)
        for ax, (name, runs), letter in zip(axes.flat, found.items(), "abcdefghi", strict=False):
            slice_along(ax, best(found[REFERENCE]), FRACTION, colour="0.5", label=REFERENCE, linestyle=":", log="")
            slice_along(ax, best(runs), FRACTION, colour=TEST, log="")
            ax.axhline(NEEDED, color="0.7", linewidth=0.8, label=f"{NEEDED:.0%}")
            ax.set(title=name, ylim=(-0.03, 1.03))
            panel_label(ax, letter)
        for ax in axes[-1]:
            ax.set_xlabel("train fraction")
        for ax in axes[:, 0]:
            ax.set_ylabel("best test accuracy")
        legend(axes.flat[1], loc="upper left")
    return figure


def table(ds: xr.Dataset) -> list[dict[str, object]]:
    """For each setting the fraction that it needs and its accuracies, medians of seeds."""
    rows = []
    for name, runs in arms(with_axis(ds, FRACTION)).items():
        accuracy = best(runs).median("seed")
        by_fraction = {f"best accuracy at {f:g}": float(x) for f, x in zip(accuracy[FRACTION], accuracy, strict=True)}
        needed = float(_needed(runs).median("seed"))
        rows.append({"setting": name, f"fraction for {NEEDED:g}": needed, **by_fraction})
    return rows


def _needed(runs: xr.Dataset) -> xr.DataArray:
    """The fraction from which on NEEDED is passed, the first one where all do; inf where none does."""
    return passes_at(best(runs), NEEDED, FRACTION).fillna(float(runs[FRACTION].min()))


def _better(left: xr.Dataset, right: xr.Dataset) -> xr.DataArray:
    """Whether less data suffices; where neither passes, whether the mean of the best accuracies is larger."""
    needs = [_needed(runs) for runs in (left, right)]
    same = needs[0] == needs[1]
    return (needs[0] < needs[1]) | (same & (best(left).mean(FRACTION) > best(right).mean(FRACTION)))


def _judge(ds: xr.Dataset, holds: Callable[[Arms], xr.DataArray]) -> Measured:
    if ds.sizes.get(FRACTION, 1) < 2:
        raise NotMeasured(f"needs 2 or more values of {FRACTION}")
    found = arms(ds)
    values = {name: best(runs).mean(FRACTION) for name, runs in found.items()}
    needed = {f"fraction for {NEEDED:g}, {name}": _needed(runs) for name, runs in found.items()}
    return over_seeds(holds(found), {**needed, **values}, note="numbers without a name before them: mean best accuracy")


def _is_least(found: Arms) -> xr.DataArray:
    others = [runs for name, runs in found.items() if name != "decay to zero"]
    return _all(_better(found["decay to zero"], runs) for runs in others)


def _helps_less(found: Arms) -> xr.DataArray:
    zero, initial = found["decay to zero"], found["decay to init"]
    (plain,) = (runs for name, runs in found.items() if name.startswith("learning rate") and _is_largest(runs, found))
    return _better(initial, plain) & _better(zero, initial)


def _is_largest(runs: xr.Dataset, found: Arms) -> bool:
    return bool(runs[RATE] >= max(float(other[RATE]) for other in found.values()))


def _noise_helps(found: Arms) -> xr.DataArray:
    noisy = [
        runs
        for name, runs in found.items()
        if name.startswith(("batch", "full batch, update", "dropout", "weight noise"))
    ]
    return _all(_better(runs, found[REFERENCE]) for runs in noisy)


def _all(holds: Iterable[xr.DataArray]) -> xr.DataArray:
    return functools.reduce(operator.and_, holds)


CLAIMS = [
    Claim(
        "model_efficiency/fig4/1",
        "decay to zero needs less data than each of the other eight settings",
        "weight decay towards zero significantly enhances data efficiency",
        lambda ds: _judge(ds, _is_least),
    ),
    Claim(
        "model_efficiency/fig4/2",
        "decay to the initial weights needs less data than none, and more than decay to zero",
        "weight decay towards the initialization also effective, albeit to a lesser extent",
        lambda ds: _judge(ds, _helps_less),
    ),
    Claim(
        "model_efficiency/fig4/3",
        "each kind of noise (small batches, update noise, dropout, weight noise) needs less data than full-batch Adam",
        "noise through update noise, weight noise, or dropout consistently demonstrates a positive impact",
        lambda ds: _judge(ds, _noise_helps),
    ),
]
