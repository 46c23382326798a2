"""Where a quantity passes a level along one axis of a grid."""

import numpy as np
import pytest
import xarray as xr

from grok_jax.analysis.crossing import last_crossing

AXIS = "task.train_fraction"


def along(values, at=(0.2, 0.4, 0.6, 0.8)):
    return xr.DataArray(list(values), {AXIS: list(at)}, dims=AXIS)


def test_the_place_is_interpolated_between_the_points_on_both_sides():
    assert float(last_crossing(along([0.0, 0.25, 0.75, 1.0]), 0.5, AXIS)) == pytest.approx(0.5)


def test_only_the_last_rise_counts():
    assert float(last_crossing(along([0.9, 0.0, 1.0, 1.0]), 0.5, AXIS)) == pytest.approx(0.5)


def test_points_need_no_order_and_may_miss_values():
    x = along([1.0, np.nan, 0.0], at=(0.8, 0.5, 0.2))
    assert float(last_crossing(x, 0.5, AXIS)) == pytest.approx(0.5)


def test_a_level_that_is_never_reached_is_infinite():
    assert float(last_crossing(along([0.0, 0.9, 0.9, 0.1]), 0.5, AXIS)) == np.inf


@pytest.mark.parametrize("values", [[0.6, 0.7, 0.8, 0.9], [np.nan] * 4])
def test_values_that_are_nowhere_below_have_no_place(values):
    assert np.isnan(last_crossing(along(values), 0.5, AXIS))


def test_each_run_has_its_own_level():
    x = along([1.0, 2.0, 3.0, 4.0])
    found = last_crossing(x, xr.DataArray([1.5, 3.5, np.nan], dims="seed"), AXIS)
    np.testing.assert_allclose(found, [0.3, 0.7, np.nan])
