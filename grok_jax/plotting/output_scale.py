"""A sweep of the output scale α: accuracies, how late the test accuracy comes, weight norms."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grok_jax.analysis.grokking import delay, is_censored
from grok_jax.analysis.output_scale import ALPHA
from grok_jax.analysis.selection import with_axis
from grok_jax.plotting.curves import curve, curves_along, legend
from grok_jax.plotting.style import colours, panel_label, style


def output_scale_figure(ds: xr.Dataset, level: float, letter: str) -> Figure:
    """Draws the accuracies for each α, and beside them the delay against α and the weight norms.

    Args:
      ds: results; every axis but 'step' and α counts as repeats.
      level: accuracy of the delay, a dotted line among the accuracies.
      letter: of the first panel, which is the paper's.

    Returns:
      A matplotlib Figure.
    """
    ds = with_axis(ds, ALPHA).sortby(ALPHA)
    with style():
        figure = Figure(figsize=(13.2, 3.9), layout="constrained")
        left, middle, right = figure.subplots(1, 3, width_ratios=(1.5, 1, 1))
        curves_along(left, ds, ALPHA, symbol="α", variables=("train_accuracy", "test_accuracy"))
        left.axhline(level, color="0.5", linewidth=0.8, linestyle=":")
        legend(left, loc="upper left")
        panel_label(left, letter)
        delays_along(middle, ds, level)
        for i, colour in enumerate(colours(ds.sizes[ALPHA])):
            curve(right, ds["weight_norm"].isel({ALPHA: i}), colour=colour)
        right.set_ylabel("weight norm")
    return figure


def delays_along(ax: Axes, ds: xr.Dataset, level: float) -> None:
    """Draws the delay of each run against α, both axes logarithmic; one beyond the budget is an open triangle."""
    ratio = delay(ds, level).transpose(ALPHA, ...)
    never = is_censored(ratio)
    reached = ratio.where(np.isfinite(ratio))
    top = 2 * (float(reached.max()) if bool(reached.notnull().any()) else 1.0)
    repeats = [d for d in ratio.dims if d != ALPHA]
    for name, values, marker, fill in (
        ("a seed", reached, "o", "full"),
        ("never within the budget", xr.full_like(ratio, top).where(never), "^", "none"),
    ):
        if bool(values.notnull().any()):
            points = values.stack(run=repeats).transpose(ALPHA, "run") if repeats else values.expand_dims("run", -1)
            lines = ax.plot(ds[ALPHA], points, marker, color="0.2", fillstyle=fill)
            lines[0].set_label(name)
    ax.axhline(1, color="0.5", linewidth=0.8)
    ax.set(xscale="log", yscale="log", xlabel="output scale α", ylabel=f"steps to {level:.0%} accuracy, test / train")
    ax.set_xticks(ds[ALPHA].values, [f"{scale:g}" for scale in ds[ALPHA].values], minor=False)
    ax.xaxis.minorticks_off()
    legend(ax, loc="best")
