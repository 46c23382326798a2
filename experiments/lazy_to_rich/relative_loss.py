"""Losses in units of their own start, how late generalization comes in these units, and the panels that show it.

Every committee machine begins near f = 0, so that a relative test loss of 1 is that of knowing nothing, whatever
the scale of the targets. Where there is a linearized twin it is drawn beside the network.
"""

import contextlib
from collections.abc import Iterable

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grok_jax.analysis.claims import Measured, NotMeasured, over_seeds
from grok_jax.analysis.grokking import first_crossing, is_censored, last_value, loss_delay, relative
from grok_jax.analysis.selection import LINEARIZED, runs_at
from grok_jax.plotting.curves import curve, learning_curves, legend
from grok_jax.plotting.style import panel_label, style

LOSSES = ("train_loss", "test_loss")
FINISHED = 1e-6  # of its start: gradients of a train loss this small move nothing
TWIN = "0.35"
SMALLEST = 1e-5  # of the start; a training loss goes on falling to the rounding errors


def relative_losses(ds: xr.Dataset) -> xr.Dataset:
    """The results with the training and test loss of each run divided by their values at step 0."""
    return ds.assign({name: relative(ds[name]).assign_attrs(units="1") for name in LOSSES})


def networks(ds: xr.Dataset) -> xr.Dataset:
    """The runs that are not linearized twins; all of them where the results do not say."""
    return runs_at(ds, {LINEARIZED: 0.0}) if LINEARIZED in ds.coords else ds


def twins(ds: xr.Dataset) -> xr.Dataset:
    """The runs that are linearized twins.

    Raises:
      NotMeasured: there are none.
    """
    return runs_at(ds, {LINEARIZED: 1.0})


def t_learned(ds: xr.Dataset, level: float) -> Float[xr.DataArray, "*grid"]:
    """Step at which the test loss first falls to a part of its start: see first_crossing."""
    return first_crossing(relative_losses(ds)["test_loss"], level, "down")


def generalizes_late(ds: xr.Dataset, level: float, factor: float) -> Measured:
    """Whether the test loss falls to a part of its start `factor` times later, or more, than the training loss does.

    Args:
      ds: results of one setting over seeds; with linearized twins, the end of these is reported beside.
      level: the part.
      factor: of the steps.

    Returns:
      Measured. A run that fits and does not generalize within its budget is undecided, unless it is FINISHED.
    """
    runs = relative_losses(networks(ds))
    ratio = loss_delay(runs, level)
    end = last_value(runs["test_loss"])
    values = {f"delay at {level:g} of the start": ratio, "largest test loss / start": runs["test_loss"].max("step")}
    values["final test loss / start"] = end
    if LINEARIZED in ds.dims:
        values["of the linearized twin"] = last_value(relative_losses(twins(ds))["test_loss"])
    finished = last_value(runs["train_loss"]) < FINISHED
    return over_seeds(np.isfinite(ratio) & (ratio >= factor), values, decided=~is_censored(ratio) | finished)


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
        # Without the band: where the twin follows the network it would hide that of the network.
        twin = twin.median([d for d in twin.dims if d != "step"])
        curve(ax, twin, color=TWIN, linestyle="--", label="test loss, linearized")
    ax.axhline(level, color="0.6", linewidth=0.8, linestyle=":", label=f"{level:g} of the start")
    ax.set_ylabel("loss / its start")


def same_losses(panels: Iterable[Axes]) -> None:
    """Gives panels that are drawn one range of losses, cut off below SMALLEST."""
    panels = list(panels)
    ends = [ax.get_ylim() for ax in panels]
    for ax in panels:
        ax.set_ylim(max(SMALLEST, min(low for low, _ in ends)), max(high for _, high in ends))


def relative_loss_row(ds: xr.Dataset, axis: str, symbol: str, level: float) -> Figure:
    """Draws a panel for each value of one axis, side by side: see relative_loss_panel.

    Args:
      ds: results.
      axis: a coordinate along a dimension.
      symbol: what a reader calls it; the titles are "symbol = value".
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
