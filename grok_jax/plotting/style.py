"""The look of every figure: colors that all readers can tell apart, readable sizes, panel letters."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter

# M. Okabe and K. Ito, Color Universal Design (2008), without black and without yellow, which is too faint on white.
OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
TRAIN, TEST, NORM = OKABE_ITO[0], OKABE_ITO[1], OKABE_ITO[2]

RC: dict[Any, Any] = {
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.labelsize": 10,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "axes.spines.top": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.6,
    "figure.dpi": 110,
    "savefig.dpi": 200,
}


def style() -> AbstractContextManager[None]:
    """Context manager for drawing figures; restores the caller's settings afterwards."""
    return matplotlib.rc_context(RC)


def panel_label(ax: Axes, letter: str) -> None:
    """Puts (a), (b), ... at the upper left of a panel."""
    ax.set_title(f"({letter})", loc="left", fontweight="bold")


def panel_labels(axes: Iterable[Axes], letter: str) -> None:
    """Puts (c1), (c2), ... on panels that together stand for panel (c) of a paper."""
    for i, ax in enumerate(axes, start=1):
        panel_label(ax, f"{letter}{i}")


def short_log_axes(ax: Axes) -> None:
    """Makes both axes logarithmic with ticks at 1, 2, 5, 10, ..., for ranges where powers of ten are too few.

    If no point is positive in both coordinates, both axes stay linear.
    """
    of_data = [line for line in ax.lines if line.get_transform() == ax.transData]  # leaves out axhline
    places = [np.asarray(line.get_xydata(), float) for line in of_data]
    places += [np.asarray(marks.get_offsets(), float) for marks in ax.collections]
    if not any(np.any(np.all((place > 0) & np.isfinite(place), axis=1)) for place in places):
        return
    ax.set(xscale="log", yscale="log")
    for axis in (ax.xaxis, ax.yaxis):
        low, high = sorted(axis.get_view_interval())
        # Over many decades matplotlib leaves out decades, and with them all ticks between.
        axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 1e4 * low else (1,)))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())


def colors(count: int) -> Sequence[str]:
    """One color for each of `count` curves, in order: Okabe-Ito for up to six, steps of viridis for more."""
    if count <= len(OKABE_ITO):
        return OKABE_ITO[:count]
    # The last tenth of viridis is too pale for a line on white.
    viridis = matplotlib.colormaps["viridis"]
    return [matplotlib.colors.to_hex(viridis(0.9 * i / (count - 1))) for i in range(count)]
