"""How the page shows one claim: its verdict, the seeds behind it, its numbers, and why."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from configs.presets import PRESETS
from grok_jax.analysis.claims import MINIMUM_SEEDS, NOT_MEASURED, VERDICTS, show_value
from grok_jax.training.grid import parse_grid

Entry = Mapping[str, Any]
SHARE = re.compile(r"(\d+) of (\d+)(?: \((.*) to (.*)\))?")
FEW = re.compile(r"only \d+ decided, and a verdict needs \d+")  # words of a note that the page puts beside the seeds


class Shown(NamedTuple):
    """A claim's outcome in words."""

    verdict: str
    seeds: str  # such as "4 of 4 seeds (60 to 100%)"
    numbers: list[tuple[str, str]]  # name and value
    why: list[str]


def shown(claim: Mapping[str, Any], runs: int) -> Shown:
    """Returns how the page shows a claim of evidence.json.

    Args:
      claim: one of an entry's claims.
      runs: how many seeds the entry has.
    """
    measured = claim["measured"]
    numbers = dict(measured) if isinstance(measured, Mapping) else {"": measured}
    found = SHARE.fullmatch(str(numbers.pop("seeds", "")))
    why = [claim["finding"]] if claim["finding"] else []
    why += [part for part in claim["note"].split("; ") if part and not FEW.fullmatch(part)]
    verdict, seeds = verdict_of(claim), ""
    if found:
        showing, deciding, *ends = found.groups()
        seeds = f"{showing} of {deciding} seeds"
        if ends[0]:
            seeds += " ({:.0%} to {:.0%})".format(*map(float, ends))
        if int(deciding) < MINIMUM_SEEDS:
            seeds = f"{deciding} of {max(runs, int(deciding))} seeds can tell, {MINIMUM_SEEDS} needed"
    elif claim["verdict"] != verdict:
        why.append(f"the number of seeds behind it is not known, {MINIMUM_SEEDS} needed")
    values = [(name, show_value(value)) for name, value in numbers.items() if value != ""]
    return Shown(verdict, seeds, values, why)


def verdict_of(claim: Mapping[str, Any]) -> str:
    """Returns a claim's verdict: "not measured" unless MINIMUM_SEEDS seeds or more decided it."""
    measured = claim["measured"]
    found = SHARE.fullmatch(str(measured.get("seeds", ""))) if isinstance(measured, Mapping) else None
    return claim["verdict"] if found and int(found[2]) >= MINIMUM_SEEDS else NOT_MEASURED


def seeds_of(entry: Entry) -> int:
    """Returns how many seeds the runs of an entry have."""
    sizes = {axis.name: len(axis.values) for axis in parse_grid(entry["config"].get("grid", ""))}
    return sizes.get("seed", 1)


def counts(entries: Iterable[Entry], *, own: bool) -> dict[str, int]:
    """Returns the number of claims with each verdict, of the papers' claims or of our own."""
    found = [verdict_of(claim) for entry in entries for claim in entry["claims"] if claim["own"] == own]
    return {verdict: found.count(verdict) for verdict in VERDICTS}


def table(entries: Sequence[Entry]) -> list[dict[str, str | int]]:
    """Returns the claims as rows of a table, one for each claim and preset."""
    rows = []
    for entry in entries:
        for claim in entry["claims"]:
            outcome = shown(claim, seeds_of(entry))
            rows.append(
                {
                    "claim": claim["id"],
                    "preset": entry["preset"],
                    "whose": "ours" if claim["own"] else "the paper's",
                    "verdict": outcome.verdict,
                    "seeds": outcome.seeds,
                    "what it says": claim["claim"],
                    "paper": claim["paper"],
                    "measured": "; ".join(f"{name} {value}".strip() for name, value in outcome.numbers),
                    "why": "; ".join(outcome.why),
                    **{field: entry[field] for field in ("device", "date", "revision", "seconds")},
                }
            )
    return rows


def presets_of(entries: Sequence[Entry]) -> list[str]:
    """Returns the presets of some entries, the smallest first."""
    return sorted({entry["preset"] for entry in entries}, key=PRESETS.index)
