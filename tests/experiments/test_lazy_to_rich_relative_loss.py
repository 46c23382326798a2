import numpy as np
import pytest
import xarray as xr

from experiments.lazy_to_rich.relative_loss import generalizes_late, networks, relative_losses, t_learned, twins
from grok_jax.analysis.claims import FAILS, HOLDS, NOT_MEASURED, NotMeasured

STEPS = [0, 10, 20, 100]


def results(train=(4.0, 2.0, 0.4, 0.0), test=(8.0, 12.0, 8.0, 0.0), seeds=3):
    dims = ("seed", "step")
    curves = {"train_loss": train, "test_loss": test}
    data = {name: (dims, np.tile(np.array(x), (seeds, 1))) for name, x in curves.items()}
    return xr.Dataset(data, {"seed": range(seeds), "step": STEPS})


def both(network, twin):
    return xr.concat([network, twin], xr.DataArray([False, True], dims="model.linearized", name="model.linearized"))


def test_each_loss_is_divided_by_its_own_start():
    relative = relative_losses(results()).isel(seed=0)
    np.testing.assert_allclose(relative["train_loss"], [1, 0.5, 0.1, 0])
    np.testing.assert_allclose(relative["test_loss"], [1, 1.5, 1, 0])


def test_runs_are_all_networks_where_there_is_no_twin():
    assert networks(results()).sizes == results().sizes


def test_twins_are_not_networks():
    ds = both(results(), results(test=(1.0, 1.0, 1.0, 1.0)))
    xr.testing.assert_identical(networks(ds).drop_vars("model.linearized"), results())


def test_results_without_twins_have_none_to_give():
    with pytest.raises(NotMeasured, match="linearized"):
        twins(results())


def test_a_loss_is_learned_where_it_crosses_the_part_of_its_start():
    np.testing.assert_allclose(t_learned(results(), 0.5), 60)  # half way from 20 to 100


def test_the_delay_is_a_ratio_of_steps_at_the_same_part_of_each_start():
    found = generalizes_late(results(), 0.5, 2.0)
    assert found.value["delay at 0.5 of the start"] == pytest.approx(60 / 10)
    assert found.value["largest test loss / start"] == 1.5
    assert found.verdict == HOLDS


def test_a_smaller_delay_than_asked_for_is_none():
    assert generalizes_late(results(), 0.5, 7.0).verdict == FAILS


def test_a_smaller_delay_is_late_if_it_takes_more_than_some_steps():
    found = generalizes_late(results(), 0.5, 7.0, steps=40)
    assert found.value["steps of wait"] == pytest.approx(60 - 10)
    assert found.verdict == HOLDS
    assert generalizes_late(results(), 0.5, 7.0, steps=60).verdict == FAILS


def test_a_run_that_has_fitted_and_may_yet_generalize_is_undecided():
    unfinished = results(train=(4.0, 2.0, 0.4, 0.1), test=(8.0, 8.0, 8.0, 8.0))
    assert generalizes_late(unfinished, 0.5, 2.0).verdict == NOT_MEASURED


def test_a_run_that_has_finished_without_generalizing_does_not():
    assert generalizes_late(results(test=(8.0, 8.0, 8.0, 8.0)), 0.5, 2.0).verdict == FAILS


def test_a_run_that_never_fits_does_not_generalize_late():
    assert generalizes_late(results(train=(4.0, 4.0, 4.0, 4.0)), 0.5, 2.0).verdict == FAILS


def test_the_end_of_the_twin_is_reported_beside_and_decides_nothing():
    found = generalizes_late(both(results(), results(test=(1.0, 1.0, 1.0, 0.75))), 0.5, 2.0)
    assert found.value["of the linearized twin"] == 0.75
    assert found.verdict == HOLDS
