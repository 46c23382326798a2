"""A process that ends before its work is done, killed or asked to, and the one that goes on with its work."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

ROOT = Path(__file__).parents[2]
CONFIG = "configs/grid.py:task=teacher_student"
FIELDS = (
    "--config.grid=model.init_scale=1, 2; seed=range(2)",
    "--config.model.widths=(20,)",
    "--config.training.batch_size=30",
    "--config.execution.chunk_runs=2",
    "--config.execution.checkpoint_seconds=0.2",
)
RARELY = "--config.execution.checkpoint_seconds=3600"
QUIET = "--noprogress"
PATIENCE = 240  # seconds until a process that does nothing is given up
MARK = 42.0  # no run is that far from its start
FEW_STEPS, MANY_STEPS = 15_000, 3_200_000  # a few seconds of training; too long for any machine to miss


def launch(*arguments: str, cwd: str = str(ROOT), **environment: str) -> subprocess.Popen:
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", **environment}
    command = [sys.executable, "-m", "experiments.run", *arguments]
    return subprocess.Popen(command, cwd=cwd, env=environment, stderr=subprocess.PIPE, text=True)


def start(out: Path, steps: int, *further: str, config: str = CONFIG, **environment: str) -> subprocess.Popen:
    fields = (*FIELDS, f"--config.training.steps={steps}")
    return launch(f"--config={config}", *fields, f"--out={out}", *further, **environment)


def finish(process: subprocess.Popen, out: Path) -> xr.Dataset:
    errors = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 0, errors
    # The kill may have come while it was saving.
    assert all("was not saved completely" in line for line in errors.splitlines()), errors
    return xr.load_dataset(out / "results.nc")


def wait_for(process: subprocess.Popen, found: Callable[[], object]) -> bool:
    """Waits until something is found; False where the process ended before."""
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and not found():
        assert time.monotonic() < deadline, "nothing within the time"
        time.sleep(0.01)
    return process.poll() is None


def without_times(dataset: xr.Dataset) -> xr.Dataset:
    return dataset.drop_attrs(deep=False)


def saved_steps(out: Path) -> list[int]:
    """Steps of the checkpoints that are complete: their seals are written last."""
    return [int(path.stem.removeprefix("seal_")) for path in out.glob("checkpoint/*/*/seal_*.json")]


def kill_in_the_middle(out: Path, steps: int) -> bool:
    """Kills a run as soon as it has saved a checkpoint; False where it had finished before that was seen."""
    process = start(out, steps, QUIET)
    wait_for(process, lambda: saved_steps(out))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL and bool(saved_steps(out))


@pytest.fixture(scope="module")
def killed(tmp_path_factory) -> tuple[Path, int]:
    """A folder with a checkpoint of a killed run, and the run's steps."""
    steps = FEW_STEPS
    while True:
        out = tmp_path_factory.mktemp("killed") / "out"
        if kill_in_the_middle(out, steps):
            shutil.copytree(out, out.with_name("as killed"))
            return out, steps
        steps *= 4
        assert steps <= MANY_STEPS, "every run had finished before it could be killed"


@pytest.fixture(scope="module")
def resumed(killed) -> tuple[Path, xr.Dataset]:
    """The killed run's folder and results after --resume. What its checkpoint had recorded of step 0 is marked."""
    out, steps = killed
    assert not (out / "results.nc").exists()
    for path in out.glob("checkpoint/*/*/records_*.npz"):
        with np.load(path) as file:
            records = dict(file)
        records["relative_distance"][:, 0] = MARK
        np.savez(path, **records)
        seal = path.with_name(path.name.replace("records", "seal")).with_suffix(".json")
        checksums = json.loads(seal.read_text())
        seal.write_text(json.dumps({**checksums, "records": hashlib.sha256(path.read_bytes()).hexdigest()}))
    return out, finish(start(out, steps, QUIET, "--resume"), out)


@pytest.fixture(scope="module")
def uninterrupted(killed, tmp_path_factory) -> xr.Dataset:
    """What the killed run gives where it is not killed."""
    out = tmp_path_factory.mktemp("uninterrupted") / "out"
    return finish(start(out, killed[1], QUIET), out)


def test_a_killed_run_that_is_resumed_gives_bitwise_the_results_of_an_uninterrupted_one(resumed, uninterrupted):
    assert uninterrupted["train_loss"].notnull().all()
    ours, theirs = (without_times(each).drop_vars("relative_distance") for each in (resumed[1], uninterrupted))
    xr.testing.assert_identical(ours, theirs)


def test_a_resumed_run_goes_on_from_its_checkpoint(resumed):
    assert MARK in resumed[1]["relative_distance"].isel(step=0).values


def test_a_resumed_run_leaves_what_an_uninterrupted_one_does(resumed):
    out, _ = resumed
    assert sorted(path.name for path in out.iterdir()) == ["claims.json", "config.json", "figure.png", "results.nc"]
    assert "wall_seconds" in json.loads((out / "config.json").read_text())


def test_a_resumed_run_says_what_both_starts_ran_under(resumed):
    record = json.loads((resumed[0] / "config.json").read_text())
    (again,) = record["resumed"]
    assert {"git_revision", "versions", "devices"} <= set(again)
    assert record["date"] <= again.pop("date")
    assert {name: record[name] for name in again} == again
    assert {"jax_enable_x64", "version of jax", "grok_jax's own source"} <= set(record["identity"])


# A config file is executed: this one lets the signal come in the midst of training, before the first save.
SIGNALED = """
import signal
from configs.grid import get_config as of_grid
from grok_jax.training import chunks

scalars, calls = chunks.scalars, []

def signaled(*args):
    calls.append(args)
    if len(calls) == 6:
        signal.raise_signal({number})
    return scalars(*args)

def get_config():
    chunks.scalars = signaled
    return of_grid("task=teacher_student")
"""


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(signal.SIGTERM, 143, id="TERM", marks=pytest.mark.slow),
        pytest.param(signal.SIGINT, 130, id="INT", marks=pytest.mark.slow),
        pytest.param(signal.SIGHUP, 129, id="HUP", marks=pytest.mark.slow),
    ],
)
def test_a_signal_saves_ends_in_one_line_and_resume_alone_gives_bitwise_the_same(
    number, code, killed, uninterrupted, heeded, tmp_path
):
    out, config = tmp_path / "out", tmp_path / "mine.py"
    config.write_text(SIGNALED.format(number=int(number)))
    process = start(out, killed[1], RARELY, QUIET, config=str(config))
    errors = process.communicate(timeout=PATIENCE)[1]
    assert errors == "\ninterrupted; continue with --resume (and without --overwrite)\n"
    assert (process.returncode, len(saved_steps(out))) == (code, 1)
    again = finish(launch("--resume", f"--out={out}", QUIET), out)
    xr.testing.assert_identical(without_times(again), without_times(uninterrupted))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=["INT", "TERM", "HUP"])
def test_a_signal_while_compiling_ends_in_one_line(number, heeded, tmp_path):
    process = start(tmp_path / "out", MANY_STEPS, JAX_ENABLE_COMPILATION_CACHE="false")
    told = ""
    while "compiling" not in told:
        told += process.stderr.read(1)
    process.send_signal(number)
    told += process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 128 + number
    assert "Traceback" not in told
    assert told.splitlines()[-1].startswith("interrupted; continue with --resume")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=["INT", "TERM", "HUP"])
def test_a_signal_while_importing_ends_in_one_line(number, heeded, tmp_path):
    (tmp_path / "jax.py").write_text(
        f"import signal, time\nsignal.raise_signal({int(number)})\ntime.sleep({PATIENCE})\n"
    )
    process = launch(PYTHONPATH=str(tmp_path))
    assert process.communicate(timeout=PATIENCE)[1] == "interrupted\n"
    assert process.returncode == 128 + number


def with_edited_loss(folder: Path) -> dict[str, str]:
    for name in ("grok_jax", "experiments", "configs"):
        shutil.copytree(ROOT / name, folder / name)
    losses = folder / "grok_jax" / "training" / "losses.py"
    losses.write_text(losses.read_text("utf-8") + "\nedited = 3\n", "utf-8")
    return {"cwd": str(folder), "PYTHONPATH": str(folder)}


def with_another_optax(folder: Path) -> dict[str, str]:
    (folder / "optax-0.0.1.dist-info").mkdir()
    (folder / "optax-0.0.1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: optax\nVersion: 0.0.1\n")
    return {"PYTHONPATH": str(folder)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda folder: {"JAX_ENABLE_X64": "1"}, "jax_enable_x64 (was False, is True)"),
        (lambda folder: {"JAX_DEFAULT_PRNG_IMPL": "rbg"}, "jax_default_prng_impl (was threefry2x32, is rbg)"),
        (with_another_optax, "version of optax (was "),
        (with_edited_loss, "grok_jax's own source"),
    ],
    ids=["x64", "keys", "version", "source"],
)
def test_a_run_begun_otherwise_is_refused_in_one_line_that_names_what_differs(change, named, killed, tmp_path):
    (tmp_path / "changed").mkdir()
    out = shutil.copytree(killed[0].with_name("as killed"), tmp_path / "out")
    process = launch("--resume", f"--out={out}", QUIET, **change(tmp_path / "changed"))
    errors = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 2, errors
    (line,) = errors.splitlines()
    assert line.startswith(f"error: the unfinished run in {out} was started differently: ")
    assert named in line
    assert saved_steps(out)
