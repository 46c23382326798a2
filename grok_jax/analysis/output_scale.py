"""Whether the output scale α, and no weight norm, sets how late a network generalises."""

from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float

from grok_jax.analysis.claims import Measured, over_seeds
from grok_jax.analysis.grokking import how_many_differ, t_fit, t_generalize, t_loss
from grok_jax.analysis.power_law import rank_correlation
from grok_jax.analysis.selection import sorted_along

ALPHA = "model.output_scale"
RISING = 0.8  # rank correlation
FEWEST = 3  # different finite waits that a trend takes: those that are never over rank alike, and show none
SHORT = 0.05  # of the longest wait of the sweep: what is no longer cannot be seen beside it


class Waits(NamedTuple):
    """For each run: the step at which it fits, and how many steps later it generalises."""

    fit: Float[xr.DataArray, "*grid"]
    wait: Float[xr.DataArray, "*grid"]  # inf: not within the budget; NaN: it does not fit
    budget: float


class Finding(NamedTuple):
    """For each seed: whether a statement is shown, whether the run can tell, and the numbers behind it."""

    shown: Bool[xr.DataArray, "*grid"]
    decided: Bool[xr.DataArray, "*grid"]
    values: dict[str, Float[xr.DataArray, "*grid"]]


def waits_of_accuracy(ds: xr.Dataset, level: float) -> Waits:
    """Steps from a train accuracy to the same test accuracy, in the order of α.

    Raises:
      NotMeasured: fewer than three values of α.
    """
    ds = sorted_along(ds, ALPHA)
    return _waits(t_fit(ds, level), t_generalize(ds, level), ds)


def waits_of_loss(ds: xr.Dataset, level: float) -> Waits:
    """Steps from a train loss to the same test loss, in the order of α.

    Raises:
      NotMeasured: fewer than three values of α.
    """
    ds = sorted_along(ds, ALPHA)
    return _waits(*t_loss(ds, level), ds)


def _waits(fit: xr.DataArray, late: xr.DataArray, ds: xr.Dataset) -> Waits:
    fitted = np.isfinite(fit)
    return Waits(fit, np.maximum(late - fit.where(fitted), 0.0), float(ds["step"][-1]))


def at_least(waits: Waits) -> Float[xr.DataArray, "*grid"]:
    """The waits, with what was waited until the end of the budget for one that is not over then."""
    return np.minimum(waits.wait, waits.budget - waits.fit)


def grows(waits: Waits) -> Finding:
    """Whether the wait grows with α: a rank correlation above RISING, over FEWEST different finite waits or more."""
    wait = waits.wait
    rising = rank_correlation(wait, ALPHA)
    values = {"rank correlation of wait and α": rising}
    for i, scale in enumerate(wait[ALPHA].values):
        values[f"steps of wait at α = {scale:.3g}" if i == 0 else f"at {scale:.3g}"] = wait.isel({ALPHA: i}, drop=True)
    return Finding(rising > RISING, rising.notnull() & (how_many_differ(wait, [ALPHA]) >= FEWEST), values)


def absent_at_the_smallest(waits: Waits) -> Finding:
    """Whether at the smallest α the wait is gone: at most SHORT of the longest of the sweep.

    Where the longest is not over within the budget, what was waited until then stands for it.
    """
    known = at_least(waits)
    smallest, longest = known.isel({ALPHA: 0}, drop=True), known.max(ALPHA)
    is_over = np.isfinite(waits.wait).isel({ALPHA: 0}, drop=True)
    share = smallest / longest.where(longest > 0)
    shown = is_over & (share <= SHORT)
    # Beside a longest wait that was cut off a share is an upper bound; a smallest that was cut off has waited long.
    too_long = (share > SHORT) & (~is_over | ~np.isinf(waits.wait).any(ALPHA))
    values = {
        "wait at the smallest α / longest (at most)": share,
        "steps to fit there": waits.fit.isel({ALPHA: 0}, drop=True),
        "steps of wait there": waits.wait.isel({ALPHA: 0}, drop=True),
        "longest (at least)": longest,
    }
    return Finding(shown, shown | too_long, values)


def judged(*findings: Finding, note: str = "") -> Measured:
    """The verdict that all of several findings are shown, with their numbers."""
    shown, decided = findings[0].shown, findings[0].decided
    for finding in findings[1:]:
        shown, decided = shown & finding.shown, decided & finding.decided
    values = {name: value for finding in findings for name, value in finding.values.items()}
    return over_seeds(shown, values, decided=decided, note=note)
