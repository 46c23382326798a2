"""Detects the "U" and the "L" of reduced losses over the weight norm, and finds the minimum of a loss.

Reference: Liu et al. (2023), Omnigrok, Fig. 1 and Sec. 3.
"""

from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Real
from scipy.interpolate import PchipInterpolator

from grok_jax.analysis.claims import NotMeasured
from grok_jax.analysis.landscape import FEWEST, place_of_minimum
from grok_jax.analysis.power_law import rank_correlation

ROUNDING = 1e-4  # relative error of a coordinate stored as float32 or with six digits
U_SHAPED = 3.0  # both ends of a "U" are at least this many times its minimum
FALLING = -0.8  # rank correlation
FITTED = 1e-4  # training loss
BETWEEN = 200  # interpolated points between two grid points, for finding a minimum


class Shape(NamedTuple):
    """Whether a reduced loss has a shape in each run, and the numbers behind it, as arguments for `over_seeds`."""

    holds: Bool[xr.DataArray, "*runs"]
    values: dict[str, Real[xr.DataArray, "*runs"]]


def u_shape(landscape: xr.Dataset, axis: str, inside: tuple[float, float]) -> Shape:
    """Returns whether the test loss is a "U": both ends at least U_SHAPED times its minimum, which is within limits.

    Args:
      landscape: of `minimized`.
      axis: its name.
      inside: limits of the minimum, in units of the axis.
    """
    test = landscape["test_loss"]
    lowest, place = test.min(axis, skipna=False), place_of_minimum(test, axis)
    first, last = (test.isel({axis: i}, drop=True) / lowest for i in (0, -1))
    within = (place > inside[0] * (1 - ROUNDING)) & (place < inside[1] * (1 + ROUNDING))
    return Shape(
        within & (first >= U_SHAPED) & (last >= U_SHAPED),
        {
            "α of the minimum": place,
            "minimum": lowest,
            f"test loss / minimum at α = {test[axis].values[0]:.3g}": first,
            f"at α = {test[axis].values[-1]:.3g}": last,
        },
    )


def l_shape(landscape: xr.Dataset, axis: str, corner: float) -> Shape:
    """Returns whether the train loss is an "L": falling up to the corner (rank correlation), FITTED from there on.

    Args:
      landscape: of `minimized`.
      axis: its name.
      corner: position of the corner on the axis.

    Raises:
      NotMeasured: fewer than FEWEST points are below the corner, or none above it.
    """
    train, at = landscape["train_loss"], landscape[axis]
    below = train.sel({axis: at < corner * (1 - ROUNDING)})
    above = train.sel({axis: at >= corner * (1 - ROUNDING)})
    if below.sizes[axis] < FEWEST or not above.sizes[axis]:
        raise NotMeasured(f"needs {FEWEST} values of {axis} below {corner:g} and some above")
    falls, largest = rank_correlation(below, axis), above.max(axis, skipna=False)
    return Shape(
        (falls < FALLING) & (largest < FITTED),
        {
            f"rank correlation below α = {corner:g}": falls,
            f"train loss at α = {at.values[0]:.3g}": train.isel({axis: 0}, drop=True),
            f"largest at α >= {corner:g}": largest,
            f"smallest at α >= {corner:g}": above.min(axis, skipna=False),
            "share lost in the last tenth, largest over α": landscape["lost"].max(axis),
        },
    )


class Minimum(NamedTuple):
    """The position and the value of a loss's minimum."""

    place: Float[xr.DataArray, "*runs"]
    value: Float[xr.DataArray, "*runs"]


def minimum_with_penalty(x: Real[xr.DataArray, "..."], axis: str, weight: Real[xr.DataArray, "..."]) -> Minimum:
    """Finds the minimum of x + weight · axis² along an axis, interpolated between its points.

    log x is interpolated over the log of the axis by cubics that are monotone where x is.

    Args:
      x: a positive reduced loss, over the axis and others.
      axis: name of an axis of three or more positive numbers in ascending order.
      weight: one number, or one for each run.

    Returns:
      The Minimum; NaN if some x is not finite and positive, or if the axis ends before x + weight · axis² rises.
    """
    places = xr.apply_ufunc(
        _minimum_with_penalty,
        x,
        np.log(x[axis]),
        weight,
        input_core_dims=[[axis], [axis], []],
        output_core_dims=[[], []],
        vectorize=True,
    )
    return Minimum(*places)


def _minimum_with_penalty(x: np.ndarray, log_at: np.ndarray, weight: float) -> tuple[float, float]:
    if not (np.all(np.isfinite(x)) and np.all(x > 0) and np.isfinite(weight)):
        return np.nan, np.nan
    fine = np.linspace(log_at[0], log_at[-1], BETWEEN * (log_at.size - 1) + 1)
    total = np.exp(PchipInterpolator(log_at, np.log(x))(fine)) + weight * np.exp(2 * fine)
    lowest = int(total.argmin())
    if lowest in (0, fine.size - 1):
        return np.nan, np.nan
    return float(np.exp(fine[lowest])), float(total[lowest])
