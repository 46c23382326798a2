"""Mends a finished figure: empty panels say so, and legends that lie over data move beside it."""

from typing import Any

import numpy as np
from jaxtyping import Bool
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.transforms import Bbox, ScaledTranslation

EMPTY = "not reached at this size"
COVERED = 0.002  # share of a legend's area with data behind it that is still readable
CORNERS: tuple[Any, ...] = ("upper left", "upper right", "lower left", "lower right", "center left", "center right")
CORNERS += ("center", "upper center", "lower center")
SIDES = ("left", "right", "bottom", "labelleft", "labelright", "labelbottom")  # of tick_params
GAP = 4.0  # points between a panel's label and the legend below it


def tidy(figure: Figure) -> Figure:
    """Says in each empty panel that it is empty, and moves each legend off the data.

    A legend moves to a free corner of its panel; where there is none, it goes below the panel, and the figure grows.

    Args:
      figure: with the layout it will have; it is changed.

    Returns:
      The same figure.
    """
    FigureCanvasAgg(figure)
    figure.draw_without_rendering()
    panels: dict[tuple[float, ...], list[Axes]] = {}  # an axis and its twin are at the same place
    for ax in figure.axes:
        panels.setdefault(ax.get_position().bounds, []).append(ax)
    for panel in panels.values():
        if panel[0].axison and panel[0].get_label() != "<colorbar>" and not any(map(_has_data, panel)):
            _say_that_it_is_empty(panel)
    ink = _ink(figure)
    grown: dict[float, float] = {}
    for ax, panel in [(ax, twins) for twins in panels.values() for ax in twins]:
        legend = ax.get_legend()
        if legend is not None and not _is_free(legend, ink) and not _moved(legend, ink):
            row = round(ax.get_position().y0, 3)
            grown[row] = max(grown.get(row, 0.0), _below(ax, legend, panel))
    width, height = figure.get_size_inches()
    figure.set_size_inches(width, height + sum(grown.values()))
    return figure


def _say_that_it_is_empty(panel: list[Axes]) -> None:
    hidden: dict[str, Any] = dict.fromkeys(SIDES, False)
    for ax in panel:
        legend = ax.get_legend()
        if legend is not None:
            legend.remove()
        ax.tick_params(which="both", **hidden)
        ax.grid(False)
    frame = {"facecolor": "white", "edgecolor": "none"}
    words: dict[str, Any] = {"ha": "center", "va": "center", "color": "0.4", "bbox": frame}
    panel[-1].text(0.5, 0.5, EMPTY, transform=panel[-1].transAxes, **words)  # the last is on top


def _has_data(ax: Axes) -> bool:
    """Whether a panel shows data at finite coordinates. Lines and bands across the whole panel do not count."""
    lines = [line for line in ax.lines if line.get_transform() == ax.transData]
    points = [np.asarray(line.get_xydata(), float) for line in lines]
    points += [marks.get_datalim(ax.transData).get_points() for marks in ax.collections]
    others = [*ax.images, *(patch for patch in ax.patches if patch.get_data_transform() == ax.transData)]
    return bool(others) or any(bool(np.isfinite(place).all(axis=1).any()) for place in points)


def _ink(figure: Figure) -> Bool[np.ndarray, "height width"]:
    """The pixels with data or words: of the figure without axes, grids and legends. The first row is the lowest."""
    layout = figure.get_layout_engine()
    figure.set_layout_engine("none")  # otherwise panels would grow into the room of what is hidden
    hidden = [artist for artist in _frames(figure) if artist.get_visible()]
    for artist in hidden:
        artist.set_visible(False)
    canvas: Any = figure.canvas  # tidy has made it one of Agg
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[::-1, :, :3]
    for artist in hidden:
        artist.set_visible(True)
    figure.set_layout_engine(layout)
    return np.asarray((pixels < 250).any(axis=2))


def _frames(figure: Figure) -> list[Artist]:
    """What a legend may lie on, and the legends themselves."""
    frames: list[Artist] = []
    for ax in figure.axes:
        frames += [ax.xaxis, ax.yaxis, *ax.spines.values()]
        legend = ax.get_legend()
        frames += [legend] if legend is not None else []
    return frames


def _is_free(legend: Legend, ink: Bool[np.ndarray, "height width"]) -> bool:
    box = legend.get_window_extent()
    (left, low), (right, high) = np.clip(np.round(box.get_points()), 0, ink.shape[::-1]).astype(int)
    behind = ink[low:high, left:right]
    return not behind.size or bool(behind.mean() <= COVERED)


def _moved(legend: Legend, ink: Bool[np.ndarray, "height width"]) -> bool:
    """Whether the legend has found a free corner of its panel."""
    legend.set_bbox_to_anchor(None)
    for corner in CORNERS:
        legend.set_loc(corner)
        if _is_inside(legend) and _is_free(legend, ink):
            return True
    return False


def _is_inside(legend: Legend) -> bool:
    box, panel = legend.get_window_extent(), legend.axes.bbox
    return bool(box.width <= panel.width and box.height <= panel.height)


def _below(ax: Axes, legend: Legend, panel: list[Axes]) -> float:
    """Puts the legend below its panel, and returns its height in inches; of twins, only one has the labels."""
    labels = [box for each in panel if (box := each.xaxis.get_tightbbox()) is not None]
    drop = ax.bbox.y0 - min([ax.bbox.y0, *(box.y0 for box in labels)])
    inch = ax.figure.dpi
    down = ScaledTranslation(0, -drop / inch - GAP / 72, ax.figure.dpi_scale_trans)
    legend.set_loc("upper center")
    legend.set_bbox_to_anchor(Bbox.from_bounds(0.5, 0, 0, 0), ax.transAxes + down)
    return float(legend.get_window_extent().height / inch)
