import numpy as np
import pytest
import xarray as xr

from grok_jax.analysis.claims import NotMeasured
from grok_jax.analysis.landscape import error, minimized, place_of_minimum, reduced, still_falling
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


def test_the_place_of_the_minimum_ignores_nan():
    x = xr.DataArray([[3.0, np.nan, 1.0, np.inf], [np.nan] * 4], {"scale": [0.1, 1.0, 2.0, 4.0]}, ("seed", "scale"))
    place = place_of_minimum(x, "scale").values
    assert place[0] == 2.0
    assert np.isnan(place[1])


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
def test_a_short_training_and_a_short_axis_do_not_make_a_landscape(ds):
    with pytest.raises(NotMeasured):
        minimized(ds, "scale", 101 if ds.sizes["scale"] > 2 else 100)
