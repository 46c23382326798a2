import numpy as np
import pytest
import xarray as xr

from experiments.omnigrok.size_landscape import (
    INIT_SCALE,
    TRAIN_SIZE,
    Pair,
    critical_size,
    errors,
    is_between,
    losses,
    lu_shape,
    nearest,
)
from grok_jax.analysis.claims import NotMeasured

SCALES = 10.0 ** np.linspace(-1, 1, 21)


def u_shape(center=0.0, scales=SCALES, slope=0.5, lowest=0.1):
    """Rises by `slope` for each decade away from the center."""
    return xr.DataArray(lowest + slope * abs(np.log10(scales) - center), {INIT_SCALE: scales}, dims=INIT_SCALE)


def test_errors_are_named_and_are_one_minus_the_accuracies():
    accuracy = xr.DataArray([[0.2, 0.9, 0.7]], {"step": [0, 1, 2]}, dims=("seed", "step"))
    ds = xr.Dataset({"train_accuracy": accuracy, "test_accuracy": accuracy - 0.1})
    final, best = errors(ds), errors(ds, "best")
    assert (final.train.name, final.test.name) == ("train_error", "test_error")
    np.testing.assert_allclose(final.test, [0.4])
    np.testing.assert_allclose(best.test, [0.2])


def test_losses_are_those_of_both_splits():
    loss = xr.DataArray([[3.0, 1.0, 2.0]], {"step": [0, 1, 2]}, dims=("seed", "step"))
    ds = xr.Dataset({"train_loss": loss, "test_loss": loss + 1})
    assert [float(x.item()) for x in (*losses(ds), *losses(ds, "best"))] == [2, 3, 1, 2]


def test_the_nearest_point_is_nearest_on_a_logarithmic_scale():
    x = xr.DataArray([1.0, 2.0], {TRAIN_SIZE: [160, 249]}, dims=TRAIN_SIZE)
    assert float(nearest(x, TRAIN_SIZE, 200)) == 2.0  # 160 is nearer in digits


def test_a_point_too_far_away_is_not_taken():
    x = xr.DataArray([1.0, 2.0], {TRAIN_SIZE: [100, 1000]}, dims=TRAIN_SIZE)
    with pytest.raises(NotMeasured, match=r"near 200; there are 100, 1,000"):
        nearest(x, TRAIN_SIZE, 200)
    with pytest.raises(NotMeasured, match="needs the axis"):
        nearest(x, INIT_SCALE, 200)


def test_the_single_value_of_all_runs_can_be_the_nearest():
    x = xr.DataArray([1.0, 2.0], {TRAIN_SIZE: 193}, dims="seed")
    np.testing.assert_array_equal(nearest(x, TRAIN_SIZE, 200), x)


def test_an_l_and_a_u_are_described():
    train = xr.where(u_shape()[INIT_SCALE] < 0.7, 0.5, 0.0)
    shape = lu_shape(Pair(train, u_shape(0.2)), above=0.8)
    assert float(shape.largest_train) == 0
    assert float(shape.place) == pytest.approx(10**0.2)
    assert float(shape.rise_below) == pytest.approx(0.7 / 0.1)
    assert float(shape.rise_above) == pytest.approx(0.5 / 0.1)


def test_the_train_error_of_a_scale_that_rounds_to_the_first_counts():
    train = xr.where(abs(np.log10(u_shape()[INIT_SCALE]) + 0.1) < 1e-6, 0.5, 0.0)  # at .794
    assert float(lu_shape(Pair(train, u_shape()), above=0.8).largest_train) == 0.5


def test_the_order_of_the_scales_does_not_matter():
    pair = Pair(u_shape(0.3), u_shape(0.2))
    backward = Pair(*(x.isel({INIT_SCALE: slice(None, None, -1)}) for x in pair))
    for one, other in zip(lu_shape(pair, 0.8), lu_shape(backward, 0.8), strict=True):
        assert float(one) == float(other)


def test_a_shape_needs_scales_on_both_sides():
    narrow = u_shape(scales=SCALES[10:])
    with pytest.raises(NotMeasured, match=r"from 0.2 or less to 3.2 or more"):
        lu_shape(Pair(narrow, narrow), above=0.8)


def test_the_critical_size_is_interpolated_in_its_logarithm():
    sizes = [10, 100, 1000]
    lowest = xr.DataArray([0.8, 0.6, 0.2], {TRAIN_SIZE: sizes}, dims=TRAIN_SIZE)
    x = lowest + (u_shape() - 0.1)
    assert float(critical_size(x, 0.4)) == pytest.approx(10**2.5)
    assert float(critical_size(x, 0.1)) == np.inf
    assert np.isnan(critical_size(x, 0.9))


def test_the_amount_of_data_may_be_a_share_of_it():
    lowest = xr.DataArray([0.8, 0.6, 0.2], {"task.train_fraction": [0.1, 0.2, 0.4]}, dims="task.train_fraction")
    x = lowest + (u_shape() - 0.1)
    assert float(critical_size(x, 0.4, "task.train_fraction")) == pytest.approx(0.2 * 2**0.5)


def test_between_leaves_room_for_rounded_scales():
    np.testing.assert_array_equal(
        is_between(xr.DataArray([0.77, 0.794, 2.01, 2.1]), 0.8, 2.0), [False, True, True, False]
    )
