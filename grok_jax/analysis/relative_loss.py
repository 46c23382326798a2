"""Losses in units of their own start, and how late generalisation comes in these units.

Every committee machine begins near f = 0, so that a relative test loss of 1 is that of knowing nothing, whatever
the scale of the targets.
"""

import numpy as np
import xarray as xr
from jaxtyping import Float, Real

from grok_jax.analysis.claims import Measured, over_seeds
from grok_jax.analysis.grokking import first_crossing, is_censored, last_value, loss_delay
from grok_jax.analysis.selection import LINEARIZED, runs_at

LOSSES = ("train_loss", "test_loss")
FINISHED = 1e-6  # of its start: gradients of a train loss this small move nothing


def relative(x: Real[xr.DataArray, "*grid step"]) -> Float[xr.DataArray, "*grid step"]:
    """A curve over its value at the first record."""
    return x / x.isel(step=0, drop=True)


def relative_losses(ds: xr.Dataset) -> xr.Dataset:
    """The results with the training and test loss of each run divided by their values at step 0."""
    return ds.assign({name: relative(ds[name]).assign_attrs(units="1") for name in LOSSES})


def networks(ds: xr.Dataset) -> xr.Dataset:
    """The runs that are not linearised twins; all of them where the results do not say."""
    return runs_at(ds, {LINEARIZED: 0.0}) if LINEARIZED in ds.coords else ds


def twins(ds: xr.Dataset) -> xr.Dataset:
    """The runs that are linearised twins.

    Raises:
      NotMeasured: there are none.
    """
    return runs_at(ds, {LINEARIZED: 1.0})


def t_learned(ds: xr.Dataset, level: float) -> Float[xr.DataArray, "*grid"]:
    """Step at which the test loss first falls to a part of its start: see first_crossing."""
    return first_crossing(relative_losses(ds)["test_loss"], level, "down")


def generalizes_late(ds: xr.Dataset, level: float, factor: float) -> Measured:
    """Whether the test loss falls to a part of its start `factor` times later, or more, than the training loss does.

    Args:
      ds: results of one setting over seeds; with linearised twins, the end of these is reported beside.
      level: the part.
      factor: of the steps.

    Returns:
      Measured. A run that fits and does not generalise within its budget is undecided, unless it is FINISHED.
    """
    runs = relative_losses(networks(ds))
    ratio = loss_delay(runs, level)
    end = last_value(runs["test_loss"])
    values = {f"delay at {level:g} of the start": ratio, "largest test loss / start": runs["test_loss"].max("step")}
    values["final test loss / start"] = end
    if LINEARIZED in ds.dims:
        values["of the linearised twin"] = last_value(relative_losses(twins(ds))["test_loss"])
    finished = last_value(runs["train_loss"]) < FINISHED
    return over_seeds(np.isfinite(ratio) & (ratio >= factor), values, decided=~is_censored(ratio) | finished)
