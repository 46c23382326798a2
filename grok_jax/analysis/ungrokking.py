"""Runs that have generalised and are continued on few data: ungrokking (Varma et al. 2023, Sec. 5.2)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from grok_jax.analysis.claims import Measured, NotMeasured, over_seeds
from grok_jax.analysis.critical_size import FRACTION, MIDDLE, passes_at
from grok_jax.analysis.grokking import LEVEL, last_value, value_at
from grok_jax.analysis.selection import config_value, sorted_along, with_axis

CUT, SHARE = "training.shrink_step", "training.shrink_to"
FEW = 0.15  # of all examples, at most: a run that forgets nothing there has no critical size to compare with
WELL_BELOW = 0.5  # of the critical size, at most, for D << D_crit
CHANCES = 2.0  # times chance: what is below has been forgotten
FALLING = 0.9  # final test accuracy over that halfway from the cut to the end, at most, for one that falls still
FITTED = 0.99  # train accuracy, "100%"


class Continued(NamedTuple):
    """What became of each run."""

    before: xr.DataArray  # test accuracy when the data was cut
    halfway: xr.DataArray  # test accuracy halfway from the cut to the end
    after: xr.DataArray  # final test accuracy
    train: xr.DataArray  # accuracy on the kept rows from the cut on, median over the records


def setting(ds: xr.Dataset, name: str) -> xr.DataArray:
    """A setting of each run: along an axis of the grid, or one number for all; NaN where the results do not say."""
    if name in ds.coords:
        return ds[name]
    value = config_value(ds, name)
    return xr.DataArray(np.nan if value is None else value)


def kept_fraction(ds: xr.Dataset) -> xr.DataArray:
    """The share of all examples that each run is trained on after the cut."""
    return setting(ds, FRACTION) * setting(ds, SHARE)


def continued(ds: xr.Dataset) -> Continued:
    """Accuracies at the last record at or before the cut, and after it."""
    cut = setting(ds, CUT)
    is_before = ds["step"] <= cut
    return Continued(
        last_value(ds["test_accuracy"].where(is_before)),
        value_at(ds["test_accuracy"], (cut + float(ds["step"][-1])) / 2),
        last_value(ds["test_accuracy"]),
        ds["train_accuracy"].where(~is_before).median("step"),
    )


def forgets(found: Continued, chance: float) -> xr.DataArray:
    """Whether the test accuracy goes toward 0: it ends below CHANCES times chance, or is below half and falls still."""
    is_falling = (found.after < MIDDLE) & (found.after <= FALLING * found.halfway)
    return (found.after < CHANCES * chance) | is_falling


def all_forget(ds: xr.Dataset, axis: str, names: Sequence[str], chance: float) -> Measured:
    """Whether well below the critical size the test accuracy goes toward 0 at every point of an axis.

    The critical size of a run is measured along SHARE: the share of all examples from which on the final test accuracy
    is MIDDLE or more, the largest share where it is so at none. Looked at is the smallest share, which must be at most
    WELL_BELOW of it, or FEW where the final test accuracy is MIDDLE or more at every share; the train accuracy must
    stay at FITTED, in the median over the records. A run that has not generalised when its data is cut is undecided.

    Args:
      ds: results along the axis, SHARE, 'seed' and 'step'.
      axis: what is varied beside: architecture, weight decay.
      names: of its points, for the report.
      chance: test accuracy of guessing.

    Raises:
      NotMeasured: fewer than two shares, or there is no cut.
    """
    for name in (FRACTION, SHARE, CUT):
        if setting(ds, name).isnull().any():
            raise NotMeasured(f"the results do not have {name}")
    runs = sorted_along(with_axis(ds, SHARE), SHARE, fewest=2)
    found, kept = continued(runs), kept_fraction(runs)
    if kept.dims != (SHARE,):
        raise NotMeasured(f"needs one {FRACTION} for all runs")
    critical = passes_at(found.after.assign_coords({SHARE: kept.values}), MIDDLE, SHARE)
    small, large = float(kept.min()), float(kept.max())
    is_small = xr.where(critical.isnull(), small <= FEW, small <= WELL_BELOW * np.minimum(critical, large))
    smallest = Continued(*(x.isel({SHARE: 0}, drop=True) for x in found))
    holds = forgets(smallest, chance) & (smallest.train >= FITTED)
    decided = (smallest.before >= LEVEL) & is_small & smallest.after.notnull()
    values = {f"test accuracy, {name}": smallest.after.isel({axis: i}) for i, name in enumerate(names)}
    values |= {f"critical fraction, {name}": critical.isel({axis: i}) for i, name in enumerate(names)}
    values["smallest of the train accuracies"] = smallest.train.min(axis)
    known = decided.all(axis) | (decided & ~holds).any(axis)
    note = f"{small:.2g} of all examples kept; {CHANCES:g} times chance is {CHANCES * chance:.2g}"
    return over_seeds(holds.all(axis), values, decided=known, note=note)
