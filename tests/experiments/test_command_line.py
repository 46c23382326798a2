"""The real command line in processes of its own: what good input leaves, and that bad input leaves nothing."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import xarray as xr

from experiments.command import how_to_go_on

ROOT = Path(__file__).parents[2]
FIGURE = "configs/omnigrok/fig2b_teacher_student.py"
RUN = (f"--config={FIGURE}:smoke", "--config.training.steps=20", "--out={out}", "--noprogress")
MNIST = "--config=configs/omnigrok/fig3d_mnist_grokking.py:paper"
PATIENCE = 300  # seconds until a process is given up
LEFT = ["claims.json", "config.json", "figure.png", "results.nc"]


class Ended(NamedTuple):
    """How a process ended, and every file and folder of its own before and after."""

    code: int
    stderr: str
    before: dict[str, bytes | None]
    after: dict[str, bytes | None]


class Bad(NamedTuple):
    """Input that cannot be used: its arguments, the words its line must hold, and what lies in its folder before."""

    arguments: tuple[str, ...]
    words: str
    before: Callable[[Path, Path], None] = lambda folder, finished: None  # makes folder/out, from a finished run


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    """The command in a process of its own, as a user starts it."""
    command = [sys.executable, "-m", "experiments.run", *filled(arguments, folder)]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment(folder)}, capture_output=True, text=True, timeout=PATIENCE
    )


def filled(arguments: tuple[str, ...], folder: Path) -> list[str]:
    """The arguments with {folder} and {out} replaced by the case's own."""
    return [argument.format(folder=folder, out=folder / "out") for argument in arguments]


def environment(folder: Path) -> dict[str, str]:
    nowhere = "http://127.0.0.1:9"  # no download gets through
    surroundings = {  # as a notebook's !python -m and a bare terminal hand on
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        **{"PYTHONIOENCODING": "ascii", "LC_ALL": "POSIX", "PYTHONUTF8": "0"},
    }
    return surroundings | {
        "JAX_PLATFORMS": "cpu",
        "GROK_JAX_DATA": f"{folder}/data",
        "http_proxy": nowhere,
        "https_proxy": nowhere,
    }


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
    def write(folder: Path, finished: Path) -> None:
        (folder / "mine.py").write_text(text)

    return write


def corrupt_digits(folder: Path, finished: Path) -> None:
    (folder / "data" / "mnist").mkdir(parents=True)
    (folder / "data" / "mnist" / "train-images-idx3-ubyte.gz").write_bytes(b"half a downlo")


def no_digits(folder: Path, finished: Path) -> None:
    (folder / "data" / "mnist").mkdir(parents=True)


MINE = ("--config={folder}/mine.py", "--out={out}")
BAD = {
    "unknown flag": Bad((*RUN, "--stpes=3"), "unknown command line flag 'stpes'"),
    "positional argument": Bad((*RUN, "extra"), "'extra' is not a flag"),
    "no --config": Bad(("--out={out}",), "--config must have a value"),
    "no such config file": Bad(
        ("--config=configs/nope.py", "--config.seed=1", "--out={out}"), "nope.py: the file does not exist"
    ),
    "config file with a syntax error": Bad(MINE, "mine.py, line 1", config_file("def get_config(:\n")),
    "config file with a bug": Bad(MINE, "name 'nope' is not defined", config_file("def get_config():\n  nope\n")),
    "config file without get_config": Bad(MINE, "no function get_config", config_file("seed = 0\n")),
    "unknown preset": Bad((f"--config={FIGURE}:smok", "--out={out}"), "there are smoke, quick, paper"),
    "misspelled field": Bad((*RUN, "--config.model.init_scael=2"), "--config.model.init_scael is not a field"),
    "field without a name": Bad((*RUN, "--config.=3"), "--config. is not a field; available:"),
    "field of another type": Bad((*RUN, "--config.training.steps=abc"), "--config.training.steps=abc"),
    "more rows than the data": Bad(
        ("--config=configs/grid.py:task=mnist", "--config.task.train_size=6000", "--out={out}"),
        "task.train_size is 6000",
    ),
    "negative width": Bad((*RUN, "--config.model.widths=(-3,)"), "model.widths is (-3,)"),
    "override of an axis": Bad((*RUN, "--config.optimizer.weight_decay=1"), "is an axis of the grid"),
    "negative decay": Bad(
        (*RUN, "--config.grid=", "--config.optimizer.weight_decay=-1"), "optimizer.weight_decay is -1.0"
    ),
    "axis of a string": Bad((*RUN, "--config.grid=model.init_scale='a'"), "model.init_scale is 'a'"),
    "unknown axis": Bad((*RUN, "--config.grid=model.alpha=1, 2"), "grid axis 'model.alpha' is not a field"),
    "unreadable grid": Bad((*RUN, "--config.grid=model.init_scale=1,,2"), "values '1,,2'"),
    "missing data and no network": Bad((MNIST, "--out={out}"), "no download worked", no_digits),
    "corrupt data": Bad((MNIST, "--out={out}"), "train-images-idx3-ubyte.gz is corrupt", corrupt_digits),
    "finished run": Bad(RUN, "holds a finished run", finished_run),
    "unfinished run": Bad(RUN, "holds an unfinished run", unfinished_run),
    "resume with another config": Bad(
        (*RUN, "--resume", "--config.training.records=30"), "training.records differ", unfinished_run
    ),
    "resume and overwrite": Bad((*RUN, "--resume", "--overwrite"), "exclude each other", unfinished_run),
    "bad value and overwrite": Bad((*RUN, "--overwrite", "--config.model.widths=0"), "model.widths", finished_run),
    "other files": Bad((*RUN, "--overwrite"), "holds other files (thesis.tex)", other_files),
    "out is a file": Bad((*RUN, "--overwrite"), "is a file; it must be a folder", a_file),
    "out below a file": Bad((*RUN, "--out={out}/deeper"), "out/deeper", a_file),
    "config file that exits": Bad(MINE, "ends the process", config_file("def get_config():\n  raise SystemExit(3)\n")),
    "config file without a model": Bad(
        (*MINE, "--config.grid=seed=1,,2"),
        "values '1,,2'",
        config_file("from ml_collections import ConfigDict\nget_config = lambda: ConfigDict({'seed': 1})\n"),
    ),
    "config file with a section that is none": Bad(
        MINE,
        "model is 3; it must be a dict of fields",
        config_file("from ml_collections import ConfigDict\nget_config = lambda: ConfigDict({'model': 3})\n"),
    ),
    "config file with a grid that is a number": Bad(
        MINE,
        "the grid is 3; it must be text",
        config_file("from ml_collections import ConfigDict\nget_config = lambda: ConfigDict({'grid': 3})\n"),
    ),
    "config file with a grid that is a dict": Bad(
        MINE,
        "must be text such as 'seed=range(3)'",
        config_file(
            "from ml_collections import ConfigDict\nget_config = lambda: ConfigDict({'grid': {'seed': (1,)}})\n"
        ),
    ),
    "figure that is a command": Bad((*RUN, "--config.figure=reproduce"), "figure 'reproduce' does not exist"),
    "figure elsewhere": Bad((*RUN, "--config.figure=../configs/grid"), "figure '../configs/grid' does not exist"),
    "negative seconds": Bad((*RUN, "--config.execution.checkpoint_seconds=-1"), "checkpoint_seconds is -1.0"),
    "seconds that are not a number": Bad(
        (*RUN, "--config.execution.checkpoint_seconds=nan"), "checkpoint_seconds is nan"
    ),
    "a grid of very many values": Bad((*RUN, "--config.grid=seed=lin(0, 1, 10000000000)"), "10,000,000,000 values"),
    "no such flag file": Bad((*RUN, "--flagfile={folder}/nope"), "Unable to open flagfile"),
    "flag file with a misspelled field": Bad(
        (*RUN, "--flagfile={folder}/mine.py"), "is not a field", config_file("--config.model.widht=(5,)")
    ),
    "a shard beyond the last": Bad((*RUN, "--shard=5/4"), "shard is '5/4'; it must be i/n"),
    "a shard before the first": Bad((*RUN, "--shard=0/4"), "shard is '0/4'; it must be i/n"),
    "a shard without a number": Bad((*RUN, "--shard="), "shard is ''; it must be i/n"),
    "more shards than runs": Bad((*RUN, "--shard=1/13"), "shard 1/13: the grid has 12 runs"),
    "weights of a shard": Bad((*RUN, "--shard=1/2", "--keep_params=last"), "leave it out with --shard"),
    "a shard into a finished run": Bad(
        (*RUN, "--shard=1/2"), "holds a finished run, which differs: shard (was nothing, is 1/2)", finished_run
    ),
    "a shard into an unfinished run": Bad(
        (*RUN, "--shard=1/2"), "was started differently: shard (was nothing, is 1/2)", unfinished_run
    ),
    "jobs without a launcher": Bad((*RUN, "--shards=2"), "belong to --launcher"),
    "a partition without a launcher": Bad((*RUN, "--slurm.partition=gpu"), "belong to --launcher"),
    "a launcher without jobs": Bad((*RUN, "--launcher=local"), "--launcher needs --shards"),
    "a launcher of nothing": Bad((*RUN, "--launcher=kubernetes"), "should be one of <submitit|local>"),
    "a launcher that is to overwrite a shard": Bad(
        (*RUN, "--launcher=local", "--shards=2", "--shard=1/2", "--overwrite"),
        "--launcher does not take --shard, --overwrite",
        finished_run,
    ),
    "a parameter that no one can name": Bad((*RUN, "--slurm.=3"), "unknown command line flag 'slurm.'"),
    "a fraction of a step": Bad((*RUN, "--config.training.steps=2.5"), "it must be a whole number"),
}


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess]:
    """The folder that a smoke run left, and how it ended."""
    folder = tmp_path_factory.mktemp("good")
    return folder / "out", run(folder, *RUN)


@pytest.fixture(scope="module")
def ended(good, forked, tmp_path_factory) -> dict[str, Ended]:
    """How each bad input ended."""
    base = tmp_path_factory.mktemp("bad")
    folders = {name: base / name.replace(" ", "_") for name in BAD}
    for name, folder in folders.items():
        folder.mkdir()
        BAD[name].before(folder, good[0])
    before = {name: contents(folder) for name, folder in folders.items()}
    cases = [
        ("experiments.run", filled(BAD[name].arguments, folder), environment(folder), os.devnull, f"{folder}.stderr")
        for name, folder in folders.items()
    ]
    codes = dict(zip(BAD, forked(cases), strict=True))
    return {
        name: Ended(codes[name], Path(f"{folder}.stderr").read_text(), before[name], contents(folder))
        for name, folder in folders.items()
    }


@pytest.mark.parametrize("name", BAD)
def test_bad_input_ends_with_one_line_that_names_it_and_code_2(ended, name):
    assert ended[name].code == 2
    assert ended[name].stderr.startswith("error: ")
    assert len(ended[name].stderr.splitlines()) == 1
    assert BAD[name].words.lower() in ended[name].stderr.lower()


@pytest.mark.parametrize("name", BAD)
def test_bad_input_changes_nothing(ended, name):
    assert ended[name].after == ended[name].before


@pytest.mark.slow
@pytest.mark.parametrize("name", ["misspelled field", "negative width"])
def test_a_process_that_is_not_forked_ends_the_same(ended, tmp_path, name):
    process = run(tmp_path, *BAD[name].arguments)
    assert (process.returncode, process.stdout, process.stderr) == (2, "", ended[name].stderr)


def test_a_run_leaves_its_four_files_and_no_checkpoint(good):
    folder, ended = good
    assert ended.returncode == 0
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
    assert run(tmp_path, *RUN, "--overwrite", "--config.model.seed=1").returncode == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted([*LEFT, "notes.txt"])
    assert json.loads((tmp_path / "out" / "config.json").read_text())["config"]["model"]["seed"] == 1
    assert (tmp_path / "out" / "results.nc").read_bytes() != (good[0] / "results.nc").read_bytes()


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"resume", "overwrite"}, "continue with --resume (and without --overwrite)"),
        ({"overwrite"}, "start the same command again, without --overwrite"),
        (set(), "start the same command again"),
    ],
)
def test_a_command_that_was_stopped_names_no_flag_that_it_lacks(known, words):
    assert how_to_go_on(known) == words
