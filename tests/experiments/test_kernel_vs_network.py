"""The command that holds a network against its kernel: in a process of its own, and piece by piece."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from ml_collections import ConfigDict

import grok_jax
from experiments import figures
from experiments.lazy_baseline import baseline_figure, beside_twin, format_table, table, with_lazy_limit
from grok_jax.errors import UserError
from grok_jax.training.schedule import Schedule, is_probed

ROOT = Path(__file__).parents[2]
SMALL = ("--config=configs/grid.py:task=single_index,model=committee,optimizer=gd", "--config.task.features=5")
QUICK = (
    *SMALL,
    "--config.task.train_size=12",
    "--config.task.test_size=15",
    "--config.model.width=8",
    "--config.training.steps=30",
    "--config.grid=model.epsilon=0.5, 1; seed=range(3)",
    "--noprogress",
)


def run(*arguments):
    command = [sys.executable, "-m", "experiments.kernel_vs_network", *arguments]
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)


def config(**fields):
    made = grok_jax.default_config("single_index", "committee", "gd")
    made.update_from_flattened_dict({"task.features": 5, "task.train_size": 12, "task.test_size": 15, "model.width": 8})
    made.update_from_flattened_dict({"training.steps": 20, "training.records": 10, **fields})
    return made


def rows_of(out):
    with (out / "table.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """The folder that the command left, and how it ended."""
    out = tmp_path_factory.mktemp("good") / "out"
    return out, run(*QUICK, f"--out={out}")


def test_the_command_leaves_results_picture_and_table(good):
    out, ended = good
    assert (ended.returncode, ended.stderr) == (0, "")
    left = sorted(path.name for path in out.iterdir())
    assert left == ["claims.json", "config.json", "figure.png", "results.nc", "table.csv"]


def test_the_table_has_a_row_for_each_setting_with_the_medians_over_seeds(good):
    out, _ = good
    ds = xr.load_dataset(out / "results.nc")
    rows = rows_of(out)
    assert [row["model.epsilon"] for row in rows] == ["0.5", "1.0"]
    for row in rows:
        runs = ds.sel({"model.epsilon": float(row["model.epsilon"])})
        network, twin = (runs.sel({"model.linearized": which}) for which in (False, True))
        expected = {
            "network_test_loss": network.test_loss[:, -1],
            "twin_test_loss": twin.test_loss[:, -1],
            "kernel_regression_loss": network.lazy_limit_loss,
            "alignment_start": network.kernel_alignment[:, 0],
            "alignment_end": network.kernel_alignment[:, -1],
            "kernel_distance": network.kernel_distance[:, -1],
        }
        found = {name: float(row[name]) for name in expected}
        assert found == pytest.approx({name: float(np.median(x)) for name, x in expected.items()})


def test_the_command_prints_the_table_and_where_it_is(good):
    out, ended = good
    lines = ended.stdout.splitlines()
    assert lines[0].split("  ")[0].strip() == "model.epsilon"
    assert [line.split()[0] for line in lines[2:4]] == ["0.5", "1"]
    assert lines[-1] == f"results, picture and table are in {out}/"


BAD = {
    "too few records": ("--probe_records=1", "probe_records"),
    "unknown flag": ("--stpes=3", "unknown command line flag 'stpes'"),
    "override of an axis": ("--config.model.linearized=True", "is an axis of the grid"),
    "networks without a twin": ("--config.grid=model.linearized=True", "both are compared"),
    "no records": ("--config.training.records=0", "training.records is 0"),
    "unknown probe": ("--config.training.probes=('nope',)", "nope"),
}


@pytest.fixture(scope="module")
def refused(forked, tmp_path_factory):
    """For each bad input its exit code, what it printed, its errors and whether it left a folder."""
    folders = {name: tmp_path_factory.mktemp("bad") for name in BAD}
    cases = [
        (
            "experiments.kernel_vs_network",
            [*QUICK[:-2], BAD[name][0], f"--out={folder / 'out'}"],
            {},
            f"{folder}/stdout",
            f"{folder}/stderr",
        )
        for name, folder in folders.items()
    ]
    return {
        name: (code, (folder / "stdout").read_text(), (folder / "stderr").read_text(), (folder / "out").exists())
        for (name, folder), code in zip(folders.items(), forked(cases), strict=True)
    }


@pytest.mark.parametrize("name", BAD)
def test_bad_input_ends_with_one_line_and_code_2(refused, name):
    code, printed, errors, left = refused[name]
    assert (code, printed, left) == (2, "", False)
    assert errors.startswith("error: ")
    assert len(errors.splitlines()) == 1
    assert BAD[name][1] in errors.lower()


def test_every_record_of_a_kernel_says_that_it_is_averaged_over_outputs(good):
    ds = xr.load_dataset(good[0] / "results.nc")
    of_kernels = [name for name in ds if str(name).startswith("kernel_")]
    assert len(of_kernels) == 6
    assert all("averaged over outputs" in ds[name].attrs["long_name"] for name in of_kernels)


def test_of_one_output_regression_with_the_full_kernel_is_what_the_probe_measures_at_the_start(good):
    ds = xr.load_dataset(good[0] / "results.nc")
    probed = ds.kernel_regression_loss.sel(step=0, drop=True)
    np.testing.assert_allclose(probed, ds.lazy_limit_loss.broadcast_like(probed), rtol=1e-3)


@pytest.fixture(scope="module")
def several_outputs():
    """A config of five outputs and its results, without training."""
    given = grok_jax.default_config("teacher_student", "mlp", "gd")
    given.update_from_flattened_dict({"task.train_size": 6, "task.test_size": 7, "model.widths": (9,), "grid": ""})
    given.update_from_flattened_dict({"training.steps": 1, "training.records": 2})
    made = beside_twin(given)
    return made, grok_jax.sweep(made, progress=False)


@pytest.mark.slow
def test_several_outputs_have_the_full_kernel(several_outputs):
    (row,) = table(with_lazy_limit(*several_outputs))
    assert row["kernel_regression_loss"] == pytest.approx(
        grok_jax.lazy_limit(several_outputs[0]).lazy_limit_loss.item()
    )


def test_a_singular_kernel_is_told_of_in_one_line(several_outputs, monkeypatch, capsys):
    limit = xr.Dataset({"lazy_limit_loss": 0.5, "lazy_limit_condition": np.inf})
    monkeypatch.setattr("experiments.lazy_baseline.lazy_limit", lambda config: limit)
    assert with_lazy_limit(*several_outputs).lazy_limit_loss.item() == 0.5
    said = capsys.readouterr().out
    assert said.startswith("the initial kernel of 1 of 1 networks is singular up to rounding; ")
    assert len(said.splitlines()) == 1


def test_where_the_full_kernel_does_not_fit_the_averaged_one_stands_in_by_name(several_outputs, monkeypatch, capsys):
    config, ds = several_outputs
    monkeypatch.setattr("grok_jax.probes.limit.free_memory", lambda: 1000)
    found = with_lazy_limit(config, ds)
    said = capsys.readouterr().out
    assert said.startswith("kernel regression averaged over outputs: the kernel over pairs of outputs of")
    assert len(said.splitlines()) == 1
    (row,) = table(found)
    averaged = ds.kernel_regression_loss.sel({"model.linearized": False, "step": 0}).item()
    assert row["kernel_regression_loss (averaged over outputs)"] == pytest.approx(averaged)


def test_a_finished_folder_is_left_alone(good):
    out, _ = good
    before = (out / "results.nc").read_bytes()
    ended = run(*QUICK, f"--out={out}")
    assert ended.returncode == 2
    assert "holds a finished run" in ended.stderr
    assert (out / "results.nc").read_bytes() == before


def test_any_config_gets_the_twin_and_the_probes_of_the_kernel():
    given = config(grid="seed=range(2)")
    given.figure = "omnigrok/fig2b_teacher_student"
    made = beside_twin(given)
    assert made.grid == "model.linearized=False, True; seed=range(2)"
    assert made.training.probes == ("kernel", "kernel_regression")
    assert made.figure == ""
    assert (given.grid, given.training.probes) == ("seed=range(2)", ())


def test_an_axis_of_twins_that_is_there_already_stays():
    grid = "seed=range(2); model.linearized=True, False"
    assert beside_twin(config(grid=grid)).grid == grid


@pytest.mark.parametrize(
    "grid", ["model.linearized=False", "model.linearized, optimizer.learning_rate = (False, 1.), (True, 2.)"]
)
def test_networks_alone_and_unlike_twins_are_refused(grid):
    with pytest.raises(UserError, match=r"must be model\.linearized=False, True"):
        beside_twin(config(grid=grid))


def test_probes_of_a_config_stay_but_for_those_that_no_twin_has():
    moments = "experiments.lazy_to_rich.moments"
    made = beside_twin(config(**{"training.probes": ("subspace", f"{moments}:decomposition", "kernel")}))
    assert made.training.probes == ("kernel", "kernel_regression", "subspace")


def test_kernel_regression_is_left_out_where_any_run_has_another_loss():
    digits = grok_jax.default_config("mnist", "mlp", "adamw")
    digits.training.loss = "cross_entropy"
    assert beside_twin(digits).training.probes == ("kernel",)
    digits.training.loss = "mse"
    assert "kernel_regression" in beside_twin(digits).training.probes
    digits.grid = "training.loss='mse', 'cross_entropy'"
    assert beside_twin(digits).training.probes == ("kernel",)


@pytest.mark.parametrize(("asked", "least"), [(2, 2), (3, 2), (8, 5), (1000, 30)])
def test_probes_are_measured_at_about_as_many_records_as_asked_for(asked, least):
    training = beside_twin(config(**{"training.records": 40, "training.steps": 500}), asked).training
    probed = is_probed(Schedule(**{field: training[field] for field in Schedule._fields}))
    assert least <= probed.sum() <= asked


def test_a_config_with_probes_of_its_own_keeps_their_records():
    assert beside_twin(config(**{"training.probes": ("kernel",)})).training.probe_every == 1
    assert beside_twin(config(**{"training.probe_every": 3})).training.probe_every == 3
    assert beside_twin(config(**{"training.records": 60, "training.steps": 10_000})).training.probe_every > 1


def test_a_config_may_leave_fields_out():
    made = beside_twin(ConfigDict({"task": {"name": "teacher_student"}, "training": {"steps": 5}}))
    assert made.grid == "model.linearized=False, True"
    grok_jax.check(made)


@pytest.mark.slow
def test_a_classification_has_a_table_without_kernel_regression(tmp_path):
    given = grok_jax.default_config("modular_arithmetic", "mlp", "gd")
    given.update_from_flattened_dict({"task.p": 5, "model.widths": (8,), "training.steps": 5, "training.records": 4})
    given.training.loss = "cross_entropy"
    figures.make(beside_twin(given), tmp_path / "out", figure=baseline_figure(), progress=False)
    (row,) = rows_of(tmp_path / "out")
    assert row["kernel_regression_loss (averaged over outputs)"] == ""
    assert float(row["network_test_loss"]) > 0
    assert 0 < float(row["alignment_start (averaged over outputs)"]) < 1


def test_the_table_names_each_field_of_an_axis_and_says_never():
    dims = ("model.linearized", "model.width,model.epsilon", "step")
    loss = xr.DataArray(np.ones((2, 2, 2)), dims=dims)
    ds = xr.Dataset(
        {"test_loss": loss},
        {
            "model.linearized": [False, True],
            "model.width,model.epsilon": [0, 1],
            "model.width": (dims[1], [10, 20]),
            "model.epsilon": (dims[1], [0.5, 1.0]),
            "step": [0, 9],
        },
    )
    rows = table(ds)
    assert [(row["model.width"], row["model.epsilon"]) for row in rows] == [(10, 0.5), (20, 1.0)]
    assert rows[0]["t_part"] == np.inf
    assert format_table(rows).splitlines()[2].split() == ["10", "0.5", "1", "1", "-", "never", "-", "-", "-"]
