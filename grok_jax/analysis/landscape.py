"""Reduced landscapes: what is left of a run on a sphere of equal weight norm once its direction has been minimised.

A run with optimizer.constant_norm minimises the training loss over directions; a landscape is the grid of such runs
over init_scale and whatever else. Reference: Liu et al. (2023), Omnigrok, Eq. 1, 3 and 5.
"""

import numpy as np
import xarray as xr
from jaxtyping import Float, Real

from grok_jax.analysis.grokking import last_value, value_at
from grok_jax.errors import require

VALUES = ("final", "best")


def reduced(x: Real[xr.DataArray, "*grid step"], value: str = "final") -> Float[xr.DataArray, "*grid"]:
    """The value of each run on its sphere.

    Args:
      x: a curve for each run, along 'step': a loss, an accuracy, an error.
      value: "final", its last finite record; "best", its best record (largest of an accuracy, smallest of anything
        else), as the public code plots MNIST.

    Raises:
      UserError: another value.
    """
    require(value in VALUES, f"value is {value!r}; it must be one of {', '.join(VALUES)}")
    if value == "final":
        return last_value(x).rename(x.name).assign_attrs(x.attrs)
    best = x.max("step") if "accuracy" in str(x.name) else x.min("step")
    return best.assign_attrs(x.attrs)


def error(accuracy: Real[xr.DataArray, "..."]) -> Float[xr.DataArray, "..."]:
    """1 - accuracy, named after it."""
    name = str(accuracy.name).replace("accuracy", "error")
    return (1 - accuracy).rename(name).assign_attrs(long_name=name.replace("_", " "), units="1")


def still_falling(x: Real[xr.DataArray, "*grid step"]) -> Float[xr.DataArray, "*grid"]:
    """How much of a loss the last tenth of the training took away: 1 - x(T) / x(0.9 T); 0 where it has converged."""
    end = x["step"].max()
    before, after = value_at(x, 0.9 * float(end)), value_at(x, float(end))
    share = 1 - after / before.where(before > 0)
    share.attrs = {"units": "1", "long_name": f"share of the {str(x.name).replace('_', ' ')} lost in the last tenth"}
    return share


def place_of_minimum(x: Real[xr.DataArray, "..."], axis: str) -> Float[xr.DataArray, "..."]:
    """Coordinate along an axis at which x is smallest; NaN where x has no finite value there."""
    finite = x.where(np.isfinite(x))
    known = finite.notnull().any(axis)
    return finite.fillna(np.inf).idxmin(axis).where(known).astype(np.float64)
