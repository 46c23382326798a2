"""Lazy to rich, Section 5: the number of training rows that the initial kernel and the network need, over D and ε.

Results: dims ('task.features,task.train_size,model.epsilon,training.steps', 'seed', 'step').
"""

from collections.abc import Callable

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.crossing import last_crossing
from grok_jax.analysis.grokking import last_value, relative
from grok_jax.analysis.power_law import slopes_along
from grok_jax.plotting.curves import legend
from grok_jax.plotting.style import OKABE_ITO, colors, panel_label, short_log_axes, style
from grok_jax.plotting.times import line_of_slope, marks_along

FEATURES, TRAIN_SIZE, EPSILON, STEPS = "task.features", "task.train_size", "model.epsilon", "training.steps"
POINT = f"{FEATURES},{TRAIN_SIZE},{EPSILON},{STEPS}"
LEVEL = 0.1  # a test loss below this share of its start counts as learned
CLOSE = 0.25  # largest distance of a slope from the paper's
FAR_FEWER = 0.5  # share of the kernel's rows
FEWEST = 3  # points of a power law
FLOOR = 1e-6  # share of the start; below, the logarithm of a float32 loss is noise
Loss = Callable[[xr.Dataset], Float[xr.DataArray, "*grid"]]
LABELS = {FEATURES: "inputs D", EPSILON: "strength of the nonlinear part ε"}


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) test losses over the rows, (b) rows needed over D, (c) rows that the kernel needs over ε."""
    with style():
        figure = Figure(figsize=(13.2, 4.1), layout="constrained")
        losses, features, epsilon = figure.subplots(1, 3)
        _losses(losses, ds)
        _rows_over(features, ds, FEATURES, (("kernel", _kernel_loss, 2.0), ("network", _network_loss, 1.0)))
        _rows_over(epsilon, ds, EPSILON, (("kernel", _kernel_loss, -1.0),))
        for ax, letter in zip((losses, features, epsilon), "abc", strict=True):
            panel_label(ax, letter)
    return figure


def _losses(ax: Axes, ds: xr.Dataset) -> None:
    main = _main_epsilon(ds)
    sizes = np.unique(ds[FEATURES])
    for count, color in zip(sizes, colors(sizes.size), strict=True):
        for loss, line in ((_kernel_loss(ds), "--"), (_network_loss(ds), "-")):
            curve = _over_rows(loss, (ds[FEATURES] == count) & (ds[EPSILON] == main))
            median = curve.median("seed") if "seed" in curve.dims else curve
            label = f"D = {count}" if line == "-" else None
            ax.plot(median[TRAIN_SIZE], median, linestyle=line, marker="o", markersize=3, color=color, label=label)
    ax.axhline(LEVEL, color="0.4", linestyle=":")
    ax.set(xscale="log", yscale="log", ylim=(1e-4, 4), xlabel="training rows P")
    ax.set_ylabel("test loss / its start (dashed: kernel)")
    legend(ax, loc="lower left")


def _rows_over(ax: Axes, ds: xr.Dataset, axis: str, kinds: tuple[tuple[str, Loss, float], ...]) -> None:
    """Draws the rows needed along D or ε: a point for each seed, and a dashed line with the paper's slope."""
    for (name, loss, slope), color in zip(kinds, OKABE_ITO, strict=False):
        try:
            rows = _rows_needed(ds, loss, axis)
        except NotMeasured:  # a custom grid
            continue
        marks_along(ax, rows, axis, color=color, label=name)
        line_of_slope(ax, rows, axis, slope, label=f"slope {slope:g}")
    ax.set(xlabel=LABELS[axis], ylabel=f"rows for a test loss of {LEVEL:g} of its start")
    short_log_axes(ax)
    if ax.lines:
        legend(ax)


def _kernel_loss(ds: xr.Dataset) -> Float[xr.DataArray, "*grid"]:
    """Returns the test loss of regression with the initial kernel, relative to predicting 0 (the network's start)."""
    return (ds["kernel_regression_loss"] / ds["test_loss"]).isel(step=0, drop=True)


def _network_loss(ds: xr.Dataset) -> Float[xr.DataArray, "*grid"]:
    """Returns the final test loss of the network over its start; NaN for runs that do not train."""
    return last_value(relative(ds["test_loss"])).where(ds[STEPS] > 0)


def _main_epsilon(ds: xr.Dataset) -> float:
    """Returns the ε of the networks."""
    return float(ds[EPSILON].where(ds[STEPS] > 0).max())


def _over_rows(loss: Float[xr.DataArray, "*grid"], chosen: Bool[xr.DataArray, " points"]) -> xr.DataArray:
    """Returns the loss of some of the points, over their numbers of rows."""
    found = loss.isel({POINT: np.flatnonzero(chosen)}).swap_dims({POINT: TRAIN_SIZE}).sortby(TRAIN_SIZE)
    return found.dropna(TRAIN_SIZE, how="all")


def _rows_needed(ds: xr.Dataset, loss: Loss, axis: str) -> Float[xr.DataArray, "..."]:
    """Returns the rows from which on a loss is at most LEVEL, along D at the networks' ε or along ε at the D with most.

    The rows are interpolated in the logarithms of both. inf: more than the grid has; NaN: fewer.

    Raises:
      NotMeasured: the results lack these points.
    """
    if POINT not in ds.dims:
        raise NotMeasured(f"needs the axis {POINT}")
    if axis == FEATURES:
        fixed = ds[EPSILON] == _main_epsilon(ds)
    else:
        counts = {count: np.unique(ds[EPSILON][ds[FEATURES] == count]).size for count in np.unique(ds[FEATURES])}
        fixed = ds[FEATURES] == max(counts, key=counts.get)
    values = np.unique(ds[axis][fixed])
    if values.size < FEWEST:
        raise NotMeasured(f"needs {FEWEST} or more values of {axis}")
    found = []
    for value in values:
        curve = -np.log(np.maximum(_over_rows(loss(ds), fixed & (ds[axis] == value)), FLOOR))
        curve = curve.assign_coords({TRAIN_SIZE: np.log(curve[TRAIN_SIZE])})
        found.append(np.exp(last_crossing(curve, -np.log(LEVEL), TRAIN_SIZE)))
    return xr.concat(found, xr.DataArray(values, dims=axis, name=axis))


def _slope_is(ds: xr.Dataset, loss: Loss, axis: str, slope: float) -> Measured:
    rows = _rows_needed(ds, loss, axis)
    found = slopes_along(rows, axis)
    values = {"slope": found} | {
        f"rows at {LABELS[axis].split()[-1]} = {value:g}": rows.sel({axis: value}, drop=True)
        for value in rows[axis].values
    }
    return over_seeds(np.abs(found - slope) <= CLOSE, values, decided=found.notnull())


def _network_needs_fewer(ds: xr.Dataset) -> Measured:
    kernel, network = (_rows_needed(ds, loss, FEATURES).isel({FEATURES: -1}) for loss in (_kernel_loss, _network_loss))
    values = {"rows of the network / of the kernel": network / kernel, "network": network, "kernel": kernel}
    return over_seeds(network <= FAR_FEWER * kernel, values, decided=np.isfinite(kernel) & network.notnull())


CLAIMS = [
    Claim(
        "lazy_to_rich/sec5/1",
        "the rows that the initial kernel needs grow as D²: slope of log rows over log D within .25 of 2",
        "learning degree k polynomials in dimension D with the NTK requires P ~ D^k samples; here D²/(2ε)",
        lambda ds: _slope_is(ds, _kernel_loss, FEATURES, 2.0),
    ),
    Claim(
        "lazy_to_rich/sec5/2",
        "the rows that the initial kernel needs grow as 1/ε: slope of log rows over log ε within .25 of -1",
        "generalization with the initial kernel will require P ~ D²/(2ε) samples",
        lambda ds: _slope_is(ds, _kernel_loss, EPSILON, -1.0),
    ),
    Claim(
        "lazy_to_rich/sec5/3",
        "at the largest D the network needs at most half as many rows as its initial kernel",
        "neural networks outside of the kernel regime can generalize from far fewer samples",
        _network_needs_fewer,
    ),
    Claim(
        "lazy_to_rich/sec5/4",
        "the rows that the network needs grow as D: slope of log rows over log D within .25 of 1",
        "two-layer networks trained in the online setting can learn with P ~ D samples (here: trained on P rows)",
        lambda ds: _slope_is(ds, _network_loss, FEATURES, 1.0),
        own=True,
    ),
]
