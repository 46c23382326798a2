import numpy as np
import pytest
import xarray as xr

from grok_jax.analysis.grokking import (
    add_grokking_times,
    delay,
    first_crossing,
    is_censored,
    last_value,
    loss_delay,
    t_fit,
    t_generalize,
    t_loss,
    time_to_grok,
    value_at,
)
from grok_jax.errors import UserError

STEPS = [0, 10, 30, 100, 300]


def runs(*curves, name="test_accuracy", steps=STEPS, dtype=np.float64):
    values = np.asarray(curves, dtype)
    return xr.DataArray(values, dims=("seed", "step"), coords={"step": steps, "seed": range(len(curves))}, name=name)


def test_crossing_lies_on_the_line_between_the_records_around_it():
    x = runs([0.0, 0.1, 0.2, 0.9, 1.0])
    assert first_crossing(x, 0.55).item() == pytest.approx(30 + 70 * (0.55 - 0.2) / 0.7)


def test_crossing_is_the_first_of_several():
    assert first_crossing(runs([0.0, 1.0, 0.0, 1.0, 1.0]), 0.5).item() == pytest.approx(5.0)


def test_crossing_downward_mirrors_crossing_upward():
    x = runs([0.0, 0.1, 0.2, 0.9, 1.0], [0.0, 0.0, 0.6, 0.1, 0.0])
    xr.testing.assert_allclose(first_crossing(x, 0.5), first_crossing(-x, -0.5, "down"))


def test_crossing_agrees_with_a_plain_loop_on_random_curves():
    rng = np.random.default_rng(0)
    x = xr.DataArray(rng.uniform(size=(4, 3, 6)), dims=("a", "b", "step"), coords={"step": [0, 1, 2, 5, 9, 20]})

    def plain(curve, level):
        for i, value in enumerate(curve):
            if value >= level:
                s, before = x.step.values, curve[max(i - 1, 0)]
                return float(s[i]) if i == 0 else s[i - 1] + (s[i] - s[i - 1]) * (level - before) / (value - before)
        return np.inf

    for level in (0.2, 0.8, 0.99):
        expected = np.apply_along_axis(plain, -1, x.values, level)
        np.testing.assert_allclose(first_crossing(x, level), expected)


def test_crossing_of_one_run_is_that_of_the_run_in_a_grid():
    x = runs([0.0, 0.1, 0.2, 0.9, 1.0], [0.0, 0.0, 0.0, 0.0, 0.1])
    for seed in range(2):
        assert first_crossing(x.isel(seed=seed), 0.5).item() == first_crossing(x, 0.5)[seed].item()


def test_crossing_at_the_first_record_is_its_step():
    assert first_crossing(runs([1.0, 1.0, 0.0, 0.0, 0.0]), 0.95).item() == 0


def test_a_level_never_reached_is_censored():
    time = first_crossing(runs([0.0, 0.1, 0.2, 0.3, 0.4], [0.0, 0.0, 0.0, 0.0, 1.0]), 0.5)
    assert time.values.tolist() == [np.inf, 200.0]
    assert is_censored(time).values.tolist() == [True, False]


def test_a_run_that_diverges_before_the_level_has_no_time():
    nan = np.nan
    time = first_crossing(runs([nan] * 5, [np.inf] * 5, [0.1, 0.2, nan, nan, nan], [0.1, 0.2, 0.3, 0.4, np.inf]), 0.5)
    assert np.isnan(time).all()


def test_crossing_passes_over_records_that_were_not_made():
    nan = np.nan
    x = runs([0.0, nan, nan, 1.0, 1.0], [nan, nan, 0.2, nan, 0.8], [nan, 1.0, nan, nan, nan], [0.0, nan, 0.1, nan, 0.2])
    np.testing.assert_allclose(first_crossing(x, 0.5), [50.0, 165.0, 10.0, np.inf])


def test_value_at_passes_over_records_that_were_not_made():
    assert value_at(runs([0.0, np.nan, np.nan, 1.0, 1.0]), 50.0).item() == pytest.approx(0.5)
    assert np.isnan(value_at(runs([np.nan] * 5), 50.0))


def test_a_run_that_ends_after_the_level_keeps_its_time():
    assert first_crossing(runs([0.0, 1.0, np.nan, np.nan, np.nan]), 0.5).item() == 5.0


def test_95_of_100_in_float32_reaches_the_level():
    x = runs([0.0, 0.0, 95 / 100, 95 / 100, 95 / 100], dtype=np.float32)
    assert float(x[0, 2]) < 0.95
    assert first_crossing(x, 0.95).item() == pytest.approx(30.0)
    assert first_crossing(x - 1e-4, 0.95).item() == np.inf


def test_an_unknown_direction_is_refused():
    with pytest.raises(UserError, match="sideways"):
        first_crossing(runs([0.0] * 5), 0.5, "sideways")


def test_a_curve_without_steps_is_refused():
    with pytest.raises(UserError, match="step"):
        first_crossing(xr.DataArray(np.zeros(3), dims="seed"), 0.5)


def test_value_at_undoes_first_crossing():
    x = runs([0.0, 0.1, 0.2, 0.9, 1.0], [0.0, 0.3, 0.6, 0.7, 0.8])
    np.testing.assert_allclose(value_at(x, first_crossing(x, 0.65)), 0.65)


def test_value_at_a_time_that_is_not_there_is_nan():
    x = runs([0.0, 0.1, 0.2, 0.9, 1.0])
    assert np.isnan(value_at(x, 301.0))
    assert np.isnan(value_at(x, xr.DataArray([np.inf], dims="seed")))


def test_last_value_passes_over_the_records_after_an_early_end():
    x = runs([1.0, 2.0, 3.0, np.nan, np.nan], [1.0, 2.0, 3.0, 4.0, 5.0], [np.nan] * 5)
    np.testing.assert_array_equal(last_value(x), [3.0, 5.0, np.nan])


def test_a_value_of_a_curve_has_its_name():
    x = runs([1.0, 2.0, 3.0, 4.0, 5.0]).rename("train_loss")
    assert last_value(x).name == value_at(x, 100.0).name == value_at(x, first_crossing(x, 2.5)).name == "train_loss"


def accuracies(fit, generalize):
    """Accuracies that rise linearly to .95 at the given steps, or stay at .5 for inf."""
    steps = np.arange(0, 1001, 10)

    def rise(times):
        return [np.full(steps.size, 0.5) if np.isinf(t) else np.minimum(0.95 * steps / t, 1) for t in times]

    return xr.Dataset(
        {"train_accuracy": runs(*rise(fit), steps=steps), "test_accuracy": runs(*rise(generalize), steps=steps)}
    )


def test_delay_is_the_ratio_of_the_two_times():
    ds = accuracies(fit=[50, 100], generalize=[500, 100])
    np.testing.assert_allclose(t_fit(ds), [50, 100])
    np.testing.assert_allclose(t_generalize(ds), [500, 100])
    np.testing.assert_allclose(delay(ds), [10, 1])


def test_delay_of_a_run_that_fits_and_never_generalizes_is_censored():
    assert delay(accuracies(fit=[50], generalize=[np.inf])).item() == np.inf


def test_delay_of_a_run_that_never_fits_is_zero_or_undefined():
    values = delay(accuracies(fit=[np.inf, np.inf], generalize=[50, np.inf])).values
    assert values[0] == 0
    assert np.isnan(values[1])


def test_delay_is_undefined_where_the_first_record_is_fitted_already():
    ds = accuracies(fit=[50], generalize=[np.inf])
    assert np.isnan(delay(ds.assign(train_accuracy=xr.ones_like(ds.train_accuracy))).item())


def test_delay_follows_the_level():
    ds = accuracies(fit=[50], generalize=[500])
    assert t_fit(ds, 0.475).item() == pytest.approx(25.0)
    assert delay(ds, 0.475).item() == pytest.approx(10.0)


def test_grokking_times_join_the_results_with_units():
    ds = add_grokking_times(accuracies(fit=[50], generalize=[500]))
    assert {"train_accuracy", "t_fit", "t_generalize", "delay"} <= set(ds)
    assert ds.t_fit.attrs["units"] == "steps"
    assert "0.95" in ds.t_fit.attrs["long_name"]


def test_grokking_times_survive_a_netcdf_file(tmp_path):
    ds = add_grokking_times(accuracies(fit=[50, np.inf], generalize=[500, np.inf]))
    ds.to_netcdf(tmp_path / "results.nc")
    xr.testing.assert_identical(ds, xr.load_dataset(tmp_path / "results.nc"))


def test_results_without_accuracies_say_what_there_is():
    with pytest.raises(UserError, match="train_loss"):
        t_fit(xr.Dataset({"train_loss": runs([0.0] * 5)}))


def losses(train, test):
    """Losses that fall linearly from 1 to .1 at the given steps, or stay at 1 for inf."""
    steps = np.arange(0, 1001, 10)

    def fall(times):
        return [np.ones(steps.size) if np.isinf(t) else np.maximum(1 - 0.9 * steps / t, 0) for t in times]

    return xr.Dataset({"train_loss": runs(*fall(train), steps=steps), "test_loss": runs(*fall(test), steps=steps)})


def test_times_of_losses_are_when_they_first_fall_to_the_level():
    train, test = t_loss(losses(train=[50, 100], test=[500, np.inf]), 0.1)
    np.testing.assert_allclose(train, [50, 100])
    np.testing.assert_allclose(test, [500, np.inf])


def test_time_to_grok_is_the_difference_of_the_two_times():
    assert time_to_grok(losses(train=[50], test=[500]), 0.1).item() == pytest.approx(450)


def test_a_test_loss_that_falls_first_groks_at_once():
    assert time_to_grok(losses(train=[500], test=[50]), 0.1).item() == 0


def test_time_to_grok_of_a_test_loss_that_never_falls_is_censored():
    assert time_to_grok(losses(train=[50], test=[np.inf]), 0.1).item() == np.inf


def test_time_to_grok_is_undefined_where_the_training_loss_does_not_fall():
    assert np.isnan(time_to_grok(losses(train=[np.inf, np.inf], test=[np.inf, 50]), 0.1)).all()


def test_loss_delay_is_the_ratio_of_the_two_times():
    np.testing.assert_allclose(loss_delay(losses(train=[50, 50], test=[500, np.inf]), 0.1), [10, np.inf])


def test_loss_delay_is_undefined_where_the_training_loss_does_not_fall_or_is_there_at_once():
    assert np.isnan(loss_delay(losses(train=[np.inf], test=[50]), 0.1)).all()
    assert np.isnan(loss_delay(losses(train=[50], test=[500]), 1.0)).all()


def test_several_levels_give_each_time_of_one_level_along_level():
    train = runs([0.0, 0.9, 1.0, 1.0, 1.0], [0.0, 0.5, 0.97, 0.97, 1.0])
    test = runs([0.0, 0.0, 0.4, 0.96, 1.0], [0.0] * 5)
    ds = xr.Dataset({"train_accuracy": train, "test_accuracy": test})
    levels = [0.95, 0.99]
    together = add_grokking_times(ds, levels)
    assert together["delay"].dims == ("seed", "level")
    for level in levels:
        alone = add_grokking_times(ds, level)
        for name in ("t_fit", "t_generalize", "delay"):
            xr.testing.assert_equal(together[name].sel(level=level, drop=True), alone[name])


def test_several_levels_of_a_loss_give_each_delay_of_one_level():
    train, test = runs([1.0, 0.5, 0.1, 0.1, 0.0]), runs([1.0, 1.0, 0.6, 0.3, 0.0])
    ds = xr.Dataset({"train_loss": train, "test_loss": test})
    for measure in (loss_delay, time_to_grok):
        together = measure(ds, np.array([0.5, 0.2]))
        for level in (0.5, 0.2):
            xr.testing.assert_equal(together.sel(level=level, drop=True), measure(ds, level))


@pytest.mark.parametrize("level", [[], [0.9, 0.9], [0.5, [0.6, 0.7]], [0.5, np.nan], "high", None], ids=str)
def test_what_is_no_level_or_the_same_one_twice_is_refused(level):
    with pytest.raises(UserError, match=r"^level is .*; it must be a number, or several different numbers$"):
        first_crossing(runs([0.0, 0.1, 0.2, 0.9, 1.0]), level)


def test_several_levels_are_refused_where_the_grid_has_an_axis_of_that_name():
    curves = runs([0.0, 0.1, 0.2, 0.9, 1.0]).expand_dims(level=[1, 2])
    with pytest.raises(UserError, match=r"^the results have a dimension 'level' already; give one level at a time$"):
        first_crossing(curves, [0.5, 0.6])
