"""Learning curves side by side: one panel per point of a grid axis."""

from collections.abc import Sequence

import xarray as xr
from matplotlib.figure import Figure

from experiments.model_efficiency.critical_size import TRAIN_FRACTION
from grok_jax.analysis.grokking import t_fit, t_generalize
from grok_jax.analysis.selection import config_value
from grok_jax.plotting.curves import learning_curves, mark_time
from grok_jax.plotting.style import TEST, TRAIN, panel_label, style


def accuracy_panels(ds: xr.Dataset, axis: str, titles: Sequence[str]) -> Figure:
    """Plots train and test accuracy for each point of an axis, with the median times to 95%.

    A dashed line shows the accuracy of a network that knows only a + b = b + a. It is right on the test pairs whose
    mirror image it was trained on; their share is about the train fraction.

    Args:
      ds: results along the axis and 'step'; every other axis counts as repeats.
      axis: its name.
      titles: titles of the panels.

    Returns:
      A matplotlib Figure.
    """
    with style():
        figure = Figure(figsize=(4.4 * len(titles), 3.7), layout="constrained")
        panels = figure.subplots(1, len(titles), sharey=True, squeeze=False)[0]
        for i, (ax, title) in enumerate(zip(panels, titles, strict=True)):
            runs = ds.isel({axis: i})
            learning_curves(ax, runs)
            mark_time(ax, t_fit(runs), color=TRAIN, label="t95 (train)")
            mark_time(ax, t_generalize(runs), color=TEST, label="t95 (test)")
            mirrored = config_value(runs, TRAIN_FRACTION)
            if mirrored is not None:
                ax.axhline(mirrored, color="0.5", linestyle="--", linewidth=1, label="pairs seen mirrored")
            if i:
                ax.set_ylabel("")
            ax.set_title(title)
            panel_label(ax, "abcdefgh"[i])
        entries = panels[0].get_legend_handles_labels()
        figure.legend(*entries, loc="outside lower center", ncols=len(entries[0]))  # the panels have no room for it
    return figure
