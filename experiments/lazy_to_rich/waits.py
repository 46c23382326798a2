"""How the waits of a grid, from the fit to generalization, compare."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Integer


def how_many_differ(wait: Float[xr.DataArray, "*grid"], axes: Sequence[str]) -> Integer[xr.DataArray, "*rest"]:
    """How many different finite times there are along some axes: those that are never over rank alike."""
    return xr.apply_ufunc(
        lambda times: np.unique(times[np.isfinite(times)]).size, wait, input_core_dims=[list(axes)], vectorize=True
    )


def is_longest_at(wait: Float[xr.DataArray, "*grid"], place: Mapping[str, int]) -> Bool[xr.DataArray, "*rest"]:
    """Whether, of the waits of a grid that are over within the budget, the longest is at one place of it.

    Args:
      wait: steps, as time_to_grok gives them. A run that never generalizes does not grok: inf has no say.
      place: axis -> position along it.

    Returns:
      A flag for each run along the other axes.
    """
    over = wait.where(np.isfinite(wait))
    return over.isel(place, drop=True) == over.max(list(place))
