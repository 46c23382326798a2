"""The real command that gathers the table of evidence."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def gather(*arguments):
    command = [sys.executable, "-m", "experiments.evidence", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


def test_a_folder_that_is_not_there_is_one_line_and_leaves_nothing(tmp_path):
    ended = gather(f"--results={tmp_path / 'none'}", f"--out={tmp_path / 'out'}")
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert "is no folder" in ended.stderr
    assert not (tmp_path / "out").exists()


def test_without_results_the_page_is_made_of_what_was_kept(tmp_path):
    (tmp_path / "evidence.json").write_bytes((ROOT / "docs" / "evidence.json").read_bytes())
    ended = gather(f"--out={tmp_path}")
    assert ended.returncode == 0, ended.stderr
    for name in ("evidence.json", "evidence.md"):
        assert (tmp_path / name).read_text("utf-8") == (ROOT / "docs" / name).read_text("utf-8")
