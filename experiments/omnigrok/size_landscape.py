"""Landscapes over the scale of the weights and the amount of data: L and U, and the critical size.

Reference: Liu et al. (2023), Omnigrok, Fig. 3a-c, 4a-c, 5a-c, 9 and 11.
"""

from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Real
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure

from grok_jax.analysis.claims import NotMeasured, show_value
from grok_jax.analysis.landscape import error, place_of_minimum, reduced
from grok_jax.analysis.seeds import median_of_seeds
from grok_jax.analysis.selection import with_axis
from grok_jax.errors import require
from grok_jax.plotting.curves import legend
from grok_jax.plotting.landscape import convergence, train_and_test
from grok_jax.plotting.maps import heat_map
from grok_jax.plotting.style import TEST, panel_label, panel_labels

INIT_SCALE, TRAIN_SIZE = "model.init_scale", "task.train_size"
NEAR = 0.1  # decades; the paper's sizes are .14 apart, its scales .1
ROUNDING = 1.02  # lets 10^-0.1 = .794 match the scale .8
SCALE_NAME, SIZE_NAME = "init scale α (weight norm over standard)", "training digits N"
FEW = 200  # digits that the paper calls few


class Pair(NamedTuple):
    """A reduced loss or error on training and test rows, one value per run."""

    train: xr.DataArray
    test: xr.DataArray


class LU(NamedTuple):
    """How much the errors of one data size resemble an L (train) and a U (test) over the scale of the weights."""

    largest_train: xr.DataArray  # largest train error from a scale on
    place: xr.DataArray  # scale of the smallest test error
    lowest: xr.DataArray  # smallest test error
    rise_below: xr.DataArray  # test error at the smallest scale over the lowest
    rise_above: xr.DataArray  # test error at the largest scale over the lowest


def errors(ds: xr.Dataset, value: str = "final") -> Pair:
    """Returns 1 - accuracy on training and test rows; "final" or "best" as in `reduced`."""
    names = ("train_accuracy", "test_accuracy")
    return Pair(*(error(reduced(ds[name], value).rename(name)) for name in names))


def losses(ds: xr.Dataset, value: str = "final") -> Pair:
    """Returns the losses on training and test rows; "final" or "best" as in `reduced`."""
    return Pair(*(reduced(ds[name], value) for name in ("train_loss", "test_loss")))


def nearest(x: xr.DataArray | xr.Dataset, axis: str, wanted: float | int) -> xr.DataArray | xr.Dataset:
    """Returns x at the point of an axis nearest to a value, on a logarithmic scale.

    Raises:
      NotMeasured: no point is within NEAR decades, or the axis does not exist.
    """
    if axis not in x.coords:
        raise NotMeasured(f"needs the axis {axis}")
    points = np.atleast_1d(x[axis].values)
    distance = np.abs(np.log10(points / wanted))
    if distance.min() > NEAR:
        there = ", ".join(show_value(float(point)) for point in points)
        raise NotMeasured(f"no run with {axis} near {show_value(wanted)}; there are {there}")
    return x.isel({axis: int(distance.argmin())}, drop=True) if axis in x.dims else x


def lu_shape(found: Pair, above: float) -> LU:
    """Measures the shape of the errors of one data size over INIT_SCALE.

    Args:
      found: errors over INIT_SCALE and seeds.
      above: scale from which on the training error counts.

    Raises:
      NotMeasured: the scales do not reach from a quarter of `above` to four times it.
    """
    scales = found.test[INIT_SCALE].sortby(INIT_SCALE) if INIT_SCALE in found.test.dims else np.array([np.nan])
    if not (float(scales[0]) <= above / 4 and float(scales[-1]) >= 4 * above):
        raise NotMeasured(f"needs scales of the weights from {above / 4:g} or less to {4 * above:g} or more")
    train, test = (x.sortby(INIT_SCALE) for x in found)
    lowest = test.min(INIT_SCALE)
    ends = (test.isel({INIT_SCALE: place}, drop=True) / lowest.where(lowest > 0) for place in (0, -1))
    return LU(
        train.where(train[INIT_SCALE] >= above / ROUNDING).max(INIT_SCALE),
        place_of_minimum(test, INIT_SCALE),
        lowest,
        *ends,
    )


def critical_size(x: Float[xr.DataArray, "..."], level: float, axis: str = TRAIN_SIZE) -> Float[xr.DataArray, "..."]:
    """Finds the tip of the thumb: the smallest data size at which x is at most a level for some scale of the weights.

    It is interpolated linearly in log size, between the first size at which the minimum over INIT_SCALE is low enough
    and the size before it.

    Args:
      x: a reduced loss or error, over INIT_SCALE, the amount of data and others.
      level: value of x.
      axis: name of the axis of data sizes: rows, or a share of all rows.

    Returns:
      One size per run: inf if no size is enough, NaN if the smallest already is.
    """
    lowest = x.min(INIT_SCALE).sortby(axis)
    log_size = xr.apply_ufunc(
        _first_below, lowest, np.log10(lowest[axis]), input_core_dims=[[axis], [axis]], kwargs={"level": level},
        vectorize=True,
    )  # fmt: skip
    return 10**log_size


def _first_below(x: np.ndarray, at: np.ndarray, level: float) -> float:
    enough = x <= level
    if not enough.any():
        return np.inf
    first = int(enough.argmax())
    if first == 0:
        return np.nan
    share = (level - x[first - 1]) / (x[first] - x[first - 1])
    return at[first - 1] + share * (at[first] - at[first - 1])


def is_between(x: Real[xr.DataArray, "..."], low: float, high: float) -> Bool[xr.DataArray, "..."]:
    """Returns low <= x <= high, with a tolerance for scales rounded to the grid."""
    return (x >= low / ROUNDING) & (x <= high * ROUNDING)


QUANTITIES = {"error": errors, "loss": losses}


def size_landscape(
    figure: Figure,
    ds: xr.Dataset,
    *,
    quantity: str = "error",
    level: float | None = None,
    value: str = "final",
    size: str = TRAIN_SIZE,
    size_name: str = SIZE_NAME,
    few: float | int = FEW,
    unit: str = "",
) -> list[list[Axes]]:
    """Draws (a) training and (b) test rows over scale and size, (c) slices at few and many rows, convergence.

    Args:
      figure: an empty figure; gets 2 x 3 panels.
      ds: results with INIT_SCALE, data sizes and seeds; with a single point on an axis, the maps have no contour.
      quantity: "error", on linear scales, or "loss", on logarithmic ones.
      level: value of the contours, None for none; the smallest size at which the test rows reach it is marked.
      value: "final" or "best", as in `reduced`.
      size: name of the axis of data sizes.
      size_name: label of that axis.
      few: the upper slice is at the size nearest to this; the lower slice is at the largest size.
      unit: unit of the quantity.

    Returns:
      The panels by row: map, slice, convergence.

    Raises:
      UserError: `quantity` is neither of these.
    """
    require(quantity in QUANTITIES, f"quantity is {quantity!r}; it must be one of {', '.join(QUANTITIES)}")
    is_loss, ending = quantity == "loss", f" [{unit}]" if unit else ""
    ds = with_axis(with_axis(ds, INIT_SCALE), size).sortby([INIT_SCALE, size])
    panels = figure.subplots(2, 3)
    found = QUANTITIES[quantity](ds, value)
    several = level is not None and min(ds.sizes[INIT_SCALE], ds.sizes[size]) > 1
    maps = []
    for row, (x, letter) in enumerate(zip(found, "ab", strict=True)):
        shown = median_of_seeds(x).median
        inside = several and float(shown.min()) < level < float(shown.max())
        title = f"reduced {str(x.name).replace('_', ' ')}"
        drawn = heat_map(
            panels[row, 0],
            shown,
            INIT_SCALE,
            size,
            labels=(SCALE_NAME, size_name, title + ending),
            log="xyz" if is_loss else "xy",
            contours=(level,) if inside else (),
        )
        maps.append(drawn)
        panel_label(panels[row, 0], letter)
        panels[row, 0].set_title(title if level is None else f"{title}, contour {level:g}")
    _share_colors(maps)
    if level is not None:
        _mark_tip(panels[1, 0], median_of_seeds(found.test).median, level, size)
    sizes = ds[size].values
    panels[0, 1].sharey(panels[1, 1])
    for row, place in enumerate(shown_sizes(ds, size, few)):
        log = "xy" if is_loss else "x"
        train_and_test(panels[row, 1], *(x.isel({size: place}) for x in found), INIT_SCALE, name=SCALE_NAME, log=log)
        panels[row, 1].set_title(f"N = {sizes[place]:,}")
        panels[row, 1].set_ylabel(f"reduced {quantity}{ending}")
        if not is_loss:
            panels[row, 1].set_ylim(bottom=-0.03)
        legend(panels[row, 1], loc="best")
        _convergence_panel(panels[row, 2], ds.isel({size: place}))
        panels[row, 2].set_title(f"convergence, N = {sizes[place]:,}")
    panel_labels(panels[:, 1:].T.flat, "c")
    return panels.tolist()


def shown_sizes(ds: xr.Dataset, size: str = TRAIN_SIZE, few: float | int = FEW) -> tuple[int, int]:
    """Returns the indices of the two sizes to slice, in ascending order: the nearest to `few`, and the largest."""
    sizes = np.sort(ds[size].values)
    return int(np.abs(np.log(sizes / few)).argmin()), sizes.size - 1


def _convergence_panel(ax: Axes, ds: xr.Dataset) -> None:
    """Draws `convergence`; leaves the lowest quarter of the gradient's axis to the legend, which ignores its curves."""
    twin = convergence(ax, ds, INIT_SCALE, name=SCALE_NAME)
    if ax.get_yscale() == "log":
        low, high = ax.get_ylim()
        ax.set_ylim(bottom=low * (low / high) ** (1 / 3))
        twin.get_legend().set_loc("lower left")


def _share_colors(maps: list[QuadMesh]) -> None:
    """Makes equal colors mean equal numbers."""
    limits = [cells.get_clim() for cells in maps]
    for cells in maps:
        cells.set_clim(min(low for low, _ in limits), max(high for _, high in limits))


def _mark_tip(ax: Axes, test: xr.DataArray, level: float, axis: str) -> None:
    size = float(critical_size(test, level, axis))
    if not np.isfinite(size):
        return
    above = test.where(test[axis] >= size, drop=True).isel({axis: 0})
    scale = float(place_of_minimum(above, INIT_SCALE))
    ax.plot([scale], [size], marker="v", color=TEST, markeredgecolor="white", markersize=9, clip_on=False)
    ax.annotate(f"tip: N = {size:.0f}", (scale, size), (0, -14), textcoords="offset points", color="white", ha="center")
