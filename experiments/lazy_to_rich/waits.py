"""Compares the waits of a grid, from fit to generalization."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Integer


def how_many_differ(wait: Float[xr.DataArray, "*grid"], axes: Sequence[str]) -> Integer[xr.DataArray, "*rest"]:
    """Counts the distinct finite times along some axes; infinite times tie."""
    return xr.apply_ufunc(
        lambda times: np.unique(times[np.isfinite(times)]).size, wait, input_core_dims=[list(axes)], vectorize=True
    )


def is_longest_at(wait: Float[xr.DataArray, "*grid"], place: Mapping[str, int]) -> Bool[xr.DataArray, "*rest"]:
    """Returns whether the longest finite wait of a grid is at a given place.

    Args:
      wait: steps, from time_to_grok. A run that never generalizes does not grok: inf is ignored.
      place: axis -> position along it.

    Returns:
      A flag for each run along the other axes.
    """
    over = wait.where(np.isfinite(wait))
    return over.isel(place, drop=True) == over.max(list(place))
