"""Draws the path of the weights relative to the space of initial gradients (probe 'subspace')."""

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from mpl_toolkits.mplot3d.axes3d import Axes3D

from grok_jax.analysis.lazy import Pair
from grok_jax.analysis.selection import with_axis
from grok_jax.plotting.curves import curves_along, legend
from grok_jax.plotting.lazy import NETWORK, TWIN
from grok_jax.plotting.style import colors, panel_label, style

NEAR, MARGIN = 0.5, 1.12  # share of the way to w_lazy; margin around the curves
PLANE = "0.6"
COORDINATES = ("lazy_progress", "tangent_distance", "normal_distance")
BELOW_TEST, ABOVE_START = 1e-3, 3.0  # cuts off very small training losses and diverging runs


def paths_along(ax: Axes, ds: xr.Dataset, axis: str, *, symbol: str) -> None:
    """Draws the path of the weights relative to the space of initial gradients, for each point of one grid axis.

    The horizontal axis is progress along the straight line to the lazy solution, which is at (1, 0). The vertical axis
    is the distance from the space S spanned by the gradients at w_0, in which the linearized model stays. Both are in
    units of |w_lazy - w_0|, and medians over every other axis. A dot is a record, a circle the last one.

    Args:
      ax: where to draw.
      ds: results with lazy_progress and normal_distance; NaN (not probed) is skipped.
      axis: its name.
      symbol: label of the axis, e.g. "α".

    Reference: Kumar et al. (2024), the sketches in Fig. 3c and 3d.
    """
    repeats = [d for d in ds.dims if d not in (axis, "step")]
    for i, color in enumerate(colors(ds.sizes[axis])):
        runs = ds[["lazy_progress", "normal_distance"]].isel({axis: i})
        path = runs.where(np.isfinite(runs)).median(repeats).dropna("step")
        across, up = path["lazy_progress"], path["normal_distance"]
        ax.plot(across, up, color=color, marker=".", markersize=4, label=f"{symbol} = {ds[axis].values[i]:.4g}")
        ax.plot(across[-1:], up[-1:], color=color, marker="o")
    ax.plot(1, 0, color="k", marker="*", markersize=11, linestyle="none", label="lazy solution", clip_on=False)
    ax.set_ylim(bottom=0)
    ax.set_xlabel("progress to the lazy solution [its distance]")
    ax.set_ylabel("distance from the initial\ngradients' space [same unit]")


def losses_and_paths(ds: xr.Dataset, axis: str, *, symbol: str, level: float, letters: str) -> Figure:
    """Plots losses for every point of one axis, with the level of the delays, above the paths of the weights.

    Args:
      ds: results with losses and the probe 'subspace'.
      axis: its name; taken from the config if the results lack it.
      symbol: label of the axis.
      level: the loss at which delays are read.
      letters: letters of the two panels.
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
    """Returns the lowest and the highest loss worth showing."""
    lowest = ds["test_loss"].where(np.isfinite(ds["test_loss"])).min()
    highest = np.maximum(ds["train_loss"], ds["test_loss"]).isel(step=0).max()
    return float(lowest) * BELOW_TEST, float(highest) * ABOVE_START


def ways_through_weight_space(ax: Axes3D, pair: Pair) -> None:
    """Draws how network and twin move relative to the affine space S spanned by the initial gradients.

    w_lazy is the point of S that fits the training rows. Each record has three coordinates in units of the distance
    from w_0 to w_lazy: progress along that line, distance from it within S, and distance from S. Each is the median
    over repeats. If both runs stay near w_0, an arrow points to w_lazy.

    Args:
      ax: a three-dimensional axes.
      pair: network and twin, with the variables of probe 'subspace'.

    Reference: Kumar et al. (2024), Fig. 1a, which is a sketch.
    """
    network, twin = (_way(runs) for runs in pair)
    along, aside, off = (float(max(network[:, i].max(), twin[:, i].max(), 1e-6)) for i in range(3))
    near = along < NEAR
    length = MARGIN * (along if near else max(along, 1.0))
    _draw_plane(ax, length, MARGIN * aside)
    for way, color, name in ((network, NETWORK, "network"), (twin, TWIN, "linearized")):
        ax.plot(*way.T, color=color, marker="o", markersize=2.5, label=name)
    ax.plot(*network[-1][:, None] * np.array([[1, 1], [1, 1], [0, 1]]), color=NETWORK, linewidth=0.8, linestyle=":")
    _name_point(ax, (0.0, 0.0, 0.0), "$w_0$ ", ha="right")
    _name_point(ax, network[-1], "$w_{feature}$")
    if near:
        ax.quiver(0, 0, 0, length, 0, 0, color="black", linewidth=1, arrow_length_ratio=0.06)
        ax.text(length, 0, 0.08 * off, "to $w_{lazy}$", fontsize=9, ha="center")
    else:
        _name_point(ax, (1.0, 0.0, 0.0), "$w_{lazy}$")
    ax.set_xlabel("along $w_{lazy}-w_0$ ($w_{lazy}$ at 1)", labelpad=-2)
    ax.set_ylabel("sideways, within the space S", labelpad=-2)
    ax.set_zlabel("off the space S", labelpad=-2)
    ax.tick_params(pad=-1, labelsize=8)
    ax.set_zlim(0, MARGIN * off)
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.set_major_locator(MaxNLocator(4))
    ax.view_init(elev=20, azim=-60)
    ax.set_box_aspect((4, 4, 3), zoom=0.95)  # room for the labels, which layout engines ignore


def _way(runs: xr.Dataset) -> Float[np.ndarray, "records 3"]:
    """Returns the three coordinates of the median run at every record that has them."""
    median = runs[list(COORDINATES)].median([d for d in runs.dims if d != "step"])
    median = median.where(np.isfinite(median)).dropna("step")  # drop records of diverged runs
    return np.stack([median[name].values for name in COORDINATES], axis=1)


def _draw_plane(ax: Axes3D, length: float, width: float) -> None:
    """Draws the plane S at height 0, and the axes of the other two coordinates."""
    x, y = np.meshgrid([0.0, length], [0.0, width])
    ax.plot_surface(x, y, np.zeros_like(x), color=PLANE, alpha=0.25, shade=False)
    ax.text(0.9 * length, 0.9 * width, 0, "S", fontsize=11)


def _name_point(
    ax: Axes3D, point: tuple[float, float, float] | Float[np.ndarray, " 3"], name: str, ha: str = "left"
) -> None:
    ax.scatter(*point, color="black", s=16, depthshade=False)
    ax.text(*point, f"  {name}", fontsize=9, ha=ha)
