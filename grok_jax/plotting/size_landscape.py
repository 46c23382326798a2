"""A landscape over the scale of the weights and the amount of data: maps of both splits, slices, convergence.

Reference: Liu et al. (2023), Omnigrok, Fig. 3a-c, 4a-c, 5a-c and 11.
"""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure

from grok_jax.analysis.landscape import place_of_minimum
from grok_jax.analysis.seeds import median_of_seeds
from grok_jax.analysis.selection import with_axis
from grok_jax.analysis.size_landscape import ALPHA, SIZE, critical_size, errors, losses
from grok_jax.errors import require
from grok_jax.plotting.curves import legend
from grok_jax.plotting.landscape import convergence, train_and_test
from grok_jax.plotting.maps import heat_map
from grok_jax.plotting.style import TEST, panel_label

SCALE_NAME, SIZE_NAME = "init scale α (weight norm over standard)", "training digits N"
FEW = 200  # digits; where the paper speaks of few
QUANTITIES = {"error": errors, "loss": losses}


def size_landscape(
    figure: Figure,
    ds: xr.Dataset,
    *,
    quantity: str = "error",
    level: float | None = None,
    value: str = "final",
    size: str = SIZE,
    size_name: str = SIZE_NAME,
    few: float | int = FEW,
    unit: str = "",
) -> list[list[Axes]]:
    """Draws (a) training and (b) test rows over scale and size, (c) slices at few and many rows, convergence.

    Args:
      figure: empty; gets 2 x 3 panels.
      ds: results with ALPHA, the amount of data and seeds; with one point of an axis the maps have no contour.
      quantity: "error", on linear scales, or "loss", on logarithmic ones.
      level: of the contours, None for none; the smallest size at which the test rows come down to it is marked.
      value: "final" or "best", as in `reduced`.
      size: the axis of the amount of data.
      size_name: what a reader calls it.
      few: the size of the upper slice, to the nearest; the lower one is at the largest.
      unit: of the quantity.

    Returns:
      The panels by row: map, slice, convergence.

    Raises:
      UserError: another quantity.
    """
    require(quantity in QUANTITIES, f"quantity is {quantity!r}; it must be one of {', '.join(QUANTITIES)}")
    is_loss, ending = quantity == "loss", f" [{unit}]" if unit else ""
    ds = with_axis(with_axis(ds, ALPHA), size).sortby([ALPHA, size])
    panels = figure.subplots(2, 3)
    found = QUANTITIES[quantity](ds, value)
    several = level is not None and min(ds.sizes[ALPHA], ds.sizes[size]) > 1
    maps = []
    for row, (x, letter) in enumerate(zip(found, "ab", strict=True)):
        shown = median_of_seeds(x).median
        inside = several and float(shown.min()) < level < float(shown.max())
        title = f"reduced {str(x.name).replace('_', ' ')}"
        drawn = heat_map(
            panels[row, 0],
            shown,
            ALPHA,
            size,
            labels=(SCALE_NAME, size_name, title + ending),
            log="xyz" if is_loss else "xy",
            contours=(level,) if inside else (),
        )
        maps.append(drawn)
        panel_label(panels[row, 0], letter)
        panels[row, 0].set_title(title if level is None else f"{title}, contour {level:g}")
    _share_colours(maps)
    if level is not None:
        _mark_tip(panels[1, 0], median_of_seeds(found.test).median, level, size)
    sizes = ds[size].values
    panels[0, 1].sharey(panels[1, 1])
    for row, place in enumerate(shown_sizes(ds, size, few)):
        log = "xy" if is_loss else "x"
        train_and_test(panels[row, 1], *(x.isel({size: place}) for x in found), ALPHA, name=SCALE_NAME, log=log)
        panels[row, 1].set_title(f"N = {sizes[place]:,}")
        panels[row, 1].set_ylabel(f"reduced {quantity}{ending}")
        if not is_loss:
            panels[row, 1].set_ylim(bottom=-0.03)
        legend(panels[row, 1], loc="best")
        _convergence_panel(panels[row, 2], ds.isel({size: place}))
        panels[row, 2].set_title(f"convergence, N = {sizes[place]:,}")
        panel_label(panels[row, 1], "c")
    return panels.tolist()


def shown_sizes(ds: xr.Dataset, size: str = SIZE, few: float | int = FEW) -> tuple[int, int]:
    """Places of the two sizes, in rising order, of which slices are shown: the nearest to `few` and the largest."""
    sizes = np.sort(ds[size].values)
    return int(np.abs(np.log(sizes / few)).argmin()), sizes.size - 1


def _convergence_panel(ax: Axes, ds: xr.Dataset) -> None:
    """`convergence`, the lowest quarter of the gradient's axis left to the legend, which does not see its curves."""
    twin = convergence(ax, ds, ALPHA, name=SCALE_NAME)
    if ax.get_yscale() == "log":
        low, high = ax.get_ylim()
        ax.set_ylim(bottom=low * (low / high) ** (1 / 3))
        twin.get_legend().set_loc("lower left")


def _share_colours(maps: list[QuadMesh]) -> None:
    """Equal colours mean equal numbers."""
    limits = [cells.get_clim() for cells in maps]
    for cells in maps:
        cells.set_clim(min(low for low, _ in limits), max(high for _, high in limits))


def _mark_tip(ax: Axes, test: xr.DataArray, level: float, axis: str) -> None:
    size = float(critical_size(test, level, axis))
    if not np.isfinite(size):
        return
    above = test.where(test[axis] >= size, drop=True).isel({axis: 0})
    scale = float(place_of_minimum(above, ALPHA))
    ax.plot([scale], [size], marker="v", color=TEST, markeredgecolor="white", markersize=9, clip_on=False)
    ax.annotate(f"tip: N = {size:.0f}", (scale, size), (0, -14), textcoords="offset points", color="white", ha="center")
