"""The critical amount of data, and its estimate over seeds."""

from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float

from grok_jax.analysis.seeds import median_of_seeds

TRAIN_FRACTION = "task.train_fraction"
MIDDLE = 0.5  # test accuracy that separates runs that memorize from runs that generalize


class Estimate(NamedTuple):
    """A critical amount of data over seeds."""

    median: float
    low: float  # smallest and largest over seeds, as so few allow no confidence interval
    high: float
    seeds: int  # number of seeds with a value


def estimate(critical: Float[xr.DataArray, "..."]) -> Estimate:
    """Combines seeds into one estimate; ignores NaN (no value), and returns NaN if no seed has a value."""
    values = critical.values.ravel()
    values = values[~np.isnan(values)]
    if not values.size:
        return Estimate(np.nan, np.nan, np.nan, 0)
    median = float(median_of_seeds(xr.DataArray(values, dims="seed")).median)
    return Estimate(median, float(values.min()), float(values.max()), values.size)
