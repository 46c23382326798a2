"""A figure for any grid: accuracy (or loss) and weight norm, with one axis as color and the others as columns."""

import math
from itertools import product
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from grok_jax.errors import require_results
from grok_jax.plotting.curves import axis_label, curve, log_values
from grok_jax.plotting.style import colors, panel_label, style

MOST_COLUMNS = 6  # Panels beyond this are too narrow to read.
MOST_NAMES = 8  # Names in a legend.


def overview(ds: xr.Dataset) -> Figure:
    """Draws the results of a grid of any shape.

    The first axis sets the color, the other axes set the columns of panels, and seeds make the band around each
    median. Training curves are dashed, test curves solid.

    Args:
      ds: results with weight_norm and either train_accuracy and test_accuracy, or train_loss and test_loss.

    Returns:
      A matplotlib Figure with two rows of panels.

    Raises:
      UserError: these are not results of a sweep.
    """
    require_results(ds, "step", "weight_norm", "train_loss", "test_loss")
    kind = "accuracy" if "test_accuracy" in ds and bool(ds["test_accuracy"].notnull().any()) else "loss"
    axes = [str(d) for d in ds[f"test_{kind}"].dims if d != "step" and str(d).split(".")[-1] != "seed"]
    color_axis, column_axes = axes[:1], axes[1:]
    columns = spread(list(product(*(range(ds.sizes[d]) for d in column_axes))), MOST_COLUMNS)
    lines = list(range(ds.sizes[color_axis[0]])) if color_axis else [0]
    palette = colors(len(lines))
    named = set(spread(lines, MOST_NAMES))

    with style():
        figure = Figure(figsize=(1.8 + 3.0 * len(columns), 5.6), layout="constrained")
        panels = figure.subplots(2, len(columns), sharex=True, sharey="row", squeeze=False)
        for i, column in enumerate(columns):
            chosen = ds.isel(dict(zip(column_axes, column, strict=True)))
            for line in lines:
                runs = chosen.isel({color_axis[0]: line}) if color_axis else chosen
                label = value_text(runs[color_axis[0]].item()) if color_axis and line in named else None
                curve(panels[0, i], runs[f"train_{kind}"], color=palette[line], linestyle="--")
                curve(panels[0, i], runs[f"test_{kind}"], color=palette[line], label=label)
                curve(panels[1, i], runs["weight_norm"], color=palette[line])
            panels[0, i].set_xlabel("")
            panels[0, i].set_title("\n".join(f"{d} = {value_text(chosen[d].item())}" for d in column_axes))
        panels[0, 0].set_ylabel(axis_label([ds[f"train_{kind}"], ds[f"test_{kind}"]]))
        panels[1, 0].set_ylabel(axis_label([ds["weight_norm"]]))
        if kind == "loss":
            log_values(*panels[0])
        for ax, letter in zip(panels[:, 0], "ab", strict=True):
            panel_label(ax, letter)
        panels[0, 0].plot([], [], color="0.4", linestyle="--", label="train")
        panels[0, 0].plot([], [], color="0.4", label="test")
        handles, labels = panels[0, 0].get_legend_handles_labels()
        # One line per field of an axis: a single long line would leave the panels no room.
        title = color_axis[0].replace(",", ",\n") if color_axis else None
        figure.legend(handles, labels, title=title, loc="outside right upper")
        settings = math.prod(ds.sizes[d] for d in column_axes)
        if settings > len(columns):
            figure.suptitle(f"{len(columns)} of {settings} settings of {', '.join(column_axes)}")
    return figure


def spread(items: list[Any], most: int) -> list[Any]:
    """All items, or at most `most` of them, evenly spread from the first to the last."""
    if len(items) <= most:
        return items
    return [items[i] for i in np.linspace(0, len(items) - 1, most).round().astype(int)]


def value_text(value: Any) -> str:
    """A setting, formatted for a title."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)
