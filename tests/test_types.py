"""What a type checker says of code that uses the library."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MINE = """
import grok_jax as gj

class Mine(gj.Task):
    bits: int = gj.static(20, "signs")

reveal_type(Mine(bits=3).bits)
Mine(bit=3)
gj.Training(steps=10, record=5)
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """The lines of mypy on the file above."""
    folder = tmp_path_factory.mktemp("types")
    (folder / "mine.py").write_text(MINE, "utf-8")
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), "mine.py"]
    ended = subprocess.run(command, cwd=folder, env={"MYPYPATH": str(ROOT)}, capture_output=True, text=True)
    return [line for line in ended.stdout.splitlines() if line.startswith("mine.py")]


@pytest.mark.slow
def test_a_type_checker_knows_the_type_of_a_field_of_your_own(said):
    assert any('Revealed type is "int"' in line for line in said), said


@pytest.mark.slow
def test_a_type_checker_finds_a_misspelled_field_of_your_own_task_and_of_the_library(said):
    assert [line.partition(";")[0] for line in said if "error" in line] == [
        'mine.py:8: error: Unexpected keyword argument "bit" for "Mine"',
        'mine.py:9: error: Unexpected keyword argument "record" for "Training"',
    ]
