"""Process groups of JAX: each process trains a shard, the first merges; when one dies, the others end."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import xarray as xr

from grok_jax import results

ROOT = Path(__file__).parents[2]
PATIENCE = 300  # seconds until a process is given up
FIGURE = "--config=configs/lazy_to_rich/fig2_modular_mlp.py:smoke"  # two programs of 8 runs
STEPS = "--config.training.steps=20000"  # a few seconds, so that there is something to kill
OFTEN = "--config.execution.checkpoint_seconds=0"
LINE = "Terminating process because the JAX distributed service detected fatal errors"


def command(*arguments):
    line = [sys.executable, "-m", "experiments.run", *arguments, "--noprogress"]
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    return subprocess.Popen(line, cwd=ROOT, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def free_port():
    with socket.socket() as own:
        own.bind(("localhost", 0))
        return own.getsockname()[1]


def answers(port):
    with socket.socket() as own:
        return own.connect_ex(("localhost", port)) == 0


def group(out, *arguments):
    """The two processes of a group."""
    where = f"--coordinator=localhost:{free_port()}"
    ours = ["--distributed", where, "--num_processes=2", f"--out={out}", *arguments]
    return [command(FIGURE, *ours, f"--process_id={number}") for number in range(2)]


def ended(process):
    printed, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    return printed


def values(folder):
    return results.load_dataset(folder).drop_attrs(deep=False).drop_vars("device", errors="ignore")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of the figure made at once."""
    out = tmp_path_factory.mktemp("whole") / "whole"
    ended(command(FIGURE, STEPS, f"--out={out}"))
    return out


@pytest.mark.slow
@pytest.mark.parametrize("victim", [0, 1])
def test_when_a_process_is_killed_the_other_ends_and_both_go_on_when_started_again(whole, tmp_path, victim):
    processes = group(tmp_path / "out", STEPS, OFTEN)
    deadline = time.monotonic() + PATIENCE
    while not list((tmp_path / "out").glob(f"shards/{victim + 1}/checkpoint/*/*/seal_*.json")):
        assert processes[victim].poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    processes[victim].send_signal(signal.SIGKILL)
    processes[victim].communicate()
    survivor = processes[1 - victim]
    _, errors = survivor.communicate(timeout=PATIENCE)
    assert survivor.returncode == -signal.SIGABRT
    assert LINE in errors
    first, second = [ended(process) for process in group(tmp_path / "out", STEPS, OFTEN)]
    assert f"results, picture and claims are in {tmp_path / 'out'}/" in first
    assert second == f"shard 2/2 is in {tmp_path / 'out' / 'shards' / '2'}/\n" or "already finished" in second
    xr.testing.assert_identical(values(tmp_path / "out"), values(whole))
    names = ("figure.png", "claims.json")
    assert [(tmp_path / "out" / name).read_bytes() for name in names] == [(whole / name).read_bytes() for name in names]


@pytest.mark.slow
def test_a_figure_that_is_there_is_left_as_it_is(whole):
    before = {path: path.read_bytes() for path in whole.iterdir() if path.is_file()}
    assert [ended(process) for process in group(whole, STEPS)] == [f"{whole}/ is already finished\n"] * 2
    assert {path: path.read_bytes() for path in whole.iterdir() if path.is_file()} == before


@pytest.mark.slow
def test_a_process_that_fails_ends_at_once_with_its_line_and_so_does_the_other(tmp_path):
    (tmp_path / "shards" / "2").mkdir(parents=True)
    (tmp_path / "shards" / "2" / "mine.txt").touch()
    first, second = group(tmp_path, STEPS)
    assert second.communicate(timeout=PATIENCE)[1] == (
        f"error: --out={tmp_path / 'shards' / '2'} holds other files (mine.txt); give a new or empty folder\n"
    )
    assert second.returncode == 2
    assert LINE in first.communicate(timeout=PATIENCE)[1]
    assert first.returncode == -signal.SIGABRT


@pytest.mark.slow
@pytest.mark.usefixtures("heeded")
def test_a_process_that_waits_for_the_others_ends_at_ctrl_c(tmp_path):
    port = free_port()
    ours = ["--distributed", f"--coordinator=localhost:{port}", "--num_processes=2", "--process_id=0"]
    waiting, deadline = command(FIGURE, *ours, f"--out={tmp_path}"), time.monotonic() + PATIENCE
    while not answers(port):
        assert waiting.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)
    waiting.send_signal(signal.SIGINT)
    waiting.communicate(timeout=PATIENCE)
    assert waiting.returncode == -signal.SIGINT


SENSELESS = {
    ("--process_id=0",): "--process_id belong to --distributed; give it too",
    ("--launcher=local", "--shards=2", "--process_id=0"): "--process_id belong to --distributed; give it too",
    (
        "--distributed",
        "--shard=1/2",
    ): "--distributed takes its shard from the group and goes on by itself; leave out --shard",
    ("--distributed", "--resume", "--keep_params=last"): "leave out --keep_params, --resume",
    ("--distributed",): "coordinator_address should be defined; outside Slurm",
    ("--distributed", "--coordinator=node"): "--coordinator=node; it must be <host>:<port>, such as node1:1234",
    ("--distributed", "--coordinator=node:99999"): "--coordinator=node:99999; it must be <host>:<port>",
    ("--distributed", "--coordinator=a:1", "--num_processes=2", "--process_id=2"): "process_id=2, num_processes=2",
}


@pytest.fixture(scope="module")
def refused(forked, tmp_path_factory):
    """How each command without sense ended: its code and its lines of errors."""
    folder = tmp_path_factory.mktemp("refused")
    files = [(folder / f"{number}.out", folder / f"{number}.err") for number in range(len(SENSELESS))]
    cases = [
        ("experiments.run", [FIGURE, f"--out={folder / 'out'}", *words], {}, *map(str, own))
        for words, own in zip(SENSELESS, files, strict=True)
    ]
    codes = forked(cases)
    errors = [own[1].read_text().splitlines() for own in files]
    assert not (folder / "out").exists()
    return dict(zip(SENSELESS, zip(codes, errors, strict=True), strict=True))


@pytest.mark.parametrize("words", SENSELESS)
def test_flags_without_sense_are_refused_in_one_line(refused, words):
    code, errors = refused[words]
    assert code == 2
    assert len(errors) == 1
    assert SENSELESS[words] in errors[0]
