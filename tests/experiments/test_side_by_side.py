"""Figures that are made at the same time, each in a process of its own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import xarray as xr

from experiments import side_by_side
from grok_jax.errors import UserError

ROOT = Path(__file__).parents[2]
CHEAP = ("lazy_to_rich/fig8", "omnigrok/fig2b")
WAYS = {"resume": False, "overwrite": False}

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2, reason="jobs need CPU cores to share"
)


def reproduce(out, *arguments):
    command = [sys.executable, "-m", "experiments.reproduce", "--preset=smoke", f"--out={out}", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def replace_jobs(monkeypatch, script):
    """Makes each job run a script of its own in place of a figure."""
    plain = subprocess.Popen
    monkeypatch.setattr(
        side_by_side.subprocess, "Popen", lambda command, **ways: plain([sys.executable, "-c", script], **ways)
    )


def test_each_job_has_cores_of_its_own():
    first, second = side_by_side.shares(2)
    assert first
    assert second
    assert sorted(first + second) == sorted(psutil.Process().cpu_affinity())


@pytest.mark.parametrize(("jobs", "words"), [(0, "1 or above"), (10**6, "each job needs a CPU core")])
def test_a_number_of_jobs_that_the_cores_do_not_allow_is_one_line(jobs, words):
    with pytest.raises(UserError, match=words):
        side_by_side.shares(jobs)


def test_jobs_that_would_share_an_accelerator_are_one_line(monkeypatch):
    monkeypatch.setattr(side_by_side.jax, "default_backend", lambda: "gpu")
    with pytest.raises(UserError, match="here JAX uses a gpu; give --jobs=1"):
        side_by_side.shares(2)


def test_figures_begin_with_those_never_recorded_and_go_on_from_the_longest(monkeypatch):
    recorded = {"short quick": {"seconds": 5}, "long quick": {"seconds": 50}, "short paper": {"seconds": 500}}
    monkeypatch.setattr(side_by_side.evidence_entries, "read", lambda file: recorded)
    assert side_by_side.longest_first(["short", "long", "new"], "quick") == ["new", "long", "short"]


def test_the_line_of_a_figure_that_fails_names_it_and_no_other_figure_begins(tmp_path, monkeypatch, capsys):
    replace_jobs(monkeypatch, "import sys; print('a warning', file=sys.stderr); sys.exit('error: no room')")
    with pytest.raises(UserError, match=r"^paper/fig1: no room$"):
        side_by_side.make(["paper/fig1", "paper/fig2", "paper/fig3"], "quick", tmp_path, 1, **WAYS)
    assert capsys.readouterr().out == ""


def test_a_figure_whose_process_is_killed_says_so_and_not_what_it_last_printed(tmp_path, monkeypatch):
    script = (
        "import os, signal, sys; print('a warning', file=sys.stderr, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    replace_jobs(monkeypatch, script)
    with pytest.raises(UserError, match=r"^paper/fig1: ended by signal 9$"):
        side_by_side.make(["paper/fig1"], "quick", tmp_path, 1, **WAYS)


def test_each_of_two_figures_that_fail_has_its_line(tmp_path, monkeypatch):
    replace_jobs(monkeypatch, "import sys; sys.exit('error: no room')")
    with pytest.raises(UserError, match=r"^paper/fig\d: no room; paper/fig\d: no room$"):
        side_by_side.make(["paper/fig1", "paper/fig2"], "quick", tmp_path, 2, **WAYS)


@pytest.mark.slow
def test_figures_made_side_by_side_are_those_made_one_by_one(tmp_path):
    for folder, jobs in (("one", 1), ("two", 2)):
        process = reproduce(tmp_path / folder, f"--only={','.join(CHEAP)}", f"--jobs={jobs}", "--noprogress")
        printed, errors = process.communicate(timeout=600)
        assert process.returncode == 0, errors
        assert "everything on one page" in printed
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("results.nc"))
    assert len(files) == len(CHEAP)
    for file in files:
        one, two = (xr.load_dataset(tmp_path / folder / file) for folder in ("one", "two"))
        xr.testing.assert_identical(one.drop_attrs(), two.drop_attrs())
    again = reproduce(tmp_path / "two", f"--only={','.join(CHEAP)}", "--jobs=2", "--resume")
    assert "2 of 2 figures are already finished" in again.communicate(timeout=300)[0]


@pytest.mark.slow
def test_a_command_told_to_stop_stops_its_jobs_too(tmp_path, heeded):
    del heeded
    process = reproduce(tmp_path, f"--only={','.join(CHEAP)}", "--jobs=2")
    begun: list[psutil.Process] = []
    while not begun and process.poll() is None:
        time.sleep(0.2)
        begun = [each for each in psutil.Process(process.pid).children() if "experiments.run" in each.cmdline()]
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 128 + signal.SIGTERM
    assert "continue with --resume" in errors
    assert not [each for each in begun if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]
