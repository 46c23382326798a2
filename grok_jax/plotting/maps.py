"""Heat maps of one result over two axes of a grid."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float, Real
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import ListedColormap, LogNorm, Normalize
from matplotlib.patches import Rectangle
from matplotlib.ticker import NullLocator

from grok_jax.plotting.style import TEST

NEVER, MISSING = "0.85", "white"
HATCH = "////"
FINER = 8  # interpolation steps between neighboring points
ROOM = {"x": 0.16, "y": 0.08}  # for the label of a tick, as a share of the axis


def heat_map(
    ax: Axes,
    z: Real[xr.DataArray, "..."],
    x: str,
    y: str,
    *,
    labels: Sequence[str],
    log: str = "",
    contours: Sequence[float] = (),
    never: str = "never",
    missing: str = "no value",
) -> QuadMesh:
    """Draws z over two axes of a grid, one cell per point, with a color bar.

    Ticks are at points of the grid. Cells with inf (censored) are gray and hatched, cells with NaN are white and
    crossed; the legend names them if there are any. On a logarithmic color bar, values of 0 or less get the lowest
    color.

    Args:
      ax: where to draw.
      z: values with only the axes x and y, for example medians over seeds.
      x, y: the names of the axes, which have numeric coordinates; y points up.
      labels: labels of x, y and z, with units.
      log: the logarithmic ones of "x", "y", "z", such as "xz".
      contours: values of z at which to draw a contour line; cells without a number interrupt it.
      never, missing: legend labels for cells with inf and NaN.

    Returns:
      The cells; their attribute `colorbar` is the color bar.
    """
    z = z.transpose(y, x).sortby([x, y])
    finite = z.where(np.isfinite(z))
    edges = [_edges(z[axis].values, axis_is_log) for axis, axis_is_log in ((x, "x" in log), (y, "y" in log))]
    norm = _norm(finite.values, "z" in log)
    shown = finite.clip(min=norm.vmin)
    cells = ax.pcolormesh(*edges, np.ma.masked_invalid(shown.values), norm=norm, cmap="viridis", rasterized=True)
    for cell, color, hatch, meaning in ((z == np.inf, NEVER, HATCH, never), (z.isnull(), MISSING, "xxx", missing)):
        if cell.any():
            flat = np.ma.masked_where(~cell.values, np.zeros(z.shape))
            look: dict[str, Any] = {"hatch": hatch, "edgecolor": "0.55", "linewidth": 0}
            ax.pcolor(*edges, flat, cmap=ListedColormap([color]), **look)
            ax.add_patch(Rectangle((edges[0][0], edges[1][0]), 0, 0, facecolor=color, label=meaning, **look))
    if len(contours):
        fine = _between(shown, x, y, log)
        lines = ax.contour(fine[x], fine[y], fine.values, levels=sorted(contours), colors=TEST, linewidths=1.4)
        ax.clabel(lines, fmt="%g")
    for axis, name in ((ax.xaxis, x), (ax.yaxis, y)):
        is_log = axis.axis_name in log
        getattr(ax, f"set_{axis.axis_name}scale")("log" if is_log else "linear")
        ticks = _ticks(z[name].values, is_log, ROOM[axis.axis_name])
        axis.set_ticks(ticks, [f"{tick:,.0f}" if abs(tick) >= 1000 else f"{tick:.3g}" for tick in ticks])
        axis.set_minor_locator(NullLocator())
    ax.set(xlabel=labels[0], ylabel=labels[1], xlim=edges[0][[0, -1]], ylim=edges[1][[0, -1]])
    ax.grid(False)
    below = "min" if bool((finite < shown).any()) else "neither"
    ax.figure.colorbar(cells, ax=ax, label=labels[2], extend=below)
    return cells


def _between(z: Real[xr.DataArray, "y x"], x: str, y: str, log: str) -> Float[xr.DataArray, "fine_y fine_x"]:
    """z interpolated between its points on the scale of each axis; contour itself ignores logarithmic scales."""
    for axis, is_log in ((x, "x" in log), (y, "y" in log)):
        places = np.log(z[axis].values) if is_log else z[axis].values.astype(np.float64)
        fine = np.interp(np.linspace(0, places.size - 1, (places.size - 1) * FINER + 1), np.arange(places.size), places)
        z = z.assign_coords({axis: places}).interp({axis: fine})
        z = z.assign_coords({axis: np.exp(fine) if is_log else fine})
    return z


def _edges(centers: Real[np.ndarray, " n"], logarithmic: bool) -> Float[np.ndarray, " n+1"]:
    """The edges of the cells, halfway between their centers on the scale of the axis."""
    centers = np.log(centers) if logarithmic else np.asarray(centers, np.float64)
    middles = (centers[1:] + centers[:-1]) / 2
    half = (centers[1:] - centers[:-1]) / 2 if centers.size > 1 else np.array([0.5])
    edges = np.concatenate([centers[:1] - half[0], middles, centers[-1:] + half[-1]])
    return np.exp(edges) if logarithmic else edges


def _ticks(centers: Real[np.ndarray, " n"], logarithmic: bool, room: float) -> Real[np.ndarray, " ticks"]:
    """The centers of the cells, or every second one, every third one, ..., so that their labels have room."""
    places = np.log(centers) if logarithmic else np.asarray(centers, np.float64)
    least = room * np.ptp(_edges(places, False))
    strides = (n for n in range(1, centers.size) if np.diff(places[::n]).min() >= least)
    return centers[:: next(strides, centers.size)]


def _norm(values: Float[np.ndarray, "..."], logarithmic: bool) -> Normalize:
    """A color scale from the smallest to the largest finite value (only positive values if logarithmic)."""
    usable = values[np.isfinite(values) & ((values > 0) | (not logarithmic))]
    low, high = (usable.min(), usable.max()) if usable.size else (1.0, 1.0)
    high = high if high > low else low + 1.0
    return LogNorm(low, high) if logarithmic else Normalize(low, high)
