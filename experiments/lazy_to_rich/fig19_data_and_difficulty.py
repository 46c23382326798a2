"""Lazy to rich, Figure 19: the amount of data against the difficulty of the labels for the initial kernel.

Results: dims ('task.order', 'task.train_size,task.test_size', 'seed', 'step').
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from experiments.lazy_to_rich.relative_loss import (
    networks,
    relative_loss_panel,
    relative_losses,
    same_losses,
    t_learned,
)
from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.grokking import last_value
from grok_jax.analysis.power_law import rank_correlation
from grok_jax.analysis.selection import with_axis
from grok_jax.plotting.curves import legend
from grok_jax.plotting.style import style

ORDER, TRAIN_SIZE = "task.order", "task.train_size"
LEARNED = 0.5  # share of the loss of predicting 0, as in Figure 5
STRONG = 0.8  # rank correlation
FEWEST = 3  # points of an axis


def plot(ds: xr.Dataset) -> Figure:
    """Plots losses over their start: one row of panels per j, one column per number of training inputs."""
    ds = _by_size(ds)
    orders, sizes = ds[ORDER].values, ds[TRAIN_SIZE].values
    with style():
        figure = Figure(figsize=(1.0 + 2.7 * sizes.size, 0.6 + 2.1 * orders.size), layout="constrained")
        panels = figure.subplots(orders.size, sizes.size, sharex=True, sharey="row", squeeze=False)
        for row, order in zip(panels, orders, strict=True):
            for ax, size in zip(row, sizes, strict=True):
                relative_loss_panel(ax, ds.sel({ORDER: order, TRAIN_SIZE: size}), LEARNED)
                ax.label_outer()
            same_losses(row)
            row[0].set_ylabel(f"j = {order}\nloss / its start")
        for ax, size in zip(panels[0], sizes, strict=True):
            ax.set_title(f"P = {size}")
        legend(panels[0, 0], loc="lower left")
    return figure


def _by_size(ds: xr.Dataset) -> xr.Dataset:
    """Returns the results along ORDER and TRAIN_SIZE, both ascending."""
    if TRAIN_SIZE in ds.coords and ds[TRAIN_SIZE].ndim == 1 and TRAIN_SIZE not in ds.dims:
        ds = ds.swap_dims({ds[TRAIN_SIZE].dims[0]: TRAIN_SIZE})
    return with_axis(with_axis(ds, TRAIN_SIZE), ORDER).sortby([ORDER, TRAIN_SIZE])


def _need(ds: xr.Dataset, name: str) -> None:
    if ds.sizes[name] < FEWEST:
        raise NotMeasured(f"needs {FEWEST} or more values of {name}")


def _more_data_restores(ds: xr.Dataset) -> Measured:
    ds = networks(_by_size(ds))
    _need(ds, TRAIN_SIZE)
    learned = np.isfinite(t_learned(ds, LEARNED))
    fails = ~learned.isel({TRAIN_SIZE: 0}, drop=True)  # the j that are not learned from the fewest data
    end = last_value(relative_losses(ds)["test_loss"])
    restored = learned.isel({TRAIN_SIZE: -1}, drop=True) | ~fails
    values = {
        f"j not learned from {ds[TRAIN_SIZE].values[0]}": fails.sum(ORDER),
        "of these learned from the most": (fails & restored).sum(ORDER),
        "rank correlation of P and their final test loss, weakest": (
            rank_correlation(end, TRAIN_SIZE).where(fails).max(ORDER)
        ),
    }
    hardest = end.isel({ORDER: -1}, drop=True)
    for size in (ds[TRAIN_SIZE].values[0], ds[TRAIN_SIZE].values[-1]):
        values[f"final test loss / start, hardest j, P = {size}"] = hardest.sel({TRAIN_SIZE: size}, drop=True)
    return over_seeds(restored.all(ORDER), values, decided=fails.any(ORDER))


def _harder_needs_more(ds: xr.Dataset) -> Measured:
    ds = networks(_by_size(ds))
    _need(ds, TRAIN_SIZE)
    _need(ds, ORDER)
    learned = np.isfinite(t_learned(ds, LEARNED))
    needed = ds[TRAIN_SIZE].where(learned).min(TRAIN_SIZE).fillna(np.inf)
    correlation = rank_correlation(needed, ORDER)
    values = {f"P for j = {order}": needed.sel({ORDER: order}, drop=True) for order in ds[ORDER].values}
    return over_seeds(correlation > STRONG, {"rank correlation of j and the P it takes": correlation} | values)


CLAIMS = [
    Claim(
        "lazy_to_rich/fig19/1",
        "every j that is not learned from the fewest data (test loss never at half of its start) is "
        "learned from the most",
        "increasing data for a fixed j suffices to generalize",
        _more_data_restores,
    ),
    Claim(
        "lazy_to_rich/fig19/2",
        "the larger j, the more data it takes to bring the test loss to half of its start (rank correlation > .8)",
        "the harder the task, the more data it takes",
        _harder_needs_more,
    ),
]
