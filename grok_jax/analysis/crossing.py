"""Where a result crosses a level for good along one axis of a grid. For curves over steps: grokking.first_crossing."""

import numpy as np
import xarray as xr
from jaxtyping import Float, Real


def last_crossing(
    x: Real[xr.DataArray, "..."], level: Real[xr.DataArray, "..."] | float, axis: str
) -> Float[xr.DataArray, "..."]:
    """The coordinate of an axis from which x stays at or above a level, for each run along the other axes.

    It is interpolated linearly between the last point below the level and the next point.

    Args:
      x: for example the final test accuracy over the amount of data; NaN points are left out.
      level: the level of x, one for all runs or one per run.
      axis: an axis of x with numeric coordinates.

    Returns:
      The coordinate. It is inf if x is below the level at the last point. It is NaN if x is never below the level (the
      crossing lies before the first point), or if the level or all of x is NaN.
    """
    x = x.sortby(axis)
    found = xr.apply_ufunc(_last_rise, x, x[axis], level, input_core_dims=[[axis], [axis], []], vectorize=True)
    return found.assign_attrs(long_name=f"{axis} at which {x.name or 'x'} passes its level", units="1")


def _last_rise(x: np.ndarray, at: np.ndarray, level: float | np.floating) -> float | np.floating:
    known = np.isfinite(x)
    x, at = x[known], at[known]
    below = np.flatnonzero(x < level)
    if not np.isfinite(level) or not below.size:
        return np.nan
    last = below[-1]
    if last == x.size - 1:
        return np.inf
    return at[last] + (at[last + 1] - at[last]) * (level - x[last]) / (x[last + 1] - x[last])
