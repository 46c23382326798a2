"""Draws recorded curves against training steps.

A curve is the median over every axis but 'step' (the repeats, such as seeds), with a band from the smallest to the
largest value. The step axis is logarithmic, so it starts at the first record at or after step 1; the record at step 0
is left out. Runs that diverged or ended early are left out from that step on.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Real
from matplotlib.axes import Axes

from grok_jax.plotting.style import NORM, TEST, TRAIN, colors

UNITLESS = ("", "1", "dimensionless")


def curve(
    ax: Axes,
    x: Real[xr.DataArray, "*grid step"],
    *,
    color: str,
    label: str | None = None,
    linestyle: str = "-",
) -> None:
    """Draws one median curve with its band, with a logarithmic step axis."""
    repeats = [d for d in x.dims if d != "step"]
    x = x.where(np.isfinite(x) & (x["step"] >= 1)).dropna("step", how="all")
    ax.plot(x["step"], x.median(repeats), color=color, label=label, linestyle=linestyle)
    if any(x.sizes[d] > 1 for d in repeats):
        ax.fill_between(x["step"], x.min(repeats), x.max(repeats), color=color, alpha=0.18, linewidth=0)
    if x.sizes["step"]:  # matplotlib cannot draw a logarithmic axis without data
        ax.set_xscale("log")
    ax.set_xlabel("step")


def log_values(ax: Axes, *others: Axes) -> None:
    """Makes the y axis logarithmic if any curve in it, or in other Axes that share it, has a positive value.

    Without a positive value, as when every run has diverged, a logarithmic axis cannot be drawn.
    """
    if any(np.any(np.asarray(line.get_ydata(), float) > 0) for each in (ax, *others) for line in each.lines):
        ax.set_yscale("log")


def learning_curves(
    ax: Axes,
    ds: xr.Dataset,
    variables: Sequence[str] = ("train_accuracy", "test_accuracy"),
    *,
    colors: Sequence[str] = (TRAIN, TEST),
) -> None:
    """Draws training and test curves of one setting, labeled with the names of their variables.

    Args:
      ax: where to draw.
      ds: results; every axis but 'step' counts as repeats of the same run.
      variables: which curves to draw.
      colors: one color for each curve.
    """
    for name, color in zip(variables, colors, strict=True):
        curve(ax, ds[name], color=color, label=_name(ds[name]))
    ax.set_ylabel(axis_label([ds[name] for name in variables]))
    if all("accuracy" in name for name in variables):
        ax.set_ylim(-0.03, 1.03)
    elif all("loss" in name for name in variables):
        log_values(ax)


def curves_along(
    ax: Axes,
    ds: xr.Dataset,
    axis: str,
    *,
    symbol: str,
    variables: Sequence[str] = ("train_loss", "test_loss"),
) -> None:
    """Draws the curves along one axis of a grid, one color per point: training dashed, test solid and labeled.

    Args:
      ax: where to draw.
      ds: results; every axis but 'step' and this one counts as repeats.
      axis: the name of the axis in the grid.
      symbol: the name of the axis in the legend, such as "α"; the labels are "α = 0.5", ...
      variables: the training curve and the test curve; losses get a logarithmic axis.
    """
    for i, color in enumerate(colors(ds.sizes[axis])):
        runs = ds.isel({axis: i})
        curve(ax, runs[variables[0]], color=color, linestyle="--")
        curve(ax, runs[variables[1]], color=color, label=f"{symbol} = {runs[axis].item():.4g}")
    ax.set_ylabel(f"{axis_label([ds[name] for name in variables])} (dashed: train)")
    if all("loss" in name for name in variables):
        log_values(ax)


def weight_norm_axis(ax: Axes, ds: xr.Dataset) -> Axes:
    """Draws the weight norm on a second y axis in its own color, and returns that axis."""
    twin = ax.twinx()
    curve(twin, ds["weight_norm"], color=NORM, label=_name(ds["weight_norm"]), linestyle="--")
    twin.set_ylabel(axis_label([ds["weight_norm"]]), color=NORM)
    twin.tick_params(axis="y", labelcolor=NORM)
    twin.grid(False)
    return twin


def mark_time(ax: Axes, time: Real[xr.DataArray, "*grid"], *, color: str, label: str) -> None:
    """Draws a vertical line at the median time; a median beyond the budget only appears in the legend."""
    median = float(time.median())
    if np.isfinite(median):
        ax.axvline(median, color=color, linestyle=":", linewidth=1.2, label=label)
    else:
        ax.plot([], [], color=color, linestyle=":", linewidth=1.2, label=f"{label}: not reached")


def legend(ax: Axes, *others: Axes, **settings: Any) -> None:
    """Draws one legend for a panel and its twin axes, on top of all their curves."""
    entries = [axis.get_legend_handles_labels() for axis in (ax, *others)]
    handles, labels = (list(chain(*parts)) for parts in zip(*entries, strict=True))
    (others[-1] if others else ax).legend(handles, labels, **settings)


def axis_label(curves: Sequence[Real[xr.DataArray, "..."]]) -> str:
    """The axis label for curves of one panel: the last words that their names share, and their unit."""
    words = [_name(x).split() for x in curves]
    shared = list(words[0])
    while shared and any(w[-len(shared) :] != shared for w in words):
        shared.pop(0)
    name = " ".join(shared) or " / ".join(_name(x) for x in curves)
    units = str(curves[0].attrs.get("units", ""))
    return name if units in UNITLESS else f"{name} [{units}]"


def _name(x: xr.DataArray) -> str:
    # The attribute long_name is a definition and too long for a legend.
    return str(x.name).replace("_", " ")
