"""The example of a task of one's own, as its reader runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_example_prints_test_accuracy_that_rises_from_chance_to_almost_one():
    command = [sys.executable, "examples/own_task.py"]
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    rows = [line.split() for line in ended.stdout.splitlines()[2:]]
    steps, *accuracies = zip(*(map(float, row) for row in rows), strict=True)
    assert steps[0] == 0
    assert len(accuracies) == 2  # one column for each initial scale
    for accuracy in accuracies:
        assert accuracy[0] == pytest.approx(0.5, abs=0.1)
        assert accuracy[-1] > 0.95
