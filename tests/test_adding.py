"""The page on adding a task, a method, a probe and a figure: each is one short diff, and does what it says."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grok_jax import load

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "adding.md").read_text("utf-8")
DIFFS = re.findall(r"```diff\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = [text.replace("\\\n", " ") for text in re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)]
COPIED = ("grok_jax", "configs", "experiments")


def applied(folder):
    """A copy of the code with all of the changes."""
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for diff in DIFFS:
        subprocess.run(["git", "apply", "-"], input=diff.encode(), cwd=folder, check=True)
    return folder


def test_each_change_has_fewer_than_60_lines_and_applies(tmp_path):
    assert len(DIFFS) == len(COMMANDS) == 4
    for diff in DIFFS:
        changed = [line for line in diff.splitlines() if line.startswith(("+", "-")) and line[:3] not in ("+++", "---")]
        assert len(changed) < 60
    applied(tmp_path)


@pytest.mark.slow
def test_the_commands_of_the_page_run_after_its_changes(tmp_path):
    folder = applied(tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(folder), "JAX_PLATFORMS": "cpu"}
    for command in COMMANDS:
        _, *arguments = shlex.split(command)
        ended = subprocess.run(
            [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True
        )
        assert ended.returncode == 0, ended.stderr
    assert {"train_confidence", "test_confidence"} <= set(load(folder / "results/confidence"))
    assert (folder / "results/fig13/omnigrok/fig13_clusters/claims.json").exists()
