"""What figures 3e and 10b share: steps to fit and to generalize on MNIST along an axis, and the accuracies behind."""

import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes

from experiments.omnigrok.fig3d_mnist_grokking import GENERALISED
from grok_jax.analysis.grokking import first_crossing, t_fit
from grok_jax.plotting.curves import curve, legend
from grok_jax.plotting.style import TEST, TRAIN, colours
from grok_jax.plotting.times import times_along


def fit_and_generalise(ax: Axes, ds: xr.Dataset, axis: str) -> Float[xr.DataArray, "*grid"]:
    """Draws the steps of each run to fit and to generalize; returns the latter."""
    budget, late = float(ds["step"][-1]), first_crossing(ds["test_accuracy"], GENERALISED)
    times_along(ax, t_fit(ds), axis, colour=TRAIN, label="95% train accuracy", budget=budget, marker="s")
    times_along(ax, late, axis, colour=TEST, label=f"{GENERALISED:.0%} test accuracy", budget=budget)
    return late


def accuracies_along(ax: Axes, ds: xr.Dataset, axis: str, name: str) -> None:
    """Draws a test accuracy for each point of the axis; `name` formats its value."""
    for i, colour in enumerate(colours(ds.sizes[axis])):
        runs = ds.isel({axis: i})
        curve(ax, runs["test_accuracy"], colour=colour, label=name.format(runs[axis].item()))
    ax.axhline(GENERALISED, color="0.5", linestyle=":", linewidth=1)
    ax.set(ylabel="test accuracy", ylim=(-0.03, 1.03))
    legend(ax, loc="upper left")
