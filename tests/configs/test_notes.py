"""What the notes of a figure's config say of its claims is what its recorded run found."""

import ast
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RECORDED = json.loads((ROOT / "docs" / "evidence.json").read_text("utf-8"))
TABLE = re.compile(r"^\| claim \| measured \((\w+).*\n\|.*\n((?:\|.*\n?)+)", re.MULTILINE)


def noted(figure: str) -> tuple[str, dict[str, str]]:
    """The preset of the table of claims in a config's notes, and claim number -> verdict; ("", {}) without a table."""
    notes = ast.get_docstring(ast.parse((ROOT / "configs" / f"{figure}.py").read_text("utf-8")))
    found = TABLE.search(notes)
    if not found:
        return "", {}
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in found[2].splitlines()]
    return found[1], {first.split()[0]: verdict for first, _, verdict in rows if verdict}


def recorded(figure: str, preset: str) -> dict[str, str]:
    """Claim number -> the verdict of a recorded run as notes write it, such as "holds, 3 of 3"."""
    verdicts = {}
    for claim in RECORDED[f"{figure} {preset}"]["claims"]:
        judged = claim["verdict"] != "not measured"
        counted = ", " + re.match(r"\d+ of \d+", claim["measured"]["seeds"])[0] if judged else ""
        verdicts[claim["id"].rpartition("/")[2]] = claim["verdict"] + counted
    return verdicts


NOTES = {figure: noted(figure) for figure in sorted({entry["figure"] for entry in RECORDED.values()})}
COMPARED = [figure for figure, (preset, _) in NOTES.items() if f"{figure} {preset}" in RECORDED]


@pytest.mark.parametrize("figure", COMPARED)
def test_the_verdicts_in_the_notes_of_a_config_are_those_of_its_recorded_run(figure):
    preset, verdicts = NOTES[figure]
    assert verdicts == recorded(figure, preset)


def test_the_notes_of_every_recorded_figure_have_a_recorded_verdict():
    assert [figure for figure in NOTES if figure not in COMPARED] == []
