"""The real command that writes the report."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.settings import preset_config
from grok_jax import results

ROOT = Path(__file__).parents[2]
# What is wrong -> the flags, with {base} for the folder of all cases, and words of the one line.
BAD = {
    "no such folder": (["--results={base}/none"], "/none is not a folder"),
    "no results below": (["--results={base}/empty"], "/empty and its subfolders have no results.nc"),
    "no config.json": (["--results={base}/bare"], "bare/config.json is missing or damaged"),
    "no evidence": (["--evidence={base}/none.json"], "none.json does not exist or is empty"),
    "damaged evidence": (
        ["--evidence={base}/bad.json"],
        "bad.json, which must be unchanged since this command wrote it, fails",
    ),
    "out is a file": (["--out={base}/bad.json"], "bad.json is a file; it must be a folder"),
}


@pytest.fixture(scope="module")
def refused(forked, tmp_path_factory):
    """The folder in which each bad case had out/<case> to write to, and left <case>.stderr."""
    base = tmp_path_factory.mktemp("refused")
    for name in ("empty", "bare"):
        (base / name).mkdir()
    (base / "bare" / "results.nc").write_bytes(b"none")
    (base / "bad.json").write_text("{", "utf-8")
    cases = []
    for name, (arguments, _) in BAD.items():
        flags = [f"--out={base / 'out' / name}", *(argument.format(base=base) for argument in arguments)]
        cases.append(("experiments.report", flags, {}, os.devnull, f"{base / name}.stderr"))
    assert forked(cases) == [2] * len(cases)
    return base


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_leaves_nothing(refused, case):
    (line,) = (refused / f"{case}.stderr").read_text("utf-8").splitlines()
    assert BAD[case][1] in line
    assert not (refused / "out").exists()


def test_the_page_is_made_of_the_evidence_alone_and_unfinished_or_other_settings_are_passed_over(tmp_path):
    for preset in ("smoke", "quick"):
        config = preset_config("lazy_to_rich/fig4_loss_decomposition", preset)
        results.begin(tmp_path / preset, config.to_dict())
        (tmp_path / preset / "results.nc").write_bytes(b"none")
    command = [sys.executable, "-m", "experiments.report", f"--out={tmp_path / 'out'}", f"--results={tmp_path}"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stderr
    assert "smoke: skipped: not the settings of" in ended.stdout
    assert "quick: skipped: it has no figure.png yet" in ended.stdout
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["index.html", "report.html", "table.csv"]
