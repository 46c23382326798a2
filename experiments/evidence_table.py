"""The evidence page: a table of claims for each paper, made from the entries of evidence.json."""

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from experiments.catalogue import figure_id, paper_of, run_name
from experiments.checks import AGREES, DIFFERS, NOT_COMPARED, SPREAD, WIDE, WIDENING
from experiments.report.papers import PAPERS
from experiments.settings import setting_of
from grok_jax.analysis.claims import FAILS, MIXED, count_verdicts, show_value

Entry = Mapping[str, Any]
MOST_NUMBERS = 5  # numbers per claim in the table; evidence.json has all of them

# The kinds of findings. Our own bugs are not among them: they are fixed, and the figure is run again.
KINDS = {
    "Paper": "the statement fails in the paper's own setting, or the paper shows less than it states",
    "Setting": "it depends on something that the paper does not state, or that we chose differently",
    "Scale": "our smaller runs differ from those of the paper's size",
    "Limit": "a limit that we chose decides, while the trend is mostly the paper's",
    "Open": "we do not know",
}
HEAD = f"""# Evidence

What each figure measured, claim by claim. `python -m experiments.evidence` writes this page from
[evidence.json](evidence.json), which holds every number. Do not edit the page by hand.

Most claims are about single runs, and every run is repeated with several seeds. A claim *holds* when at least 4 in 5
of the seeds show it, *does not hold* when fewer than half do, and is *mixed* in between. A seed does not count if its
run cannot tell, for example because it was too short. With fewer than three seeds that count, the claim is *not
measured*. The share of seeds comes with its 90% interval (Wilson). Measured numbers are medians over seeds.

Where the paper gives no limit, we chose one before the run. If we chose it later, the config says so; each claim's
number links to its config. Claims marked "own" are ours, not the paper's, and are counted separately.

Where a claim does not hold or is mixed, a finding says why, as far as we know. It begins with the kind of reason:

{chr(10).join(f"- **{kind}**: {text}." for kind, text in KINDS.items())}

The preset "paper" has the paper's settings, where it states them. The preset "quick" takes a few minutes on two cores
and is often smaller.
"""

CHECKS = f"""The authors' numbers come from one run of their code, or were read off a picture of that run. Ours come
from several seeds, with other random numbers. The two *agree* where the authors' number lies within the range of our
seeds, widened by a factor of {WIDENING:g} at both ends, and *differ* where it lies outside. If our range is wider than
{WIDE:g}-fold, agreement says little, and the table says "ours spread". Only results in the settings of today's paper
preset are compared. None of these numbers is a claim of the paper."""

CURVES = """The pictures show the authors' numbers (markers) over our curves. A thin line is one seed, a thick one their
median. The bar at a marker is the range in which the authors' number would agree. A few numbers belong to no curve and
are only in the table, and of some runs no curves were kept."""


def page(entries: Mapping[str, Entry], catalogue: Sequence[str], kept: Collection[str] = ()) -> str:
    """Returns the page as Markdown.

    Args:
      entries: the entries of evidence.json, in its order.
      catalogue: every available figure; the page lists those without an entry.
      kept: the pictures of curves that there are; see curves_picture.
    """
    there = dict.fromkeys(paper_of(figure) for figure in catalogue)
    papers = sorted(there, key=[*PAPERS, *there].index)
    every = [HEAD, _totals(entries.values()), *(_paper(paper, entries, kept) for paper in papers)]
    return "\n".join([*every, *_missing(entries, catalogue)])


def _totals(entries: Sequence[Entry]) -> str:
    lines = ["| preset | figures | claims |", "|---|---|---|"]
    for preset in dict.fromkeys(entry["preset"] for entry in entries):
        chosen = [entry for entry in entries if entry["preset"] == preset]
        verdicts = [verdict for entry in chosen for verdict in entry["claims"]]
        lines.append(f"| {preset} | {len(chosen)} | {count_verdicts(verdicts)} |")
    return "\n".join([*lines, ""])


def _paper(paper: str, entries: Mapping[str, Entry], kept: Collection[str]) -> str:
    chosen = [entry for entry in entries.values() if paper_of(entry["figure"]) == paper]
    lines = [f"## {paper}", "", _totals(chosen)]
    lines += ["| claim | what it says | verdict | seeds | measured | run |", "|---|---|---|---|---|---|"]
    for entry in chosen:
        run = _run(entry)
        lines += [_row(verdict, entry["figure"], run) for verdict in entry["claims"]]
    return "\n".join([*lines, "", *_checks(paper, chosen, kept)])


def curves_picture(entry: Entry) -> str:
    """Returns the path, relative to the page, of the picture of a figure's curves with the authors' numbers."""
    return f"evidence/{run_name(entry['figure'], entry['preset'])}.png"


def compared_rows(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Returns the check values that could be compared, with their figure and preset, and inf in place of "never"."""
    return [
        {**row, "figure": _short(entry), **{key: _number(row[key]) for key in ("low", "ours", "high")}}
        for entry in entries
        for row in entry["checks"]
        if row["verdict"] != NOT_COMPARED
    ]


def _checks(paper: str, chosen: Sequence[Entry], kept: Collection[str]) -> list[str]:
    rows = compared_rows(chosen)
    if not rows:
        return []
    agree, spread, differ = (sum(row["verdict"] == kind for row in rows) for kind in (AGREES, SPREAD, DIFFERS))
    counts = f"Of {len(rows)} numbers, {agree} agree with ours and {differ} differ; for {spread}, ours spread."
    lines = [f"### Check values of {paper}", "", CHECKS, "", counts, ""]
    lines += [f"![ours over the authors' numbers](evidence/{paper}.png)", ""]
    columns = ("figure", "number", "the authors'", "ours (range of the seeds)", "ratio", "verdict")
    lines += [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for row in rows:
        low, ours, high, ratio = map(show_value, (row["low"], row["ours"], row["high"], row["ours"] / row["theirs"]))
        bold = "**" if row["verdict"] == DIFFERS else ""
        cells = [row["figure"], _cell(row["check"]), show_value(row["theirs"]), f"{ours} ({low} to {high})", ratio]
        lines.append(f"| {' | '.join(cells)} | {bold}{row['verdict']}{bold} |")
    differing = {row["figure"] for row in rows if row["verdict"] == DIFFERS}
    remarks = {_short(entry): entry["remark"] for entry in chosen if _short(entry) in differing}
    lines += [line for name, text in remarks.items() if text for line in ("", f"Where {name} differs: {_cell(text)}")]
    shown = {_short(entry): curves_picture(entry) for entry in chosen if compared_rows([entry])}
    shown = {name: picture for name, picture in shown.items() if picture in kept}
    lines += ["", CURVES] if shown else []
    for name, picture in shown.items():
        lines += ["", f"{name}:", "", f"![the authors' numbers over our curves of {name}]({picture})"]
    left = [reason for entry in chosen for reason in _not_compared(entry)]
    return [*lines, "", *([f"Not compared: {'; '.join(left)}.", ""] if left else [])]


def _not_compared(entry: Entry) -> list[str]:
    notes = Counter(row["note"] for row in entry["checks"] if row["verdict"] == NOT_COMPARED)
    return [f"{count} of {_short(entry)} ({_cell(note)})" for note, count in notes.items()]


def _short(entry: Entry) -> str:
    """E.g. "fig1 quick"."""
    return f"{figure_id(entry['figure']).partition('/')[2]} {entry['preset']}"


def _number(value: float | str | None) -> float:
    """Converts a number of evidence.json: "never" becomes inf, null becomes NaN."""
    return math.inf if value == "never" else math.nan if value is None else float(value)


def _row(verdict: Mapping[str, Any], figure: str, run: str) -> str:
    measured = verdict["measured"]
    numbers = dict(measured) if isinstance(measured, Mapping) else {"": measured}
    share = numbers.pop("seeds", "")
    shown = "; ".join(f"{name} {show_value(value)}".strip() for name, value in list(numbers.items())[:MOST_NUMBERS])
    more = "; ..." if len(numbers) > MOST_NUMBERS else ""
    says = ("own: " if verdict["own"] else "") + verdict["claim"]
    remarks = [("Note", verdict["note"]), ("**Finding**", verdict.get("finding", ""))]
    tail = "".join(f"<br>{kind}: {_cell(text)}" for kind, text in remarks if text)
    bold = "**" if verdict["verdict"] in (FAILS, MIXED) else ""
    number = f"[{verdict['id'].partition('/')[2]}](../configs/{figure}.py)"
    cells = [number, _cell(says) + tail, f"{bold}{verdict['verdict']}{bold}", share, _cell(shown + more), run]
    return f"| {' | '.join(cells)} |"


def _run(entry: Entry) -> str:
    words, others = setting_of(entry["config"], entry["figure"], entry["preset"])
    told = f"{', '.join(others[:3])} changed since" if others else words
    preset = entry["preset"] + (f" ({told})" if told else "")
    device = re.sub(r"^1 x ", "", entry["device"]).replace("cpu", "CPU")
    return f"{preset}, {device}, {entry['date']}, {short_revision(entry['revision'])}"


def short_revision(revision: str | None) -> str:
    """Returns the first characters of a revision, with "+" if files had changed since."""
    return "unknown" if not revision else revision[:7] + "+" * revision.endswith("+")


def _missing(entries: Mapping[str, Entry], catalogue: Sequence[str]) -> list[str]:
    measured = {entry["figure"] for entry in entries.values()}
    missing = [figure_id(figure) for figure in catalogue if figure not in measured]
    if not missing:
        return []
    return ["## Not measured yet", "", f"There are no results in today's settings for {', '.join(missing)}.", ""]


def _cell(text: str) -> str:
    """Escapes text for a cell of a Markdown table."""
    return re.sub(r"([|*\[\]])", r"\\\1", " ".join(text.split())).replace("<", "&lt;")
