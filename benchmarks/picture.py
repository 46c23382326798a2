"""The picture of the results: how rates grow with the number of runs, and how close they come to the floor."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.scaling import COMPILED, EAGER, OURS, Scaled
from grok_jax.plotting.style import OKABE_ITO, panel_label, short_log_axes, style

KINDS = dict(zip((OURS, COMPILED, EAGER, "loop"), OKABE_ITO, strict=False))
MOST_PANELS = 3


def drawable(rows: Sequence[Scaled]) -> list[list[Scaled]]:
    """The rows of each of the first works that were measured at several numbers of runs."""
    by_work = [list(own) for _, own in groupby(rows, key=lambda row: row.work)]
    return [sorted(own, key=lambda row: row.runs) for own in by_work if len(own) > 1][:MOST_PANELS]


def write(path: Path, works: Sequence[Sequence[Scaled]]) -> None:
    """Draws a panel for each work."""
    with style():
        figure = Figure(figsize=(4.2 * len(works), 3.6))
        axes = figure.subplots(1, len(works), squeeze=False)
        for ax, letter, rows in zip(axes[0], "abc", works, strict=False):
            _panel(ax, rows)
            panel_label(ax, letter)
        axes[0, 0].set_ylabel("run-steps per second")
        figure.tight_layout(rect=(0, 0.08, 1, 1))
        # The legend names every kind, including kinds that only some panels show.
        names = {label: line for ax in axes[0] for line, label in zip(*ax.get_legend_handles_labels(), strict=True)}
        figure.legend(names.values(), names, loc="lower center", ncols=len(names))
        figure.savefig(path, metadata={"Software": None})


def _panel(ax: Axes, rows: Sequence[Scaled]) -> None:
    for kind, color in KINDS.items():
        points = [(row.runs, rate) for row in rows if (rate := _fastest(row, kind))]
        if points:
            ax.plot(*zip(*points, strict=True), marker="o", color=color, label=kind)
    counts = [row.runs for row in rows]
    ax.plot(counts, [row.floor for row in rows], color="0.4", linestyle="--", label="what the machine allows")
    short_log_axes(ax)
    ax.set(xlabel="runs at once", title=rows[0].work)
    ax.set_xticks(counts, map(str, counts))
    ax.minorticks_off()


def _fastest(row: Scaled, kind: str) -> float | None:
    """The rate of the fastest side of a kind, with or without a CUDA graph."""
    rates = [side.rate for label, side in row.sides.items() if side.rate and label.startswith(kind)]
    return max(rates, default=None)
