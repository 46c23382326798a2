"""Exported results, opened with the tools that people read them with."""

import json
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
import xarray as xr

from grok_jax import UserError, export
from grok_jax.results import opened

DIMS = ("a,model.b", "seed", "step")
CONFIG = {"seed": 0, "grid": "seed=range(2)", "model": {"b": "none", "depth": 2}}
NAMES = ["a=0.5,b=x,seed=0", "a=0.5,b=x,seed=1", "a=1e-05,b=8_4,seed=0", "a=1e-05,b=8_4,seed=1"]


def dataset():
    """Results of four runs: one ends early, and one variable is measured at every other record."""
    loss = np.random.default_rng(0).normal(size=(2, 2, 4)).astype(np.float32)
    loss[0, 1, 2:] = np.nan
    margins = np.stack([loss, 1 / loss], axis=-1)
    margins[:, :, 1::2] = np.nan
    final_step = np.where(np.isnan(loss[..., -1]), 1, 100)
    return xr.Dataset(
        {
            "train_loss": (DIMS, loss),
            "margins": ((*DIMS[:2], "class", "step"), margins.swapaxes(2, 3)),
            "final_step": (DIMS[:2], final_step),
            "t_fit": (DIMS[:2], np.float32([[1, np.nan], [10, 1]])),
            "diverged": (DIMS[:2], np.zeros((2, 2), bool)),
        },
        {
            "a,model.b": [0, 1],
            "a": (DIMS[0], [0.5, 1e-5]),
            "model.b": (DIMS[0], ["x", "(8, 4)"]),
            "seed": [0, 1],
            "step": [0, 1, 10, 100],
        },
        {"config": json.dumps(CONFIG)},
    )


def runs_of(ds):
    """Each run's results, in the order of the grid, without the records that it does not have."""
    for point in np.ndindex(2, 2):
        run = ds.isel(dict(zip(DIMS[:2], point, strict=True)))
        yield run.isel(step=run.train_loss.notnull().values)


def columns_of(run):
    """Name of a column -> the values of a run, of which NaN were not measured."""
    return {"train_loss": run.train_loss, **{f"margins/{i}": run.margins.isel({"class": i}) for i in range(2)}}


def same(found, values):
    return np.array_equal(np.asarray(found, np.float32), values, equal_nan=True)


def csv_of(ds, folder):
    import pandas as pd  # comes with xarray

    export.to_csv(ds, folder / "out")
    return pd.read_csv(folder / "out" / "records.csv")


def test_the_table_that_pandas_reads_has_the_records_exactly(tmp_path):
    ds = dataset()
    table = csv_of(ds, tmp_path)
    for run in runs_of(ds):
        rows = table[(table["model.b"] == run["model.b"].item()) & (table["seed"] == run.seed.item())]
        assert rows["step"].tolist() == run.step.values.tolist()
        assert all(same(rows[name], values) for name, values in columns_of(run).items())


def test_the_table_has_a_row_for_each_record_and_none_for_what_follows_a_run(tmp_path):
    assert len(csv_of(dataset(), tmp_path)) == 4 + 2 + 4 + 4


def test_what_a_run_has_once_is_in_each_of_its_rows(tmp_path):
    table = csv_of(dataset(), tmp_path)
    assert table.groupby(["a", "seed"])["final_step"].unique().map(list).tolist() == [[100], [100], [100], [1]]
    assert table["diverged"].tolist() == [False] * len(table)


def test_the_columns_of_a_table_are_the_fields_the_step_the_variables_and_what_a_run_has_once(tmp_path):
    values = ["step", "train_loss", "margins/0", "margins/1", "final_step", "t_fit", "diverged"]
    assert sorted(csv_of(dataset(), tmp_path).columns) == sorted(["a", "model.b", "seed", *values])


def test_runs_of_a_shard_keep_their_places_and_their_device(tmp_path):
    ds = dataset().isel(seed=0, drop=True).rename({DIMS[0]: "run"}).assign_coords(run=[4, 7])
    ds = ds.assign_coords(device=("run", ["cpu", "gpu"]))
    table = csv_of(ds, tmp_path)
    assert table.groupby(["run", "a", "device"]).size().to_dict() == {(4, 0.5, "cpu"): 4, (7, 1e-5, "gpu"): 4}


def test_a_single_run_is_a_table_too(tmp_path):
    alone = dataset().isel({DIMS[0]: 0, "seed": 0})
    assert csv_of(alone, tmp_path)["step"].tolist() == [0, 1, 10, 100]


def test_results_that_are_opened_lazily_are_read_run_by_run(tmp_path):
    loss = np.full((64, 20_000), np.nan, np.float32)
    loss[:, 0] = 1.0
    xr.Dataset({"train_loss": (("seed", "step"), loss)}, {"seed": range(64), "step": range(20_000)}).to_netcdf(
        tmp_path / "results.nc", engine="scipy"
    )
    with opened(tmp_path) as runs:
        tracemalloc.start()
        export.to_csv(runs, tmp_path / "out")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < loss.nbytes / 4


@pytest.fixture
def accumulated():
    """A function: the folder of a run -> what TensorBoard reads in it."""
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    return lambda folder: EventAccumulator(str(folder)).Reload()


def test_tensorboard_reads_each_run_exactly(accumulated, tmp_path):
    ds = dataset()
    export.to_tensorboard(ds, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == NAMES
    for name, run in zip(NAMES, runs_of(ds), strict=True):
        read = accumulated(tmp_path / "out" / name)
        for tag, values in columns_of(run).items():
            values = values.dropna("step")
            assert [event.step for event in read.Scalars(tag)] == values.step.values.tolist()
            assert same([event.value for event in read.Scalars(tag)], values)


def test_tensorboard_has_what_a_run_has_once_at_its_last_record(accumulated, tmp_path):
    export.to_tensorboard(dataset(), tmp_path / "out")
    read = accumulated(tmp_path / "out" / NAMES[1])
    assert [(event.step, event.value) for event in read.Scalars("final_step")] == [(1, 1.0)]
    assert "t_fit" not in read.Tags()["scalars"]  # NaN: it never was


def test_the_place_of_a_run_is_its_hyperparameters_in_tensorboard(accumulated, tmp_path):
    export.to_tensorboard(dataset(), tmp_path / "out")
    from tensorboard.plugins.hparams import metadata

    content = accumulated(tmp_path / "out" / NAMES[2]).PluginTagToContent("hparams")
    given = metadata.parse_session_start_info_plugin_data(content[metadata.SESSION_START_INFO_TAG]).hparams
    assert (given["a"].number_value, given["model.b"].string_value, given["seed"].number_value) == (1e-5, "(8, 4)", 0)


def test_runs_whose_names_would_be_the_same_are_told_apart(accumulated, tmp_path):
    export.to_tensorboard(dataset().assign_coords({"model.b": (DIMS[0], ["f g", "f/g"]), "a": 3}), tmp_path / "out")
    names = ["a=3,b=f_g,seed=0", "a=3,b=f_g,seed=0,run=2", "a=3,b=f_g,seed=1", "a=3,b=f_g,seed=1,run=3"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names


def records_of(path):
    """What `wandb leet inspect` reads in a run's file."""
    command = [sys.executable, "-m", "wandb", "leet", "inspect", "--json", str(path)]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in found.stdout.splitlines()]


@pytest.mark.slow
def test_wandb_reads_each_run_exactly_in_what_it_wrote_offline(tmp_path, monkeypatch):
    pytest.importorskip("wandb")
    monkeypatch.delenv("WANDB_MODE", raising=False)
    ds = dataset()
    export.to_wandb(ds, tmp_path / "out")
    files = [records_of(path) for path in (tmp_path / "out").glob("wandb/*/*.wandb")]
    read = {record["run"]["display_name"]: records for records in files for record in records if "run" in record}
    assert (len(files), sorted(read)) == (4, NAMES)
    for name, run in zip(NAMES, runs_of(ds), strict=True):
        (config,) = (record["run"]["config"]["update"] for record in read[name] if "run" in record)
        own = {"seed": run.seed.item(), "model": {"b": run["model.b"].item(), "depth": 2}, "a": run.a.item()}
        assert {field: value for field, value in config.items() if field != "_wandb"} == own
        rows = [record["history"]["item"] for record in read[name] if "history" in record]
        assert [row["_step"] for row in rows] == run.step.values.tolist()
        for column, values in columns_of(run).items():
            assert same([row.get(column, np.nan) for row in rows], values)
        summaries = [record["summary"]["update"] for record in read[name] if "summary" in record]
        assert [each["final_step"] for each in summaries if "final_step" in each] == [run.final_step.item()]


def test_a_mode_of_wandb_that_keeps_nothing_is_refused_in_one_line(tmp_path, monkeypatch):
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "disabled")
    with pytest.raises(UserError, match=r"^WANDB_MODE is 'disabled'; for an export it must be one of offline, online$"):
        export.to_wandb(dataset(), tmp_path / "out")


@pytest.mark.parametrize(("to", "module"), [("tensorboard", "tensorboard.compat.proto.event_pb2"), ("wandb", "wandb")])
def test_an_extra_that_is_not_installed_is_named_in_one_line(to, module, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UserError, match=rf"^export to {to} needs {to}: pip install 'grok_jax\[loggers\]'$"):
        export.EXPORTERS[to](dataset(), tmp_path / "out")


def test_a_folder_that_is_not_free_is_left_as_it_is(tmp_path):
    (tmp_path / "mine").write_text("words")
    for out in (tmp_path, tmp_path / "mine"):
        with pytest.raises(UserError, match=r"is not free; give a new or empty folder$"):
            export.to_csv(dataset(), out)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("mine", "words")]


def test_an_export_that_fails_on_its_way_leaves_nothing(tmp_path, monkeypatch):
    names = iter(["first"])

    def full(labels):
        for name in names:
            return name
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export, "_name", full)
    with pytest.raises(UserError, match=r"cannot be written to \(No space left on device\); nothing was written$"):
        export.to_csv(dataset(), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_variable_of_too_many_numbers_is_left_out_with_a_warning(tmp_path):
    ds = dataset().assign(logits=((*DIMS, "row"), np.zeros((2, 2, 4, 1001), np.float32)))
    with pytest.warns(UserWarning, match=r"^logits has 1,001 numbers for each run and record; .* at most 1,000, so"):
        table = csv_of(ds, tmp_path)
    assert not any("logits" in name for name in table.columns)


def test_what_is_no_result_of_a_sweep_is_refused_in_one_line(tmp_path):
    with pytest.raises(
        UserError, match=r"^the results have t_fit; export takes results of sweep, which have train_loss"
    ):
        export.to_csv(dataset()[["t_fit"]], tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_what_are_not_results_is_not_exported(tmp_path):
    with pytest.raises(UserError, match=r"^given 5; it must be results"):
        export.to_csv(5, tmp_path / "table")
