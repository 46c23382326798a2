"""Plots of check values: our curves with the authors' numbers on them, and the ratios for a whole paper."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Real
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from experiments.checks import (
    AGREES,
    DIFFERS,
    NOT_COMPARED,
    SPREAD,
    WIDENING,
    Check,
    at_height,
    at_step,
    curve_of,
    setting_words,
)
from grok_jax.plotting.curves import log_values
from grok_jax.plotting.style import OKABE_ITO, colors, style

Row = Mapping[str, Any]
COLUMNS = 3
SHOWN = (1e-2, 1e2)  # range of ratios; a ratio outside it (such as a level never reached) is drawn at the nearer end
MARKERS = {AGREES: "o", SPREAD: "D", DIFFERS: "X"}
COLORS = {AGREES: OKABE_ITO[0], SPREAD: OKABE_ITO[4], DIFFERS: OKABE_ITO[1]}
BELOW = 30.0  # a logarithmic axis ends at the lowest number divided by this


def check_curves(checks: Sequence[Check], compared: Sequence[Row], ds: xr.Dataset) -> Figure | None:
    """Plots one panel per curve: thin lines are our seeds, the thick line their median, markers the authors' numbers.

    The bar at a marker is the range in which the authors' number would agree.

    Args:
      checks: the authors' numbers.
      compared: the output of checks.compare for them.
      ds: our results.

    Returns:
      The figure, or None if no number on a curve over steps could be compared.
    """
    pairs = list(zip(checks, compared, strict=True))
    drawn = [(c, r) for c, r in pairs if r["verdict"] != NOT_COMPARED and "step" in ds[c.curve].dims]
    ordered = sorted((check for check, _ in drawn), key=lambda check: list(check.runs.values()))
    panels, settings = {}, dict.fromkeys(map(setting_words, ordered))
    for check, row in drawn:
        panels.setdefault((check.curve, check.relative), []).append((check, row))
    color_of = dict(zip(settings, colors(len(settings)), strict=True))
    if not panels:
        return None
    rows = -(-len(panels) // COLUMNS)
    with style():
        figure = Figure(figsize=(4.6 * min(COLUMNS, len(panels)), 3.9 * rows + 0.4), layout="constrained")
        axes = figure.subplots(rows, min(COLUMNS, len(panels)), squeeze=False).ravel()
        for ax, entries in zip(axes, panels.values(), strict=False):
            _panel(ax, entries, ds, color_of)
        for ax in axes[len(panels) :]:
            ax.set_axis_off()
        figure.legend(handles=_keys(), loc="outside lower center", ncols=6)
        if any(settings):
            named = [Line2D([], [], color=color, label=name) for name, color in color_of.items()]
            figure.legend(handles=named, loc="outside right upper")
    return figure


def _keys() -> list[Line2D]:
    lines = {"one seed": (0.5, 0.6), "median": (1.8, 1), "where it would agree": (4, 0.35)}
    keys = [Line2D([], [], color="gray", lw=width, alpha=alpha, label=name) for name, (width, alpha) in lines.items()]
    markers = [Line2D([], [], ls="", marker=MARKERS[v], color="gray", mec="black", label=v) for v in MARKERS]
    markers[0].set_label(f"the authors' number: {AGREES}")
    return keys + markers


def _panel(ax: Axes, entries: Sequence[tuple[Check, Row]], ds: xr.Dataset, color_of: Mapping[str, str]) -> None:
    settings = {setting_words(check): check for check, _ in entries}
    for name, check in settings.items():
        _curves(ax, curve_of(check, ds), color_of[name])
    for check, row in entries:
        _mark(ax, check, row, color_of[setting_words(check)])
    check = entries[0][0]
    name = check.curve.replace("_", " ") + (" / its start" if check.relative else "")
    ax.set(xscale="log", xlabel="step", ylabel=name)
    if "accuracy" not in check.curve:
        log_values(ax)
        ax.set_ylim(bottom=max(ax.get_ylim()[0], min(at_height(c) for c, _ in entries) / BELOW))
    else:
        ax.set_ylim(-0.03, 1.03)


def _curves(ax: Axes, x: Real[xr.DataArray, "seed step"], color: str) -> None:
    x = x.where(x["step"] >= 1).dropna("step", how="all")
    ax.plot(x["step"], x.transpose("step", "seed"), color=color, linewidth=0.5, alpha=0.4)
    ax.plot(x["step"], x.median("seed"), color=color, linewidth=1.8)


def _mark(ax: Axes, check: Check, row: Row, color: str) -> None:
    step, height = max(at_step(check), 1), at_height(check)
    band = [row["low"] / WIDENING, row["high"] * WIDENING]
    if check.kind in ("value", "peak"):
        ax.plot([step, step], band, color=color, linewidth=4, alpha=0.35)
    else:
        ends = np.clip(band, 1, ax.get_xlim()[1])
        ax.plot(ends, [height, height], color=color, linewidth=4, alpha=0.35)
    ax.plot(step, height, MARKERS[row["verdict"]], color=color, markeredgecolor="black", markersize=7, zorder=5)


def ratios(rows: Sequence[Row], title: str) -> Figure:
    """Plots the check values of many figures: our value over the authors', with the range of our seeds.

    Args:
      rows: output of checks.compare, each row with the additional key "figure".
      title: title of the plot.
    """
    rows = [row for row in rows if row["verdict"] != NOT_COMPARED]
    with style():
        figure = Figure(figsize=(9.0, 1.2 + 0.17 * len(rows)), layout="constrained")
        ax = figure.subplots()
        for place, row in enumerate(rows):
            color = COLORS[row["verdict"]]
            low, middle, high = (np.clip(float(row[key]) / row["theirs"], *SHOWN) for key in ("low", "ours", "high"))
            ax.plot([low, high], [place, place], color=color, linewidth=1.5)
            ax.plot(middle, place, MARKERS[row["verdict"]], color=color, markersize=4.5)
        ax.axvspan(1 / WIDENING, WIDENING, color="black", alpha=0.08, linewidth=0)
        ax.axvline(1, color="black", linewidth=0.8)
        ax.set_yticks(range(len(rows)), [f"{row['figure']}  {row['check']}" for row in rows], fontsize=6.5)
        ends = np.cumsum([len(list(group)) for _, group in groupby(rows, lambda row: row["figure"])])
        for end in ends[:-1]:
            ax.axhline(end - 0.5, color="black", linewidth=0.4)
        keys = [Line2D([], [], ls="", marker=MARKERS[v], color=COLORS[v], label=v) for v in MARKERS]
        figure.legend(handles=keys, loc="outside lower center", ncols=len(keys))
        words = "ours / the authors' (line: range of our seeds; where it touches the gray band, they agree)"
        ax.set(xscale="log", xlabel=words, title=title)
        ax.set_ylim(len(rows) - 0.5, -0.5)
        ax.grid(False, axis="y")
    return figure
