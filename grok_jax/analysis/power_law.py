"""How a result depends on one axis of a grid: power laws, and rank correlation where no law is claimed."""

from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float, Real
from scipy import stats

from grok_jax.errors import require


class PowerLaw(NamedTuple):
    """A fit of y = prefactor * x^slope, and the number of points behind it."""

    slope: float
    slope_low: float  # ends of the slope's confidence interval; NaN with fewer than 3 points
    slope_high: float
    prefactor: float
    points: int  # points fitted
    censored: int  # points left out because y is inf (not reached within the budget)
    missing: int  # points left out because x or y is NaN, or not positive and so without a logarithm


def fit_power_law(x: Real[xr.DataArray, "..."], y: Real[xr.DataArray, "..."], confidence: float = 0.95) -> PowerLaw:
    """Fits log y = log c + s log x by least squares, with Student's confidence interval for s.

    The interval is s +- q se(s), where q is the (1 + confidence) / 2 quantile of Student's t with points - 2 degrees of
    freedom. Leaving out censored points flattens a law, because the slow runs go missing: judge the slope together
    with `censored`.

    Args:
      x: for example the coordinate of an axis of y, `y["optimizer.weight_decay"]`; broadcast against y by name.
      y: for example times in steps, over that axis and seeds.
      confidence: probability that the interval covers the slope.

    Returns:
      PowerLaw; slope and prefactor are NaN unless x has two or more distinct values.
    """
    flat_x, flat_y = (np.asarray(a, np.float64).ravel() for a in xr.broadcast(x, y))
    censored = np.isposinf(flat_y) & (flat_x > 0)
    usable = np.isfinite(flat_x) & np.isfinite(flat_y) & (flat_x > 0) & (flat_y > 0)
    points = int(usable.sum())
    counts = (points, int(censored.sum()), int(flat_y.size - points - censored.sum()))
    log_x, log_y = np.log(flat_x[usable]), np.log(flat_y[usable])
    if np.unique(log_x).size < 2:
        return PowerLaw(np.nan, np.nan, np.nan, np.nan, *counts)
    fit = stats.linregress(log_x, log_y)
    reach = fit.stderr * stats.t.ppf((1 + confidence) / 2, points - 2) if points > 2 else np.nan
    slope = float(fit.slope)
    return PowerLaw(slope, float(slope - reach), float(slope + reach), float(np.exp(fit.intercept)), *counts)


def slopes_along(y: Real[xr.DataArray, "..."], axis: str, fewest: int | None = None) -> Float[xr.DataArray, "..."]:
    """The slope of log y against the logarithm of one axis, for each run along the other axes.

    Args:
      y: for example times in steps.
      axis: an axis of y with positive coordinates.
      fewest: how many known values a slope needs; None requires all, because leaving out censored times would bias
        the slope.

    Returns:
      Slopes from `fit_power_law`; NaN for runs with fewer known values.
    """

    def slope(values: np.ndarray, at: np.ndarray) -> float:
        law = fit_power_law(xr.DataArray(at, dims="point"), xr.DataArray(values, dims="point"))
        return law.slope if law.points >= (values.size if fewest is None else fewest) else np.nan

    return xr.apply_ufunc(slope, y, y[axis], input_core_dims=[[axis], [axis]], vectorize=True)


def rank_correlation(
    y: Real[xr.DataArray, "..."], dim: str, x: Real[xr.DataArray, "..."] | None = None
) -> Float[xr.DataArray, "..."]:
    """Spearman's rank correlation of y with x along one axis: 1 if y always rises with x.

    Args:
      y: values; inf (censored) ranks above every number, ties share a rank, NaN is left out.
      dim: an axis of y.
      x: values along the same axis; None takes its coordinate, which must be numeric.

    Returns:
      One correlation for each run along the other axes; 0 for a constant y, NaN if fewer than 3 values remain.

    Raises:
      UserError: y does not have the axis.
    """
    require(dim in y.dims, f"the results have the axes {', '.join(map(str, y.dims))}; {dim!r} is not one of them")
    return xr.apply_ufunc(_spearman, y, y[dim] if x is None else x, input_core_dims=[[dim], [dim]], vectorize=True)


def _spearman(y: np.ndarray, x: np.ndarray) -> float:
    known = ~np.isnan(y)
    if known.sum() < 3:
        return np.nan
    if np.unique(y[known]).size == 1:
        return 0.0
    return float(stats.spearmanr(x[known], y[known]).statistic)
