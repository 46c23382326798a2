import numpy as np
import pytest
import xarray as xr

from grok_jax.analysis import goldilocks

SCALE = "model.init_scale"
SCALES = 10.0 ** np.linspace(-1, 1, 21)


def u_shape(center=0.0):
    """Rises by .5 for each decade away from the center, from .1."""
    return xr.DataArray(0.1 + 0.5 * abs(np.log10(SCALES) - center), {SCALE: SCALES}, dims=SCALE)


def test_a_zone_is_interpolated_between_the_points_around_its_ends():
    zone = goldilocks(u_shape(), SCALE, 0.1 + 0.5 * 0.33)
    assert float(zone.low) == pytest.approx(10**-0.33)
    assert float(zone.high) == pytest.approx(10**0.33)
    assert float(zone.width) == pytest.approx(0.66)
    assert not bool(zone.is_cut)


def test_a_zone_that_reaches_the_end_of_the_axis_is_cut():
    zone = goldilocks(u_shape(0.9), SCALE, 0.2)
    assert bool(zone.is_cut)
    assert float(zone.high) == pytest.approx(10)


def test_a_zone_is_one_stretch():
    x = u_shape()
    x[{SCALE: 20}] = 0.1  # low again, far away
    assert float(goldilocks(x, SCALE, 0.2).high) < 2


def test_each_run_may_have_a_level_of_its_own():
    runs = xr.concat([u_shape(), 2 * u_shape()], "seed")
    width = goldilocks(runs, SCALE, 2 * runs.min(SCALE)).width
    np.testing.assert_allclose(width, 0.4)


def test_there_is_no_zone_below_the_minimum():
    assert np.isnan(goldilocks(u_shape(), SCALE, 0.05).width)
