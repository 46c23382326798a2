"""What the seeds say together of a critical amount of data."""

import numpy as np
import xarray as xr

from experiments.model_efficiency.critical_size import estimate


def test_an_estimate_is_the_median_and_the_range_of_the_seeds_that_have_a_value():
    assert estimate(xr.DataArray([0.3, np.nan, 0.5, 0.4], dims="seed")) == (0.4, 0.3, 0.5, 3)


def test_an_estimate_of_seeds_without_values_is_none():
    found = estimate(xr.DataArray([np.nan, np.nan], dims="seed"))
    assert found.seeds == 0
    assert np.isnan(found.median)
