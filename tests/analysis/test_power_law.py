import numpy as np
import pytest
import xarray as xr
from scipy import optimize

from grok_jax.analysis.power_law import fit_power_law, rank_correlation, slopes_along
from grok_jax.errors import UserError

DECAY = [0.03, 0.1, 0.3, 1.0]


def times(values):
    return xr.DataArray(np.asarray(values, float), dims=("wd", "seed"), coords={"wd": DECAY})


def law(noise=0.0, seeds=5, seed=0):
    factor = np.exp(noise * np.random.default_rng(seed).normal(size=(4, seeds)))
    return times(40.0 * np.asarray(DECAY)[:, None] ** -1.0 * factor)


def test_an_exact_power_law_is_recovered():
    y = law()
    fit = fit_power_law(y["wd"], y)
    assert fit.slope == pytest.approx(-1)
    assert fit.prefactor == pytest.approx(40)
    assert fit.slope_low == pytest.approx(-1)
    assert fit.slope_high == pytest.approx(-1)
    assert (fit.points, fit.censored, fit.missing) == (20, 0, 0)


def test_interval_agrees_with_the_covariance_of_curve_fit():
    y = law(noise=0.3)
    fit = fit_power_law(y["wd"], y)
    x = np.repeat(np.log(DECAY), 5)
    (slope, _), covariance = optimize.curve_fit(lambda x, s, c: s * x + c, x, np.log(y.values.ravel()))
    assert fit.slope == pytest.approx(slope, rel=1e-5)
    # 2.100922 is the 97.5% quantile of Student's t with 18 degrees of freedom.
    assert fit.slope_high - fit.slope == pytest.approx(2.100922 * covariance[0, 0] ** 0.5, rel=1e-4)


def test_interval_covers_the_true_slope_as_often_as_it_says():
    fits = [fit_power_law(y["wd"], y, 0.8) for y in (law(noise=0.5, seeds=2, seed=seed) for seed in range(400))]
    assert 0.74 < np.mean([fit.slope_low < -1 < fit.slope_high for fit in fits]) < 0.86


def test_censored_and_missing_points_are_left_out_and_counted():
    y = law()
    y[0, :2], y[1, 0], y[2, 0] = np.inf, np.nan, 0.0
    fit = fit_power_law(y["wd"], y)
    assert fit.slope == pytest.approx(-1)
    assert (fit.points, fit.censored, fit.missing) == (16, 2, 2)


def test_points_at_one_place_have_no_slope():
    y = law().where(law()["wd"] == 1.0, np.inf)
    fit = fit_power_law(y["wd"], y)
    assert np.isnan(fit.slope)
    assert (fit.points, fit.censored) == (5, 15)


def test_two_points_have_a_slope_without_an_interval():
    y = law(seeds=1)[:2]
    fit = fit_power_law(y["wd"], y)
    assert fit.slope == pytest.approx(-1)
    assert np.isnan(fit.slope_low)


def test_each_run_has_a_slope_of_its_own():
    decay = np.asarray(DECAY)[:, None]
    np.testing.assert_allclose(slopes_along(times(9.0 * decay ** np.array([[-1.0, -0.5, 0.0]])), "wd"), [-1, -0.5, 0])


@pytest.mark.parametrize("gone", [np.inf, np.nan])
def test_a_run_with_a_value_that_is_not_known_has_no_slope(gone):
    y = law(seeds=2)
    y[0, 1] = gone
    np.testing.assert_allclose(slopes_along(y, "wd"), [-1, np.nan])


def test_rank_correlation_of_each_seed():
    y = times(np.array([[1, 4, 2, 3], [1, 2, 3, 4], [4, 3, 2, 1], [7, 7, 7, 7]]).T)
    np.testing.assert_allclose(rank_correlation(y, "wd"), [0.4, 1, -1, 0])


def test_rank_correlation_puts_never_above_every_number():
    assert rank_correlation(times([[1], [2], [3], [np.inf]]), "wd").item() == pytest.approx(1)


def test_rank_correlation_leaves_nan_out_and_asks_for_three_values():
    y = times(np.array([[np.nan, 2, 3, 4], [np.nan, np.nan, 3, 4]]).T)
    np.testing.assert_allclose(rank_correlation(y, "wd"), [1, np.nan])


def test_rank_correlation_uses_the_coordinate_not_the_order():
    y = times([[4], [3], [2], [1]]).assign_coords(wd=[1.0, 0.3, 0.1, 0.03])
    assert rank_correlation(y, "wd").item() == pytest.approx(1)


def test_an_axis_that_is_not_there_is_refused():
    with pytest.raises(UserError, match="width"):
        rank_correlation(law(), "width")
