"""~ is the user's home wherever a path is given."""

import sys
from pathlib import Path

import jax
import numpy as np
import pytest
import xarray as xr
from absl import flags

from experiments import command
from grok_jax import UserError, results, sweep
from grok_jax.compilation_cache import keep_compiled_programs
from grok_jax.tasks import circuit_logits
from grok_jax.tasks.readers import downloads, reviews


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("variable", "folder"), [("GROK_JAX_DATA", downloads.data_folder), ("GROK_JAX_CACHE", downloads.cache_folder)]
)
def test_in_the_folders_of_data(variable, folder, home, monkeypatch):
    monkeypatch.setenv(variable, "~/mine")
    assert folder() == home / "mine"


def test_in_a_table_of_reviews(home):
    (home / "mine.csv").write_text("text,label\na,0\n")
    assert reviews.find_table("~/mine.csv", "").path == home / "mine.csv"


def test_in_a_file_of_circuits(home):
    logits = np.zeros((1, 9, 3), np.float32)
    circuit_logits.save_circuits(home / "mine.npz", logits, logits)
    assert circuit_logits.CircuitLogits(p=3, file="~/mine.npz").load().inputs.shape == (9, 2, 3)


def test_in_a_folder_of_results(home):
    xr.Dataset({"a": 1.0}).to_netcdf(home / "results.nc", engine="scipy")
    assert float(results.load_dataset("~").a) == 1.0


def test_in_a_checkpoint(home):
    (home / "mine").write_text("a file, so that nothing is trained")
    with pytest.raises(UserError, match=str(home / "mine")):
        sweep({"training": {"steps": 1}}, {}, checkpoint="~/mine", progress=False)


def test_in_the_flag_of_a_folder(home):
    values = flags.FlagValues()
    flags.DEFINE(command._Folder(), "out", None, "", flag_values=values)
    values(["command", "--out=~/mine"])
    assert Path(values.out) == home / "mine"


def test_in_the_flag_of_a_config(home, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["command"])
    (home / "mine.py").write_text("from ml_collections import ConfigDict\nget_config = lambda: ConfigDict({'seed': 1})")
    assert command._ConfigFile().parse("~/mine.py").seed == 1


def test_in_the_folder_of_compiled_programs(home):
    before = jax.config.jax_compilation_cache_dir
    try:
        jax.config.update("jax_compilation_cache_dir", "~/mine")
        keep_compiled_programs()
        assert jax.config.jax_compilation_cache_dir == str(home / "mine")
    finally:
        jax.config.update("jax_compilation_cache_dir", before)


def test_a_home_that_does_not_exist_is_taken_as_it_is_written(monkeypatch):
    monkeypatch.setenv("GROK_JAX_DATA", "~nobody-has-this-name/mine")
    assert downloads.data_folder() == Path("~nobody-has-this-name/mine")
