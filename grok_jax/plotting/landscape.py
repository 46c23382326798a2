"""Draws reduced landscapes over one axis of a grid, and whether its runs have reached their minima.

`slice_along` draws one quantity, `train_and_test` the two losses of a landscape, `way_over` the path of an
unconstrained run, and `convergence` whether the minimum was reached. For two axes use `maps.heat_map`.
"""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from jaxtyping import Real
from matplotlib.axes import Axes

from grok_jax.analysis.landscape import still_falling
from grok_jax.plotting.curves import axis_label, legend
from grok_jax.plotting.style import NORM, OKABE_ITO, TEST, TRAIN

GRADIENT, FALLING = NORM, OKABE_ITO[3]


def slice_along(
    ax: Axes,
    x: Real[xr.DataArray, "..."],
    axis: str,
    *,
    color: str,
    label: str | None = None,
    linestyle: str = "-",
    log: str = "x",
) -> None:
    """Draws one value per run over one axis of a grid: the median, and a band from the smallest to the largest.

    Args:
      ax: where to draw.
      x: for example reduced losses or errors; every axis but this one counts as repeats (seeds). Values that are not
        finite are left out.
      axis: the name of the axis, which has numeric coordinates.
      color, label, linestyle: of the line.
      log: the logarithmic axes, "x", "y" or "xy"; a logarithmic y axis leaves out values of 0 or less.
    """
    repeats = [d for d in x.dims if d != axis]
    x = x.where(np.isfinite(x) & ((x > 0) | ("y" not in log))).dropna(axis, how="all").sortby(axis)
    ax.plot(x[axis], x.median(repeats), color=color, label=label, linestyle=linestyle, marker="o", markersize=3.5)
    if any(x.sizes[d] > 1 for d in repeats):
        ax.fill_between(x[axis], x.min(repeats), x.max(repeats), color=color, alpha=0.18, linewidth=0)
    if x.sizes[axis]:  # matplotlib cannot draw a logarithmic axis without data
        for scale, set_scale in (("x", ax.set_xscale), ("y", ax.set_yscale)):
            if scale in log:
                set_scale("log")


def train_and_test(
    ax: Axes,
    train: Real[xr.DataArray, "..."],
    test: Real[xr.DataArray, "..."],
    axis: str,
    *,
    name: str,
    log: str = "xy",
    linestyle: str = "-",
) -> None:
    """Draws training and test values of a reduced loss or error over one axis of a grid, labeled with their names.

    Args:
      ax: where to draw.
      train, test: one value per run, as returned by `reduced`; every axis but this one counts as repeats.
      axis: the name of the axis in the grid.
      name: the label of the x axis, with its unit.
      log: the logarithmic axes, "x", "y" or "xy".
      linestyle: of both lines.
    """
    for x, color in ((train, TRAIN), (test, TEST)):
        label = str(x.name).replace("_", " ")
        slice_along(ax, x, axis, color=color, label=label, linestyle=linestyle, log=log)
    ax.set(xlabel=name, ylabel=axis_label([train, test]))


def way_over(
    ax: Axes,
    x: Real[xr.DataArray, "*grid step"],
    y: Real[xr.DataArray, "*grid step"],
    *,
    color: str,
    label: str | None = None,
    marks: Mapping[str, float] | None = None,
    arrows: int = 3,
) -> None:
    """Draws the path of a run over a landscape with logarithmic axes: medians over every axis but 'step'.

    Args:
      ax: where to draw.
      x: one positive value per record, for example the weight norm.
      y: a loss, positive.
      color, label: of the line.
      marks: matplotlib markers and the steps at which to draw them; steps outside the records are skipped.
      arrows: number of arrowheads, evenly spaced along the path.
    """
    way = xr.Dataset({"x": x, "y": y})
    way = way.median([d for d in way.dims if d != "step"]).map(np.log10).dropna("step")
    across, up, steps = (way[name].values for name in ("x", "y", "step"))
    ax.plot(10**across, 10**up, color=color, label=label, linewidth=1.8)
    for marker, step in (marks or {}).items():
        if steps[0] <= step <= steps[-1]:
            point = (10 ** np.interp(step, steps, part) for part in (across, up))
            size = 13 if marker == "*" else 7
            ax.plot(*point, marker, color=color, markeredgecolor="k", markersize=size, zorder=5, clip_on=False)
    lengths = [np.abs(np.diff(part)) / max(np.ptp(part), np.finfo(float).tiny) for part in (across, up)]
    way_made = np.concatenate([[0.0], np.cumsum(np.hypot(*lengths))])
    head = {"arrowstyle": "-|>", "color": color, "linewidth": 1.8, "mutation_scale": 14, "shrinkA": 0, "shrinkB": 0}
    for i in range(arrows if way_made[-1] else 0):
        ends = way_made[-1] * ((i + 0.5) / arrows + np.array([-0.01, 0.01]))
        back, front = zip(*(10 ** np.interp(ends, way_made, part) for part in (across, up)), strict=True)
        ax.annotate("", front, back, arrowprops=head)


def convergence(ax: Axes, ds: xr.Dataset, axis: str, *, name: str, log: str = "x", loss: str = "train_loss") -> Axes:
    """Draws whether the loss of a landscape was minimized along its spheres.

    The left axis shows the gradient along the sphere before training (dotted) and after it, if the probe "gradient"
    recorded it. The right axis shows the share of the loss that the last tenth of training removed. Both are near 0 at
    the minimum. A negative share means that the loss rose; a share below -1 (more than doubled) is drawn at -1.

    Args:
      ax: where to draw.
      ds: results along 'step'; every axis except 'step' and this one counts as repeats.
      axis: the name of the axis in the grid.
      name: the label of the x axis, with its unit.
      log: "x" for a logarithmic x axis, "" otherwise.
      loss: which loss was minimized.

    Returns:
      The right axis, which shows the share.
    """
    twin = ax.twinx()
    slice_along(
        twin, still_falling(ds[loss]).clip(min=-1.0), axis, color=FALLING, label="loss lost in the last tenth", log=log
    )
    twin.set_ylabel(f"share of the {loss.replace('_', ' ')} (below 0: gained)", color=FALLING)
    twin.tick_params(axis="y", labelcolor=FALLING)
    twin.set_ylim(-1.05, 1.05)
    twin.grid(False)
    twin.spines["right"].set_visible(True)
    if "tangential_gradient" in ds:
        gradient = ds["tangential_gradient"].dropna("step", how="all")
        for place, label, linestyle in ((0, "gradient at the start", ":"), (-1, "gradient at the end", "-")):
            at = gradient.isel(step=place)
            slice_along(ax, at, axis, color=GRADIENT, label=label, linestyle=linestyle, log=f"{log}y")
        ax.set_ylabel("gradient along the sphere [1 / radian]", color=GRADIENT)
        ax.tick_params(axis="y", labelcolor=GRADIENT)
    else:
        ax.set_yticks([])
    ax.set_xlabel(name)
    legend(ax, twin, loc="best", frameon=True, framealpha=0.8, edgecolor="none")  # "best" does not see the curves of ax
    return twin
