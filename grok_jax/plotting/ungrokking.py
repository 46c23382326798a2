"""Runs continued on fewer data: small functions from results to Axes."""

from collections.abc import Sequence

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grok_jax.analysis.selection import with_axis
from grok_jax.analysis.ungrokking import CUT, SHARE, kept_fraction, setting
from grok_jax.plotting.curves import curve
from grok_jax.plotting.style import colours, panel_label, style


def ungrokking_figure(ds: xr.Dataset, axis: str, titles: Sequence[str]) -> Figure:
    """Draws a panel of `continued_runs` for each point of an axis of the grid.

    Args:
      ds: results along the axis and 'step', and perhaps along SHARE.
      axis: what is varied beside.
      titles: of the panels.

    Returns:
      A matplotlib Figure.
    """
    ds = with_axis(ds, SHARE).sortby(SHARE)
    with style():
        figure = Figure(figsize=(4.6 * len(titles), 3.9), layout="constrained")
        panels = figure.subplots(1, len(titles), squeeze=False)[0]
        for i, (ax, title) in enumerate(zip(panels, titles, strict=True)):
            runs = ds.isel({axis: i}).dropna("step", how="all", subset=["weight_norm"])
            continued_runs(ax, runs)
            ax.set_title(title)
            panel_label(ax, "abcdefgh"[i])
        entries = panels[0].get_legend_handles_labels()
        figure.legend(*entries, loc="outside lower center", ncols=len(entries[0]))  # no panel has room for it
    return figure


def continued_runs(ax: Axes, ds: xr.Dataset) -> None:
    """Draws test (solid) and training accuracies (dashed) of each share of the data that is kept, and the cut.

    A dashed line is at the smallest share: who knows that a + b = b + a, and nothing else of the pairs that are gone,
    is right on about as many test pairs.

    Args:
      ax: where to draw; its step axis is linear.
      ds: results along SHARE and 'step'; every other axis counts as repeats.
    """
    kept, cut = kept_fraction(ds), float(setting(ds, CUT))
    for i, colour in enumerate(colours(ds.sizes[SHARE])):
        runs, of_all = ds.isel({SHARE: i}), float(kept.isel({SHARE: i}))
        curve(ax, runs["train_accuracy"], colour=colour, linestyle="--")
        curve(ax, runs["test_accuracy"], colour=colour, label=f"{of_all:.0%} of all pairs kept")
    mirrored = float(kept.min())
    ax.axhline(mirrored, color="0.5", linestyle="--", linewidth=1, label="pairs kept mirrored")
    ax.axvline(cut, color="0.4", linestyle=":", linewidth=1.2, label=f"data cut at step {cut:,.0f}")
    ax.set(xscale="linear", ylim=(-0.03, 1.03), ylabel="accuracy (dashed: train)")
