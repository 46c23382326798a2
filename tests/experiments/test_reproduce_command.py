"""The real command that reproduces figures."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def reproduce(out, *arguments):
    command = [sys.executable, "-m", "experiments.reproduce", f"--out={out}", "--noprogress", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)


@pytest.mark.slow
def test_a_figure_is_made_kept_on_resume_and_not_passed_off_as_another_preset(tmp_path):
    smoke = ("--preset=smoke", "--only=lazy_to_rich/fig2")
    first = reproduce(tmp_path, *smoke)
    assert first.returncode == 0, first.stderr
    assert "lazy_to_rich/fig2/1" in first.stdout
    page = (tmp_path / "index.html").read_text("utf-8")
    assert 'src="pictures/lazy_to_rich_fig2_smoke.webp"' in page
    assert 'id="lazy_to_rich-fig2-1"' in page

    again = reproduce(tmp_path, *smoke, "--resume")
    assert "already finished" in again.stdout

    other = reproduce(tmp_path, "--preset=quick", "--only=lazy_to_rich/fig2", "--resume")
    assert other.returncode == 2
    assert other.stderr.count("\n") == 1
    assert "was made with a different" in other.stderr


def test_a_word_that_names_no_figure_is_one_line_and_leaves_nothing(tmp_path):
    ended = reproduce(tmp_path / "out", "--only=lazy_to_rich/fig99")
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert "matches no figure" in ended.stderr
    assert not (tmp_path / "out").exists()
