"""Every example, as its reader runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What the last lines of each must hold, beside that it ends well.
EXAMPLES = {
    "fork_and_warm_start": "optimizer.learning_rate",
    "own_everything": "equal: True",
    "own_loss": "loss.at_start",
    "own_task": "model.init_scale",
    "pure_functions": "its slope over the learning rate",
    "static_axes": "numbers share a program: 1\nwidths have one each: 2",
}


def printed(name):
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, f"examples/{name}.py"]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_every_example_is_run():
    assert sorted(path.stem for path in (ROOT / "examples").glob("*.py")) == sorted(EXAMPLES)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(EXAMPLES) - {"own_loss", "own_task", "pure_functions"}))
def test_an_example_prints_what_it_says(name):
    assert EXAMPLES[name] in printed(name)


@pytest.mark.slow
def test_the_task_of_one_s_own_is_learned_from_chance_to_almost_one():
    rows = [line.split() for line in printed("own_task").splitlines()[2:]]
    steps, *accuracies = zip(*(map(float, row) for row in rows), strict=True)
    assert steps[0] == 0
    assert len(accuracies) == 2  # one column for each initial scale
    for accuracy in accuracies:
        assert accuracy[0] == pytest.approx(0.5, abs=0.1)
        assert accuracy[-1] > 0.95


@pytest.mark.slow
def test_the_residual_is_solved_at_every_weight_of_the_start():
    last = printed("own_loss").splitlines()[-1].split()
    assert [float(value) for value in last[1:]] == pytest.approx([1, 1, 1], abs=0.1)


@pytest.mark.slow
def test_runs_mapped_by_hand_are_those_of_sweep():
    by_hand, by_sweep = (
        [float(value) for value in line.split("[")[1].rstrip("]").split()]
        for line in printed("pure_functions").splitlines()[:2]
    )
    assert by_hand == pytest.approx(by_sweep, rel=1e-4)
