"""Shards that are merged give the whole grid, bit for bit; shards that do not belong together are refused."""

import json

import numpy as np
import pytest
import xarray as xr

from grok_jax import UserError, merge, sweep
from grok_jax.merging import as_part
from grok_jax.training import checkpoints

GRID = {
    "model.activation": ["tanh", "relu"],
    "task.train_size": [6, 12],
    "optimizer.learning_rate,optimizer.weight_decay": [(1e-3, 1.0), (1e-2, 0.0)],
    "seed": range(2),
}  # two programs of 8 runs


def shards(config, of, grid=GRID, **options):
    return [sweep(config, grid, progress=False, shard=(number, of), **options) for number in range(1, of + 1)]


def values(dataset):
    return dataset.drop_attrs(deep=False).drop_vars("device", errors="ignore")


@pytest.fixture(scope="module")
def config(small_config):
    return small_config(**{"execution.mapping": "map"})


@pytest.fixture(scope="module")
def whole(config):
    return sweep(config, GRID, progress=False)


@pytest.fixture(scope="module")
def three(config):
    return shards(config, 3)


def test_merged_shards_are_bitwise_the_whole_grid(whole, three):
    assert [each.sizes["run"] for each in three] == [5, 6, 5]
    xr.testing.assert_identical(values(merge(three)), values(whole))


def test_a_single_run_without_a_grid_is_a_shard_of_its_own(config):
    (one,) = shards(config, 1, {})
    xr.testing.assert_identical(values(merge([one])), values(sweep(config, {}, progress=False)))


def test_the_order_of_the_shards_does_not_matter(three):
    xr.testing.assert_identical(values(merge(three[::-1])), values(merge(three)))


def test_the_identity_of_every_shard_is_that_of_the_whole_grid(whole, three):
    assert {each.attrs["experiment"] for each in (*three, merge(three))} == {whole.attrs["experiment"]}


def test_a_shard_has_the_values_of_its_runs_as_coordinates(whole, three):
    run = three[1].isel(run=-1)
    point = {"model.activation": str(run["model.activation"].values)}
    point |= {name: run[name].item() for name in ("task.train_size", "seed")}
    same = whole.sel(point).isel({"optimizer.learning_rate,optimizer.weight_decay": 1})
    assert run["optimizer.weight_decay"].item() == 0.0
    np.testing.assert_array_equal(run.train_loss, same.train_loss)


def test_each_run_has_the_device_that_trained_it(three):
    named = [each.assign_coords(device=("run", [f"kind {n}" * n] * each.sizes["run"])) for n, each in enumerate(three)]
    assert np.unique(merge(named).device, return_counts=True)[1].tolist() == [5, 6, 5]


def test_merged_results_can_become_a_part_of_a_larger_grid_in_which_each_run_keeps_its_device(three):
    named = [each.assign_coords(device=("run", [f"kind {n}"] * each.sizes["run"])) for n, each in enumerate(three)]
    merged = merge(named)
    part = as_part(merged, np.arange(16), ["train_loss"])
    assert part.device.values.tolist() == merged.device.values.ravel().tolist()
    np.testing.assert_array_equal(part.train_loss, merged.train_loss.values.reshape(16, -1))


def test_records_at_different_steps_are_nan_where_a_run_has_none(small_config):
    config, grid = small_config(), {"training.steps": [11, 12], "seed": range(2)}
    merged = merge(shards(config, 2, grid))
    xr.testing.assert_identical(values(merged), values(sweep(config, grid, progress=False)))
    assert np.isnan(merged.train_loss.sel({"training.steps": 11, "step": 12})).all()


def test_a_stopped_shard_that_goes_on_is_bitwise_the_same(config, three, tmp_path, monkeypatch):
    def stopped(folder, *args):
        if "group_1" in str(folder):
            raise KeyboardInterrupt
        save(folder, *args)

    save = checkpoints.save_finished
    monkeypatch.setattr(checkpoints, "save_finished", stopped)
    with pytest.raises(KeyboardInterrupt):
        sweep(config, GRID, progress=False, shard=(2, 3), checkpoint=tmp_path)
    assert [path.parts[-3] for path in tmp_path.rglob("records.npz")] == ["group_0"]
    monkeypatch.undo()
    again = sweep(config, GRID, progress=False, shard=(2, 3), checkpoint=tmp_path)
    xr.testing.assert_identical(again.drop_attrs(deep=False), three[1].drop_attrs(deep=False))


def test_a_checkpoint_of_one_shard_refuses_another(config, tmp_path):
    grid = {"seed": range(2)}
    sweep(config, grid, progress=False, shard="1/2", checkpoint=tmp_path)
    with pytest.raises(UserError, match=r"another sweep.*: shard \(was 1/2, is 2/2\)"):
        sweep(config, grid, progress=False, shard="2/2", checkpoint=tmp_path)


@pytest.mark.slow
def test_chunks_in_parallel_are_bitwise_the_same_in_shards(small_config):
    config = small_config(**{"execution.mapping": "vmap", "execution.chunk_runs": 3})
    whole = sweep(config, GRID, progress=False)
    xr.testing.assert_identical(values(merge(shards(config, 3))), values(whole))


def changed(shard, **attributes):
    return shard.assign_attrs({name: json.dumps(value) for name, value in attributes.items()})


def part_of(shard):
    return json.loads(shard.attrs["part"])


@pytest.mark.parametrize(
    ("alter", "words"),
    [
        (lambda s: [], "none is given"),
        (lambda s: s[:2], r"1 of 3 shards are missing: 3/3"),
        (lambda s: [*s, s[1]], r"shard 2/3 is given twice, in dataset 2 and dataset 4"),
        (
            lambda s: [*s[:2], changed(s[2], experiment={**json.loads(s[2].attrs["experiment"]), "task.noise": 9})],
            r"dataset 1 and dataset 3 are not of one experiment: task\.noise",
        ),
        (lambda s: [*s[:2], changed(s[2], part={**part_of(s[2]), "axes": {}})], "dataset 1 and dataset 3 .*grids"),
        (lambda s: [*s[:2], changed(s[2], part={**part_of(s[2]), "part": "3/4"})], "of 3 and of 4 shards"),
        (lambda s: [*s[:2], changed(s[2], part={**part_of(s[2]), "capacity": [20, 6]})], "execution.capacity"),
        (lambda s: [*s[:2], s[2].isel(run=slice(1, None))], "1 of 16 runs are missing, and 0 are there twice"),
        (lambda s: [*s[:2], s[2].drop_attrs().assign_attrs(experiment="{}")], "results of a whole grid"),
    ],
)
def test_shards_that_are_not_the_shards_of_one_grid_are_refused_in_one_line(three, alter, words):
    with pytest.raises(UserError, match=words) as raised:
        merge(alter(three))
    assert "\n" not in str(raised.value)


def test_weights_of_a_shard_cannot_be_kept(config):
    with pytest.raises(UserError, match="keep_params= keeps the weights of a whole grid"):
        sweep(config, GRID, shard="1/2", keep_params="last")


def test_a_shard_that_is_none_is_refused_before_anything_is_read(config):
    with pytest.raises(UserError, match="shard is '3/2'"):
        sweep(config, GRID, shard="3/2")
