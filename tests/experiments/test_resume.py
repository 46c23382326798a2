"""A process that is killed without warning, and the one that goes on with its work."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

ROOT = Path(__file__).parents[2]
CONFIG = (
    "--config=configs/grid.py:task=teacher_student",
    "--config.grid=model.init_scale=1, 2; seed=range(2)",
    "--config.model.widths=(20,)",
    "--config.training.batch_size=30",
    "--config.execution.chunk_runs=2",
    "--config.execution.checkpoint_seconds=0.2",
    "--noprogress",
)
PATIENCE = 240  # seconds until a process that does nothing is given up
MARK = 42.0  # no run is that far from its start
FEW_STEPS, MANY_STEPS = 50_000, 3_200_000  # a few seconds of training; too long for any machine to miss


def start(out: Path, steps: int, *further: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "experiments.run", *CONFIG, f"--config.training.steps={steps}", f"--out={out}"]
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    return subprocess.Popen([*command, *further], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)


def finish(out: Path, steps: int, *further: str) -> xr.Dataset:
    process = start(out, steps, *further)
    errors = process.communicate(timeout=PATIENCE)[1]
    assert (process.returncode, errors) == (0, "")
    return xr.load_dataset(out / "results.nc")


def saved_steps(out: Path) -> list[int]:
    """Steps of the checkpoints that are complete; orbax gives one its name when it is."""
    names = [path.name.removeprefix("step_") for path in out.glob("checkpoint/*/*/step_*")]
    return [int(name) for name in names if name.isdigit()]


def kill_in_the_middle(out: Path, steps: int) -> bool:
    """Kills a run as soon as it has saved a checkpoint; False where it had finished before that was seen."""
    process = start(out, steps)
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and not saved_steps(out):
        assert time.monotonic() < deadline, "no checkpoint within the time"
        time.sleep(0.01)
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
            return out, steps
        steps *= 4
        assert steps <= MANY_STEPS, "every run had finished before it could be killed"


@pytest.fixture(scope="module")
def resumed(killed) -> tuple[Path, xr.Dataset]:
    """The killed run's folder and results after --resume. What its checkpoint had recorded of step 0 is marked."""
    out, steps = killed
    assert not (out / "results.nc").exists()
    for path in out.glob("checkpoint/*/*/records*.npz"):
        with np.load(path) as file:
            records = dict(file)
        records["relative_distance"][:, 0] = MARK
        np.savez(path, **records)
    return out, finish(out, steps, "--resume")


def test_a_killed_run_that_is_resumed_gives_bitwise_the_results_of_an_uninterrupted_one(killed, resumed, tmp_path):
    uninterrupted = finish(tmp_path / "out", killed[1])
    assert uninterrupted["train_loss"].notnull().all()
    ours, theirs = (dataset.drop_vars("relative_distance") for dataset in (resumed[1], uninterrupted))
    ours.attrs, theirs.attrs = {}, {}  # the times
    xr.testing.assert_identical(ours, theirs)


def test_a_resumed_run_goes_on_from_its_checkpoint(resumed):
    assert MARK in resumed[1]["relative_distance"].isel(step=0).values


def test_a_resumed_run_leaves_what_an_uninterrupted_one_does(resumed):
    out, _ = resumed
    assert sorted(path.name for path in out.iterdir()) == ["claims.json", "config.json", "figure.png", "results.nc"]
    assert "wall_seconds" in json.loads((out / "config.json").read_text())
