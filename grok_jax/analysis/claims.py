"""What a figure of a paper says, measured on results and judged: holds, does not hold, not measured."""

import json
import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Real

from grok_jax.analysis.seeds import fraction_of_seeds, median_of_seeds

Value = float | int | str
MINIMUM_SEEDS = 3  # Training is chaotic: a statement about fewer runs than this is an anecdote.
VERDICTS = {True: "holds", False: "does not hold", None: "not measured"}
WIDTH = 120  # columns of the table


class NotMeasured(Exception):
    """The results at hand cannot decide a claim; the message says why and becomes the claim's note."""


class Measured(NamedTuple):
    """What was found, whether the claim holds (None: not measured), and what a reader must know about it."""

    value: Value | Mapping[str, Value]
    holds: bool | None
    note: str = ""


class Claim(NamedTuple):
    """One statement of a figure."""

    id: str  # <paper>/<figure>/<number>
    text: str  # with the numbers that decide it
    paper: str  # what the paper has, in its words or numbers
    measure: Callable[[xr.Dataset], Measured]  # may raise NotMeasured


def judge(claims: Sequence[Claim], ds: xr.Dataset) -> list[dict[str, Any]]:
    """Measures every claim on the results of its figure.

    Returns:
      For each claim {"id", "claim", "paper", "measured", "verdict", "note"}.
    """
    return [_judge(claim, ds) for claim in claims]


def _judge(claim: Claim, ds: xr.Dataset) -> dict[str, Any]:
    try:
        measured = claim.measure(ds)
    except NotMeasured as reason:
        measured = Measured("", None, str(reason))
    value = dict(measured.value) if isinstance(measured.value, Mapping) else measured.value
    return {
        "id": claim.id,
        "claim": claim.text,
        "paper": claim.paper,
        "measured": value,
        "verdict": VERDICTS[measured.holds],
        "note": measured.note,
    }


def over_seeds(
    holds: Bool[xr.DataArray, "..."],
    values: Mapping[str, Real[xr.DataArray, "..."]],
    decided: Bool[xr.DataArray, "..."] | None = None,
    note: str = "",
) -> Measured:
    """Judges a statement about single runs by the majority of seeds.

    Args:
      holds: whether it holds in each run, along 'seed'.
      values: numbers behind it, in each run; their medians are reported.
      decided: whether a run was long enough to say; where not, `holds` is not looked at. None: all of them.
      note: for the reader.

    Returns:
      Measured, its value the medians and "k of n" seeds; holds None below MINIMUM_SEEDS seeds, and
      where undecided runs could turn the majority.

    Raises:
      NotMeasured: an axis besides 'seed'.
    """
    decided = xr.ones_like(holds) if decided is None else decided
    holds, decided = (
        flag.squeeze([d for d in flag.dims if d != "seed" and flag.sizes[d] == 1], drop=True)
        for flag in xr.broadcast(holds & decided, decided)
    )
    further = [str(d) for d in holds.dims if d != "seed"]
    if further:
        raise NotMeasured(f"the results have the further axes {', '.join(further)}")
    seeds, count, open_seeds = int(holds.size), int(holds.sum()), int((~decided).sum())
    medians = {name: float(median_of_seeds(x).median.squeeze()) for name, x in values.items()}
    missing = max((int(x.isnull().sum()) for x in values.values()), default=0)

    notes = [note] if note else []
    if open_seeds:
        notes.append(f"{open_seeds} of {seeds} seeds undecided within the budget")
    if missing:
        notes.append(f"no value in {missing} of {seeds} seeds (diverged, ended early or level not reached)")
    verdict = _majority(holds, decided)
    if seeds < MINIMUM_SEEDS:
        verdict = None
        notes.append(f"{seeds} of the {MINIMUM_SEEDS} seeds that a verdict takes")
    return Measured({**medians, "seeds": f"{count} of {seeds}"}, verdict, "; ".join(notes))


def _majority(holds: xr.DataArray, decided: xr.DataArray) -> bool | None:
    if fraction_of_seeds(holds) > 0.5:
        return True
    return None if fraction_of_seeds(holds | ~decided) > 0.5 else False


def save_claims(path: str | Path, verdicts: Sequence[Mapping[str, Any]]) -> None:
    """Writes verdicts as JSON: inf becomes "never", NaN becomes null."""
    partial = Path(f"{path}.partial")  # so that the file is there whole or not at all
    partial.write_text(json.dumps(_plain(verdicts), indent=2, ensure_ascii=False, allow_nan=False) + "\n", "utf-8")
    partial.replace(path)


def _plain(value: Any) -> Any:
    """The same with Python's own numbers, and with words where JSON has no number."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "never"
    return value


def format_claims(verdicts: Sequence[Mapping[str, Any]]) -> str:
    """A table of verdicts for a terminal of 120 columns, each note under its row, and a line of totals."""
    titles = {"id": "claim", "verdict": "verdict", "claim": "what it says", "paper": "paper", "measured": "measured"}
    names = max([len(titles["id"]), *(len(v["id"]) for v in verdicts)])
    fixed, gap = names + len("does not hold"), 2
    room = WIDTH - fixed - 4 * gap
    widths = [names, len("does not hold"), room * 2 // 5, room * 3 // 10, room - room * 2 // 5 - room * 3 // 10]
    lines = [_row(list(titles.values()), widths, gap), "-" * WIDTH]
    for verdict in verdicts:
        lines.append(_row([show_value(verdict[key]) for key in titles], widths, gap))
        if verdict["note"]:
            indent = " " * (fixed + 2 * gap)
            lines.append(
                textwrap.fill(f"note: {verdict['note']}", WIDTH, initial_indent=indent, subsequent_indent=indent)
            )
    counts = [sum(v["verdict"] == name for v in verdicts) for name in VERDICTS.values()]
    return "\n".join([*lines, "-" * WIDTH, "{} hold, {} do not hold, {} not measured".format(*counts)])


def _row(cells: list[str], widths: list[int], gap: int) -> str:
    columns = [textwrap.wrap(cell, width) or [""] for cell, width in zip(cells, widths, strict=True)]
    height = max(map(len, columns))
    padded = [
        [line.ljust(width) for line in column + [""] * (height - len(column))]
        for column, width in zip(columns, widths, strict=True)
    ]
    return "\n".join((" " * gap).join(line).rstrip() for line in zip(*padded, strict=True))


def show_value(value: Any) -> str:
    """A measured value for a reader: four digits at most, "never" for inf, "-" for none."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {show_value(item)}" for key, item in value.items())
    if isinstance(value, str):
        return value
    if value is None or math.isnan(value):  # None: read back from a file of claims.
        return "-"
    if math.isinf(value):
        return "never"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
