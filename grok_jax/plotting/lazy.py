"""A network against its linearised twin: losses, what kernel regression makes of them, ways through weight space.

Every axis of the results but 'step' counts as repeats, drawn as in plotting.curves: the median and a band.
"""

import contextlib

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from mpl_toolkits.mplot3d.axes3d import Axes3D

from grok_jax.analysis.claims import NotMeasured
from grok_jax.analysis.lazy import (
    TOLERANCE,
    Pair,
    averages_outputs,
    kernel_regression_loss,
    network_and_twin,
    regression_averages_outputs,
    t_fall,
    t_part,
)
from grok_jax.plotting.curves import curve, legend, log_values, mark_time
from grok_jax.plotting.style import OKABE_ITO, panel_label, style

NETWORK, TWIN, NORM = OKABE_ITO[2], OKABE_ITO[0], OKABE_ITO[5]
ALIGNMENT, PLANE = "0.35", "0.6"
NEAR, MARGIN = 0.5, 1.12  # of the way to w_lazy; room around what is drawn
COORDINATES = ("lazy_progress", "tangent_distance", "normal_distance")


def curves_against_twin(ax: Axes, pair: Pair, quantity: str = "loss") -> None:
    """Draws training (dashed) and test curves of network and twin, and kernel regression where it was measured.

    Args:
      ax: where to draw.
      pair: both runs.
      quantity: "loss", on a logarithmic axis and with the line of kernel regression, or "accuracy".
    """
    for runs, colour, name in ((pair.twin, TWIN, "linearised"), (pair.network, NETWORK, "network")):
        curve(ax, runs[f"train_{quantity}"], colour=colour, linestyle="--")
        curve(ax, runs[f"test_{quantity}"], colour=colour, label=name)
    ax.set_ylabel(f"{quantity} (dashed: train)")
    if quantity == "accuracy":
        ax.set_ylim(-0.03, 1.03)
        return
    log_values(ax)
    with contextlib.suppress(NotMeasured):  # a cross-entropy has no such line
        regression_line(ax, kernel_regression_loss(pair.network), averaged=regression_averages_outputs(pair.network))


def network_and_twin_figure(ds: xr.Dataset, factor: float, letter: str) -> Figure:
    """Draws losses, accuracies and weight norms of networks and their linearised twins, over all seeds.

    Args:
      ds: results of one setting, with and without linearisation.
      factor: the test loss has fallen when it is that many times below its peak; the median step is marked.
      letter: of the panel of losses, which is the paper's.

    Returns:
      A matplotlib Figure.

    Raises:
      NotMeasured: networks or twins are missing.
    """
    pair = network_and_twin(ds)
    with style():
        figure = Figure(figsize=(13.2, 3.9), layout="constrained")
        losses, accuracies, norms = figure.subplots(1, 3, width_ratios=(1.5, 1, 1), sharex=True)
        curves_against_twin(losses, pair)
        mark_time(losses, t_part(pair), colour="0.5", label=f"test losses {TOLERANCE:.0%} apart")
        fall = t_fall(pair.network["test_loss"], factor)
        mark_time(losses, fall, colour=NETWORK, label=f"test loss {factor:g} times below its peak")
        legend(losses, loc="lower left")
        curves_against_twin(accuracies, pair, "accuracy")
        for runs, colour in ((pair.twin, TWIN), (pair.network, NETWORK)):
            curve(norms, runs["weight_norm"], colour=colour)
        norms.set_ylabel("weight norm")
        panel_label(losses, letter)
    return figure


def regression_line(ax: Axes, loss: Float[xr.DataArray, "*grid"], *, averaged: bool) -> None:
    """Draws the median test loss of regression with the initial kernel as a level line.

    Args:
      ax: where to draw.
      loss: of each run.
      averaged: whether to say that the kernel is averaged over outputs.
    """
    label = "kernel regression, K₀ averaged over outputs" if averaged else "kernel regression, K₀"
    ax.axhline(float(loss.median()), color="black", linewidth=1.2, label=label)


def norm_and_alignment(ax: Axes, runs: xr.Dataset) -> Axes:
    """Draws the weight norm (dashed) and, on a second vertical axis, the alignment of kernel and targets.

    Returns:
      The second axis.
    """
    curve(ax, runs["weight_norm"], colour=NORM, label="weight norm", linestyle="--")
    ax.set_ylabel("weight norm", color=NORM)
    ax.tick_params(axis="y", labelcolor=NORM)
    return alignment_axis(ax, runs)


def alignment_axis(ax: Axes, runs: xr.Dataset) -> Axes:
    """Draws the alignment of the kernel with the targets on a second vertical axis, and returns that axis."""
    second, label = ax.twinx(), alignment_label(runs)
    curve(second, runs["kernel_alignment"], colour=ALIGNMENT, label=label)
    second.set_ylabel(label, color=ALIGNMENT)
    second.tick_params(axis="y", labelcolor=ALIGNMENT)
    second.grid(False)
    return second


def alignment_label(runs: xr.Dataset) -> str:
    """What an axis of kernel alignments is called: where the kernel is averaged over several outputs, it says so."""
    return "CKA of K averaged over outputs" if averages_outputs(runs) else "kernel alignment (CKA)"


def ways_through_weight_space(ax: Axes3D, pair: Pair) -> None:
    """Draws how network and twin move, seen from the affine space S that the initial gradients span.

    Three numbers for each record, in units of the way from w_0 to w_lazy, the point of S that fits the training rows:
    how far along that way, how far from it within S, how far from S. Each is the median over the repeats. Where both
    stay near w_0, an arrow points to w_lazy.

    Args:
      ax: three-dimensional.
      pair: both runs, with the variables of probe 'subspace'.

    Reference: Kumar et al. (2024), Fig. 1a, whose picture is a sketch.
    """
    network, twin = (_way(runs) for runs in pair)
    along, aside, off = (float(max(network[:, i].max(), twin[:, i].max(), 1e-6)) for i in range(3))
    near = along < NEAR
    length = MARGIN * (along if near else max(along, 1.0))
    _draw_plane(ax, length, MARGIN * aside)
    for way, colour, name in ((network, NETWORK, "network"), (twin, TWIN, "linearised")):
        ax.plot(*way.T, color=colour, marker="o", markersize=2.5, label=name)
    ax.plot(*network[-1][:, None] * np.array([[1, 1], [1, 1], [0, 1]]), color=NETWORK, linewidth=0.8, linestyle=":")
    _name_point(ax, (0.0, 0.0, 0.0), "$w_0$ ", ha="right")
    _name_point(ax, network[-1], "$w_{feature}$")
    if near:
        ax.quiver(0, 0, 0, length, 0, 0, color="black", linewidth=1, arrow_length_ratio=0.06)
        ax.text(length, 0, 0.08 * off, "to $w_{lazy}$", fontsize=9, ha="center")
    else:
        _name_point(ax, (1.0, 0.0, 0.0), "$w_{lazy}$")
    ax.set_xlabel("along $w_{lazy}-w_0$ ($w_{lazy}$ at 1)", labelpad=-2)
    ax.set_ylabel("aside, in S", labelpad=-2)
    ax.set_zlabel("off S", labelpad=-2)
    ax.tick_params(pad=-1, labelsize=8)
    ax.set_zlim(0, MARGIN * off)
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.set_major_locator(MaxNLocator(4))
    ax.view_init(elev=20, azim=-60)
    ax.set_box_aspect((4, 4, 3), zoom=0.95)  # room for the labels, which no layout counts


def _way(runs: xr.Dataset) -> Float[np.ndarray, "records 3"]:
    """The three coordinates of the median run at every record that has them."""
    median = runs[list(COORDINATES)].median([d for d in runs.dims if d != "step"])
    median = median.where(np.isfinite(median)).dropna("step")  # A run that diverges has no place in the picture.
    return np.stack([median[name].values for name in COORDINATES], axis=1)


def _draw_plane(ax: Axes3D, length: float, width: float) -> None:
    """The plane S at height 0, beside the axes of the other two coordinates."""
    x, y = np.meshgrid([0.0, length], [0.0, width])
    ax.plot_surface(x, y, np.zeros_like(x), color=PLANE, alpha=0.25, shade=False)
    ax.text(0.9 * length, 0.9 * width, 0, "S", fontsize=11)


def _name_point(
    ax: Axes3D, point: tuple[float, float, float] | Float[np.ndarray, " 3"], name: str, ha: str = "left"
) -> None:
    ax.scatter(*point, color="black", s=16, depthshade=False)
    ax.text(*point, f"  {name}", fontsize=9, ha=ha)
