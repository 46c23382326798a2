"""Omnigrok, Figure 11: reduced errors of MNIST with the cross-entropy, and how they compare with the squared error's.

Results: dims ('training.loss', 'task.train_size', 'model.init_scale', 'seed', 'step').
"""

import contextlib
from typing import NamedTuple

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.selection import config_value, with_axis
from grok_jax.analysis.size_landscape import ALPHA, SIZE, Pair, Zone, errors, goldilocks, lu_shape, nearest
from grok_jax.plotting.curves import legend
from grok_jax.plotting.landscape import slice_along
from grok_jax.plotting.size_landscape import shown_sizes, size_landscape
from grok_jax.plotting.style import OKABE_ITO, TEST, style

LOSS = "training.loss"
CROSS_ENTROPY, MSE = "cross_entropy", "mse"
FEW = 200  # training digits
NO_ERROR, FROM_SCALE, RISE = 0.01, 0.8, 1.5  # as in figure 3
TIP = 0.4  # test error of the contour, as in figure 3
ZONE = 2.0  # times the lowest test error
WIDENS = 2.0  # times more digits
MSE_COLOUR = OKABE_ITO[3]


class Zones(NamedTuple):
    """The Goldilocks zones of both losses."""

    cross_entropy: Zone
    mse: Zone


def plot(ds: xr.Dataset) -> Figure:
    """(a) train error, (b) test error, (c) slices at few and many digits with both losses' zones, convergence."""
    with style():
        figure = Figure(figsize=(14.0, 7.6), layout="constrained")
        panels = size_landscape(figure, _trained_with(ds, CROSS_ENTROPY), level=TIP)
        ds = with_axis(with_axis(ds, ALPHA), SIZE)
        for loss, colour, name in ((CROSS_ENTROPY, TEST, "cross-entropy"), (MSE, MSE_COLOUR, "squared error")):
            with contextlib.suppress(NotMeasured):  # results of one loss alone
                test = errors(_trained_with(ds, loss)).test.sortby(SIZE)
                for row, place in enumerate(shown_sizes(ds)):
                    shown = test.isel({SIZE: place})
                    _zone_panel(panels[row][1], shown, colour=colour, name=name, is_drawn=loss == CROSS_ENTROPY)
        for row in panels:
            row[1].set(ylim=(-0.03, 1.45), yticks=np.linspace(0, 1, 6))  # no corner is free of curves
            legend(row[1], loc="upper center", ncols=2, columnspacing=0.8, handlelength=1.4)
    return figure


def _zone_panel(ax: Axes, test: xr.DataArray, *, colour: str, name: str, is_drawn: bool) -> None:
    """The test error, if it is not there yet, and a bar as long as its zone at the height that limits the zone."""
    if not is_drawn:
        slice_along(ax, test, ALPHA, colour=colour, label=f"test error, {name}", linestyle="--")
    median = test.median("seed") if "seed" in test.dims else test
    height = ZONE * median.min(ALPHA)
    zone = goldilocks(median, ALPHA, height)
    ends = [float(zone.low), float(zone.high)]
    ax.plot(ends, [float(height)] * 2, color=colour, linewidth=4, alpha=0.5, label=f"zone, {name}")


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
    found = Pair(*(nearest(x, SIZE, FEW) for x in errors(_trained_with(ds, CROSS_ENTROPY))))
    shape = lu_shape(found, above=FROM_SCALE)
    return over_seeds(
        (shape.largest_train <= NO_ERROR) & (shape.rise_below >= RISE) & (shape.rise_above >= RISE),
        {
            f"largest train error from α = {FROM_SCALE:g}": shape.largest_train,
            "lowest test error": shape.lowest,
            "at α": shape.place,
            "test error at the smallest α over it": shape.rise_below,
            "at the largest": shape.rise_above,
        },
    )


def _zones(ds: xr.Dataset, size: float) -> Zones:
    zones = []
    for loss in (CROSS_ENTROPY, MSE):
        test = nearest(errors(_trained_with(ds, loss)).test, SIZE, size)
        if ALPHA not in test.dims:
            raise NotMeasured(f"needs several values of {ALPHA}")
        zones.append(goldilocks(test, ALPHA, ZONE * test.min(ALPHA)))
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
    largest = float(with_axis(ds, SIZE)[SIZE].max())
    if largest > FEW * 2:
        at_largest = _zones(ds, largest)
        values |= {
            f"at N = {largest:,.0f}: decades with cross-entropy": at_largest.cross_entropy.width,
            f"at N = {largest:,.0f}: with the squared error": at_largest.mse.width,
        }
    wider = zones.cross_entropy.width > zones.mse.width
    # A zone that ends with the scales of the grid is at least as wide as it is measured.
    decided = xr.where(wider, ~zones.mse.is_cut, ~zones.cross_entropy.is_cut)
    cut = int(zones.cross_entropy.is_cut.sum()), int(zones.mse.is_cut.sum())
    note = f"zones cut off by the ends of the grid: {cut[0]} with cross-entropy, {cut[1]} with the squared error"
    return over_seeds(wider, values, decided=decided, note=note if any(cut) else "")


def _zone_widens_with_data(ds: xr.Dataset) -> Measured:
    sizes = np.sort(np.atleast_1d(with_axis(ds, SIZE)[SIZE].values))
    if sizes[-1] < WIDENS * sizes[0]:
        raise NotMeasured(f"needs values of {SIZE} that are {WIDENS:g} times apart")
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


CLAIMS = [
    Claim(
        "omnigrok/fig11/1",
        f"cross-entropy, N ≈ {FEW}: train error is at most {NO_ERROR:g} at every α >= {FROM_SCALE:g}; test error is a"
        f" U: at least {RISE:g} times its lowest at both ends of the scales",
        "'LU' still holds for the cross entropy loss, but the effect is milder than the MSE loss",
        _few_are_an_l_and_a_u,
    ),
    Claim(
        "omnigrok/fig11/2",
        f"N ≈ {FEW}: the zone of α with a test error of at most {ZONE:g} times its lowest is wider in log α with"
        " cross-entropy than with the squared error",
        "the 'Goldilocks zone' (the weight range where generalization happens) is broader",
        _zone_is_wider,
    ),
    Claim(
        "omnigrok/fig11/3",
        f"squared error: the zone of claim 2 is wider in log α at the largest N than at N ≈ {FEW}",
        "larger data size N makes the Goldilocks zone broader",
        _zone_widens_with_data,
    ),
]
