"""Learning curves beside the way the weights took: from DataArrays of the probe 'subspace' to Axes."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grok_jax.analysis.selection import with_axis
from grok_jax.plotting.curves import curves_along, legend
from grok_jax.plotting.style import colours, panel_label, style

BELOW_TEST, ABOVE_START = 1e-3, 3.0  # Training losses that sink further, and runs that diverge, leave no room.


def paths_along(ax: Axes, ds: xr.Dataset, axis: str, *, symbol: str) -> None:
    """Draws where the weights went, for each point of one axis of a grid, seen from the space of initial gradients.

    Across: the way along the straight line to the lazy solution, which lies at (1, 0). Up: the distance from the
    space S that the gradients at w_0 span, in which the linearised model stays. Both in units of |w_lazy - w_0|, and
    medians over every other axis. A dot is a record, a circle the last.

    Args:
      ax: where to draw.
      ds: results with lazy_progress and normal_distance; NaN (not probed) is passed over.
      axis: its name.
      symbol: what a reader calls it, e.g. "α".

    Reference: Kumar et al. (2024), Fig. 3c and 3d, there a sketch.
    """
    repeats = [d for d in ds.dims if d not in (axis, "step")]
    for i, colour in enumerate(colours(ds.sizes[axis])):
        runs = ds[["lazy_progress", "normal_distance"]].isel({axis: i})
        path = runs.where(np.isfinite(runs)).median(repeats).dropna("step")
        across, up = path["lazy_progress"], path["normal_distance"]
        ax.plot(across, up, color=colour, marker=".", markersize=4, label=f"{symbol} = {ds[axis].values[i]:.4g}")
        ax.plot(across[-1:], up[-1:], color=colour, marker="o")
    ax.plot(1, 0, color="k", marker="*", markersize=11, linestyle="none", label="lazy solution", clip_on=False)
    ax.set_ylim(bottom=0)
    ax.set_xlabel("way to the lazy solution [its length]")
    ax.set_ylabel("distance from the initial\ngradients' space [the same]")


def losses_and_paths(ds: xr.Dataset, axis: str, *, symbol: str, level: float, letters: str) -> Figure:
    """Top: losses of every point of one axis, and the level of the delays; bottom: where the weights went.

    Args:
      ds: results with losses and the probe 'subspace'.
      axis: its name; taken from the config where the results lack it.
      symbol: what a reader calls it.
      level: a loss.
      letters: of the two panels.
    """
    ds = with_axis(ds, axis).sortby(axis)
    with style():
        figure = Figure(figsize=(6.4, 7.4), layout="constrained")
        top, bottom = figure.subplots(2, 1)
        curves_along(top, ds, axis, symbol=symbol)
        low, high = _shown_losses(ds)
        top.set_ylim(max(top.get_ylim()[0], low), min(top.get_ylim()[1], high))
        top.axhline(level, color="0.5", linewidth=0.8, linestyle=":", label=f"loss {level:g}")
        paths_along(bottom, ds, axis, symbol=symbol)
        for ax, letter in zip((top, bottom), letters, strict=True):
            legend(ax, loc="center left", bbox_to_anchor=(1.0, 0.5))
            panel_label(ax, letter)
    return figure


def _shown_losses(ds: xr.Dataset) -> tuple[float, float]:
    """Lowest and highest loss worth showing."""
    lowest = ds["test_loss"].where(np.isfinite(ds["test_loss"])).min()
    highest = np.maximum(ds["train_loss"], ds["test_loss"]).isel(step=0).max()
    return float(lowest) * BELOW_TEST, float(highest) * ABOVE_START
