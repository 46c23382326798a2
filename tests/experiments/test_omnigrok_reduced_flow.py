import numpy as np
import pytest
import xarray as xr

from experiments.omnigrok.reduced_flow import Path, count_descents, named_points, reduced_path, slow_time, walk
from experiments.omnigrok.reduced_landscape import Losses, contour, lean, not_rising, reduced_losses, surface
from grok_jax.errors import UserError

W, M = np.linspace(0.5, 5, 19), np.linspace(0, 1, 11)


def landscape(loss):
    """A function of w and m -> its values on a grid."""
    grid = np.meshgrid(W, M, indexing="ij")
    return xr.DataArray(loss(*grid) * np.ones((W.size, M.size)), {"w": W, "m": M}, ("w", "m"))


def smooth(loss):
    return surface(landscape(loss), "w", "m")


def flow(loss, start, decay, **settings):
    return reduced_path(smooth(loss), smooth(lambda w, m: 1.0), start, decay, **settings)


def cliff(w, m):
    """Flat and low to the right of w = 1 + 3 m, steep to the left of it."""
    return np.exp(-8 * (w - 1 - 3 * m).clip(-2, 4)) + 1e-6


@pytest.fixture(scope="module")
def over_the_cliff():
    """From a messy start left of the cliff, with a test loss that falls with the messiness."""
    train, test = smooth(cliff), smooth(lambda w, m: 0.001 + m**2)
    return reduced_path(train, test, (2.0, 0.9), 1e-3, representation_rate=0.01)


def test_a_surface_goes_through_its_grid_and_has_the_slopes_of_an_exponential():
    s = smooth(lambda w, m: np.exp(-2 * w - m))
    assert s.value(W[3], M[4]) == pytest.approx(np.exp(-2 * W[3] - M[4]), rel=1e-6)
    over_w, over_m = s.slope(2.1, 0.33)
    assert over_w == pytest.approx(-2 * np.exp(-4.53), rel=1e-4)
    assert over_m == pytest.approx(-np.exp(-4.53), rel=1e-4)


def test_a_surface_has_no_minimum_between_the_points_of_a_step():
    s = smooth(lambda w, m: np.where(w > 2, 1e-6, 1.0))
    values = s.value(np.linspace(0.5, 5, 500), np.full(500, 0.5))
    assert values.min() >= 1e-6 * 0.9
    assert values.max() <= 1.1


def test_where_the_loss_is_flat_w_decays_exponentially_at_decoder_rate_times_decay():
    path = flow(lambda w, m: 1e-3, (4.0, 0.5), 0.01, decoder_rate=2.0, duration=50.0)
    np.testing.assert_allclose(path.w, 4 * np.exp(-0.02 * path.time), rtol=1e-5)
    np.testing.assert_allclose(path.m, 0.5, rtol=1e-6)


def test_without_decay_an_exponential_loss_of_w_is_descended_as_the_formula_says():
    path = flow(lambda w, m: np.exp(-w), (1.0, 0.5), 0.0, duration=20.0)
    np.testing.assert_allclose(path.w, np.log(np.e + path.time), rtol=1e-4)


def test_messiness_moves_at_its_own_rate():
    path = flow(lambda w, m: np.exp(-m), (1.0, 0.2), 0.0, representation_rate=0.1, duration=3.0)
    np.testing.assert_allclose(path.m, np.log(np.exp(0.2) + 0.1 * path.time), rtol=1e-4)
    np.testing.assert_allclose(path.w, 1.0, rtol=1e-6)


def test_a_path_stays_on_the_landscape():
    path = flow(lambda w, m: np.exp(w + m), (3.0, 0.5), 0.1)
    assert path.w[-1] == W[0]
    assert path.m[-1] == 0
    assert np.isfinite(path.train_loss).all()


def test_a_path_rests_where_the_slope_of_the_loss_balances_the_decay():
    path = flow(lambda w, m: np.exp(-w), (1.0, 0.5), 0.05)
    assert np.exp(-path.w[-1]) == pytest.approx(0.05 * path.w[-1], rel=1e-3)


def test_a_start_off_the_landscape_and_a_path_without_an_end_are_user_errors():
    with pytest.raises(UserError, match="start is"):
        flow(lambda w, m: 1.0, (9.0, 0.5), 0.1)
    with pytest.raises(UserError, match="needs a duration"):
        flow(lambda w, m: 1.0, (1.0, 0.5), 0.0)


@pytest.mark.parametrize(
    "z",
    [landscape(lambda w, m: 1.0).isel(m=0), landscape(lambda w, m: np.nan), landscape(lambda w, m: 1.0).isel(m=[0])],
)
def test_an_invalid_landscape_is_a_user_error(z):
    with pytest.raises(UserError, match="a landscape"):
        surface(z, "w", "m")


def test_the_points_of_a_path_over_a_cliff_come_in_order(over_the_cliff):
    points = named_points(over_the_cliff, 0.05)
    assert points.a == 0 < points.b < points.c < points.d < points.e
    assert over_the_cliff.w[points.c] == over_the_cliff.w.max()
    assert over_the_cliff.train_loss[points.b] <= 0.05 < over_the_cliff.train_loss[points.b - 1]
    assert over_the_cliff.test_loss[points.e] <= 1.1 * over_the_cliff.test_loss.min()


def test_the_slow_part_along_a_cliff_takes_time_in_proportion_to_one_over_the_decay():
    train, test = smooth(cliff), smooth(lambda w, m: 0.001 + m**2)
    decays = np.array([1e-4, 1e-3])
    times = []
    for decay in decays:
        path = reduced_path(train, test, (2.0, 0.9), decay, representation_rate=0.01)
        times.append(slow_time(path, named_points(path, 0.05)))
    assert np.diff(np.log(times)) / np.diff(np.log(decays)) == pytest.approx(-1, abs=0.15)


def test_d_is_the_corner_of_a_path_with_a_corner():
    # Up to w = 4, straight down to 2 at constant messiness, then along both to (1, 0).
    w = np.concatenate([np.linspace(1, 4, 10), np.linspace(4, 2, 21)[1:], np.linspace(2, 1, 11)[1:]])
    m = np.concatenate([np.ones(30), np.linspace(1, 0, 11)[1:]])
    path = Path(np.arange(40.0), w, m, np.where(w > 3, 1e-3, 0.5), m + 0.01)
    points = named_points(path, 0.05)
    assert (points.c, points.d, points.e) == (9, 29, 39)
    assert slow_time(path, points) == 30


def test_a_path_that_never_fits_has_a_start_alone():
    path = flow(lambda w, m: 1.0, (1.0, 0.5), 0.1)
    points = named_points(path, 0.05)
    assert points == (0, None, None, None, None)
    assert np.isnan(slow_time(path, points))


def test_descents_are_counted_where_a_rise_parts_them():
    assert count_descents(np.array([1.0, 0.5, 0.6, 1.2, 0.3])) == 2
    assert count_descents(np.array([1.0, 0.5, 0.51, 0.2])) == 1
    assert count_descents(np.array([1.0, 0.99, 1.5, 1.45])) == 0
    assert count_descents(np.array([0.5, 1.0, 0.1])) == 1


def test_a_contour_is_found_between_grid_points_on_the_logarithm():
    places = contour(landscape(lambda w, m: np.exp(-w - m)), "w", np.exp(-2.1))
    np.testing.assert_allclose(places, 2.1 - M, rtol=1e-9)


def test_a_contour_that_is_not_reached_is_infinite_and_one_reached_at_once_is_the_first_place():
    assert (contour(landscape(lambda w, m: 1.0), "w", 0.02) == np.inf).all()
    assert (contour(landscape(lambda w, m: 0.01), "w", 0.02) == W[0]).all()


def test_a_contour_leans_by_the_slope_of_its_logarithm_where_it_is_found():
    line = xr.DataArray([2.0, 2 * np.exp(0.3), 2 * np.exp(0.6), np.inf], {"m": [0, 0.1, 0.2, 0.3]}, "m")
    assert lean(line, "m") == pytest.approx(3)
    assert np.isnan(lean(line[1:], "m"))


def test_a_train_loss_that_does_not_rise_is_the_least_up_to_each_norm():
    train = xr.DataArray([[2.0, 3.0], [5.0, 1.0], [1.0, 4.0]], {"w": [1, 2, 3], "m": [0, 1]}, ("w", "m"))
    kept = not_rising(Losses(train, train), "w")
    assert kept.train.values.tolist() == [[2, 3], [2, 1], [1, 1]]
    assert kept.test is train


def test_the_record_of_least_train_loss_counts_with_the_test_loss_there():
    curves = {
        "train_loss": [[3.0, 1.0, 2.0], [np.nan, np.nan, np.nan]],
        "test_loss": [[9.0, 8.0, 7.0], [1.0, 1.0, 1.0]],
    }
    ds = xr.Dataset({name: (("w", "step"), values) for name, values in curves.items()}, {"step": [0, 1, 2]})
    losses = reduced_losses(ds)
    np.testing.assert_array_equal(losses.train, [1, np.nan])
    assert losses.test[0] == 8
    np.testing.assert_array_equal(reduced_losses(ds, "final").test, [7, 1])
    assert not losses.are_finite
    assert Losses(losses.train[:1], losses.test[:1]).are_finite


@pytest.mark.parametrize(("enough", "arrives"), [(0.05, True), (0.005, False)])
def test_a_walk_generalizes_where_it_ends_at_a_test_loss_that_is_enough(enough, arrives):
    # It moves at constant messiness .1, where the test loss is .011; the smallest on the landscape is .001.
    losses = Losses(landscape(lambda w, m: np.exp(-4 * w)), landscape(lambda w, m: 0.001 + m**2))
    going = walk(losses, ("w", "m"), (1.0, 0.1), 1e-3, level=0.01, enough=enough)
    assert going.points.e is not None
    assert going.generalizes is arrives
