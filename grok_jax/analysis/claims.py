"""Measures the claims of a paper's figure on results and judges them: holds, mixed, does not hold, not measured."""

import json
import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Real

from grok_jax.analysis.seeds import median_of_seeds, wilson
from grok_jax.files import whole_file

Value = float | int | str
MINIMUM_SEEDS = 3  # Training is chaotic: a claim about fewer runs than this is an anecdote.
VERDICTS = HOLDS, MIXED, FAILS, NOT_MEASURED = "holds", "mixed", "does not hold", "not measured"
MOST, HALF = 0.8, 0.5  # a claim holds from the first share of seeds on, and does not hold below the second
WIDTH = 120  # columns of the table


class NotMeasured(Exception):
    """These results cannot decide a claim; the message says why and becomes the claim's note."""


class Measured(NamedTuple):
    """A measured value, one of VERDICTS, and a note for the reader."""

    value: Value | Mapping[str, Value]
    verdict: str
    note: str = ""


class Claim(NamedTuple):
    """One claim of a figure."""

    id: str  # <paper>/<figure>/<number>
    text: str  # includes the numbers that decide it
    paper: str  # what the paper reports, in its words or numbers
    measure: Callable[[xr.Dataset], Measured]  # may raise NotMeasured
    own: bool = False  # whether the claim is ours, about an assumption of the paper
    finding: str = ""  # why the claim fails, or fails for some seeds, if known


def judge(claims: Sequence[Claim], ds: xr.Dataset) -> list[dict[str, Any]]:
    """Measures every claim on the results of its figure.

    Returns:
      For each claim {"id", "claim", "paper", "own", "measured", "verdict", "note", "finding"}. The finding is empty if
      the claim holds or is not measured.
    """
    return [_judge(claim, ds) for claim in claims]


def _judge(claim: Claim, ds: xr.Dataset) -> dict[str, Any]:
    try:
        measured = claim.measure(ds)
    except NotMeasured as reason:
        measured = Measured("", NOT_MEASURED, str(reason))
    value = dict(measured.value) if isinstance(measured.value, Mapping) else measured.value
    return {
        "id": claim.id,
        "claim": claim.text,
        "paper": claim.paper,
        "own": claim.own,
        "measured": value,
        "verdict": measured.verdict,
        "note": measured.note,
        "finding": claim.finding if measured.verdict in (MIXED, FAILS) else "",
    }


def over_seeds(
    holds: Bool[xr.DataArray, "..."],
    values: Mapping[str, Real[xr.DataArray, "..."]],
    decided: Bool[xr.DataArray, "..."] | None = None,
    note: str = "",
) -> Measured:
    """Judges a claim about single runs by the share of seeds in which it holds.

    Suppose n seeds decide the claim, and it holds in k of them. The claim holds if k / n >= MOST, does not hold if
    k / n < HALF, and is mixed in between. The share is reported with its Wilson interval; see seeds.share_of_seeds.

    Args:
      holds: whether the claim holds in each run, along 'seed'.
      values: the numbers behind it for each run; their medians are reported.
      decided: whether each run was long enough to decide; undecided runs are left out. None: all runs decide.
      note: a note for the reader.

    Returns:
      Measured, with the medians and "k of n (interval)" seeds as its value; not measured if fewer than MINIMUM_SEEDS
      seeds decide.

    Raises:
      NotMeasured: the results have an axis other than 'seed'.
    """
    decided = xr.ones_like(holds) if decided is None else decided
    holds, decided = (
        flag.squeeze([d for d in flag.dims if d != "seed" and flag.sizes[d] == 1], drop=True)
        for flag in xr.broadcast(holds & decided, decided)
    )
    further = [str(d) for d in holds.dims if d != "seed"]
    if further:
        raise NotMeasured(f"the results have axes besides seed: {', '.join(further)}")
    seeds, showing, deciding = int(holds.size), int(holds.sum()), int(decided.sum())
    medians = {name: float(median_of_seeds(x).median.squeeze()) for name, x in values.items()}
    missing = max((int(x.isnull().sum()) for x in values.values()), default=0)

    notes = [note] if note else []
    if deciding < seeds:
        notes.append(f"{seeds - deciding} of {seeds} seeds undecided within the budget")
    if missing:
        notes.append(f"no value in {missing} of {seeds} seeds (diverged, ended early or level not reached)")
    if deciding < MINIMUM_SEEDS:
        notes.append(f"only {deciding} decided, and a verdict needs {MINIMUM_SEEDS}")
    return Measured({**medians, "seeds": _share(showing, deciding)}, _verdict(showing, deciding), "; ".join(notes))


def _verdict(showing: int, deciding: int) -> str:
    if deciding < MINIMUM_SEEDS:
        return NOT_MEASURED
    share = showing / deciding
    return HOLDS if share >= MOST else MIXED if share >= HALF else FAILS


def _share(showing: int, deciding: int) -> str:
    if deciding == 0:
        return "0 of 0"
    low, high = wilson(showing, deciding)
    return f"{showing} of {deciding} ({low:.2f} to {high:.2f})"


def save_verdicts(path: str | Path, verdicts: Sequence[Mapping[str, Any]]) -> None:
    """Writes verdicts on claims or numbers as JSON; inf becomes "never", NaN becomes null."""
    text = json.dumps(as_json(verdicts), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    with whole_file(Path(path)) as partial:
        partial.write_text(text, "utf-8")


def as_json(value: Any) -> Any:
    """Converts NumPy numbers to Python's, and numbers that JSON lacks: inf becomes "never", NaN becomes None."""
    if isinstance(value, Mapping):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "never"
    return value


def format_claims(verdicts: Sequence[Mapping[str, Any]]) -> str:
    """A table of verdicts, 120 columns wide, with notes and findings below their rows and a line of totals."""
    titles = {"id": "claim", "verdict": "verdict", "claim": "what it says", "paper": "paper", "measured": "measured"}
    names = max([len(titles["id"]), *(len(v["id"]) for v in verdicts)])
    fixed, gap = names + len("does not hold"), 2
    room = WIDTH - fixed - 4 * gap
    widths = [names, len("does not hold"), room * 2 // 5, room * 3 // 10, room - room * 2 // 5 - room * 3 // 10]
    lines = [_row(list(titles.values()), widths, gap), "-" * WIDTH]
    for verdict in verdicts:
        shown = {**verdict, "paper": f"{'(ours) ' if verdict['own'] else ''}{verdict['paper']}"}
        lines.append(_row([show_value(shown[key]) for key in titles], widths, gap))
        indent = " " * (fixed + 2 * gap)
        for kind in ("note", "finding"):
            if text := verdict.get(kind):  # older claims files have no findings
                lines.append(textwrap.fill(f"{kind}: {text}", WIDTH, initial_indent=indent, subsequent_indent=indent))
    return "\n".join([*lines, "-" * WIDTH, count_verdicts(verdicts)])


def count_verdicts(verdicts: Sequence[Mapping[str, Any]]) -> str:
    """The number of claims with each verdict, in words; our own claims are counted separately."""
    papers, own = ([v for v in verdicts if v["own"] == kind] for kind in (False, True))
    return _counts(papers) + (f"; our own: {_counts(own)}" if own else "")


def _counts(verdicts: Sequence[Mapping[str, Any]]) -> str:
    counts = [sum(v["verdict"] == name for v in verdicts) for name in VERDICTS]
    return "{} hold, {} mixed, {} do not hold, {} not measured".format(*counts)


def _row(cells: list[str], widths: list[int], gap: int) -> str:
    columns = [textwrap.wrap(cell, width) or [""] for cell, width in zip(cells, widths, strict=True)]
    height = max(map(len, columns))
    padded = [
        [line.ljust(width) for line in column + [""] * (height - len(column))]
        for column, width in zip(columns, widths, strict=True)
    ]
    return "\n".join((" " * gap).join(line).rstrip() for line in zip(*padded, strict=True))


def show_value(value: Any) -> str:
    """Formats a measured value for a reader: six digits at most, "never" for inf, "-" for a missing value."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {show_value(item)}" for key, item in value.items())
    if isinstance(value, str):
        return value
    if value is None or math.isnan(value):  # None: read back from a claims file
        return "-"
    if math.isinf(value):
        return "never"
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e6 else f"{value:.3g}"
