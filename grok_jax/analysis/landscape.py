"""Reduced landscapes: losses as functions of the weight norm, with the direction of the weights minimized out.

A run with optimizer.constant_norm minimizes the training loss over directions. A landscape is a grid of such runs over
init_scale and possibly other axes. Reference: Liu et al. (2023), Omnigrok, Eq. 1, 3 and 5.
"""

import numpy as np
import xarray as xr
from jaxtyping import Float, Real

from grok_jax.analysis.claims import NotMeasured
from grok_jax.analysis.grokking import last_value, value_at
from grok_jax.errors import require

VALUES = ("final", "best")
FEWEST = 3  # points needed to see a shape


def reduced(x: Real[xr.DataArray, "*grid step"], value: str = "final") -> Float[xr.DataArray, "*grid"]:
    """The value of each run on its sphere.

    Args:
      x: a curve for each run, along 'step': a loss, an accuracy, an error.
      value: "final" for the last finite record; "best" for the best record (the largest accuracy, or the smallest of
        anything else).

    Raises:
      UserError: the value is not "final" or "best".
    """
    require(value in VALUES, f"value is {value!r}; it must be one of {', '.join(VALUES)}")
    if value == "final":
        return last_value(x)
    best = x.max("step") if "accuracy" in str(x.name) else x.min("step")
    return best.assign_attrs(x.attrs)


def error(accuracy: Real[xr.DataArray, "..."]) -> Float[xr.DataArray, "..."]:
    """1 - accuracy, named after the accuracy."""
    name = str(accuracy.name).replace("accuracy", "error")
    return (1 - accuracy).rename(name).assign_attrs(long_name=name.replace("_", " "), units="1")


def still_falling(x: Real[xr.DataArray, "*grid step"]) -> Float[xr.DataArray, "*grid"]:
    """Share of a loss that the last tenth of training removed: 1 - x(T) / x(0.9 T); 0 if it has converged.

    T is the step of each run's last record.
    """
    end = x["step"].where(x.notnull()).max("step")
    before, after = value_at(x, 0.9 * end), value_at(x, end)
    share = 1 - after / before.where(before > 0)
    share.attrs = {"units": "1", "long_name": f"share of the {str(x.name).replace('_', ' ')} lost in the last tenth"}
    return share.rename("still_falling")


def place_of_minimum(x: Real[xr.DataArray, "..."], axis: str) -> Float[xr.DataArray, "..."]:
    """Coordinate along an axis at which x is smallest; NaN if x has no finite value along it."""
    finite = x.where(np.isfinite(x))
    known = finite.notnull().any(axis)
    return finite.fillna(np.inf).idxmin(axis).where(known).astype(np.float64)


def minimized(ds: xr.Dataset, axis: str, steps: int) -> xr.Dataset:
    """The final losses of a landscape over one axis, and how far they have converged.

    Args:
      ds: results with train_loss and test_loss over the axis, seeds and 'step'.
      axis: the name of the axis, which has numeric coordinates.
      steps: how many steps a loss is minimized for; later steps are ignored.

    Returns:
      train_loss and test_loss (NaN if the run diverged, as its last value is not a minimum), and lost: `still_falling`.

    Raises:
      NotMeasured: the runs have fewer steps, or the axis has fewer than FEWEST points.
    """
    if ds["step"][-1] < steps:
        raise NotMeasured(f"trained for {float(ds['step'][-1]):,.0f} steps; the minimum needs {steps:,}")
    if ds.sizes.get(axis, 1) < FEWEST:
        raise NotMeasured(f"needs {FEWEST} or more values of {axis}")
    ds = ds.sel(step=slice(0, steps)).sortby(axis)
    losses = {name: reduced(ds[name]).where(ds[name].isel(step=-1).notnull()) for name in ("train_loss", "test_loss")}
    return xr.Dataset({**losses, "lost": still_falling(ds["train_loss"])})
