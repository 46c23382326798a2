"""Runs that have generalised and are continued on few data: ungrokking (Varma et al. 2023, Sec. 5.2)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from grok_jax.analysis.claims import Measured, NotMeasured, over_seeds
from grok_jax.analysis.critical_size import FRACTION
from grok_jax.analysis.grokking import LEVEL, last_value
from grok_jax.analysis.selection import config_value, with_axis

CUT, SHARE = "training.shrink_step", "training.shrink_to"
FEW = 0.15  # of all pairs, at most, for D << D_crit
FORGOTTEN = 0.2  # test accuracy, "toward 0"
FITTED = 0.99  # train accuracy, "100%"


class Continued(NamedTuple):
    """What became of each run."""

    before: xr.DataArray  # test accuracy when the data was cut
    after: xr.DataArray  # final test accuracy
    train: xr.DataArray  # lowest accuracy on the kept rows from the cut on


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
    is_before = ds["step"] <= setting(ds, CUT)
    return Continued(
        last_value(ds["test_accuracy"].where(is_before)),
        last_value(ds["test_accuracy"]),
        ds["train_accuracy"].where(~is_before).min("step"),
    )


def all_forget(ds: xr.Dataset, axis: str, names: Sequence[str]) -> Measured:
    """Whether the test accuracy falls toward 0 at every point of an axis, the train accuracy staying at 100%.

    Looked at is the smallest share of the data. A run that has not generalised when its data is cut is undecided.

    Args:
      ds: results along the axis, SHARE (or one share for all), 'seed' and 'step'.
      axis: what is varied beside: architecture, weight decay.
      names: of its points, for the report.

    Raises:
      NotMeasured: more than FEW of all examples are kept, or there is no cut.
    """
    for name in (FRACTION, SHARE, CUT):
        if setting(ds, name).isnull().any():
            raise NotMeasured(f"the results do not have {name}")
    runs = with_axis(ds, SHARE).sortby(SHARE).isel({SHARE: 0})
    kept = float(kept_fraction(runs).max())
    if kept > FEW:
        raise NotMeasured(f"{kept:.3g} of all examples are kept; D << D_crit takes {FEW:g} or less")
    found = continued(runs)
    holds = (found.after < FORGOTTEN) & (found.train >= FITTED)
    values = {f"test accuracy, {name}": found.after.isel({axis: i}) for i, name in enumerate(names)}
    values["lowest train accuracy"] = found.train.min(axis)
    note = f"{kept:.2g} of all examples kept"
    return over_seeds(holds.all(axis), values, decided=(found.before >= LEVEL).all(axis), note=note)
