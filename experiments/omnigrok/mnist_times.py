"""Shared by figures 3e and 10b: steps to fit and to generalize on MNIST along an axis, and the accuracies."""

import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes

from experiments.omnigrok.fig3d_mnist_grokking import GENERALIZED
from grok_jax.analysis.grokking import first_crossing, t_fit
from grok_jax.plotting.curves import curve, legend
from grok_jax.plotting.style import TEST, TRAIN, colors
from grok_jax.plotting.times import times_along


def fit_and_generalize(ax: Axes, ds: xr.Dataset, axis: str) -> Float[xr.DataArray, "*grid"]:
    """Draws the steps to fit and to generalize of each run; returns the steps to generalize."""
    budget, late = float(ds["step"][-1]), first_crossing(ds["test_accuracy"], GENERALIZED)
    times_along(ax, t_fit(ds), axis, color=TRAIN, label="95% train accuracy", budget=budget, marker="s")
    times_along(ax, late, axis, color=TEST, label=f"{GENERALIZED:.0%} test accuracy", budget=budget)
    return late


def accuracies_along(ax: Axes, ds: xr.Dataset, axis: str, name: str) -> None:
    """Draws the test accuracy for each point of the axis; `name` formats the point's value."""
    for i, color in enumerate(colors(ds.sizes[axis])):
        runs = ds.isel({axis: i})
        curve(ax, runs["test_accuracy"], color=color, label=name.format(runs[axis].item()))
    ax.axhline(GENERALIZED, color="0.5", linestyle=":", linewidth=1)
    ax.set(ylabel="test accuracy", ylim=(-0.03, 1.03))
    legend(ax, loc="upper left")
