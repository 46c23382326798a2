"""Plots of check values: our curves with the authors' numbers on them, and the ratios for a whole paper."""

import re
import textwrap
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Real
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from experiments.checks import (
    AGREES,
    DIFFERS,
    HEIGHTS,
    NOT_COMPARED,
    SPREAD,
    STEP,
    WIDENING,
    Check,
    at_height,
    at_place,
    curve_of,
    name_of_axis,
    read,
    setting_words,
)
from grok_jax.plotting.curves import log_values
from grok_jax.plotting.style import OKABE_ITO, colors, style

Row = Mapping[str, Any]
COLUMNS = 3
LINE = 36  # letters of a line of a label
WIDTH, LETTER = 3.6, 0.065  # inches of a panel, and of a letter of the legend beside the panels
AXES = {STEP: "step", "model.init_scale": "initialization scale α = w/w₀", "task.messiness": "messiness m"}
SHOWN = (1e-2, 1e2)  # range of ratios; a ratio outside it (such as a level never reached) is drawn at the nearer end
MARKERS = {AGREES: "o", SPREAD: "D", DIFFERS: "X"}
COLORS = {AGREES: OKABE_ITO[0], SPREAD: OKABE_ITO[4], DIFFERS: OKABE_ITO[1]}
SHARES = re.compile(r"accuracy|(train|test) error|share")  # curves between 0 and 1, on a linear axis
LOGARITHMIC = 5.0  # positive numbers that span more than this factor are on a logarithmic axis
SHORT = 300.0  # span of a logarithmic axis up to which it has more labels than the powers of ten
BELOW = 30.0  # a logarithmic axis ends at the lowest number divided by this


def check_curves(checks: Sequence[Check], compared: Sequence[Row], ds: xr.Dataset) -> Figure | None:
    """Plots one panel per curve: thin lines are our seeds, the thick line their median, markers the authors' numbers.

    The bar at a marker is the range in which the authors' number would agree.

    Args:
      checks: the authors' numbers.
      compared: the output of checks.compare for them.
      ds: our results.

    Returns:
      The figure, or None if no number on a curve could be compared.
    """
    pairs = list(zip(checks, compared, strict=True))
    drawn = [(c, r) for c, r in pairs if r["verdict"] != NOT_COMPARED and (c.of or c.along in ds[c.curve].dims)]
    ordered = sorted((check for check, _ in drawn), key=lambda check: [*check.runs, *map(float, check.runs.values())])
    panels, settings = {}, dict.fromkeys(map(setting_words, ordered))
    for check, row in drawn:
        panels.setdefault((check.curve, check.relative, check.along), []).append((check, row))
    color_of = dict(zip(settings, colors(len(settings)), strict=True))
    if not panels:
        return None
    columns = 2 if len(panels) == 4 else min(COLUMNS, len(panels))
    rows, named = -(-len(panels) // columns), [name for name in color_of if name]
    with style():
        width = WIDTH * columns + (0.6 + LETTER * max(map(len, named)) if named else 0)
        figure = Figure(figsize=(width, 3.2 * rows + 0.5), layout="constrained")
        figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08)
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for ax, entries in zip(axes, panels.values(), strict=False):
            _panel(ax, entries, ds, color_of)
        for ax in axes[len(panels) :]:
            ax.set_axis_off()
        figure.legend(handles=_keys(), loc="outside lower center", ncols=(2, 3, 6)[columns - 1])
        if named:
            lines = [Line2D([], [], color=color_of[name], label=name) for name in named]
            figure.legend(handles=lines, loc="outside right upper")
    return figure


def _keys() -> list[Line2D]:
    lines = {"one seed": (0.5, 0.6), "median": (1.8, 1), "where it would agree": (4, 0.35)}
    keys = [Line2D([], [], color="gray", lw=width, alpha=alpha, label=name) for name, (width, alpha) in lines.items()]
    markers = [Line2D([], [], ls="", marker=MARKERS[v], color="gray", mec="black", label=v) for v in MARKERS]
    markers[0].set_label(f"the authors' number: {AGREES}")
    return keys + markers


def _panel(ax: Axes, entries: Sequence[tuple[Check, Row]], ds: xr.Dataset, color_of: Mapping[str, str]) -> None:
    check = entries[0][0]
    ours = {setting_words(check): curve_of(check, ds) for check, _ in entries}
    for name, x in ours.items():
        _curves(ax, x, check.along, color_of[name])
    x = next(iter(ours.values()))
    unit = x.attrs.get("units", "1")
    name = check.curve.replace("_", " ") + (" / its start" if check.relative else "")
    axis = AXES.get(check.along) or x[check.along].attrs.get("long_name", name_of_axis(check.along))
    name = name if unit == "1" or check.relative else f"{name} [{unit}]"
    ax.set(xlabel=axis, ylabel=textwrap.fill(name, LINE))
    if check.along == STEP or (x[check.along].min() > 0 and _spans(x[check.along].values, LOGARITHMIC)):
        ax.set_xscale("log")
    for check, row in entries:
        _mark(ax, check, row, ours[setting_words(check)], color_of[setting_words(check)])
    if SHARES.search(check.curve):
        ax.set_ylim(-0.03, 1.03)
    elif _spans([value for line in ax.lines for value in line.get_ydata()], LOGARITHMIC):
        log_values(ax)
        ax.set_ylim(bottom=max(ax.get_ylim()[0], min(at_height(check) for check, _ in entries) / BELOW))
        _few_decades(ax)


def _spans(values: Sequence[float], factor: float) -> bool:
    """Returns whether the finite ones of some numbers span more than a factor, and none is negative."""
    finite = [value for value in values if np.isfinite(value)]
    return bool(finite) and min(finite) >= 0 and max(finite) > factor * min(finite)


def _few_decades(ax: Axes) -> None:
    """Labels a short logarithmic axis with 1, 2, 5, 10, ... in place of powers of ten."""
    low, high = ax.get_ylim()
    if high < SHORT * low:
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_formatter(NullFormatter())


def _curves(ax: Axes, x: Real[xr.DataArray, "seed step"], along: str, color: str) -> None:
    x = x.where(x[along] >= 1) if along == STEP else x
    x = x.dropna(along, how="all")
    ax.plot(x[along], x.transpose(along, "seed"), color=color, linewidth=0.5, alpha=0.4)
    ax.plot(x[along], x.median("seed"), color=color, linewidth=1.8)


def _mark(ax: Axes, check: Check, row: Row, x: Real[xr.DataArray, "seed step"], color: str) -> None:
    place, height = at_place(check), at_height(check)
    if np.isnan(place):  # the authors' is unknown: ours
        place = float(read(x, check, f"{check.kind} step").median())
    place = max(place, 1) if check.along == STEP else place
    band = np.array([row["low"] / WIDENING, row["high"] * WIDENING])
    if check.kind in HEIGHTS:
        ax.plot([place, place], band, color=color, linewidth=4, alpha=0.35)
    else:
        ax.plot(np.clip(band, *_ends(x, check.along)), [height, height], color=color, linewidth=4, alpha=0.35)
    ax.plot(place, height, MARKERS[row["verdict"]], color=color, markeredgecolor="black", markersize=7, zorder=5)


def _ends(x: Real[xr.DataArray, "seed step"], along: str) -> tuple[float, float]:
    return max(float(x[along].min()), 1) if along == STEP else float(x[along].min()), float(x[along].max())


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
