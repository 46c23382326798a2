"""The test loss of the polynomial task beside its three parts (probe "decomposition")."""

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grok_jax.analysis.decomposition import generalizes, typical_run
from grok_jax.plotting.curves import curve, learning_curves, legend
from grok_jax.plotting.style import NORM, OKABE_ITO, TEST, TRAIN, panel_label, style

# variable -> name, colour, line: as in the paper the misalignment error is dashed green and linear power dashed black.
LINES = {
    "test_loss": ("test loss", TEST, "-"),
    "variance_error": ("variance error", OKABE_ITO[3], ":"),
    "misalignment_error": ("misalignment error", NORM, "--"),
    "linear_power": ("power in linear modes", "black", "--"),
}
DECADES = 1e-4  # of the largest test loss: what is below adds nothing a reader could see


def loss_parts(ax: Axes, ds: xr.Dataset) -> None:
    """Draws the test loss and its three parts against the step, both axes logarithmic.

    Args:
      ax: where to draw.
      ds: results with the probe's variables; every axis but 'step' counts as repeats.
    """
    for variable, (name, colour, line) in LINES.items():
        curve(ax, ds[variable], colour=colour, label=name, linestyle=line)
    ax.set_yscale("log")
    ax.set_ylabel("test loss and its parts")
    largest = float(ds["test_loss"].max())
    ax.set_ylim(DECADES * largest, 2 * largest)


def decomposed_run(ds: xr.Dataset) -> Figure:
    """(a) losses of a typical run, the test losses of the others faint behind, (b) its test loss beside the parts.

    The typical run is one that generalises where any does; the title says how many do.
    """
    runs = ds if "seed" in ds.dims else ds.expand_dims("seed")
    generalizing = generalizes(runs)
    place = typical_run(runs)
    shown = runs.isel(seed=[place])
    with style():
        figure = Figure(figsize=(10.0, 3.8), layout="constrained")
        left, right = figure.subplots(1, 2)
        for i in range(runs.sizes["seed"]):
            for variable, colour in (("train_loss", TRAIN), ("test_loss", TEST)):
                left.plot(runs["step"][1:], runs[variable].isel(seed=i)[1:], color=colour, alpha=0.15, linewidth=0.8)
        learning_curves(left, shown, ("train_loss", "test_loss"))
        left.set_ylim(DECADES * float(shown["test_loss"].max()), 2 * float(runs["test_loss"].max()))
        left.set_title(f"{int(generalizing.sum())} of {runs.sizes['seed']} seeds generalise (faint: all of them)")
        legend(left, loc="lower left")
        loss_parts(right, shown)
        kind = "generalises" if bool(generalizing.isel(seed=place)) else "does not generalise"
        right.set_title(f"one that {kind}")
        legend(right, loc="lower left")
        for ax, letter in zip((left, right), "ab", strict=True):
            panel_label(ax, letter)
    return figure
