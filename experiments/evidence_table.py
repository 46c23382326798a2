"""The page of evidence: a table of claims for each paper, from the entries of evidence.json."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from experiments.catalogue import figure_id, paper_of
from grok_jax.analysis.claims import FAILS, MIXED, count_verdicts, show_value

Entry = Mapping[str, Any]
MOST_NUMBERS = 5  # of a claim that are shown; all are in evidence.json

HEAD = """# Evidence

What every figure has measured, claim by claim. This page is written by `python -m experiments.evidence` from
[evidence.json](evidence.json), which has every number; do not edit it by hand.

A claim about single runs *holds* where at least 4 in 5 of the seeds that decide it show it, *does not hold* below half,
and is *mixed* between; the share comes with its 90% interval (Wilson). Numbers are medians over seeds. What a claim
says has the paper's statement and the limits that decide it; limits that the paper does not give are ours and were
fixed before the run, or its config says when. "Own" claims are this project's, not the paper's, and counted apart. Each
claim that does not hold has a finding.
"""


def page(entries: Mapping[str, Entry], catalogue: Sequence[str]) -> str:
    """The page as Markdown.

    Args:
      entries: of evidence.json, in their order.
      catalogue: every figure there is; those without an entry are listed.
    """
    papers = list(dict.fromkeys(paper_of(figure) for figure in catalogue))
    every = [HEAD, _totals(entries.values()), *(_paper(paper, entries) for paper in papers)]
    return "\n".join([*every, *_missing(entries, catalogue)])


def _totals(entries: Sequence[Entry]) -> str:
    lines = [f"| preset | figures | {' | '.join(('claims',))} |", "|---|---|---|"]
    for preset in dict.fromkeys(entry["preset"] for entry in entries):
        chosen = [entry for entry in entries if entry["preset"] == preset]
        verdicts = [verdict for entry in chosen for verdict in entry["claims"]]
        lines.append(f"| {preset} | {len(chosen)} | {count_verdicts(verdicts)} |")
    return "\n".join([*lines, ""])


def _paper(paper: str, entries: Mapping[str, Entry]) -> str:
    chosen = [entry for entry in entries.values() if paper_of(entry["figure"]) == paper]
    lines = [f"## {paper}", "", _totals(chosen)]
    lines += ["| claim | what it says | verdict | seeds | measured | run |", "|---|---|---|---|---|---|"]
    for entry in chosen:
        lines += [_row(verdict, entry) for verdict in entry["claims"]]
    return "\n".join([*lines, ""])


def _row(verdict: Mapping[str, Any], entry: Entry) -> str:
    measured = verdict["measured"]
    numbers = dict(measured) if isinstance(measured, Mapping) else {"": measured}
    share = numbers.pop("seeds", "")
    shown = "; ".join(f"{name} {show_value(value)}".strip() for name, value in list(numbers.items())[:MOST_NUMBERS])
    more = "; ..." if len(numbers) > MOST_NUMBERS else ""
    says = ("own: " if verdict["own"] else "") + verdict["claim"]
    remarks = [("Note", verdict["note"]), ("**Finding**", verdict.get("finding", ""))]
    tail = "".join(f"<br>{kind}: {_cell(text)}" for kind, text in remarks if text)
    bold = "**" if verdict["verdict"] in (FAILS, MIXED) else ""
    number = verdict["id"].partition("/")[2]
    cells = [number, _cell(says) + tail, f"{bold}{verdict['verdict']}{bold}", share, _cell(shown + more), _run(entry)]
    return f"| {' | '.join(cells)} |"


def _run(entry: Entry) -> str:
    preset = entry["preset"] + (f" ({entry['setting']})" if entry["setting"] else "")
    device = re.sub(r"^1 x ", "", entry["device"]).replace("cpu", "CPU")
    return f"{preset}, {device}, {entry['date']}, {entry['revision'][:7]}"


def _missing(entries: Mapping[str, Entry], catalogue: Sequence[str]) -> list[str]:
    measured = {entry["figure"] for entry in entries.values()}
    missing = [figure_id(figure) for figure in catalogue if figure not in measured]
    if not missing:
        return []
    return ["## Not measured yet", "", f"No results at today's settings were gathered of {', '.join(missing)}.", ""]


def _cell(text: str) -> str:
    """Text that Markdown leaves as it is, in a cell of a table."""
    return re.sub(r"([|*\[\]])", r"\\\1", " ".join(text.split())).replace("<", "&lt;")
