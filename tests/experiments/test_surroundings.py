"""Terminals, pipes, notebooks and variables that a command is started from."""

import io
import os
import runpy
import subprocess
import sys
import warnings
from pathlib import Path
from types import ModuleType

import pytest
from tqdm import tqdm

from experiments import command
from grok_jax.training import progress
from grok_jax.training.progress import Progress

ROOT = Path(__file__).parents[2]


def run(*arguments, stdout=subprocess.PIPE, **variables):
    """The command in a process of its own under these variables."""
    line = [sys.executable, "-m", "experiments.run", *arguments]
    environment = {**os.environ, **variables}
    return subprocess.run(
        line, cwd=ROOT, env=environment, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=300
    )


@pytest.mark.parametrize(
    ("encoding", "printed"),
    [("utf-8", "α é"), ("ascii", r"\u03b1 \xe9"), ("cp1252", r"\u03b1 é"), ("latin1", r"\u03b1 é")],
)
@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_letters_that_an_encoding_lacks_are_printed_by_their_number(name, encoding, printed, monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr(sys, name, io.TextIOWrapper(written, encoding))
    command.print_every_letter()
    print("α é", end="", file=getattr(sys, name), flush=True)
    assert written.getvalue().decode(encoding) == printed


def test_a_stream_that_is_no_file_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())  # as in a notebook
    command.print_every_letter()


def test_a_process_without_stderr_draws_no_bar(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)  # as 2>&- and pythonw have it
    bar = Progress(3, 1, shown=True)
    bar.advance(3)
    bar.close()


def shown_on_stderr(monkeypatch):
    """What a bar of 2 runs writes to a stderr that is no terminal."""
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    bar = Progress(100, 2, shown=True)
    bar.compiling(2)
    bar.training()
    bar.advance(100)
    bar.close()
    return sys.stderr.getvalue()


def test_a_log_has_a_line_for_each_state_of_the_bar(monkeypatch):
    text = shown_on_stderr(monkeypatch)
    assert "\r" not in text
    assert "compiling for 2 runs: 0% of 100 run-steps" in text
    assert text.splitlines()[-1].startswith("training 2 runs: 100% of 100 run-steps")


def test_a_notebook_shows_a_bar_that_moves(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    text = shown_on_stderr(monkeypatch)
    assert "\rtraining 2 runs: 100%|" in text


def test_a_notebook_without_widgets_gets_a_bar_without_a_warning(monkeypatch):
    shell = ModuleType("IPython")
    shell.get_ipython = type("ZMQInteractiveShell", (), {})
    for name, module in {"IPython": shell, "ipykernel.zmqshell": shell, "ipywidgets": None}.items():
        monkeypatch.setitem(sys.modules, name, module)
    for name in ("tqdm.auto", "tqdm.autonotebook", "tqdm.notebook"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        loaded = runpy.run_path(progress.__file__)
    assert seen == []
    assert issubclass(loaded["tqdm"], tqdm)


@pytest.mark.parametrize(("name", "value"), [("JAX_ENABLE_X64", "maybe"), ("JAX_NUM_CPU_DEVICES", "abc")])
def test_a_variable_that_jax_cannot_read_is_one_line(name, value):
    ended = run("--help", **{name: value})
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("error: ")
    assert len(ended.stderr.splitlines()) == 1
    assert value in ended.stderr


@pytest.mark.slow
def test_a_reader_that_leaves_is_no_traceback():
    read, write = os.pipe()
    os.close(read)  # as `| head` does when it has seen enough
    ended = run("--help", stdout=write)
    os.close(write)
    assert (ended.returncode, ended.stderr) == (141, "")


@pytest.mark.slow
def test_a_platform_without_its_plugin_is_one_line(tmp_path):
    ended = run("--config=configs/grid.py", f"--out={tmp_path / 'out'}", JAX_PLATFORMS="cuda")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("error: JAX has no devices (JAX_PLATFORMS=cuda): ")
    assert len(ended.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()
