"""Reduced landscapes: what is left of a run on a sphere of equal weight norm once its direction has been minimized.

A run with optimizer.constant_norm minimizes the training loss over directions; a landscape is the grid of such runs
over init_scale and whatever else. Reference: Liu et al. (2023), Omnigrok, Eq. 1, 3 and 5.
"""

from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Real
from scipy.interpolate import PchipInterpolator

from grok_jax.analysis.claims import NotMeasured
from grok_jax.analysis.grokking import last_value, value_at
from grok_jax.analysis.power_law import rank_correlation
from grok_jax.errors import require

VALUES = ("final", "best")
FEWEST = 3  # points that have a shape
ROUNDING = 1e-4  # of a coordinate kept as float32 or written with six digits
U_SHAPED = 3.0  # how many times the minimum both ends of a "U" are at least
FALLING = -0.8  # rank correlation
FITTED = 1e-4  # training loss
BETWEEN = 200  # points between two of an axis, among which a minimum is looked for


class Shape(NamedTuple):
    """Whether a reduced loss has a shape in each run, and the numbers behind it, as `over_seeds` takes them."""

    holds: Bool[xr.DataArray, "*runs"]
    values: dict[str, Real[xr.DataArray, "*runs"]]


def reduced(x: Real[xr.DataArray, "*grid step"], value: str = "final") -> Float[xr.DataArray, "*grid"]:
    """The value of each run on its sphere.

    Args:
      x: a curve for each run, along 'step': a loss, an accuracy, an error.
      value: "final", its last finite record; "best", its best record (largest of an accuracy, smallest of anything
        else).

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
    """How much of a loss the last tenth of the training took away: 1 - x(T) / x(0.9 T); 0 where it has converged.

    T is the last record of each run.
    """
    end = x["step"].where(x.notnull()).max("step")
    before, after = value_at(x, 0.9 * end), value_at(x, end)
    share = 1 - after / before.where(before > 0)
    share.attrs = {"units": "1", "long_name": f"share of the {str(x.name).replace('_', ' ')} lost in the last tenth"}
    return share


def decades_along(x: Real[xr.DataArray, "..."], axis: str) -> Float[xr.DataArray, "..."]:
    """How strongly a loss above 0 depends on one axis: log10 of its largest over its smallest value there."""
    return np.log10(x.max(axis) / x.min(axis))


def relative_dependence(x: Real[xr.DataArray, "..."], axis: str, other: str) -> Float[xr.DataArray, "..."]:
    """How strongly a landscape depends on one of its axes, compared with another: the ratio of its ranges along them.

    Args:
      x: the landscape.
      axis, other: its two axes; a range is averaged over the axis that it does not run along.
    """
    along, across = (x.max(dim) - x.min(dim) for dim in (axis, other))
    return along.mean(other) / across.mean(axis)


def place_of_minimum(x: Real[xr.DataArray, "..."], axis: str) -> Float[xr.DataArray, "..."]:
    """Coordinate along an axis at which x is smallest; NaN where x has no finite value there."""
    finite = x.where(np.isfinite(x))
    known = finite.notnull().any(axis)
    return finite.fillna(np.inf).idxmin(axis).where(known).astype(np.float64)


class Minimum(NamedTuple):
    """Where a loss is smallest, and how small."""

    place: Float[xr.DataArray, "*runs"]
    value: Float[xr.DataArray, "*runs"]


def minimum_with_penalty(x: Real[xr.DataArray, "..."], axis: str, weight: Real[xr.DataArray, "..."]) -> Minimum:
    """The minimum of x + weight · axis² along an axis, between its points.

    The logarithm of x is interpolated over that of the axis, by cubics that are monotone where x is.

    Args:
      x: a reduced loss above 0, over the axis and others.
      axis: three or more numbers above 0, in rising order.
      weight: one, or one for each run.

    Returns:
      Minimum, NaN where some x is not a finite number above 0, or where the axis ends before x + weight · axis² rises.
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


def minimized(ds: xr.Dataset, axis: str, steps: int) -> xr.Dataset:
    """The final losses of a landscape of one axis, and whether they have converged.

    Args:
      ds: results with train_loss and test_loss over the axis, seeds and 'step'.
      axis: its name; numbers.
      steps: how long a loss is minimized; what comes after is cut off.

    Returns:
      train_loss and test_loss (NaN where the run diverged: its last value is no minimum), and lost, of `still_falling`.

    Raises:
      NotMeasured: the runs are shorter, or the axis has fewer than FEWEST points.
    """
    if ds["step"][-1] < steps:
        raise NotMeasured(f"trained for {float(ds['step'][-1]):,.0f} steps; the minimum takes {steps:,}")
    if ds.sizes.get(axis, 1) < FEWEST:
        raise NotMeasured(f"needs {FEWEST} or more values of {axis}")
    ds = ds.sel(step=slice(0, steps)).sortby(axis)
    losses = {name: reduced(ds[name]).where(ds[name].isel(step=-1).notnull()) for name in ("train_loss", "test_loss")}
    return xr.Dataset({**losses, "lost": still_falling(ds["train_loss"])})


def u_shape(landscape: xr.Dataset, axis: str, inside: tuple[float, float]) -> Shape:
    """Whether the test loss is a "U": both ends at least U_SHAPED times its minimum, which lies within limits.

    Args:
      landscape: of `minimized`.
      axis: its name.
      inside: the limits of the minimum, on the axis.
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
    """Whether the train loss is an "L": falling up to the corner (rank correlation), and FITTED from there on.

    Args:
      landscape: of `minimized`.
      axis: its name.
      corner: on the axis.

    Raises:
      NotMeasured: fewer than FEWEST points below the corner, or none above.
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
