"""What on_record hears: every record of every run once, with its labels, and nothing that changes a number."""

import numpy as np
import pytest
import xarray as xr

from grok_jax import UserError, sweep
from grok_jax.training import metric
from grok_jax.training.metrics import METRICS

GRID = {"training.accuracy_threshold": [1e9, 1e-30], "seed": range(3)}  # the one is right at once, the other never
RUNS = 4  # of a chunk: one that ends early and one that does not are in the same chunk


@pytest.fixture(scope="module")
def config(small_config):
    fields = {"training.stop_when_generalized": True, "training.records": 4, "execution.chunk_runs": RUNS}
    METRICS["halves"] = metric(lambda probed: probed.test_weights[:2], dims=("half",))
    yield small_config(**fields, **{"training.probes": ("halves",), "execution.checkpoint_seconds": 0.0})
    del METRICS["halves"]


def heard(config, **options):
    told = []
    results = sweep(config, GRID, progress=False, on_record=lambda *record: told.append(record), **options)
    return told, results


@pytest.fixture(scope="module")
def both(config):
    """What was told, and the results."""
    return heard(config)


def test_a_sweep_with_a_listener_is_bitwise_the_sweep_without(config, both):
    xr.testing.assert_identical(sweep(config, GRID, progress=False).drop_attrs(), both[1].drop_attrs())


def test_what_is_told_are_the_values_that_come_back(both):
    told, results = both
    for step, records in told:
        for each in records.transpose("run", ...).run:
            record = records.sel(run=each)
            label = {name: record[name].item() for name in GRID}
            values = results.sel(step=step, **label).drop_vars(["final_step", "diverged"])
            for name in values.data_vars:
                assert np.array_equal(record[name], values[name], equal_nan=True), name


def test_each_record_of_each_run_is_told_once_and_what_follows_its_end_never(both):
    told, results = both
    places = [(int(place), step) for step, records in told for place in records.run]
    measured = results.train_loss.notnull().values.reshape(6, -1)
    expected = {(place, int(results.step[at])) for place, at in np.argwhere(measured).tolist()}
    assert len(places) == len(set(places))
    assert set(places) == expected


def test_the_runs_of_a_chunk_are_told_together_step_after_step(both):
    told, results = both
    first = [(step, records.run.values.tolist()) for step, records in told if records.run.values[0] < RUNS]
    assert first == [(step, [0, 1, 2, 3] if step == 0 else [3]) for step in results.step.values.tolist()]


def test_what_is_told_has_the_meaning_and_the_dimensions_of_the_results(both):
    (_, records), *_ = both[0]
    assert records.halves.dims == ("run", "half")
    assert records.train_loss.attrs == both[1].train_loss.attrs


def test_a_listener_that_writes_into_its_records_changes_no_result(config, both):
    def blot(step, records):
        records.train_loss.values[:] = 0.0

    results = sweep(config, GRID, progress=False, on_record=blot)
    xr.testing.assert_identical(results.drop_attrs(), both[1].drop_attrs())


def test_a_listener_that_fails_gives_one_warning_and_training_goes_on(config, both):
    calls = []

    def unreachable(step, records):
        calls.append(step)
        raise ConnectionError("no route to the logger")

    with pytest.warns(UserWarning, match=r"on_record fails with ConnectionError: no route .* goes on") as warned:
        results = sweep(config, GRID, progress=False, on_record=unreachable)
    assert (len(warned), calls) == (1, [0])
    xr.testing.assert_identical(results.drop_attrs(), both[1].drop_attrs())


def test_a_resumed_sweep_tells_only_what_came_after_the_last_save(config, both, tmp_path):
    before = []

    def stop_at_the_third(step, records):
        before.append((step, records.run.values.tolist()))
        if len(before) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(config, GRID, progress=False, checkpoint=tmp_path, on_record=stop_at_the_third)
    after, results = heard(config, checkpoint=tmp_path)
    # Each call into the program saves before the record at its end, so the last record is told again.
    every = [(step, records.run.values.tolist()) for step, records in both[0]]
    assert before[:-1] + [(step, records.run.values.tolist()) for step, records in after] == every
    xr.testing.assert_identical(results.drop_attrs(), both[1].drop_attrs())
    assert heard(config, checkpoint=tmp_path)[0] == []  # all of it is finished


def test_what_is_no_function_is_refused_in_one_line(config):
    with pytest.raises(UserError, match=r"^on_record is 'print'; it must be a function \(step, records\), or None$"):
        sweep(config, GRID, on_record="print")
