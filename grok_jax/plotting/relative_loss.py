"""Panels of losses in units of their start, with the linearised twin beside the network where there is one."""

import contextlib
from collections.abc import Iterable

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grok_jax.analysis.claims import NotMeasured
from grok_jax.analysis.relative_loss import networks, relative_losses, twins
from grok_jax.plotting.curves import curve, learning_curves, legend
from grok_jax.plotting.style import panel_label, style

TWIN = "0.35"
SMALLEST = 1e-5  # of the start; a training loss goes on falling to the rounding errors


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
        curve(ax, twin, colour=TWIN, linestyle="--", label="test loss, linearised")
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
