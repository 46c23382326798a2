import numpy as np
import pytest
import xarray as xr

from grok_jax.analysis.claims import NotMeasured
from grok_jax.analysis.landscape import (
    error,
    l_shape,
    minimized,
    minimum_with_penalty,
    place_of_minimum,
    reduced,
    relative_dependence,
    still_falling,
    u_shape,
)
from grok_jax.errors import UserError


def curve(values, name="train_loss", steps=(0, 10, 90, 100)):
    values = np.atleast_2d(np.asarray(values, float))
    return xr.DataArray(values, dims=("seed", "step"), coords={"step": list(steps)}, name=name)


def test_the_final_value_is_the_last_finite_record():
    assert reduced(curve([[4, 3, 2, 1], [4, 3, 2, np.nan]])).values.tolist() == [1, 2]


def test_the_best_loss_is_the_smallest_and_the_best_accuracy_the_largest():
    assert reduced(curve([4, 1, 2, 3]), "best").item() == 1
    assert reduced(curve([0.4, 0.9, 0.2, 0.3], "test_accuracy"), "best").item() == 0.9


@pytest.mark.parametrize("value", ["final", "best"])
def test_a_reduced_value_keeps_the_name_of_its_curve(value):
    assert reduced(curve([4, 3, 2, 1]), value).name == "train_loss"


def test_another_value_is_refused_with_the_two_there_are():
    with pytest.raises(UserError, match="final, best"):
        reduced(curve([1, 1, 1, 1]), "mean")


def test_the_error_of_the_best_accuracy_is_the_smallest_error():
    best = error(reduced(curve([0.4, 0.75, 0.2, 0.3], "test_accuracy"), "best"))
    assert (best.name, best.item()) == ("test_error", 0.25)


def test_a_loss_halved_in_the_last_tenth_is_still_falling_by_a_half():
    assert still_falling(curve([8, 4, 2, 1])).item() == 0.5
    assert still_falling(curve([8, 4, 1, 1])).item() == 0.0


def test_the_last_tenth_is_that_of_each_run():
    both = xr.concat([curve([8, 4, 2, 1]), curve([8, 4, 1, np.nan])], "run")
    short = still_falling(both).isel(run=1).item()
    assert short == still_falling(both.isel(run=1, step=slice(0, 3))).item() > 0


def test_a_loss_that_is_zero_has_no_share():
    assert np.isnan(still_falling(curve([8, 4, 0, 0])).item())


def test_the_place_of_the_minimum_leaves_out_what_is_no_number():
    x = xr.DataArray([[3.0, np.nan, 1.0, np.inf], [np.nan] * 4], {"scale": [0.1, 1.0, 2.0, 4.0]}, ("seed", "scale"))
    place = place_of_minimum(x, "scale").values
    assert place[0] == 2.0
    assert np.isnan(place[1])


def power(scales, exponent=-4.0):
    """A loss that is a power of the scale, for two runs."""
    row = np.asarray(scales, float) ** exponent
    return xr.DataArray([row, 2 * row], {"scale": scales}, ("run", "scale"))


def test_the_minimum_with_a_penalty_is_that_of_calculus():
    # d/ds (k s⁻⁴ + c s²) = 0 at s⁶ = 2 k / c
    place, value = minimum_with_penalty(power([0.5, 1, 2, 4]), "scale", xr.DataArray([2.0, 1.0], dims="run"))
    expected = np.array([1.0, 4.0 ** (1 / 6)])
    np.testing.assert_allclose(place, expected, rtol=0.01)
    np.testing.assert_allclose(
        value, np.array([1.0, 2.0]) * expected**-4 + np.array([2.0, 1.0]) * expected**2, rtol=1e-4
    )


@pytest.mark.parametrize("loss", [power([0.5, 1, 2], 1.0), power([2, 4, 8], -9.0), power([0.5, 1, 2]) * np.nan])
def test_there_is_no_minimum_where_the_axis_ends_before_it_or_a_loss_is_no_number(loss):
    assert minimum_with_penalty(loss, "scale", xr.DataArray(2.0)).place.isnull().all()


SCALES = [0.1, 0.2, 0.5, 1.0, 2.0, 10.0]


def landscape(train=(9, 5, 1, 1e-5, 1e-6, 1e-5), test=(9, 5, 2, 1, 4, 80), steps=(0, 90, 100)):
    """Losses that are 100 and then the given ones, for two seeds."""

    def loss(final):
        return (("scale", "seed", "step"), np.array([[[100, x, x]] * 2 for x in final], float))

    return xr.Dataset({"train_loss": loss(train), "test_loss": loss(test)}, {"scale": SCALES, "step": list(steps)})


def test_minimized_losses_are_the_last_ones_in_the_order_of_the_axis():
    found = minimized(landscape().isel(scale=slice(None, None, -1)), "scale", 100)
    assert found["test_loss"][:, 0].values.tolist() == [9, 5, 2, 1, 4, 80]
    assert (found["lost"] == 0).all()


def test_a_run_that_diverged_has_no_minimum():
    ds = landscape()
    ds["test_loss"][3, 0, -1] = np.nan
    assert np.isnan(minimized(ds, "scale", 100)["test_loss"][3].values).tolist() == [True, False]


@pytest.mark.parametrize("ds", [landscape(), landscape().isel(scale=slice(2))])
def test_a_short_training_and_a_short_axis_are_no_landscape(ds):
    with pytest.raises(NotMeasured):
        minimized(ds, "scale", 101 if ds.sizes["scale"] > 2 else 100)


@pytest.mark.parametrize(
    ("test", "holds"),
    [
        ((9, 5, 2, 1, 4, 80), True),
        ((2, 5, 2, 1, 4, 80), False),  # one end is hardly above the minimum
        ((9, 5, 2, 1, 4, 2), False),
        ((9, 1, 2, 5, 4, 80), False),  # minimum elsewhere
    ],
)
def test_a_u_has_two_high_ends_and_its_minimum_where_it_is_expected(test, holds):
    shape = u_shape(minimized(landscape(test=test), "scale", 100), "scale", (0.5, 1.6))
    assert shape.holds.values.tolist() == [holds] * 2


@pytest.mark.parametrize(
    ("train", "holds"),
    [
        ((9, 5, 1, 1e-5, 1e-6, 1e-5), True),
        ((1, 5, 9, 1e-5, 1e-6, 1e-5), False),  # rises
        ((9, 5, 1, 1e-5, 1e-3, 1e-5), False),  # not fitted above the corner
    ],
)
def test_an_l_falls_to_its_corner_and_is_fitted_from_there_on(train, holds):
    shape = l_shape(minimized(landscape(train=train), "scale", 100), "scale", 1.0)
    assert shape.holds.values.tolist() == [holds] * 2


def test_an_l_needs_points_on_both_sides_of_its_corner():
    found = minimized(landscape(), "scale", 100)
    with pytest.raises(NotMeasured):
        l_shape(found, "scale", 0.5)
    with pytest.raises(NotMeasured):
        l_shape(found, "scale", 11.0)


def test_the_dependence_on_an_axis_is_its_range_over_that_of_the_other():
    x = xr.DataArray([1.0, 3.0], {"m": [0, 1]}, ("m",)) + xr.DataArray([0.0, 0.5, 1.0], {"w": [1, 2, 3]}, ("w",))
    assert relative_dependence(x, "m", "w").item() == 2.0
    assert relative_dependence(x, "w", "m").item() == 0.5
