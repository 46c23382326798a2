"""The critical amount of data, and what the seeds say together of it."""

from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float

from grok_jax.analysis.seeds import median_of_seeds

TRAIN_FRACTION = "task.train_fraction"
MIDDLE = 0.5  # test accuracy that parts runs that memorize from runs that generalize


class Estimate(NamedTuple):
    """A critical amount of data over seeds."""

    median: float
    low: float  # smallest and largest of the seeds: of so few there is no confidence interval
    high: float
    seeds: int  # with a value


def estimate(critical: Float[xr.DataArray, "..."]) -> Estimate:
    """What the seeds say together; NaN (no value) is left out, and is the estimate where there is no seed with one."""
    values = critical.values.ravel()
    values = values[~np.isnan(values)]
    if not values.size:
        return Estimate(np.nan, np.nan, np.nan, 0)
    median = float(median_of_seeds(xr.DataArray(values, dims="seed")).median)
    return Estimate(median, float(values.min()), float(values.max()), values.size)
