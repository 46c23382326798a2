"""Where a quantity passes a level along the amount of data."""

import numpy as np
import pytest
import xarray as xr

from grok_jax.analysis.critical_size import FRACTION, estimate, passes_at


def along(values, at=(0.2, 0.4, 0.6, 0.8)):
    return xr.DataArray(list(values), {FRACTION: list(at)}, dims=FRACTION)


def test_the_place_is_interpolated_between_the_points_on_both_sides():
    assert float(passes_at(along([0.0, 0.25, 0.75, 1.0]), 0.5, FRACTION)) == pytest.approx(0.5)


def test_only_the_last_rise_counts():
    assert float(passes_at(along([0.9, 0.0, 1.0, 1.0]), 0.5, FRACTION)) == pytest.approx(0.5)


def test_points_need_no_order_and_may_miss_values():
    x = along([1.0, np.nan, 0.0], at=(0.8, 0.5, 0.2))
    assert float(passes_at(x, 0.5, FRACTION)) == pytest.approx(0.5)


def test_a_level_that_is_never_reached_is_infinite():
    assert float(passes_at(along([0.0, 0.9, 0.9, 0.1]), 0.5, FRACTION)) == np.inf


@pytest.mark.parametrize("values", [[0.6, 0.7, 0.8, 0.9], [np.nan] * 4])
def test_values_that_are_nowhere_below_have_no_place(values):
    assert np.isnan(passes_at(along(values), 0.5, FRACTION))


def test_each_run_has_its_own_level():
    x = along([1.0, 2.0, 3.0, 4.0])
    found = passes_at(x, xr.DataArray([1.5, 3.5, np.nan], dims="seed"), FRACTION)
    np.testing.assert_allclose(found, [0.3, 0.7, np.nan])


def test_an_estimate_is_the_median_and_the_range_of_the_seeds_that_have_a_value():
    assert estimate(xr.DataArray([0.3, np.nan, 0.5, 0.4], dims="seed")) == (0.4, 0.3, 0.5, 3)


def test_an_estimate_of_seeds_without_values_is_none():
    found = estimate(xr.DataArray([np.nan, np.nan], dims="seed"))
    assert found.seeds == 0
    assert np.isnan(found.median)
