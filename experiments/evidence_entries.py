"""The entries of evidence.json, one for each figure and preset: gathered from results, kept, and shown."""

import datetime
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ml_collections import ConfigDict

from experiments import evidence_table, figures
from experiments.catalogue import all_figures, paper_of
from experiments.check_pictures import check_curves, ratios
from experiments.checks import compare
from experiments.settings import chosen_fields, preset_config, setting_of
from grok_jax import results
from grok_jax.analysis.claims import as_json, judge

PRESETS = ("quick", "paper")
DPI = 72  # the pictures are kept in the repository


def read(file: Path) -> dict[str, dict[str, Any]]:
    """The entries of evidence.json by figure and preset; none where it does not exist."""
    return json.loads(file.read_text("utf-8")) if file.exists() else {}


def write(out: Path, entries: Mapping[str, Mapping[str, Any]]) -> None:
    """Writes evidence.json, and what is drawn from it."""
    entries = as_json({key: entries[key] for key in sorted(entries, key=_in_order)})
    (out / "evidence").mkdir(parents=True, exist_ok=True)
    text = json.dumps(entries, indent=1, ensure_ascii=False, allow_nan=False)
    (out / "evidence.json").write_text(text + "\n", "utf-8")
    (out / "evidence.md").write_text(page(entries), "utf-8")
    for paper in dict.fromkeys(map(paper_of, all_figures())):
        rows = evidence_table.compared_rows([e for e in entries.values() if paper_of(e["figure"]) == paper])
        if rows:
            picture = ratios(rows, f"{paper}: ours over the authors' numbers")
            picture.savefig(out / "evidence" / f"{paper}.png", dpi=DPI)


def page(entries: Mapping[str, Mapping[str, Any]]) -> str:
    """evidence.md."""
    return evidence_table.page(entries, sorted(all_figures(), key=_in_order))


def gather(folder: Path, date: str = "") -> tuple[dict[str, Any], str]:
    """What a finished figure has measured, judged by its claims of today.

    Args:
      folder: where it is.
      date: of results that do not say theirs; "" takes that of the file.

    Returns:
      The entry, and why there is none.
    """
    record = json.loads((folder / "config.json").read_text("utf-8"))
    figure = record["config"].get("figure", "")
    if figure not in all_figures():
        return {}, f"passed over: {figure!r} is no figure of the catalogue"
    others = {preset: setting_of(record["config"], figure, preset)[1] for preset in PRESETS}
    preset = min(others, key=lambda preset: len(others[preset]))
    if others[preset]:
        return {}, f"passed over: of another {', '.join(others[preset][:4])} than {preset}"
    figure_of = figures.figure_of(ConfigDict(record["config"]))
    dataset = results.load_dataset(folder)
    made = record.get("date") or date or _day_of(folder / "results.nc")
    return {
        "figure": figure,
        "preset": preset,
        "config": chosen_fields(record["config"]),
        "device": record["devices"],
        "date": made[:10],
        "revision": record["git_revision"],
        "jax": record["versions"]["jax"],
        "seconds": round(float(dataset.attrs["wall_seconds"])),
        "claims": judge(figure_of.claims, dataset),
        "remark": figure_of.remark,
        "checks": compare(figure_of.checks, dataset, preset_config(figure, "paper")),
    }, ""


def write_curves(out: Path, folder: Path, entry: Mapping[str, Any]) -> None:
    """Writes the picture of a figure's check values, of those whose curves the page shows."""
    name = evidence_table.curves_picture(entry)
    if name:
        (out / "evidence").mkdir(parents=True, exist_ok=True)
        checks = figures.figure_of(ConfigDict({"figure": entry["figure"]})).checks
        picture = check_curves(checks, entry["checks"], results.load_dataset(folder))
        picture.savefig(out / name, dpi=DPI)


def _day_of(file: Path) -> str:
    return datetime.datetime.fromtimestamp(file.stat().st_mtime, datetime.UTC).date().isoformat()


def _in_order(key: str) -> list[tuple[int, str]]:
    """Sorts fig2 before fig10."""
    return [(int(part or 0), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", key)]
