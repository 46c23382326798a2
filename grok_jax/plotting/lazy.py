"""Draws a network against its linearized twin and kernel regression, and a figure for any grid.

Every axis of the results but 'step' counts as repeats, drawn as a median with a band, as in plotting.curves.
"""

import contextlib
from collections.abc import Iterable
from itertools import product

import xarray as xr
from jaxtyping import Float
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grok_jax.analysis.claims import NotMeasured
from grok_jax.analysis.lazy import (
    TOLERANCE,
    Pair,
    averages_outputs,
    kernel_regression_loss,
    network_and_twin,
    regression_averages_outputs,
    t_part,
)
from grok_jax.analysis.seeds import axes_of_seeds
from grok_jax.analysis.selection import fields_along
from grok_jax.plotting.curves import curve, log_values, mark_time
from grok_jax.plotting.grid import MOST_COLUMNS, spread, value_text
from grok_jax.plotting.style import OKABE_ITO, panel_label, style

NETWORK, TWIN, NORM = OKABE_ITO[2], OKABE_ITO[0], OKABE_ITO[5]
ALIGNMENT = "0.35"
FITTED = 0.5  # accuracies are drawn if any training accuracy reaches this


def curves_against_twin(ax: Axes, pair: Pair, quantity: str = "loss") -> None:
    """Draws training (dashed) and test curves of network and twin, and kernel regression if it was measured.

    Args:
      ax: where to draw.
      pair: network and twin.
      quantity: "loss" (logarithmic, with a line for kernel regression) or "accuracy".
    """
    for runs, color, name in ((pair.twin, TWIN, "linearized"), (pair.network, NETWORK, "network")):
        curve(ax, runs[f"train_{quantity}"], color=color, linestyle="--")
        curve(ax, runs[f"test_{quantity}"], color=color, label=name)
    ax.set_ylabel(f"{quantity} (dashed: train)")
    if quantity == "accuracy":
        ax.set_ylim(-0.03, 1.03)
        return
    log_values(ax)
    with contextlib.suppress(NotMeasured):  # cross-entropy has no kernel regression
        regression_line(ax, kernel_regression_loss(pair.network), averaged=regression_averages_outputs(pair.network))


def regression_line(ax: Axes, loss: Float[xr.DataArray, "*grid"], *, averaged: bool) -> None:
    """Draws the median test loss of regression with the initial kernel as a horizontal line.

    Args:
      ax: where to draw.
      loss: of each run.
      averaged: whether the label says that the kernel is averaged over outputs.
    """
    label = "kernel regression, K₀ averaged over outputs" if averaged else "kernel regression, K₀"
    ax.axhline(float(loss.median()), color="black", linewidth=1.2, label=label)


def alignment_label(runs: xr.Dataset) -> str:
    """The label for an axis of kernel alignments, which says if the kernel is averaged over several outputs."""
    return "CKA of K averaged over outputs" if averages_outputs(runs) else "kernel alignment (CKA)"


def lazy_overview(ds: xr.Dataset) -> Figure:
    """Draws network against twin for each setting of a grid of any shape.

    Each setting, up to six, has a column of panels. The first shows losses, with a line for kernel regression (the
    legend says if its kernel is averaged over several outputs) and the step at which the test losses part. The second
    shows accuracies, if any run fits half of its training rows. The last shows the alignment of the network's kernel
    with the targets and how far that kernel has moved.

    Args:
      ds: results with the axis model.linearized and the variables of probe 'kernel'.

    Returns:
      A matplotlib Figure.

    Raises:
      NotMeasured: networks or twins are missing.
    """
    pair = network_and_twin(ds)
    repeats = axes_of_seeds(ds)
    axes = [str(d) for d in pair.network.dims if d != "step" and d not in repeats]
    settings = list(product(*(range(ds.sizes[d]) for d in axes)))
    shown = spread(settings, MOST_COLUMNS)
    accuracies = bool((pair.network["train_accuracy"] >= FITTED).any())
    rows = 3 if accuracies else 2
    with style():
        figure = Figure(figsize=(2.6 + 3.2 * len(shown), 0.6 + 2.5 * rows), layout="constrained")
        panels = figure.subplots(rows, len(shown), sharex=True, sharey="row", squeeze=False)
        for column, setting in zip(panels.T, shown, strict=True):
            chosen = Pair(*(runs.isel(dict(zip(axes, setting, strict=True))) for runs in pair))
            column[0].set_title("\n".join(_title(ds, axis, at) for axis, at in zip(axes, setting, strict=True)))
            curves_against_twin(column[0], chosen)
            mark_time(column[0], t_part(chosen), color="0.5", label=f"test losses part by {TOLERANCE:.0%}")
            if accuracies:
                curves_against_twin(column[1], chosen, "accuracy")
            _kernel_panel(column[-1], chosen.network)
            for ax in column[:-1]:
                ax.set_xlabel("")
        for ax in panels[:, 1:].flat:
            ax.set_ylabel("")
        for ax, letter in zip(panels[:, 0], "abc", strict=False):
            panel_label(ax, letter)
        entries = _entries(panels[0])
        figure.legend(entries.values(), entries.keys(), loc="outside right upper")
        if len(settings) > len(shown):
            figure.suptitle(f"{len(shown)} of {len(settings)} settings of {', '.join(axes)}")
    return figure


def _entries(panels: Iterable[Axes]) -> dict[str, Artist]:
    """Label -> handle for one legend of all panels; it says "not reached" only if no panel reaches it."""
    entries: dict[str, Artist] = {}
    for ax in panels:
        handles, labels = ax.get_legend_handles_labels()
        entries |= dict(zip(labels, handles, strict=True))
    return {
        label: handle for label, handle in entries.items() if label.partition(":")[0] not in entries.keys() - {label}
    }


def _title(ds: xr.Dataset, axis: str, at: int) -> str:
    return "\n".join(f"{field} = {value_text(ds[field].isel({axis: at}).item())}" for field in fields_along(ds, axis))


def _kernel_panel(ax: Axes, network: xr.Dataset) -> None:
    """Draws the alignment of the network's kernel, and on a second axis its distance from the start."""
    curve(ax, network["kernel_alignment"], color=ALIGNMENT)
    ax.set_ylabel(alignment_label(network), color=ALIGNMENT)
    second = ax.twinx()
    curve(second, network["kernel_distance"], color=NORM, linestyle="--")
    second.set_ylabel("kernel distance", color=NORM)
    second.tick_params(axis="y", labelcolor=NORM)
    second.grid(False)
