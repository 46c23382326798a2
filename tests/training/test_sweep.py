"""Grids of runs: the same results however they are grouped, mapped, chunked, sharded or interrupted."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from grok_jax import UserError, check, sweep
from grok_jax.tasks import TASKS, TeacherStudent
from grok_jax.training import checkpoints, devices, metric, program
from grok_jax.training.config import from_config
from grok_jax.training.metrics import METRICS

GRID = {"model.init_scale": [0.5, 2.0], "seed": range(3)}


def run(config, grid=GRID, **options):
    return sweep(config, grid, progress=False, **options)


def assert_close(one, two):
    xr.testing.assert_allclose(one.drop_attrs(), two.drop_attrs(), rtol=1e-4, atol=1e-6)


@pytest.fixture(scope="module")
def plain(small_config):
    return run(small_config())


def test_a_grid_equals_its_single_runs(plain, small_config):
    for scale in GRID["model.init_scale"]:
        for seed in GRID["seed"]:
            single = run(small_config(**{"model.init_scale": scale, "seed": seed}), {})
            same = plain.sel({"model.init_scale": scale, "seed": seed}, drop=True)
            assert_close(single, same)


def test_one_device_gives_bitwise_what_four_give(plain, monkeypatch, small_config):
    one = jax.make_mesh((1,), (devices.RUN,), (jax.sharding.AxisType.Auto,), devices=jax.devices()[:1])
    monkeypatch.setattr(program, "run_mesh", lambda runs: one)
    assert len(jax.devices()) == 4
    xr.testing.assert_identical(run(small_config()).drop_attrs(), plain.drop_attrs())


def test_vmap_gives_what_map_gives(plain, small_config):
    assert_close(run(small_config(**{"execution.mapping": "vmap"})), plain)


def test_chunks_give_bitwise_what_the_whole_grid_gives(plain, small_config):
    chunked = run(small_config(**{"execution.chunk_runs": 4}))
    xr.testing.assert_identical(chunked.drop_attrs(), plain.drop_attrs())


def test_a_second_call_compiles_nothing(plain, caplog, small_config):
    with jax.log_compiles(), caplog.at_level("WARNING"):
        again = run(small_config(), {"model.init_scale": [0.7, 3.0], "seed": [7, 8, 9]})
    assert [record.getMessage() for record in caplog.records if "ompil" in record.getMessage()] == []
    assert not np.isclose(again.train_loss, plain.train_loss.values).any()


def test_the_same_config_twice_is_bitwise_the_same(plain, small_config):
    xr.testing.assert_identical(run(small_config()).drop_attrs(), plain.drop_attrs())


def test_runs_that_compile_apart_come_back_as_one_grid(small_config):
    grid = {"optimizer.name": ["gd", "adamw"], "model.widths": [(4,), (8,)], "seed": range(2)}
    whole = run(small_config(), grid)
    assert whole.attrs["programs"] == 4
    config = small_config(**{"model.widths": (4,), "seed": 1})
    single = run(config, {})
    same = whole.sel({"optimizer.name": "adamw", "model.widths": "(4,)", "seed": 1}, drop=True)
    assert_close(single, same)


def test_runs_with_different_amounts_of_data_are_one_program(small_config):
    whole = run(small_config(), {"task.train_size": [5, 12]})
    assert whole.attrs["programs"] == 1
    assert_close(run(small_config(**{"task.train_size": 5}), {}), whole.sel({"task.train_size": 5}, drop=True))


def test_runs_of_different_length_share_the_steps_that_both_recorded(small_config):
    whole = run(small_config(**{"training.record_steps": (0, 4)}), {"training.steps": [4, 8]})
    assert whole.step.values.tolist() == [0, 4, 8]
    assert np.isnan(whole.train_loss.sel({"training.steps": 4, "step": 8}))
    assert np.isfinite(whole.train_loss.sel({"training.steps": 8})).all()


def test_fields_on_one_axis_are_coordinates_along_it(small_config):
    whole = run(small_config(), "model.init_scale, optimizer.weight_decay = (6, 1), (1, 0)")
    (axis,) = set(whole.train_loss.dims) - {"step"}
    assert whole["model.init_scale"].dims == (axis,)
    assert whole["optimizer.weight_decay"].values.tolist() == [1, 0]


def test_a_diverged_run_is_nan_in_its_own_cell_and_hurts_no_neighbor(small_config):
    grid = {"optimizer.learning_rate": [1e-3, 1e30]}
    config = small_config(**{"model.activation": "identity"})
    with_gd = {**config.to_dict(), "optimizer": {"name": "gd", "learning_rate": 1.0}}
    whole = run(with_gd, grid)
    assert whole.attrs["diverged_runs"] == 1
    last = whole.isel(step=-1)
    assert np.isnan(last.train_accuracy.sel({"optimizer.learning_rate": 1e30}))
    alone = run(with_gd, {"optimizer.learning_rate": [1e-3]})
    assert_close(alone.isel({"optimizer.learning_rate": 0}), whole.isel({"optimizer.learning_rate": 0}))


def test_a_finished_checkpoint_still_says_which_runs_diverged(tmp_path, small_config):
    config = from_config(small_config(**{"model.activation": "identity"}))
    config = config.at("optimizer.name", "gd").at("optimizer.learning_rate", 1e30)
    for _ in range(2):
        assert run(config, {"seed": [0, 1]}, checkpoint=tmp_path).attrs["diverged_runs"] == 2


def test_training_stops_when_every_run_has_generalized(small_config):
    fields = {"training.stop_when_generalized": True, "training.accuracy_threshold": 1e9}
    stopped = run(small_config(**fields), {})
    assert np.isfinite(stopped.train_loss[0])
    assert np.isnan(stopped.train_loss[1:]).all()


def test_every_variable_says_what_it_is_in_which_unit(plain):
    for name in plain.variables:
        if name not in GRID:
            assert {"long_name", "units"} <= set(plain[name].attrs)


def test_the_results_say_how_many_outputs_the_networks_have(plain, small_config):
    assert plain.attrs["outputs"] == small_config().task.outputs
    assert run(small_config(**{"training.steps": 0}), {"task.outputs": [1, 3]}).attrs["outputs"] == 3


def test_values_from_numpy_are_labeled_as_numbers(small_config):
    whole = run(small_config(), {"model.init_scale": np.array([0.5, 2.0]), "seed": np.arange(2)})
    assert whole["model.init_scale"].dtype == float
    assert whole["seed"].values.tolist() == [0, 1]


def test_a_partial_plain_config_has_defaults_elsewhere():
    whole = run(
        {"task": {"name": "single_index", "features": 4}, "training": {"steps": 2}}, {"model.init_scale": [1, 2]}
    )
    assert whole.sizes == {"model.init_scale": 2, "step": 3}


def with_own_probe(monkeypatch):
    """Registers a probe, mean_target, for the length of a test."""

    def mean_target(probed):
        return {"mean_target": probed.train_weights @ probed.train.targets[:, 0]}

    monkeypatch.setitem(METRICS, "mean_target", metric(mean_target))


class Killed(BaseException):
    """What a sweep dies of in the tests."""


@pytest.mark.sampled
@pytest.mark.parametrize(("mapping", "probe_every"), [("map", 1), ("vmap", 1), ("map", 3)])
def test_a_resumed_grid_is_bitwise_the_uninterrupted_one(tmp_path, monkeypatch, mapping, probe_every, small_config):
    with_own_probe(monkeypatch)
    config = small_config(
        **{"execution.checkpoint_seconds": 0.0, "execution.mapping": mapping, "execution.chunk_runs": 4},
        **{"training.probes": ("mean_target",), "training.probe_every": probe_every},
    )
    config.optimizer.update_noise = 0.01
    config.training.batch_size = 5
    uninterrupted = run(config)

    saved = []

    def save_and_die(folder, identity, step, moving, records):
        checkpoints_save(folder, identity, step, moving, records)
        saved.append(step)
        if len(saved) == 9:
            raise Killed

    checkpoints_save = checkpoints.save
    monkeypatch.setattr(checkpoints, "save", save_and_die)
    with pytest.raises(Killed):
        run(config, checkpoint=tmp_path)
    monkeypatch.setattr(checkpoints, "save", checkpoints_save)

    resumed = run(config, checkpoint=tmp_path)
    xr.testing.assert_identical(resumed.drop_attrs(), uninterrupted.drop_attrs())


def test_a_checkpoint_of_another_sweep_is_refused_and_kept(tmp_path, small_config):
    first = run(small_config(), checkpoint=tmp_path)
    with pytest.raises(UserError, match="another sweep"):
        run(small_config(**{"optimizer.learning_rate": 0.1}), checkpoint=tmp_path)
    xr.testing.assert_identical(run(small_config(), checkpoint=tmp_path).drop_attrs(), first.drop_attrs())


def die_once_saved(monkeypatch):
    """Lets sweeps end as if killed, right after a checkpoint is saved."""
    save = checkpoints.save

    def save_and_die(*args):
        save(*args)
        raise Killed

    monkeypatch.setattr(checkpoints, "save", save_and_die)


def test_a_grid_killed_before_its_first_record_goes_on(tmp_path, monkeypatch, small_config):
    config = small_config(**{"execution.checkpoint_seconds": 0.0, "training.record_steps": (10,)})
    uninterrupted = run(config)
    die_once_saved(monkeypatch)
    with pytest.raises(Killed):
        run(config, checkpoint=tmp_path)
    monkeypatch.undo()
    xr.testing.assert_identical(run(config, checkpoint=tmp_path).drop_attrs(), uninterrupted.drop_attrs())


def test_a_probe_sees_the_same_rows_alone_and_in_a_grid(monkeypatch, small_config):
    with_own_probe(monkeypatch)
    config = small_config(**{"training.probes": ("mean_target",), "training.steps": 0})
    together = run(config, {"task.train_size": [3, 12]})
    alone = run(config, {"task.train_size": [3]})
    np.testing.assert_allclose(together.mean_target[0], alone.mean_target[0], rtol=1e-5)
    assert not np.isclose(*together.mean_target[:, 0])


@pytest.mark.slow
def test_a_replaced_task_is_compiled_anew(monkeypatch, small_config):
    monkeypatch.setitem(TASKS, "own", TeacherStudent)
    config = {**small_config().to_dict(), "task": {"name": "own"}}
    before = run(config, {})

    class Doubled(TeacherStudent):
        def present(self, examples):
            return examples._replace(targets=2 * examples.targets)

    monkeypatch.setitem(TASKS, "own", Doubled)
    assert not np.isclose(run(config, {}).train_loss[0], before.train_loss[0])


def test_a_probe_of_a_users_own_is_recorded(monkeypatch, small_config):
    name = "largest_first_weight"

    def largest(probed):
        return {name: jnp.max(jnp.abs(probed.params["layer_0"]["kernel"]))}

    own = metric(largest, variables={name: ("largest weight of the first layer", "of the start")})
    monkeypatch.setitem(METRICS, "own", own)
    recorded = run(small_config(**{"training.probes": ("own",)}), {})
    assert recorded[name].attrs == {"long_name": "largest weight of the first layer", "units": "of the start"}
    assert (recorded[name] > 0).all()


def test_probes_are_nan_at_the_records_that_leave_them_out(monkeypatch, small_config):
    with_own_probe(monkeypatch)
    ds = run(
        small_config(**{"training.probes": ("mean_target",), "training.probe_every": 2, "training.records": 5}), {}
    )
    assert np.isfinite(ds.mean_target).values.tolist() == [True, False, True, False, True]
    assert np.isfinite(ds.train_loss).all()


@pytest.mark.parametrize(("variable", "owner"), [("train_loss", "every run"), ("kernel_distance", "metric 'kernel'")])
def test_a_metric_cannot_have_a_variable_that_is_taken(variable, owner, monkeypatch, small_config):
    own = metric(lambda probed: {variable: probed.test_weights.sum()}, variables={variable: "of another"})
    monkeypatch.setitem(METRICS, "own", own)
    with pytest.raises(UserError, match=f"^metric 'own' gives {variable}, which {owner} records; give another name"):
        check(small_config(**{"training.probes": ("kernel", "own")}), {})


def test_a_run_that_ends_early_is_probed_where_it_ends(monkeypatch, small_config):
    monkeypatch.setitem(METRICS, "one", metric(lambda probed: probed.test_weights.sum()))
    fields = {"training.accuracy_threshold": 1e9, "training.stop_when_generalized": True, "training.probe_every": 2}
    recorded = run(small_config(**fields, **{"training.probes": ("one",), "training.record_steps": (3, 6, 9)}), {})
    assert recorded.weight_norm.notnull().values.tolist() == recorded.one.notnull().values.tolist()
    later = run(small_config(**fields, **{"training.probes": ("one",), "training.record_steps": (0, 3, 6, 9)}), {})
    assert later.one.notnull().values.tolist()[0]


def test_each_run_ends_early_by_itself(monkeypatch, small_config):
    monkeypatch.setitem(METRICS, "one", metric(lambda probed: probed.test_weights.sum()))
    fields = {"training.stop_when_generalized": True, "training.probes": ("one",), "training.probe_every": 3}
    config = small_config(**fields, **{"training.steps": 30, "training.records": 12})
    grid = {"training.accuracy_threshold": [1e9, 1e-30], "seed": range(2)}  # the one is right at once, the other never
    together = run(config, grid)
    assert np.isfinite(together.train_loss).sum("step").values.tolist() == [[1, 1], [together.sizes["step"]] * 2]
    for threshold in grid["training.accuracy_threshold"]:
        alone = run(config, {"training.accuracy_threshold": [threshold], "seed": [1]})
        own = together.sel({"training.accuracy_threshold": [threshold], "seed": [1]})
        xr.testing.assert_identical(own.drop_attrs(), alone.drop_attrs())


def test_a_run_that_has_ended_counts_as_it_ended(small_config):
    fields = {"training.stop_when_generalized": True, "training.steps": 30, "training.records": 12}
    ds = run(small_config(**fields), {"training.accuracy_threshold": [1e9, 1e-30]})
    assert ds.attrs["diverged_runs"] == 0


def test_a_resumed_grid_that_ends_early_is_bitwise_the_uninterrupted_one(tmp_path, monkeypatch, small_config):
    fields = {"training.stop_when_generalized": True, "training.records": 5, "execution.checkpoint_seconds": 0.0}
    grid = {"training.accuracy_threshold": [1e9, 1e-30]}
    uninterrupted = run(small_config(**fields), grid)
    die_once_saved(monkeypatch)
    with pytest.raises(Killed):
        run(small_config(**fields), grid, checkpoint=tmp_path)
    monkeypatch.undo()
    for _ in range(2):  # the second time, all of it is finished
        resumed = run(small_config(**fields), grid, checkpoint=tmp_path)
        assert resumed.attrs["diverged_runs"] == 0
        xr.testing.assert_identical(resumed.drop_attrs(), uninterrupted.drop_attrs())


@pytest.mark.sampled
@pytest.mark.parametrize("capacity", [(20, 20), (12, 30)])
def test_a_run_of_pinned_capacity_is_bitwise_the_same_alone_and_beside_a_larger_one(capacity, small_config):
    config = small_config(**{"execution.capacity": capacity, "training.batch_size": 5})
    together = run(config, {"task.train_size": [6, 12]})
    alone = run(config, {"task.train_size": [6]})
    xr.testing.assert_identical(together.isel({"task.train_size": [0]}).drop_attrs(), alone.drop_attrs())


@pytest.mark.parametrize("capacity", [(1, 100), (100,), (0, 3), ("a", 3)])
def test_a_capacity_that_holds_too_few_rows_is_refused(capacity, small_config):
    with pytest.raises(UserError, match=r"execution\.capacity is"):
        check(small_config(**{"execution.capacity": capacity}), {})


def test_another_default_key_implementation_changes_no_number(small_config):
    before = run(small_config(), GRID)
    with jax.default_prng_impl("rbg"):
        after = run(small_config(**{"training.accuracy_threshold": 2e-3}), GRID)  # compiled anew
    np.testing.assert_array_equal(after.train_loss, before.train_loss)


def test_more_data_than_memory_is_refused_before_anything_is_compiled(small_config):
    with pytest.raises(UserError, match="take fewer rows or a smaller model"):
        check(small_config(**{"task.train_size": 2_000_000_000}), {})


@pytest.mark.parametrize(
    ("fields", "grid", "words"),
    [
        ({}, {"model.init_scael": [1]}, "is not a field; model has"),
        ({}, {"model.init_scale": ["big"]}, "must be a number"),
        ({}, {"seed": []}, "has no values"),
        ({}, {"seed": 3}, "must be a sequence"),
        ({}, "seed=range(2000000000)", "at most 100,000"),
        ({}, {("a", "b"): [1]}, "is not a string"),
        ({}, {"optimizer.name": [["gd"]]}, "must be a word"),
        ({"training.loss": "cross_entropy"}, {}, "regression"),
        ({"execution.mapping": "pmap"}, {}, "auto, map, vmap"),
    ],
)
def test_a_grid_that_makes_no_sense_is_refused_in_one_line(fields, grid, words, small_config):
    with pytest.raises(UserError, match=words) as raised:
        run(small_config(**fields), grid)
    assert "\n" not in str(raised.value)


def test_sweeps_of_different_seeds_combine_to_the_sweep_of_all(small_config):
    config, scales = small_config(), {"model.init_scale": [0.5, 2.0]}
    parts = [run(config, {**scales, "seed": seeds}) for seeds in ([0, 1], [2, 3])]
    combined = xr.combine_by_coords(parts, combine_attrs="drop_conflicts")
    xr.testing.assert_identical(combined.drop_attrs(), run(config, {**scales, "seed": range(4)}).drop_attrs())
