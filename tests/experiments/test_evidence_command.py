"""The real command that gathers the table of evidence."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from experiments import evidence_entries
from experiments.settings import preset_config
from grok_jax import results

ROOT = Path(__file__).parents[2]
# What is wrong -> the flags, with {base} for the folder of all cases, and words of the one line.
BAD = {
    "no such folder": (["--results={base}/none"], "/none is not a folder"),
    "no results below": (["--results={base}/empty"], "/empty and its subfolders have no results.nc"),
    "nothing to write from": ([], "has no evidence.json to make the table from"),
    "no date": (["--date=today", "--results={base}/other"], "--date=today is not a date"),
    "no config.json": (["--results={base}/bare"], "bare/config.json is missing or damaged"),
    "a damaged folder behind a whole one": (["--results={base}/other,{base}/bare"], "bare/config.json is missing"),
}


def gather(*arguments):
    command = [sys.executable, "-m", "experiments.evidence", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def refused(forked, tmp_path_factory):
    """The folder in which each bad case had out/<case> to write to, and left <case>.stderr."""
    base = tmp_path_factory.mktemp("refused")
    for name in ("empty", "bare", "other"):
        (base / name).mkdir()
    results.begin(base / "other", preset_config("lazy_to_rich/fig4_loss_decomposition", "smoke").to_dict())
    for name in ("bare", "other"):
        (base / name / "results.nc").write_bytes(b"none")
    cases = []
    for name, (arguments, _) in BAD.items():
        given = [argument.format(base=base) for argument in arguments]
        flags = [*given, f"--out={base / 'out' / name}"]
        cases.append(("experiments.evidence", flags, {}, os.devnull, f"{base / name}.stderr"))
    assert forked(cases) == [2] * len(cases)
    return base


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_leaves_nothing(refused, case):
    (line,) = (refused / f"{case}.stderr").read_text("utf-8").splitlines()
    assert BAD[case][1] in line
    assert not (refused / "out").exists()


def test_a_damaged_table_is_one_line_and_stays_as_it_is(tmp_path):
    whole = (ROOT / "docs" / "evidence.json").read_text("utf-8")
    (tmp_path / "evidence.json").write_text(whole[:5000], "utf-8")
    ended = gather(f"--out={tmp_path}")
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert [file.name for file in tmp_path.iterdir()] == ["evidence.json"]
    assert (tmp_path / "evidence.json").read_text("utf-8") == whole[:5000]


def test_without_results_the_page_is_made_of_what_was_kept(tmp_path):
    kept = json.loads((ROOT / "docs" / "evidence.json").read_text("utf-8"))
    (tmp_path / "evidence.json").write_text(json.dumps(kept), "utf-8")
    ended = gather(f"--out={tmp_path}")
    assert ended.returncode == 0, ended.stderr
    assert json.loads((tmp_path / "evidence.json").read_text("utf-8")) == kept
    assert (tmp_path / "evidence.md").read_text("utf-8") == evidence_entries.page(kept, tmp_path)
    assert not list(tmp_path.rglob("*.partial"))
