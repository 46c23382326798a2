"""A signal ends a command at once, wherever it comes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NUMBERS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
BEGINNING = "import gc, signal; from experiments.interruption import leave_at_signals; leave_at_signals(); "
# As in the foreground of a terminal: what is started in the background, or by nohup, ignores some of them.
HEEDED = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
HEEDED += "signal.signal(signal.SIGHUP, signal.SIG_DFL); "


def ended(code: str, **streams: int) -> subprocess.CompletedProcess:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    return subprocess.run([sys.executable, "-c", HEEDED + BEGINNING + code], cwd=ROOT, text=True, timeout=60, **pipes)


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number.name)
def test_in_a_callback_whose_exceptions_are_ignored(number):
    signaled = f"gc.callbacks.append(lambda *args: signal.raise_signal({int(number)})); gc.collect(); print('went on')"
    process = ended(signaled)
    assert (process.returncode, process.stdout, process.stderr) == (128 + number, "", "interrupted\n")


def test_where_everything_is_caught():
    code = f"""
try:
    signal.raise_signal({int(signal.SIGTERM)})
except BaseException:
    pass
print('went on')"""
    assert ended(code).stdout == ""


def test_what_was_printed_is_not_lost():
    assert ended(f"print('printed'); signal.raise_signal({int(signal.SIGTERM)})").stdout == "printed\n"


def test_with_its_code_where_the_terminal_is_gone():
    reading, writing = os.pipe()
    os.close(reading)
    try:
        process = ended(f"signal.raise_signal({int(signal.SIGHUP)})", stderr=writing)
    finally:
        os.close(writing)
    assert process.returncode == 129


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number.name)
def test_not_where_it_is_ignored(number):
    code = f"signal.signal({int(number)}, signal.SIG_IGN); leave_at_signals(); signal.raise_signal({int(number)})"
    assert ended(code).returncode == 0
