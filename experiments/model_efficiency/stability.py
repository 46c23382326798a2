"""Runs that lose what they had fitted, and runs that have come to rest."""

from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Real

from grok_jax.analysis.grokking import LEVEL, last_value, t_fit

LOST = 0.5  # train accuracy


class Rest(NamedTuple):
    """What a curve is late in its budget."""

    value: xr.DataArray  # median over the records of the last quarter of the steps
    drift: xr.DataArray  # how far that is from the median over the quarter before


def at_rest(x: Real[xr.DataArray, "*grid step"]) -> Rest:
    """The level on which a curve ends, and whether it is flat over the second half of the steps.

    Medians, so that a collapse that a run recovers from within the quarter changes neither.

    Args:
      x: a curve for each run along 'step', its records even in steps over the second half.

    Returns:
      Rest, NaN where a quarter has no record.
    """
    end = float(x["step"][-1])
    third, last = ((x["step"] >= low * end) & (x["step"] <= high * end) for low, high in ((0.5, 0.75), (0.75, 1.0)))
    before, value = (x.where(part).median("step") for part in (third, last))
    return Rest(value, abs(value - before))


def collapses(ds: xr.Dataset, level: float = LOST) -> Bool[xr.DataArray, "*grid"]:
    """Whether the train accuracy is below a level at some record after it was at 95%.

    Between two records a run may collapse and recover unseen, so that this is a lower bound.
    """
    train = ds["train_accuracy"]
    return (train.where(train["step"] > t_fit(ds)) < level).any("step")


def collapse_note(ds: xr.Dataset) -> str:
    """How many runs collapse, and how many of these have recovered, in words; empty where none has fitted."""
    fitted = np.isfinite(t_fit(ds))
    lost = collapses(ds)
    back = lost & (last_value(ds["train_accuracy"]) >= LEVEL)
    if not fitted.any():
        return ""
    return (
        f"train accuracy falls below {LOST:.0%} at a record after the fit in {int(lost.sum())} of"
        f" {int(fitted.sum())} runs, {int(back.sum())} of them back at {LEVEL:.0%} at the end"
    )
