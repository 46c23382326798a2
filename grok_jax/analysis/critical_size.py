"""The critical amount of data: where a quantity of runs with ever more data passes a level."""

from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float, Real

from grok_jax.analysis.seeds import median_of_seeds

FRACTION = "task.train_fraction"
MIDDLE = 0.5  # test accuracy that parts runs that memorise from runs that generalise


class Estimate(NamedTuple):
    """A critical amount of data over seeds."""

    median: float
    low: float  # smallest and largest of the seeds: of so few there is no confidence interval
    high: float
    seeds: int  # with a value


def passes_at(
    x: Real[xr.DataArray, "..."], level: Real[xr.DataArray, "..."] | float, axis: str
) -> Float[xr.DataArray, "..."]:
    """The amount of data from which on x is at or above a level, in each run along the other axes.

    Interpolated linearly between the last point below the level and the next.

    Args:
      x: a final test accuracy or a norm, say; points of NaN are left out.
      level: of x, one or one for each run.
      axis: the amount of data, an axis of x.

    Returns:
      A coordinate of the axis: inf where x is below the level at the last point, NaN where it is nowhere below it (so
      that the amount lies beneath the first point), or the level or all of x is NaN.
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


def estimate(critical: Float[xr.DataArray, "..."]) -> Estimate:
    """What the seeds say together; NaN (no value) is left out, and is the estimate where there is no seed with one."""
    values = critical.values.ravel()
    values = values[~np.isnan(values)]
    if not values.size:
        return Estimate(np.nan, np.nan, np.nan, 0)
    median = float(median_of_seeds(xr.DataArray(values, dims="seed")).median)
    return Estimate(median, float(values.min()), float(values.max()), values.size)
