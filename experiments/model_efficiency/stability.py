"""Detects runs that lose their fit, and runs that have come to rest."""

from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Real

from grok_jax.analysis.grokking import LEVEL, last_value, t_fit

LOST = 0.5  # train accuracy


class Rest(NamedTuple):
    """The level of a curve late in its budget."""

    value: xr.DataArray  # median over the records of the last quarter of the steps
    drift: xr.DataArray  # its distance from the median over the quarter before


def at_rest(x: Real[xr.DataArray, "*grid step"]) -> Rest:
    """Returns the final level of a curve, and its drift over the second half of the steps.

    Both use medians, so a collapse from which a run recovers within the quarter changes neither.

    Args:
      x: a curve for each run along 'step', with evenly spaced records over the second half.

    Returns:
      The Rest; NaN if a quarter has no record.
    """
    end = float(x["step"][-1])
    third, last = ((x["step"] >= low * end) & (x["step"] <= high * end) for low, high in ((0.5, 0.75), (0.75, 1.0)))
    before, value = (x.where(part).median("step") for part in (third, last))
    return Rest(value, abs(value - before))


def collapses(ds: xr.Dataset, level: float = LOST) -> Bool[xr.DataArray, "*grid"]:
    """Returns whether train accuracy is below a level at some record after it reached 95%.

    A collapse and recovery between two records goes unseen, so this is a lower bound.
    """
    train = ds["train_accuracy"]
    return (train.where(train["step"] > t_fit(ds)) < level).any("step")


def collapse_note(ds: xr.Dataset) -> str:
    """Says how many runs collapse, and how many of these recover; empty if no run fits."""
    fitted = np.isfinite(t_fit(ds))
    lost = collapses(ds)
    back = lost & (last_value(ds["train_accuracy"]) >= LEVEL)
    if not fitted.any():
        return ""
    return (
        f"train accuracy falls below {LOST:.0%} at a record after the fit in {int(lost.sum())} of"
        f" {int(fitted.sum())} runs, {int(back.sum())} of them back at {LEVEL:.0%} at the end"
    )
