"""Ungrokking: runs that have generalized continue on less data (Varma et al. 2023, Sec. 5.2)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.model_efficiency.critical_size import MIDDLE, TRAIN_FRACTION
from grok_jax.analysis.claims import Measured, NotMeasured, over_seeds
from grok_jax.analysis.crossing import last_crossing
from grok_jax.analysis.grokking import LEVEL, last_value, value_at
from grok_jax.analysis.selection import config_value, sorted_along, with_axis
from grok_jax.plotting.curves import curve
from grok_jax.plotting.style import colors, panel_label, style

SHRINK_STEP, SHRINK_TO = "training.shrink_step", "training.shrink_to"
FEW = 0.15  # largest share of all examples at which a run without a measured critical size counts
WELL_BELOW = 0.5  # largest share of the critical size that counts as D << D_crit
CHANCES = 2.0  # an accuracy below this many times chance means forgotten
FALLING = 0.9  # still falling: final test accuracy is at most this share of that halfway from the cut
FITTED = 0.99  # train accuracy, "100%"


class Continued(NamedTuple):
    """The outcome of each run."""

    before: xr.DataArray  # test accuracy when the data was cut
    halfway: xr.DataArray  # test accuracy halfway from the cut to the end
    after: xr.DataArray  # final test accuracy
    train: xr.DataArray  # accuracy on the kept rows from the cut on, median over the records


def setting(ds: xr.Dataset, name: str) -> xr.DataArray:
    """Returns a setting of each run: along a grid axis, or one number for all; NaN if the results do not say."""
    if name in ds.coords:
        return ds[name]
    value = config_value(ds, name)
    return xr.DataArray(np.nan if value is None else value)


def kept_fraction(ds: xr.Dataset) -> xr.DataArray:
    """Returns the share of all examples that each run is trained on after the cut."""
    return setting(ds, TRAIN_FRACTION) * setting(ds, SHRINK_TO)


def continued(ds: xr.Dataset) -> Continued:
    """Returns accuracies at the last record at or before the cut, and after it."""
    cut = setting(ds, SHRINK_STEP)
    is_before = ds["step"] <= cut
    return Continued(
        last_value(ds["test_accuracy"].where(is_before)),
        value_at(ds["test_accuracy"], (cut + float(ds["step"][-1])) / 2),
        last_value(ds["test_accuracy"]),
        ds["train_accuracy"].where(~is_before).median("step"),
    )


def forgets(found: Continued, chance: float) -> xr.DataArray:
    """Returns whether test accuracy goes toward 0: it ends below CHANCES times chance, or below half and falling."""
    is_falling = (found.after < MIDDLE) & (found.after <= FALLING * found.halfway)
    return (found.after < CHANCES * chance) | is_falling


def all_forget(ds: xr.Dataset, axis: str, names: Sequence[str], chance: float) -> Measured:
    """Judges whether test accuracy goes toward 0 well below the critical size, at every point of an axis.

    The critical size of a run is measured along SHRINK_TO: the share of all examples from which on the final test
    accuracy is at least MIDDLE, or the largest share if it never is. The smallest share is judged. It must be at most
    WELL_BELOW times the critical size, or at most FEW if the final test accuracy is at least MIDDLE at every share.
    Train accuracy must stay at FITTED, in the median over records. A run that has not generalized when its data is cut
    is undecided.

    Args:
      ds: results along the axis, SHRINK_TO, 'seed' and 'step'.
      axis: the other axis: architecture or weight decay.
      names: names of its points, for the report.
      chance: test accuracy of guessing.

    Raises:
      NotMeasured: the results have fewer than two shares, or no cut.
    """
    for name in (TRAIN_FRACTION, SHRINK_TO, SHRINK_STEP):
        if setting(ds, name).isnull().any():
            raise NotMeasured(f"the results do not have {name}")
    runs = sorted_along(with_axis(ds, SHRINK_TO), SHRINK_TO, fewest=2)
    found, kept = continued(runs), kept_fraction(runs)
    if kept.dims != (SHRINK_TO,):
        raise NotMeasured(f"needs one {TRAIN_FRACTION} for all runs")
    critical = last_crossing(found.after.assign_coords({SHRINK_TO: kept.values}), MIDDLE, SHRINK_TO)
    small, large = float(kept.min()), float(kept.max())
    is_small = xr.where(critical.isnull(), small <= FEW, small <= WELL_BELOW * np.minimum(critical, large))
    smallest = Continued(*(x.isel({SHRINK_TO: 0}, drop=True) for x in found))
    holds = forgets(smallest, chance) & (smallest.train >= FITTED)
    decided = (smallest.before >= LEVEL) & is_small & smallest.after.notnull()
    values = {f"test accuracy, {name}": smallest.after.isel({axis: i}) for i, name in enumerate(names)}
    values |= {f"critical fraction, {name}": critical.isel({axis: i}) for i, name in enumerate(names)}
    values["smallest of the train accuracies"] = smallest.train.min(axis)
    known = decided.all(axis) | (decided & ~holds).any(axis)
    note = f"{small:.2g} of all examples kept; {CHANCES:g} times chance is {CHANCES * chance:.2g}"
    return over_seeds(holds.all(axis), values, decided=known, note=note)


def ungrokking_figure(ds: xr.Dataset, axis: str, titles: Sequence[str]) -> Figure:
    """Plots a panel of `continued_runs` for each point of a grid axis.

    Args:
      ds: results along the axis and 'step', and optionally along SHRINK_TO.
      axis: the other axis.
      titles: titles of the panels.

    Returns:
      A matplotlib Figure.
    """
    ds = with_axis(ds, SHRINK_TO).sortby(SHRINK_TO)
    with style():
        figure = Figure(figsize=(4.6 * len(titles), 3.9), layout="constrained")
        panels = figure.subplots(1, len(titles), squeeze=False)[0]
        for i, (ax, title) in enumerate(zip(panels, titles, strict=True)):
            runs = ds.isel({axis: i}).dropna("step", how="all", subset=["weight_norm"])
            continued_runs(ax, runs)
            ax.set_title(title)
            panel_label(ax, "abcdefgh"[i])
        entries = panels[0].get_legend_handles_labels()
        figure.legend(*entries, loc="outside lower center", ncols=len(entries[0]))  # the panels have no room for it
    return figure


def continued_runs(ax: Axes, ds: xr.Dataset) -> None:
    """Draws test (solid) and training accuracies (dashed) for each share of the data that is kept, and the cut.

    A dashed line is at the smallest share. A network that knows a + b = b + a, and nothing else about the removed
    pairs, is right on about that share of the test pairs.

    Args:
      ax: where to draw; the step axis is linear.
      ds: results along SHRINK_TO and 'step'; every other axis counts as repeats.
    """
    kept, cut = kept_fraction(ds), float(setting(ds, SHRINK_STEP))
    for i, color in enumerate(colors(ds.sizes[SHRINK_TO])):
        runs, of_all = ds.isel({SHRINK_TO: i}), float(kept.isel({SHRINK_TO: i}))
        curve(ax, runs["train_accuracy"], color=color, linestyle="--")
        curve(ax, runs["test_accuracy"], color=color, label=f"{of_all:.0%} of all pairs kept")
    mirrored = float(kept.min())
    ax.axhline(mirrored, color="0.5", linestyle="--", linewidth=1, label="pairs kept mirrored")
    ax.axvline(cut, color="0.4", linestyle=":", linewidth=1.2, label=f"data cut at step {cut:,.0f}")
    ax.set(xscale="linear", ylim=(-0.03, 1.03), ylabel="accuracy (dashed: train)")
