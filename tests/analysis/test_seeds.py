import numpy as np
import pytest
import xarray as xr
from scipy import stats

from grok_jax.analysis.seeds import mean_of_seeds, median_of_seeds, share_of_seeds


def over(values):
    return xr.DataArray(np.asarray(values, float), dims=("alpha", "seed"))


def test_median_agrees_with_numpy_for_odd_and_even_counts():
    rng = np.random.default_rng(0)
    for count in (1, 4, 7):
        x = rng.normal(size=(3, count))
        np.testing.assert_allclose(median_of_seeds(over(x)).median, np.median(x, axis=-1))


def test_median_counts_censored_seeds_and_leaves_out_nan():
    x = over([[1, np.inf, 3, np.inf, 2], [np.inf, np.inf, 1, 1, np.inf], [5, np.nan, 7, np.nan, np.nan], [np.nan] * 5])
    np.testing.assert_array_equal(median_of_seeds(x).median, [3, np.inf, 6, np.nan])


def test_interval_agrees_with_scipys_quantile_test():
    rng = np.random.default_rng(1)
    for count in (6, 9, 20, 33):
        x = rng.normal(size=(2, count))
        interval = median_of_seeds(over(x))
        for row in range(2):
            expected = stats.quantile_test(x[row], p=0.5).confidence_interval(0.95)
            assert (interval.low[row], interval.high[row]) == (expected.low, expected.high)


def test_interval_of_fewer_than_six_seeds_does_not_exist():
    interval = median_of_seeds(over([[1, 2, 3, 4, 5]]))
    assert np.isnan(interval.low)
    assert np.isnan(interval.high)


def test_interval_may_end_at_never():
    interval = median_of_seeds(over([[1, 2, 3, np.inf, np.inf, np.inf, 1]]))
    assert interval.low == 1
    assert interval.high == np.inf


@pytest.mark.parametrize("order", [("alpha", "seed"), ("seed", "alpha")])
def test_the_order_of_the_axes_does_not_matter(order):
    x = over([[1, 2, 9], [4, 5, 6]]).transpose(*order)
    assert median_of_seeds(x).median.values.tolist() == [2, 5]


def test_a_mean_has_scipys_interval_and_one_seed_has_none():
    x = over([[-1.0, -0.8, -1.1, np.nan], [2.0, np.nan, np.nan, np.nan]])
    mean = mean_of_seeds(x)
    expected = stats.ttest_1samp(x[0, :3], 0).confidence_interval(0.95)
    np.testing.assert_allclose([mean.low[0], mean.high[0]], expected)
    assert mean.mean[1] == 2
    assert np.isnan(mean.low[1])


def test_a_share_counts_only_the_seeds_that_decide():
    holds = xr.DataArray([[True, True, False], [True, False, False]], dims=("alpha", "seed"))
    decided = xr.DataArray([[True, False, True], [False, False, False]], dims=("alpha", "seed"))
    share = share_of_seeds(holds, decided)
    np.testing.assert_array_equal(share.share, [0.5, np.nan])
    assert (share.holding.values.tolist(), share.deciding.values.tolist()) == ([1, 0], [2, 0])
    assert np.isnan(share.low[1])
    assert np.isnan(share.high[1])


@pytest.mark.parametrize(("holding", "deciding"), [(0, 3), (2, 5), (7, 7), (30, 40)])
def test_the_interval_of_a_share_is_wilsons(holding, deciding):
    z, share = stats.norm.ppf(0.95), holding / deciding
    middle = (share + z**2 / (2 * deciding)) / (1 + z**2 / deciding)
    reach = z * np.sqrt(share * (1 - share) / deciding + (z / (2 * deciding)) ** 2) / (1 + z**2 / deciding)
    found = share_of_seeds(xr.DataArray(np.arange(deciding) < holding, dims="seed"))
    assert (float(found.low), float(found.high)) == pytest.approx((middle - reach, middle + reach))


def test_without_seeds_each_run_is_a_share_of_its_own():
    share = share_of_seeds(xr.DataArray([True, False], dims="alpha"))
    assert share.share.values.tolist() == [1, 0]
