import numpy as np
import pytest
import xarray as xr

from experiments.omnigrok.reduced_landscape import relative_dependence
from experiments.omnigrok.shapes import l_shape, minimum_with_penalty, u_shape
from grok_jax.analysis.claims import NotMeasured


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
def test_there_is_no_minimum_if_the_axis_ends_before_it_or_a_loss_is_nan(loss):
    assert minimum_with_penalty(loss, "scale", xr.DataArray(2.0)).place.isnull().all()


def landscape(train=(9, 5, 1, 1e-5, 1e-6, 1e-5), test=(9, 5, 2, 1, 4, 80)):
    """The given losses, minimized, for two seeds."""
    variables = {"train_loss": train, "test_loss": test, "lost": [0] * 6}
    both = {name: (("scale", "seed"), np.array([values] * 2, float).T) for name, values in variables.items()}
    return xr.Dataset(both, {"scale": [0.1, 0.2, 0.5, 1.0, 2.0, 10.0]})


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
    shape = u_shape(landscape(test=test), "scale", (0.5, 1.6))
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
    shape = l_shape(landscape(train=train), "scale", 1.0)
    assert shape.holds.values.tolist() == [holds] * 2


def test_an_l_needs_points_on_both_sides_of_its_corner():
    found = landscape()
    with pytest.raises(NotMeasured):
        l_shape(found, "scale", 0.5)
    with pytest.raises(NotMeasured):
        l_shape(found, "scale", 11.0)


def test_the_dependence_on_an_axis_is_its_range_over_that_of_the_other():
    x = xr.DataArray([1.0, 3.0], {"m": [0, 1]}, ("m",)) + xr.DataArray([0.0, 0.5, 1.0], {"w": [1, 2, 3]}, ("w",))
    assert relative_dependence(x, "m", "w").item() == 2.0
    assert relative_dependence(x, "w", "m").item() == 0.5
