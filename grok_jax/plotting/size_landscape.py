"""A landscape over the scale of the weights and the amount of data: maps of both errors, slices, convergence.

Reference: Liu et al. (2023), Omnigrok, Fig. 3a-c and 11.
"""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grok_jax.analysis.landscape import place_of_minimum
from grok_jax.analysis.seeds import median_of_seeds
from grok_jax.analysis.selection import with_axis
from grok_jax.analysis.size_landscape import ALPHA, SIZE, critical_size, errors
from grok_jax.plotting.curves import legend
from grok_jax.plotting.landscape import convergence, train_and_test
from grok_jax.plotting.maps import heat_map
from grok_jax.plotting.style import TEST, panel_label

SCALE_NAME, SIZE_NAME = "init scale α (weight norm over standard)", "training digits N"
FEW = 200  # digits; where the paper speaks of few


def size_landscape(figure: Figure, ds: xr.Dataset, *, level: float, value: str = "final") -> list[list[Axes]]:
    """Draws (a) train error and (b) test error over scale and size, (c) slices at few and many rows, convergence.

    Args:
      figure: empty; gets 2 x 3 panels.
      ds: results with ALPHA, SIZE and seeds; with one point of ALPHA or SIZE the maps have no contour.
      level: of the contours; the smallest size at which the test error comes down to it is marked.
      value: "final" or "best", as in `reduced`.

    Returns:
      The panels by row: map, slice, convergence.
    """
    ds = with_axis(with_axis(ds, ALPHA), SIZE).sortby([ALPHA, SIZE])
    panels = figure.subplots(2, 3)
    found = errors(ds, value)
    several = min(ds.sizes[ALPHA], ds.sizes[SIZE]) > 1
    for row, (x, letter) in enumerate(zip(found, "ab", strict=True)):
        shown = median_of_seeds(x).median
        inside = several and float(shown.min()) < level < float(shown.max())
        title = f"reduced {str(x.name).replace('_', ' ')}"
        heat_map(
            panels[row, 0],
            shown,
            ALPHA,
            SIZE,
            labels=(SCALE_NAME, SIZE_NAME, title),
            log="xy",
            contours=(level,) if inside else (),
        )
        panel_label(panels[row, 0], letter)
        panels[row, 0].set_title(f"{title}, contour {level:g}")
    _mark_tip(panels[1, 0], median_of_seeds(found.test).median, level)
    sizes = ds[SIZE].values
    for row, place in enumerate(shown_sizes(ds)):
        train_and_test(panels[row, 1], *(x.isel({SIZE: place}) for x in found), ALPHA, name=SCALE_NAME, log="x")
        panels[row, 1].set(title=f"N = {sizes[place]:,}", ylim=(-0.03, 1.03))
        legend(panels[row, 1], loc="best")
        convergence(panels[row, 2], ds.isel({SIZE: place}), ALPHA, name=SCALE_NAME)
        panels[row, 2].set_title(f"convergence, N = {sizes[place]:,}")
        panel_label(panels[row, 1], "c")
    return panels.tolist()


def shown_sizes(ds: xr.Dataset) -> tuple[int, int]:
    """Places of the two sizes, in rising order, of which slices are shown: the nearest to FEW and the largest."""
    sizes = np.sort(ds[SIZE].values)
    return int(np.abs(np.log(sizes / FEW)).argmin()), sizes.size - 1


def _mark_tip(ax: Axes, test: xr.DataArray, level: float) -> None:
    size = float(critical_size(test, level))
    if not np.isfinite(size):
        return
    above = test.where(test[SIZE] >= size, drop=True).isel({SIZE: 0})
    scale = float(place_of_minimum(above, ALPHA))
    ax.plot([scale], [size], marker="v", color=TEST, markeredgecolor="white", markersize=9, clip_on=False)
    ax.annotate(f"tip: N = {size:.0f}", (scale, size), (0, -14), textcoords="offset points", color="white", ha="center")
