"""The command that prints what there is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.catalogue import all_figures
from grok_jax.training.naming import REGISTRIES

ROOT = Path(__file__).parents[2]


def printed(*arguments, code=0):
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "experiments.list", *arguments]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert ended.returncode == code, ended.stderr
    return ended.stdout if code == 0 else ended.stderr


def test_everything_is_named():
    words = printed()
    for name in (*all_figures(), *(name for registry in REGISTRIES.values() for name in registry), "brier", "kernel"):
        assert name in words


@pytest.mark.slow
def test_each_field_is_told_with_its_kind_default_limits_and_meaning():
    (line,) = [line for line in printed("--of=training").splitlines() if line.startswith("shrink_to")]
    assert line.split()[:3] == ["shrink_to", "traced", "None"]
    assert "above 0 and at most 1" in line
    assert line.endswith("share of the rows trained on from that step on")
    assert "init_scale" in printed("--of=model:mlp")
    assert "chunk_runs" in printed("--of=execution")
    assert "kernel_alignment" in printed("--of=metric")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("models", "available: task, model"),
        ("model:mpl", "there are committee"),
        ("loss:mse", "has no fields"),
    ],
)
def test_what_is_not_there_is_one_line(asked, words):
    said = printed(f"--of={asked}", code=2)
    assert words in said
    assert len(said.splitlines()) == 1
