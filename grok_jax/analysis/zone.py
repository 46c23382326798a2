"""The Goldilocks zone: the weight norms at which a network generalizes, as a part of a logarithmic axis.

Reference: Liu et al. (2023), Omnigrok, Fig. 1 and 11.
"""

from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Real


class Zone(NamedTuple):
    """Ends and width of the part of an axis in which a U is at most a level."""

    low: xr.DataArray  # coordinates on the axis
    high: xr.DataArray
    width: xr.DataArray  # decades
    is_cut: xr.DataArray  # the axis ends within the zone, so the width is a lower bound


def goldilocks(x: Real[xr.DataArray, "..."], axis: str, level: Real[xr.DataArray, "..."] | float) -> Zone:
    """Finds the Goldilocks zone: the part of a logarithmic axis, around the minimum of x, where x is at most a level.

    Its ends are interpolated linearly in the log of the axis between the points on both sides of the level.

    Args:
      x: a reduced loss or error, over the axis and others.
      axis: name of an axis of positive numbers.
      level: value of x; one number, or one for each run.

    Returns:
      The Zone; NaN if x is nowhere that low or has no finite value.
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
