"""Gathers, reads and writes the entries of evidence.json, one per figure and preset."""

import datetime
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xarray as xr
from matplotlib.figure import Figure
from ml_collections import ConfigDict
from PIL import Image

from experiments import evidence_table, figures
from experiments.catalogue import all_figures, paper_of
from experiments.check_pictures import check_curves, ratios
from experiments.checks import compare
from experiments.settings import chosen_fields, nearest_preset, preset_config
from grok_jax import results
from grok_jax.analysis.claims import as_json, judge
from grok_jax.errors import naming, require

RECORDED = {"config", "devices", "git_revision", "versions"}  # keys that config.json must have
DPI, COLORS = 76, 256  # a palette is half the size; the pictures are kept in the repository


def read(file: Path) -> dict[str, dict[str, Any]]:
    """Returns the entries of evidence.json by figure and preset; an empty dict if the file does not exist.

    Raises:
      UserError: the file is damaged.
    """
    if not file.exists():
        return {}
    with naming(f"reading {file}, which must be unchanged since this command wrote it,"):
        entries = json.loads(file.read_text("utf-8"))
        page(entries, file.parent)
    return entries


def write(out: Path, entries: Mapping[str, Mapping[str, Any]]) -> None:
    """Writes evidence.json, evidence.md, and the picture of each paper's ratios."""
    entries = as_json({key: entries[key] for key in sorted(entries, key=in_order)})
    text, markdown = json.dumps(entries, indent=1, ensure_ascii=False, allow_nan=False) + "\n", page(entries, out)
    (out / "evidence").mkdir(parents=True, exist_ok=True)
    results.write_whole(out / "evidence.json", lambda partial: partial.write_text(text, "utf-8"))
    results.write_whole(out / "evidence.md", lambda partial: partial.write_text(markdown, "utf-8"))
    for paper in dict.fromkeys(map(paper_of, all_figures())):
        rows = evidence_table.compared_rows([e for e in entries.values() if paper_of(e["figure"]) == paper])
        if rows:
            _put_picture(out / "evidence" / f"{paper}.png", ratios(rows, f"{paper}: ours over the authors' numbers"))


def page(entries: Mapping[str, Mapping[str, Any]], out: Path) -> str:
    """Returns the text of evidence.md, which shows the pictures of curves that are in the folder `out`."""
    kept = {f"evidence/{file.name}" for file in (out / "evidence").glob("*.png")}
    return evidence_table.page(entries, sorted(all_figures(), key=in_order), kept)


def finished_below(root: Path) -> list[Path]:
    """Returns the folders of finished runs in a folder, at any depth.

    Raises:
      UserError: it is not a folder, or there are none.
    """
    require(root.is_dir(), f"--results={root} is not a folder")
    folders = sorted(file.parent for file in root.rglob("results.nc"))
    require(folders, f"--results={root} and its subfolders have no results.nc")
    return folders


def figure_in(folder: Path) -> tuple[str, str, str]:
    """Returns which figure a folder holds, at which preset, and "".

    If the evidence has no place for it, returns "", "" and the reason.

    Raises:
      UserError: config.json is missing or damaged.
    """
    record = results.record_of(folder)
    require(
        record.keys() >= RECORDED,
        f"{folder / 'config.json'} is missing or damaged; --results must hold folders as runs wrote them",
    )
    if shard := results.shard_in(folder):
        return "", "", f"skipped: shard {shard} of a grid"
    figure = record["config"].get("figure", "")
    if figure not in all_figures():
        of = f"figure {figure!r} is not in the catalogue" if figure else "a custom grid, not a figure"
        return "", "", f"skipped: {of}"
    preset, others = nearest_preset(record["config"], figure)
    if others:
        return "", "", f"skipped: not the settings of {preset} ({', '.join(others[:4])})"
    return figure, preset, ""


def gather(folder: Path, date: str = "") -> tuple[dict[str, Any], str]:
    """Returns what a finished figure measured, judged by its current claims.

    Args:
      folder: the folder of the finished figure.
      date: date for results that do not record one; "": the date of their file.

    Returns:
      The entry and ""; or, if the folder has no entry for the table, an empty entry and the reason.

    Raises:
      UserError: config.json or results.nc is missing or damaged.
    """
    figure, preset, reason = figure_in(folder)
    return ({}, reason) if reason else (entry_of(folder, figure, preset, date), "")


def entry_of(folder: Path, figure: str, preset: str, date: str = "") -> dict[str, Any]:
    """Returns the entry of a finished figure whose preset is known; see gather."""
    record, dataset = results.record_of(folder), results.load_dataset(folder)
    figure_of = figures.figure_of(ConfigDict(record["config"]))
    return {
        "figure": figure,
        "preset": preset,
        "config": chosen_fields(record["config"]),
        **run_of(folder, dataset, date),
        "claims": judge(figure_of.claims, dataset),
        "remark": figure_of.remark,
        "checks": compare(figure_of.checks, dataset, preset_config(figure, "paper")),
    }


def run_of(folder: Path, dataset: xr.Dataset, date: str = "") -> dict[str, Any]:
    """Returns where, when, with which code and for how long the results in a folder were made."""
    record = results.record_of(folder)
    made = record.get("date") or date or _day_of(folder / "results.nc")
    return {
        "device": record["devices"],
        "date": made[:10],
        "revision": record["git_revision"],
        "jax": record["versions"]["jax"],
        "seconds": round(float(dataset.attrs["wall_seconds"])),
    }


def write_curves(out: Path, folder: Path, entry: Mapping[str, Any]) -> None:
    """Writes the picture of a figure's curves and check values; deletes an earlier one if there is nothing to draw."""
    path = out / evidence_table.curves_picture(entry)
    if picture := drawn_checks(entry["figure"], results.load_dataset(folder)):
        path.parent.mkdir(parents=True, exist_ok=True)
        _put_picture(path, picture)
    else:
        path.unlink(missing_ok=True)


def drawn_checks(figure: str, dataset: xr.Dataset) -> Figure | None:
    """Draws the curves of a figure's results with the authors' numbers; None if no number is on a curve of ours."""
    checks = figures.figure_of(ConfigDict({"figure": figure})).checks
    return check_curves(checks, compare(checks, dataset, preset_config(figure, "paper")), dataset) if checks else None


def as_image(drawn: Figure, dpi: int) -> Image.Image:
    """Renders a figure, in colors without transparency."""
    kept = io.BytesIO()
    drawn.savefig(kept, format="png", dpi=dpi)
    with Image.open(kept) as image:
        return image.convert("RGB")


def _put_picture(path: Path, picture: Figure) -> None:
    small = as_image(picture, DPI).quantize(COLORS, dither=Image.Dither.NONE)
    results.write_whole(path, lambda partial: small.save(partial, "png", optimize=True))


def _day_of(file: Path) -> str:
    return datetime.datetime.fromtimestamp(file.stat().st_mtime, datetime.UTC).date().isoformat()


def in_order(key: str) -> list[tuple[int, str]]:
    """Sorts fig2 before fig10."""
    return [(int(part or 0), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", key)]
