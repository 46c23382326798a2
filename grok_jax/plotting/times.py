"""Draws times (to fit, to generalize) and other numbers of runs over one axis of a grid."""

from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float, Real
from matplotlib.axes import Axes

from grok_jax.analysis.grokking import is_censored
from grok_jax.analysis.seeds import median_of_seeds


def times_along(
    ax: Axes,
    time: Float[xr.DataArray, "..."],
    axis: str,
    *,
    color: str,
    label: str,
    budget: float,
    marker: str = "o",
    is_joined: bool = False,
) -> None:
    """Draws the time of each run and a line through the medians, with both axes logarithmic.

    A run that never gets there (inf) is an open triangle at the budget; the line leaves out medians that are inf.

    Args:
      ax: where to draw.
      time: in steps, over the axis and 'seed'.
      axis: the name of the axis, which has positive coordinates.
      color, marker: of the points.
      label: of the line.
      budget: the step at which the runs end.
      is_joined: whether a thin line joins the points of each seed.
    """
    time = time.sortby(axis)
    reached = time.where(np.isfinite(time))
    for i in range(time.sizes.get("seed", 1)):
        one = reached.isel(seed=i) if "seed" in time.dims else reached
        line: dict[str, Any] = {"linestyle": "-" if is_joined else "none", "linewidth": 0.7}
        ax.plot(time[axis], one, marker=marker, color=color, markersize=4, alpha=0.6, **line)
    median = median_of_seeds(time).median
    ax.plot(time[axis], median.where(np.isfinite(median)), color=color, label=label)
    never = is_censored(time)
    never = never.any("seed") if "seed" in time.dims else never
    if bool(never.any()):
        places = time[axis].where(never, drop=True)
        text = f"{label}: not within {budget:,.0f} steps (one seed or more)"
        ax.plot(places, np.full(places.size, budget), "^", color=color, markerfacecolor="none", label=text)
    ax.set(xscale="log", yscale="log", ylabel="steps")


def marks_along(
    ax: Axes, x: Real[xr.DataArray, "..."], axis: str, marker: str = "o", *, color: str, label: str, **settings: Any
) -> None:
    """Draws one mark for each run's number.

    Args:
      ax: where to draw.
      x: one number per run.
      axis: the coordinate of x to plot against.
      marker, color, label: of the marks.
      settings: other arguments of Axes.plot.
    """
    across = x[axis].broadcast_like(x).transpose(*x.dims)
    ax.plot(np.ravel(across), np.ravel(x), marker, color=color, label=label, **settings)


def line_of_slope(ax: Axes, time: Float[xr.DataArray, "..."], axis: str, slope: float, *, label: str) -> None:
    """Draws a power law with a given slope through the geometric mean of the times that were reached."""
    prefactor = float(np.exp(np.log((time / time[axis] ** slope).where(np.isfinite(time))).mean()))
    if np.isfinite(prefactor):
        at = time[axis].sortby(axis)
        ax.plot(at, prefactor * at**slope, color="0.4", linestyle="--", label=label)


def legend_below(ax: Axes) -> None:
    """Draws a legend at the bottom of a panel and extends its logarithmic y axis downward to make room."""
    low, high = ax.get_ylim()
    lines = len(ax.get_legend_handles_labels()[0])
    ax.set_ylim(low / (high / low) ** (0.1 * lines), high)
    ax.legend(loc="lower left")
