"""Landscapes over the scale of the weights and the amount of data: L and U, the Goldilocks zone, the critical size.

Reference: Liu et al. (2023), Omnigrok, Fig. 3a-c, 4a-c, 5a-c, 9 and 11.
"""

from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Real

from grok_jax.analysis.claims import NotMeasured
from grok_jax.analysis.landscape import error, place_of_minimum, reduced

ALPHA, SIZE = "model.init_scale", "task.train_size"
NEAR = 0.1  # decades; the paper's sizes lie .14 apart, its scales .1
ROUNDING = 1.02  # 10^-0.1 = .794 is the scale .8


class Pair(NamedTuple):
    """A reduced loss or error of the rows of both splits, one value for each run."""

    train: xr.DataArray
    test: xr.DataArray


class LU(NamedTuple):
    """How far the errors of one amount of data resemble an L (train) and a U (test) over the scale of the weights."""

    largest_train: xr.DataArray  # train error from a scale on
    place: xr.DataArray  # scale of the smallest test error
    lowest: xr.DataArray  # that error
    rise_below: xr.DataArray  # test error at the smallest scale over the lowest
    rise_above: xr.DataArray  # and at the largest


class Zone(NamedTuple):
    """Where a U stays below a level."""

    low: xr.DataArray  # coordinates
    high: xr.DataArray
    width: xr.DataArray  # decades
    is_cut: xr.DataArray  # the axis ends within the zone, so that the width is a lower bound


def errors(ds: xr.Dataset, value: str = "final") -> Pair:
    """1 - accuracy on training and test rows; "final" or "best" as in `reduced`."""
    names = ("train_accuracy", "test_accuracy")
    return Pair(*(error(reduced(ds[name], value).rename(name)) for name in names))


def losses(ds: xr.Dataset, value: str = "final") -> Pair:
    """The losses on training and test rows; "final" or "best" as in `reduced`."""
    return Pair(*(reduced(ds[name], value) for name in ("train_loss", "test_loss")))


def nearest(x: xr.DataArray | xr.Dataset, axis: str, wanted: float | int) -> xr.DataArray | xr.Dataset:
    """x at the point of an axis that is nearest to a value, on a logarithmic scale.

    Raises:
      NotMeasured: none is within NEAR decades, or there is no such axis.
    """
    if axis not in x.coords:
        raise NotMeasured(f"needs the axis {axis}")
    points = np.atleast_1d(x[axis].values)
    distance = np.abs(np.log10(points / wanted))
    if distance.min() > NEAR:
        raise NotMeasured(f"no run with {axis} near {wanted:g}; there are {', '.join(f'{p:.3g}' for p in points)}")
    return x.isel({axis: int(distance.argmin())}, drop=True) if axis in x.dims else x


def lu_shape(found: Pair, above: float) -> LU:
    """What the errors of one amount of data look like over ALPHA.

    Args:
      found: over ALPHA and seeds.
      above: the scale from which on the training error counts.

    Raises:
      NotMeasured: the scales do not reach from a quarter of `above` to four times it.
    """
    scales = found.test[ALPHA].sortby(ALPHA) if ALPHA in found.test.dims else np.array([np.nan])
    if not (float(scales[0]) <= above / 4 and float(scales[-1]) >= 4 * above):
        raise NotMeasured(f"needs scales of the weights from {above / 4:g} or less to {4 * above:g} or more")
    train, test = (x.sortby(ALPHA) for x in found)
    lowest = test.min(ALPHA)
    ends = (test.isel({ALPHA: place}, drop=True) / lowest.where(lowest > 0) for place in (0, -1))
    return LU(train.where(train[ALPHA] >= above / ROUNDING).max(ALPHA), place_of_minimum(test, ALPHA), lowest, *ends)


def goldilocks(x: Real[xr.DataArray, "..."], axis: str, level: Real[xr.DataArray, "..."] | float) -> Zone:
    """The stretch of a logarithmic axis around the minimum of x in which x is at most a level.

    Its ends are interpolated linearly in log axis between the points on both sides of the level.

    Args:
      x: a reduced loss or error, over the axis and others.
      axis: numbers above 0.
      level: of x, one or one for each run.

    Returns:
      Zone, NaN where x is nowhere as low or has no finite value.
    """
    x = x.sortby(axis)
    low, high, is_cut = xr.apply_ufunc(
        _zone,
        x,
        np.log10(x[axis]),
        level,
        input_core_dims=[[axis], [axis], []],
        output_core_dims=[[], [], []],
        vectorize=True,
    )
    return Zone(10**low, 10**high, high - low, is_cut.astype(bool))


def _zone(x: np.ndarray, at: np.ndarray, level: float) -> tuple[float, float, bool]:
    x, at = x[np.isfinite(x)], at[np.isfinite(x)]
    if not x.size or x.min() > level:
        return np.nan, np.nan, False
    outside = x > level
    low = high = int(x.argmin())
    while low > 0 and not outside[low - 1]:
        low -= 1
    while high < x.size - 1 and not outside[high + 1]:
        high += 1

    def end(inner: int, outer: int) -> float:
        share = (level - x[inner]) / (x[outer] - x[inner])
        return at[inner] + share * (at[outer] - at[inner])

    left = end(low, low - 1) if low else at[0]
    right = end(high, high + 1) if high < x.size - 1 else at[-1]
    return left, right, low == 0 or high == x.size - 1


def critical_size(x: Float[xr.DataArray, "..."], level: float, axis: str = SIZE) -> Float[xr.DataArray, "..."]:
    """The tip of the thumb: the smallest amount of data at which some scale of the weights has x at most at a level.

    Interpolated linearly in log size between the first size at which the minimum over ALPHA is as low and the one
    before.

    Args:
      x: a reduced loss or error, over ALPHA, the amount of data and others.
      level: of x.
      axis: the amount of data: rows, or their share of all.

    Returns:
      One size for each run: inf where no size is enough, NaN where the smallest already is.
    """
    lowest = x.min(ALPHA).sortby(axis)
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
    """low <= x <= high, with room for scales that are rounded to the grid's."""
    return (x >= low / ROUNDING) & (x <= high * ROUNDING)
