"""Judges whether the output scale α, rather than a weight norm, sets how late a network generalizes."""

from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.lazy_to_rich.waits import how_many_differ
from grok_jax.analysis.claims import Measured, over_seeds
from grok_jax.analysis.grokking import delay, is_censored, t_fit, t_generalize, t_loss
from grok_jax.analysis.power_law import rank_correlation
from grok_jax.analysis.selection import sorted_along, with_axis
from grok_jax.plotting.curves import curve, curves_along, legend
from grok_jax.plotting.style import colors, panel_labels, style

OUTPUT_SCALE = "model.output_scale"
RISING = 0.8  # rank correlation
FEWEST = 3  # least number of distinct finite waits for a trend; infinite waits tie and show none
SHORT = 0.05  # share of the longest wait of the sweep; a wait up to this is invisible next to it


class Waits(NamedTuple):
    """The step at which each run fits, and how many steps later it generalizes."""

    fit: Float[xr.DataArray, "*grid"]
    wait: Float[xr.DataArray, "*grid"]  # inf: not within the budget; NaN: does not fit
    budget: float


class Finding(NamedTuple):
    """For each seed: whether a statement holds, whether the run can decide it, and the numbers behind it."""

    shown: Bool[xr.DataArray, "*grid"]
    decided: Bool[xr.DataArray, "*grid"]
    values: dict[str, Float[xr.DataArray, "*grid"]]


def waits_of_accuracy(ds: xr.Dataset, level: float) -> Waits:
    """Returns the steps from a train accuracy to the same test accuracy, ordered by α.

    Raises:
      NotMeasured: fewer than three values of α.
    """
    ds = sorted_along(ds, OUTPUT_SCALE)
    return _waits(t_fit(ds, level), t_generalize(ds, level), ds)


def waits_of_loss(ds: xr.Dataset, level: float) -> Waits:
    """Returns the steps from a train loss to the same test loss, ordered by α.

    Raises:
      NotMeasured: fewer than three values of α.
    """
    ds = sorted_along(ds, OUTPUT_SCALE)
    return _waits(*t_loss(ds, level), ds)


def _waits(fit: xr.DataArray, late: xr.DataArray, ds: xr.Dataset) -> Waits:
    fitted = np.isfinite(fit)
    return Waits(fit, np.maximum(late - fit.where(fitted), 0.0), float(ds["step"][-1]))


def at_least(waits: Waits) -> Float[xr.DataArray, "*grid"]:
    """Returns the waits; a wait that does not end within the budget counts until the end of the budget."""
    return np.minimum(waits.wait, waits.budget - waits.fit)


def grows(waits: Waits) -> Finding:
    """Judges whether the wait grows with α: rank correlation above RISING, at least FEWEST distinct finite waits."""
    wait = waits.wait
    rising = rank_correlation(wait, OUTPUT_SCALE)
    values = {"rank correlation of wait and α": rising}
    for i, scale in enumerate(wait[OUTPUT_SCALE].values):
        values[f"steps of wait at α = {scale:.3g}" if i == 0 else f"at {scale:.3g}"] = wait.isel(
            {OUTPUT_SCALE: i}, drop=True
        )
    return Finding(rising > RISING, rising.notnull() & (how_many_differ(wait, [OUTPUT_SCALE]) >= FEWEST), values)


def absent_at_the_smallest(waits: Waits) -> Finding:
    """Judges whether the wait vanishes at the smallest α: at most SHORT times the longest wait of the sweep.

    If the longest wait does not end within the budget, it counts until the end of the budget.
    """
    known = at_least(waits)
    smallest, longest = known.isel({OUTPUT_SCALE: 0}, drop=True), known.max(OUTPUT_SCALE)
    is_over = np.isfinite(waits.wait).isel({OUTPUT_SCALE: 0}, drop=True)
    share = smallest / longest.where(longest > 0)
    shown = is_over & (share <= SHORT)
    # If the longest wait is cut off, the share is an upper bound; if the smallest is cut off, it is long anyway.
    too_long = (share > SHORT) & (~is_over | ~np.isinf(waits.wait).any(OUTPUT_SCALE))
    values = {
        "wait at the smallest α / longest (at most)": share,
        "steps to fit at the smallest α": waits.fit.isel({OUTPUT_SCALE: 0}, drop=True),
        "steps of wait at the smallest α": waits.wait.isel({OUTPUT_SCALE: 0}, drop=True),
        "longest (at least)": longest,
    }
    return Finding(shown, shown | too_long, values)


def judged(*findings: Finding, note: str = "") -> Measured:
    """Returns the verdict that all of several findings hold, with their numbers."""
    shown, decided = findings[0].shown, findings[0].decided
    for finding in findings[1:]:
        shown, decided = shown & finding.shown, decided & finding.decided
    values = {name: value for finding in findings for name, value in finding.values.items()}
    return over_seeds(shown, values, decided=decided, note=note)


def output_scale_figure(ds: xr.Dataset, level: float, letter: str, *, losses: bool = False) -> Figure:
    """Plots the accuracies (or the losses) for each α, the delay against α, and the weight norms.

    Args:
      ds: results; every axis but 'step' and α counts as repeats.
      level: accuracy at which the delay is read; a dotted line among the accuracies.
      letter: letter of the figure in the paper; the panels are (a1), (a2), (a3).
      losses: whether the first panel has the losses, both axes linear, in place of the accuracies.

    Returns:
      A matplotlib Figure.
    """
    ds = with_axis(ds, OUTPUT_SCALE).sortby(OUTPUT_SCALE)
    with style():
        figure = Figure(figsize=(13.2, 3.9), layout="constrained")
        left, middle, right = figure.subplots(1, 3, width_ratios=(1.5, 1, 1))
        if losses:
            curves_along(left, ds, OUTPUT_SCALE, symbol="α")
            left.set(xscale="linear", yscale="linear")
        else:
            curves_along(left, ds, OUTPUT_SCALE, symbol="α", variables=("train_accuracy", "test_accuracy"))
            left.axhline(level, color="0.5", linewidth=0.8, linestyle=":")
        legend(left, loc="upper right" if losses else "upper left")
        panel_labels((left, middle, right), letter)
        delays_along(middle, ds, level)
        for i, color in enumerate(colors(ds.sizes[OUTPUT_SCALE])):
            curve(right, ds["weight_norm"].isel({OUTPUT_SCALE: i}), color=color)
        right.set_ylabel("weight norm")
    return figure


def delays_along(ax: Axes, ds: xr.Dataset, level: float) -> None:
    """Draws the delay of each run against α, both axes logarithmic; a delay beyond the budget is an open triangle."""
    ratio = delay(ds, level).transpose(OUTPUT_SCALE, ...)
    never = is_censored(ratio)
    reached = ratio.where(np.isfinite(ratio))
    top = 2 * (float(reached.max()) if bool(reached.notnull().any()) else 1.0)
    repeats = [d for d in ratio.dims if d != OUTPUT_SCALE]
    for name, values, marker, fill in (
        ("a seed", reached, "o", "full"),
        ("never within the budget", xr.full_like(ratio, top).where(never), "^", "none"),
    ):
        if bool(values.notnull().any()):
            points = (
                values.stack(run=repeats).transpose(OUTPUT_SCALE, "run") if repeats else values.expand_dims("run", -1)
            )
            lines = ax.plot(ds[OUTPUT_SCALE], points, marker, color="0.2", fillstyle=fill)
            lines[0].set_label(name)
    ax.axhline(1, color="0.5", linewidth=0.8)
    ax.set(xscale="log", yscale="log", xlabel="output scale α", ylabel=f"steps to {level:.0%} accuracy, test / train")
    ax.set_xticks(ds[OUTPUT_SCALE].values, [f"{scale:g}" for scale in ds[OUTPUT_SCALE].values], minor=False)
    ax.xaxis.minorticks_off()
    legend(ax, loc="best")
