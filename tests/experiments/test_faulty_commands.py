"""Faults as a command meets them: one line that names the folder, exit code 2, and --resume goes on."""

import os
import shutil
import sys
from pathlib import Path

import pytest
import xarray as xr

FIELDS = (
    "--config.grid=model.init_scale=1, 2; seed=range(2)",
    "--config.model.widths=(20,)",
    "--config.training.steps=2000",
    "--config.execution.chunk_runs=2",
    "--config.execution.checkpoint_seconds=0",
    "--noprogress",
)
OF_GRID = "configs/grid.py:task=teacher_student"
# A config file is executed: no file of this process may be longer, as on a full disk.
LIMITED = """
import jax, resource
from configs.grid import get_config as of_grid

def get_config():
    jax.config.update("jax_enable_compilation_cache", False)  # whose files would not fit either
    resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, resource.RLIM_INFINITY))
    return of_grid("task=teacher_student")
"""
SIZES = (1_000, 5_000, 12_000, 30_000)  # stops at config.json, the checkpoint's identity, its state, the picture

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits and paths of Linux")


def command(out: Path, errors: Path, *further: str, config: str = OF_GRID) -> tuple:
    own = {"XDG_CACHE_HOME": f"{errors.parent}/cache"}
    return ("experiments.run", [f"--config={config}", *FIELDS, f"--out={out}", *further], own, os.devnull, f"{errors}")


@pytest.fixture(scope="module")
def failed(forked, tmp_path_factory) -> Path:
    """Folders and stderr of runs of which each had room for files of one size only."""
    base = tmp_path_factory.mktemp("failed")
    for size in SIZES:
        (base / f"{size}.py").write_text(LIMITED.format(size=size))
    codes = forked([command(base / f"{n}", base / f"{n}.stderr", config=f"{base}/{n}.py") for n in SIZES])
    assert codes == [2] * len(SIZES)
    return base


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_a_full_disk_is_one_line_that_names_the_folder(failed, size):
    (line,) = (failed / f"{size}.stderr").read_text().splitlines()
    assert str(failed / str(size)) in line
    assert "cannot be written to (File too large)" in line
    assert "continues from" in line


@pytest.mark.slow
def test_with_room_again_resume_gives_bitwise_the_same(failed, forked, tmp_path):
    outs = [shutil.copytree(failed / str(size), tmp_path / str(size)) for size in SIZES]
    cases = [command(tmp_path / "whole", tmp_path / "whole.stderr")]
    cases += [command(out, tmp_path / f"{out.name}.stderr", "--resume") for out in outs]
    assert forked(cases) == [0] * len(cases)
    whole, *resumed = [xr.load_dataset(tmp_path / name / "results.nc") for name in ("whole", *map(str, SIZES))]
    for dataset in resumed:
        xr.testing.assert_identical(dataset.drop_attrs(deep=False), whole.drop_attrs(deep=False))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("{folder}/" + "x" * 300, "File name too long"),
        ("{folder}/" + "/".join(["x" * 200] * 25), "File name too long"),
        ("{folder}/" + "/".join(["y" * 200] * 25), "File name too long"),
        ("/proc/grok_jax", "cannot be written to"),
    ],
    ids=["a name", "a path", "a path by little", "no real folder"],
)
def test_a_folder_that_cannot_be_is_one_line(forked, tmp_path, place, words):
    out = Path(place.format(folder=tmp_path))
    out = Path(str(out)[: 4_095 - 40]) if "y/y" in place else out  # room for the folder, not for what is below it
    assert forked([command(out, tmp_path / "stderr")]) == [2]
    (line,) = (tmp_path / "stderr").read_text().splitlines()
    assert line.startswith("error: ")
    assert words in line
