"""Commands in processes that share their imports."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 300  # seconds until the processes are given up

# Most of a short process is imports, so all bad input shares them: each still is `python -m <module>` in a
# process of its own, forked where all is imported and nothing done (before its first array JAX has no threads).
STARTER = """
import json, os, runpy, sys
import experiments.figures

for module, arguments, environment, output, errors in json.load(sys.stdin):
    child = os.fork()
    if child == 0:
        os.environ.update(environment)
        os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT), 1)
        os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT), 2)
        sys.argv = [module.replace(".", "/") + ".py", *arguments]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        sys.exit()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture
def heeded():
    """Lets the processes of a test heed signals that those started in the background, or by nohup, ignore."""
    numbers = (signal.SIGINT, signal.SIGHUP)
    earlier = [signal.signal(number, signal.default_int_handler) for number in numbers]  # a program has the default
    yield
    for number, handler in zip(numbers, earlier, strict=True):
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def forked() -> Callable[[list[tuple]], list[int]]:
    """A function: (module, arguments, environment, file of stdout, file of stderr) of commands -> their exit codes."""

    def run(cases: list[tuple]) -> list[int]:
        process = subprocess.run(
            [sys.executable, "-c", STARTER],
            cwd=ROOT,
            env={**os.environ, "JAX_PLATFORMS": "cpu"},
            input=json.dumps(cases),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert process.returncode == 0, process.stderr
        return [int(code) for code in process.stdout.split()]

    return run
