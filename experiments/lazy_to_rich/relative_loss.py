"""Losses relative to their start, how late they show generalization, and the panels that plot it.

Every committee machine begins near f = 0, so a relative test loss of 1 means that nothing has been learned, whatever
the scale of the targets. A linearized twin, if present, is drawn with the network.
"""

import contextlib
from collections.abc import Iterable

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grok_jax.analysis.claims import Measured, NotMeasured, over_seeds
from grok_jax.analysis.grokking import first_crossing, is_censored, last_value, loss_delay, relative, time_to_grok
from grok_jax.analysis.selection import LINEARIZED, runs_at
from grok_jax.plotting.curves import curve, learning_curves, legend
from grok_jax.plotting.style import panel_label, style

LOSSES = ("train_loss", "test_loss")
FINISHED = 1e-6  # share of its start; gradients of a smaller train loss change nothing
TWIN = "0.35"
SMALLEST = 1e-5  # share of the start; a training loss falls further, to rounding error


def relative_losses(ds: xr.Dataset) -> xr.Dataset:
    """Returns the results with the training and test loss of each run divided by their values at step 0."""
    return ds.assign({name: relative(ds[name]).assign_attrs(units="1") for name in LOSSES})


def networks(ds: xr.Dataset) -> xr.Dataset:
    """Returns the runs that are not linearized twins; all runs if the results do not say."""
    return runs_at(ds, {LINEARIZED: 0.0}) if LINEARIZED in ds.coords else ds


def twins(ds: xr.Dataset) -> xr.Dataset:
    """Returns the runs that are linearized twins.

    Raises:
      NotMeasured: the results have none.
    """
    return runs_at(ds, {LINEARIZED: 1.0})


def t_learned(ds: xr.Dataset, level: float) -> Float[xr.DataArray, "*grid"]:
    """Returns the step at which the test loss first falls to a share of its start; see first_crossing."""
    return first_crossing(relative_losses(ds)["test_loss"], level, "down")


def generalizes_late(ds: xr.Dataset, level: float, factor: float, steps: float = np.inf) -> Measured:
    """Judges whether the test loss falls to a share of its start at least `factor` times later than the training loss.

    Args:
      ds: results of one setting over seeds; with linearized twins, their final loss is also reported.
      level: the share of the start.
      factor: least ratio of the steps.
      steps: a wait of more steps than this is late too, whatever the ratio.

    Returns:
      Measured. A run that fits but does not generalize within its budget is undecided, unless it is FINISHED.
    """
    runs = relative_losses(networks(ds))
    ratio, wait = loss_delay(runs, level), time_to_grok(runs, level)
    end = last_value(runs["test_loss"])
    values = {f"delay at {level:g} of the start": ratio}
    if np.isfinite(steps):
        values["steps of wait"] = wait
    values["largest test loss / start"] = runs["test_loss"].max("step")
    values["final test loss / start"] = end
    if LINEARIZED in ds.dims:
        values["of the linearized twin"] = last_value(relative_losses(twins(ds))["test_loss"])
    finished = last_value(runs["train_loss"]) < FINISHED
    late = np.isfinite(ratio) & ((ratio >= factor) | (wait > steps))
    return over_seeds(late, values, decided=~is_censored(ratio) | finished)


def relative_loss_panel(ax: Axes, ds: xr.Dataset, level: float) -> None:
    """Draws the losses of one setting over their start, the twin's test loss, and the level that counts as learned.

    Args:
      ax: where to draw.
      ds: results; every axis but 'step' and 'model.linearized' counts as repeats.
      level: the part of the start.
    """
    learning_curves(ax, relative_losses(networks(ds)), ("train_loss", "test_loss"))
    with contextlib.suppress(NotMeasured):  # results without twins
        twin = relative_losses(twins(ds))["test_loss"]
        # No band: it would hide the network's band while the twin follows the network.
        twin = twin.median([d for d in twin.dims if d != "step"])
        curve(ax, twin, color=TWIN, linestyle="--", label="test loss, linearized")
    ax.axhline(level, color="0.6", linewidth=0.8, linestyle=":", label=f"{level:g} of the start")
    ax.set_ylabel("loss / its start")


def same_losses(panels: Iterable[Axes]) -> None:
    """Gives all panels the same range of losses, cut off below SMALLEST."""
    panels = list(panels)
    ends = [ax.get_ylim() for ax in panels]
    for ax in panels:
        ax.set_ylim(max(SMALLEST, min(low for low, _ in ends)), max(high for _, high in ends))


def relative_loss_row(ds: xr.Dataset, axis: str, symbol: str, level: float) -> Figure:
    """Draws one panel per value of an axis, side by side; see relative_loss_panel.

    Args:
      ds: results.
      axis: a coordinate along a dimension.
      symbol: label of the axis; titles are "symbol = value".
      level: the part of the start.
    """
    (dim,) = ds[axis].dims
    count = ds.sizes[dim]
    with style():
        figure = Figure(figsize=(1 + 3.6 * count, 3.4), layout="constrained")
        panels = figure.subplots(1, count, sharex=True, sharey=True, squeeze=False)[0]
        for i, ax in enumerate(panels):
            runs = ds.isel({dim: i})
            relative_loss_panel(ax, runs, level)
            ax.set_title(f"{symbol} = {runs[axis].item()}")
            ax.label_outer()
            panel_label(ax, "abcdefghijklmnopqrstuvwxyz"[i])
        same_losses(panels)
        legend(panels[0], loc="lower left")
    return figure
