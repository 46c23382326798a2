"""The real command line in processes of its own: what good input leaves, and that bad input leaves nothing."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
import xarray as xr

ROOT = Path(__file__).parents[2]
FIGURE = "configs/omnigrok/fig2b_teacher_student.py"
RUN = (f"--config={FIGURE}:smoke", "--config.training.steps=20", "--out={out}", "--noprogress")
MNIST = "--config=configs/omnigrok/fig3d_mnist_grokking.py:paper"
LEFT = ["claims.json", "config.json", "figure.png", "results.nc"]


class Ended(NamedTuple):
    """How a process ended, and every file and folder of its own before and after."""

    code: int
    stdout: str
    stderr: str
    before: dict[str, bytes | None]
    after: dict[str, bytes | None]


class Bad(NamedTuple):
    """Input that cannot be used: its arguments, the words its line must hold, and what lies in its folder before."""

    arguments: tuple[str, ...]
    words: str
    before: Callable[[Path, Path], None] = lambda folder, finished: None  # makes folder/out, from a finished run


def run(folder: Path, arguments: tuple[str, ...]) -> Ended:
    """Starts the command in the repository's root; {out} and {folder} in an argument are the case's own."""
    places = {"out": folder / "out", "folder": folder}
    command = [sys.executable, "-m", "experiments.run", *(word.format(**places) for word in arguments)]
    environment = {
        **os.environ,
        "JAX_PLATFORMS": "cpu",
        "GROK_JAX_DATA": str(folder / "data"),
        **{f"{scheme}_proxy": "http://127.0.0.1:9" for scheme in ("http", "https")},  # no download gets through
    }
    before = contents(folder)
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    return Ended(ended.returncode, ended.stdout, ended.stderr, before, contents(folder))


def contents(folder: Path) -> dict[str, bytes | None]:
    places = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*"))}
    return {name: path.read_bytes() if path.is_file() else None for name, path in places.items()}


def finished_run(folder: Path, finished: Path) -> None:
    shutil.copytree(finished, folder / "out")


def unfinished_run(folder: Path, finished: Path) -> None:
    finished_run(folder, finished)
    for name in ("results.nc", "figure.png", "claims.json"):
        (folder / "out" / name).unlink()


def other_files(folder: Path, finished: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "thesis.tex").write_text("the only copy")


def a_file(folder: Path, finished: Path) -> None:
    (folder / "out").write_text("the only copy")


def config_file(text: str) -> Callable[[Path, Path], None]:
    return lambda folder, finished: (folder / "mine.py").write_text(text) and None


def corrupt_digits(folder: Path, finished: Path) -> None:
    (folder / "data" / "mnist").mkdir(parents=True)
    (folder / "data" / "mnist" / "train-images-idx3-ubyte.gz").write_bytes(b"half a downlo")


def no_digits(folder: Path, finished: Path) -> None:
    (folder / "data" / "mnist").mkdir(parents=True)


MINE = ("--config={folder}/mine.py", "--out={out}")
BAD = {
    "unknown flag": Bad((*RUN, "--stpes=3"), "unknown command line flag 'stpes'"),
    "positional argument": Bad((*RUN, "extra"), "'extra' is no flag"),
    "no --config": Bad(("--out={out}",), "--config must have a value"),
    "no --out": Bad((f"--config={FIGURE}:smoke",), "--out must have a value"),
    "no such config file": Bad(("--config=configs/nope.py", "--config.seed=1", "--out={out}"), "configs/nope.py"),
    "config file with a syntax error": Bad(MINE, "mine.py, line 1", config_file("def get_config(:\n")),
    "config file with a bug": Bad(MINE, "name 'nope' is not defined", config_file("def get_config():\n  nope\n")),
    "config file without get_config": Bad(MINE, "no function get_config", config_file("seed = 0\n")),
    "get_config without a config": Bad(MINE, "must give a ConfigDict", config_file("def get_config():\n  pass\n")),
    "unknown preset": Bad((f"--config={FIGURE}:smok", "--out={out}"), "there are smoke, quick, paper"),
    "unknown task": Bad(("--config=configs/grid.py:task=nope", "--out={out}"), "there are mnist"),
    "misspelt field": Bad((*RUN, "--config.model.init_scael=2"), "--config.model.init_scael is no field; there are"),
    "field of another type": Bad((*RUN, "--config.training.steps=abc"), "--config.training.steps=abc"),
    "more rows than the data": Bad(
        ("--config=configs/grid.py:task=mnist", "--config.task.train_size=6000", "--out={out}"),
        "task.train_size is 6000",
    ),
    "negative width": Bad((*RUN, "--config.model.widths=(-3,)"), "model.widths is (-3,)"),
    "negative decay": Bad(
        (*RUN, "--config.grid=", "--config.optimizer.weight_decay=-1"), "optimizer.weight_decay is -1.0"
    ),
    "axis of a string": Bad((*RUN, "--config.grid=model.init_scale='a'"), "model.init_scale is 'a'"),
    "unknown axis": Bad((*RUN, "--config.grid=model.alpha=1, 2"), "grid axis 'model.alpha' is not a field"),
    "unreadable grid": Bad((*RUN, "--config.grid=model.init_scale=1,,2"), "values '1,,2'"),
    "unknown figure": Bad((*RUN, "--config.figure=omnigrok/nope"), "figure 'omnigrok/nope' does not exist"),
    "missing data and no network": Bad((MNIST, "--out={out}"), "no download worked", no_digits),
    "corrupt data": Bad((MNIST, "--out={out}"), "train-images-idx3-ubyte.gz is corrupt", corrupt_digits),
    "finished run": Bad(RUN, "holds a finished run", finished_run),
    "resume of a finished run": Bad((*RUN, "--resume"), "holds a finished run", finished_run),
    "unfinished run": Bad(RUN, "holds an unfinished run", unfinished_run),
    "resume with another config": Bad((*RUN, "--resume", "--config.seed=7"), "--resume: seed differ", unfinished_run),
    "resume and overwrite": Bad((*RUN, "--resume", "--overwrite"), "exclude each other", unfinished_run),
    "bad value and overwrite": Bad((*RUN, "--overwrite", "--config.model.widths=0"), "model.widths", finished_run),
    "other files": Bad((*RUN, "--overwrite"), "holds other files (thesis.tex)", other_files),
    "out is a file": Bad((*RUN, "--overwrite"), "is a file; it must be a folder", a_file),
    "out below a file": Bad((*RUN, "--out={out}/deeper"), "out/deeper", a_file),
}


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> tuple[Path, Ended]:
    """The folder that a smoke run left, and how it ended."""
    folder = tmp_path_factory.mktemp("good")
    return folder / "out", run(folder, RUN)


@pytest.fixture(scope="module")
def ended(good, tmp_path_factory) -> dict[str, Ended]:
    """How each bad input ended. Each is a process of its own, most of whose time goes into imports, so two at once."""

    def end(name: str) -> Ended:
        folder = tmp_path_factory.getbasetemp() / name.replace(" ", "_")
        folder.mkdir()
        BAD[name].before(folder, good[0])
        return run(folder, BAD[name].arguments)

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(BAD, pool.map(end, BAD), strict=True))


@pytest.mark.parametrize("name", BAD)
def test_bad_input_ends_with_one_line_that_names_it_and_code_2(ended, name):
    assert (ended[name].code, ended[name].stdout) in [(2, ""), (2, downloads(ended[name].stdout))]
    assert ended[name].stderr.startswith("error: ")
    assert len(ended[name].stderr.splitlines()) == 1
    assert BAD[name].words.lower() in ended[name].stderr.lower()


def downloads(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if line.startswith("Downloading data from"))


@pytest.mark.parametrize("name", BAD)
def test_bad_input_changes_nothing(ended, name):
    assert ended[name].after == ended[name].before


def test_a_run_leaves_its_four_files_and_no_checkpoint(good):
    folder, ended = good
    assert ended.code == 0
    assert sorted(path.name for path in folder.iterdir()) == LEFT


def test_a_run_without_progress_says_nothing_on_stderr(good):
    assert good[1].stderr == ""


def test_a_run_prints_its_claims_and_where_its_results_are(good):
    folder, ended = good
    assert "omnigrok/fig2b/1" in ended.stdout
    assert ended.stdout.splitlines()[-1].endswith(f"{folder}/")


def test_the_config_that_a_run_leaves_says_what_it_may_depend_on(good):
    record = json.loads((good[0] / "config.json").read_text())
    assert record["config"]["training"]["steps"] == 20
    assert set(record["versions"]) >= {"python", "jax", "flax", "optax", "numpy", "xarray"}
    assert record["git_revision"] is None or len(record["git_revision"].rstrip("+")) == 40
    assert 0 < record["compile_seconds"] < record["wall_seconds"]


def test_the_results_open_with_xarray_and_have_units(good):
    dataset = xr.load_dataset(good[0] / "results.nc")
    assert dataset.sizes["model.init_scale"] == 2
    assert int(dataset["step"][-1]) == 20
    for variable in (*dataset.data_vars.values(), dataset["step"]):
        assert variable.attrs["units"]
        assert variable.attrs["long_name"]


def test_the_figure_is_a_picture(good):
    assert (good[0] / "figure.png").read_bytes().startswith(b"\x89PNG")


def test_the_claims_are_judged(good):
    verdicts = json.loads((good[0] / "claims.json").read_text())
    assert {verdict["verdict"] for verdict in verdicts} == {"not measured"}  # 20 steps of 2 seeds decide nothing


def test_overwrite_replaces_the_results_and_keeps_other_files(good, tmp_path):
    finished_run(tmp_path, good[0])
    (tmp_path / "out" / "notes.txt").write_text("mine")
    ended = run(tmp_path, (*RUN, "--overwrite", "--config.model.seed=1"))
    assert ended.code == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted([*LEFT, "notes.txt"])
    assert json.loads(ended.after["out/config.json"])["config"]["model"]["seed"] == 1
    assert ended.after["out/results.nc"] != ended.before["out/results.nc"]
