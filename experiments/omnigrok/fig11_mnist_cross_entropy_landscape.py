"""Omnigrok, Figure 11: reduced errors on MNIST with cross-entropy, compared with those of the squared error.

Results: dims ('training.loss', 'task.train_size', 'model.init_scale', 'seed', 'step').
"""

import contextlib
from typing import NamedTuple

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.omnigrok.fig3abc_mnist_landscape import FEW, FROM_SCALE, NO_ERROR, RISE, TIP, shape_values
from experiments.omnigrok.size_landscape import (
    INIT_SCALE,
    ROUNDING,
    TRAIN_SIZE,
    Pair,
    errors,
    lu_shape,
    nearest,
    shown_sizes,
    size_landscape,
)
from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.selection import config_value, with_axis
from grok_jax.analysis.zone import Zone, goldilocks
from grok_jax.plotting.curves import legend
from grok_jax.plotting.landscape import slice_along
from grok_jax.plotting.style import OKABE_ITO, TEST, style
from grok_jax.tasks.mnist import FULL_TRAIN

LOSS = "training.loss"
CROSS_ENTROPY, MSE = "cross_entropy", "mse"
ZONE = 2.0  # times the lowest test error
WIDENS = 2.0  # "many" digits are at least this many times FEW
FIG3_LARGEST = 10.0  # largest scale in figure 3
LESS = 0.5  # largest share of the rise and mismatch at few digits that may remain at many
MSE_COLOR = OKABE_ITO[3]


class Zones(NamedTuple):
    """The Goldilocks zones of both losses."""

    cross_entropy: Zone
    mse: Zone


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) train error, (b) test error, (c1, c2) slices with both losses' zones, (c3, c4) convergence."""
    with style():
        figure = Figure(figsize=(14.0, 7.6), layout="constrained")
        panels = size_landscape(figure, _trained_with(ds, CROSS_ENTROPY), level=TIP)
        ds = with_axis(with_axis(ds, INIT_SCALE), TRAIN_SIZE)
        for loss, color, name in ((CROSS_ENTROPY, TEST, "cross-entropy"), (MSE, MSE_COLOR, "squared error")):
            with contextlib.suppress(NotMeasured):  # results with only one of the losses
                test = errors(_trained_with(ds, loss)).test.sortby(TRAIN_SIZE)
                for row, place in enumerate(shown_sizes(ds)):
                    shown = test.isel({TRAIN_SIZE: place})
                    _zone_panel(panels[row][1], shown, color=color, name=name, is_drawn=loss == CROSS_ENTROPY)
        for row in panels:
            row[1].set(
                ylim=(-0.03, 1.45), yticks=np.linspace(0, 1, 6)
            )  # makes room for the legend, as curves fill every corner
            legend(row[1], loc="upper center", ncols=2, columnspacing=0.8, handlelength=1.4)
    return figure


def _zone_panel(ax: Axes, test: xr.DataArray, *, color: str, name: str, is_drawn: bool) -> None:
    """Draws the test error, unless it is drawn already, and its zone as a bar at the level that limits the zone."""
    if not is_drawn:
        slice_along(ax, test, INIT_SCALE, color=color, label=f"test error, {name}", linestyle="--")
    median = test.median("seed") if "seed" in test.dims else test
    height = ZONE * median.min(INIT_SCALE)
    zone = goldilocks(median, INIT_SCALE, height)
    ends = [float(zone.low), float(zone.high)]
    ax.plot(ends, [float(height)] * 2, color=color, linewidth=4, alpha=0.5, label=f"zone, {name}")


def _trained_with(ds: xr.Dataset, loss: str) -> xr.Dataset:
    if LOSS in ds.dims:
        if loss not in ds[LOSS].values:
            raise NotMeasured(f"no run with {LOSS} = {loss}")
        return ds.sel({LOSS: loss}, drop=True)
    held = config_value(ds, LOSS)
    if held != loss:
        raise NotMeasured(f"needs {LOSS} = {loss}; the results have {held}")
    return ds.drop_vars(LOSS, errors="ignore")


def _few_are_an_l_and_a_u(ds: xr.Dataset) -> Measured:
    found = Pair(*(nearest(x, TRAIN_SIZE, FEW) for x in errors(_trained_with(ds, CROSS_ENTROPY))))
    shape = lu_shape(found, above=FROM_SCALE)
    return over_seeds(
        (shape.largest_train <= NO_ERROR) & (shape.rise_below >= RISE) & (shape.rise_above >= RISE),
        shape_values(shape),
    )


def _zones(ds: xr.Dataset, size: float) -> Zones:
    zones = []
    for loss in (CROSS_ENTROPY, MSE):
        test = nearest(errors(_trained_with(ds, loss)).test, TRAIN_SIZE, size)
        if INIT_SCALE not in test.dims:
            raise NotMeasured(f"needs several values of {INIT_SCALE}")
        zones.append(goldilocks(test, INIT_SCALE, ZONE * test.min(INIT_SCALE)))
    return Zones(*zones)


def _zone_is_wider(ds: xr.Dataset) -> Measured:
    zones = _zones(ds, FEW)
    values = {
        "decades with cross-entropy": zones.cross_entropy.width,
        "with the squared error": zones.mse.width,
        "cross-entropy from α": zones.cross_entropy.low,
        "to α": zones.cross_entropy.high,
        "squared error from α": zones.mse.low,
        "to α then": zones.mse.high,
    }
    largest = float(with_axis(ds, TRAIN_SIZE)[TRAIN_SIZE].max())
    if largest > FEW * WIDENS:
        at_largest = _zones(ds, largest)
        values |= {
            f"at N = {largest:,.0f}: decades with cross-entropy": at_largest.cross_entropy.width,
            f"at N = {largest:,.0f}: with the squared error": at_largest.mse.width,
        }
    wider = zones.cross_entropy.width > zones.mse.width
    # For a zone cut off by the ends of the grid, the measured width is a lower bound.
    decided = xr.where(wider, ~zones.mse.is_cut, ~zones.cross_entropy.is_cut)
    cut = int(zones.cross_entropy.is_cut.sum()), int(zones.mse.is_cut.sum())
    note = f"zones cut off by the ends of the grid: {cut[0]} with cross-entropy, {cut[1]} with the squared error"
    return over_seeds(wider, values, decided=decided, note=note if any(cut) else "")


def _zone_widens_with_data(ds: xr.Dataset) -> Measured:
    sizes = np.sort(np.atleast_1d(with_axis(ds, TRAIN_SIZE)[TRAIN_SIZE].values))
    if sizes[-1] < WIDENS * sizes[0]:
        raise NotMeasured(f"needs values of {TRAIN_SIZE} that are {WIDENS:g} times apart")
    few, many = (_zones(ds, float(size)) for size in (FEW, sizes[-1]))
    wider = many.mse.width > few.mse.width
    return over_seeds(
        wider,
        {
            f"decades at N ≈ {FEW}, squared error": few.mse.width,
            f"at N = {sizes[-1]:,}": many.mse.width,
            f"decades at N ≈ {FEW}, cross-entropy": few.cross_entropy.width,
            f"at N = {sizes[-1]:,} then": many.cross_entropy.width,
        },
        decided=xr.where(wider, ~few.mse.is_cut, ~many.mse.is_cut),
    )


def _mismatch(found: Pair) -> xr.DataArray:
    """Returns test error minus train error, averaged over log α from FROM_SCALE on."""
    gap = (found.test - found.train).sortby(INIT_SCALE)
    gap = gap.sel({INIT_SCALE: gap[INIT_SCALE] >= FROM_SCALE / ROUNDING})
    if gap.sizes[INIT_SCALE] < 2:
        raise NotMeasured(f"needs several values of {INIT_SCALE} from {FROM_SCALE:g} on")
    log_alpha = np.log10(gap[INIT_SCALE])
    gap = gap.assign_coords({INIT_SCALE: log_alpha})
    return gap.integrate(INIT_SCALE) / float(log_alpha[-1] - log_alpha[0])


def _at_size(ds: xr.Dataset, loss: str, size: float) -> Pair:
    found = Pair(*(nearest(x, TRAIN_SIZE, size) for x in errors(_trained_with(ds, loss))))
    if INIT_SCALE not in found.test.dims:
        raise NotMeasured(f"needs several values of {INIT_SCALE}")
    return found


def _largest_size(ds: xr.Dataset) -> float:
    """Returns the largest amount of data, which must be at least WIDENS times FEW."""
    largest = float(with_axis(ds, TRAIN_SIZE)[TRAIN_SIZE].max())
    if largest < WIDENS * FEW:
        raise NotMeasured(f"needs {TRAIN_SIZE} of {WIDENS * FEW:g} or more")
    return largest


def _size_note(largest: float) -> str:
    return "" if largest >= FULL_TRAIN else f"the largest N is {largest:,.0f}, the paper's {FULL_TRAIN:,}"


def _u_becomes_an_l(ds: xr.Dataset) -> Measured:
    largest = _largest_size(ds)
    few, many = (_at_size(ds, CROSS_ENTROPY, size) for size in (FEW, largest))
    shape = lu_shape(few, above=FROM_SCALE)
    is_u = (shape.largest_train <= NO_ERROR) & (shape.rise_above >= RISE)  # else there is no "U" that could flatten
    rises = [x.test.sortby(INIT_SCALE).isel({INIT_SCALE: -1}, drop=True) - x.test.min(INIT_SCALE) for x in (few, many)]
    gaps = [_mismatch(x) for x in (few, many)]
    return over_seeds(
        (rises[1] <= LESS * rises[0]) & (gaps[1] <= LESS * gaps[0]),
        {
            f"rise of the test error to the largest α at N ≈ {FEW}": rises[0],
            f"rise at N = {largest:,.0f}": rises[1],
            f"test - train error at N ≈ {FEW}, mean": gaps[0],
            f"mean at N = {largest:,.0f}": gaps[1],
            "train error at the largest α there": many.train.sortby(INIT_SCALE).isel({INIT_SCALE: -1}, drop=True),
        },
        decided=is_u,
        note=_size_note(largest),
    )


def _milder_than_the_squared_error(ds: xr.Dataset) -> Measured:
    largest = float(with_axis(ds, TRAIN_SIZE)[TRAIN_SIZE].max())
    sizes = {FEW: f"N ≈ {FEW}"} | ({largest: f"N = {largest:,.0f}"} if largest >= WIDENS * FEW else {})
    values, rises, train_errors = {}, {}, {}
    for size, name in sizes.items():
        for loss, words in ((CROSS_ENTROPY, "cross-entropy"), (MSE, "the squared error")):
            found = _at_size(ds, loss, size)
            at = Pair(*(nearest(x, INIT_SCALE, FIG3_LARGEST) for x in found))
            rises[size, loss], train_errors[size, loss] = at.test - found.test.min(INIT_SCALE), at.train
            values[f"rise with {words}, {name}"] = rises[size, loss]
            values[f"train error with {words} there, {name}"] = at.train
    # If training rows are not fitted, test error may be high because training was too short, not because of the norm.
    fitted = (train_errors[FEW, CROSS_ENTROPY] <= NO_ERROR) & (train_errors[FEW, MSE] <= NO_ERROR)
    return over_seeds(rises[FEW, CROSS_ENTROPY] < rises[FEW, MSE], values, decided=fitted)


CLAIMS = [
    Claim(
        "omnigrok/fig11/1",
        f"cross-entropy, N ≈ {FEW}: train error is at most {NO_ERROR:g} at every α >= {FROM_SCALE:g}; test "
        f"error is U-shaped: at both ends of the scales at least {RISE:g} times its lowest",
        "'LU' still holds for the cross entropy loss, but the effect is milder than the MSE loss",
        _few_are_an_l_and_a_u,
    ),
    Claim(
        "omnigrok/fig11/2",
        f"N ≈ {FEW}: the zone of α where the test error is at most {ZONE:g} times its lowest is wider in "
        "log α with cross-entropy than with the squared error",
        "the 'Goldilocks zone' (the weight range where generalization happens) is broader",
        _zone_is_wider,
    ),
    Claim(
        "omnigrok/fig11/3",
        f"squared error: the zone of claim 2 is wider in log α at the largest N than at N ≈ {FEW}",
        "larger data size N makes the Goldilocks zone broader",
        _zone_widens_with_data,
    ),
    Claim(
        "omnigrok/fig11/4",
        f"cross-entropy: two numbers fall to {LESS:g} of their value or less from N ≈ {FEW} to the largest "
        "N: the rise of the test error from its lowest to the largest α, and test minus train error (mean "
        f"over log α from {FROM_SCALE:g} on)",
        "for large datasets, the 'U' becomes more like 'L', i.e., the mismatch between train and test error is small",
        _u_becomes_an_l,
    ),
    Claim(
        "omnigrok/fig11/5",
        f"N ≈ {FEW}: where both losses fit the training rows, the test error rises less from its lowest to "
        f"α = {FIG3_LARGEST:g} (fig. 3's largest) with cross-entropy than with the squared error",
        "'LU' still holds for the cross entropy loss, but the effect is milder than the MSE loss",
        _milder_than_the_squared_error,
    ),
]
