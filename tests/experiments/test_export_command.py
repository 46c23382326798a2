"""The command that exports the results in a folder."""

import os

import numpy as np
import pytest
import xarray as xr

from grok_jax import results

ATTRIBUTES = {"wall_seconds": 1.0, "compile_seconds": 1.0, "programs": 1, "chunk_runs": np.array([2]), "devices": "cpu"}


@pytest.fixture
def command(forked, tmp_path):
    """A function: the words after export, with some results before them -> exit code, stdout, lines of stderr."""
    loss = np.float32([[1.0, 0.1], [2.0, 0.5]])
    results.begin(tmp_path / "runs", {"seed": 0})
    dataset = xr.Dataset({"train_loss": (("seed", "step"), loss)}, {"seed": [0, 1], "step": [0, 10]}, ATTRIBUTES)
    results.write_dataset(tmp_path / "runs", dataset)

    def run(*words, **environment):
        output, errors = tmp_path / "output", tmp_path / "errors"
        given = ["export", str(tmp_path / "runs"), *words, f"--out={tmp_path / 'out'}"]
        (code,) = forked([("experiments.results", given, environment, str(output), str(errors))])
        return code, output.read_text(), errors.read_text().splitlines()

    return run


@pytest.mark.slow
def test_results_become_a_table(command, tmp_path):
    code, output, errors = command("--to=csv")
    assert (code, errors) == (0, [])
    assert output == f"csv of {tmp_path / 'runs'}/ is in {tmp_path / 'out'}/\n"
    rows = ["seed,step,train_loss", "0,0,1.0", "0,10,0.1", "1,0,2.0", "1,10,0.5"]
    assert (tmp_path / "out" / "records.csv").read_text().splitlines() == rows


@pytest.mark.slow
def test_a_server_of_wandb_that_cannot_be_reached_is_one_line_and_nothing_is_left(command, tmp_path):
    pytest.importorskip("wandb")
    nowhere = {"WANDB_MODE": "online", "WANDB_BASE_URL": "http://127.0.0.1:9", "WANDB_API_KEY": "0" * 40}
    code, _, (*told, line) = command("--to=wandb", **nowhere, WANDB_INIT_TIMEOUT="2", HOME=os.fspath(tmp_path / "home"))
    assert code == 2
    assert line.startswith("error: Weights & Biases: ")
    assert all(each.startswith("wandb: ") for each in told)  # where it found the key
    assert line.endswith("WANDB_MODE=offline needs no connection")
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith("out.") or path.name == "out"]
