"""Medians and means over runs that differ only in their seed."""

from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Real
from scipy import stats

CONFIDENCE = 0.95


class Median(NamedTuple):
    """A median over seeds and the ends of its confidence interval."""

    median: xr.DataArray
    low: xr.DataArray
    high: xr.DataArray


def median_of_seeds(x: Real[xr.DataArray, "..."], dim: str = "seed") -> Median:
    """Median over seeds with a distribution-free confidence interval; inf (censored) is allowed.

    The interval runs from the k-th smallest to the k-th largest of n values, where k is the largest rank with
    P(Binomial(n, 1/2) < k) <= 2.5%. It covers the median with probability at least 95%, whatever the distribution.

    Args:
      x: values; NaN (no value) is left out.
      dim: the axis of seeds; if x lacks it, every value is its own median.

    Returns:
      Median, with NaN ends if there are fewer than 6 values.

    Reference: H. A. David and H. N. Nagaraja, Order Statistics, 3rd edition, section 7.1.
    """
    parts = xr.apply_ufunc(
        _median, _with_axis(x, dim).astype(np.float64), input_core_dims=[[dim]], output_core_dims=[[], [], []]
    )
    return Median(*(part.assign_attrs(x.attrs) for part in parts))


class Mean(NamedTuple):
    """A mean over seeds and the ends of Student's confidence interval."""

    mean: xr.DataArray
    low: xr.DataArray
    high: xr.DataArray


def mean_of_seeds(x: Real[xr.DataArray, "..."], dim: str = "seed") -> Mean:
    """Mean over seeds with the interval mean +- q s / √n, where q is Student's quantile for n - 1 degrees of freedom.

    Args:
      x: values; NaN (no value) is left out.
      dim: the axis of seeds.

    Returns:
      Mean, with NaN ends if fewer than 2 values are known.
    """
    x = _with_axis(x, dim)
    count, mean = x.notnull().sum(dim), x.mean(dim)
    degrees = (count - 1).where(count > 1)
    quantile = xr.apply_ufunc(lambda n: stats.t.ppf((1 + CONFIDENCE) / 2, n), degrees)
    reach = quantile * x.std(dim, ddof=1) / np.sqrt(count)
    return Mean(mean, mean - reach, mean + reach)


def _median(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    ordered = np.sort(x, axis=-1)  # NaN comes last.
    count = (~np.isnan(x)).sum(-1, keepdims=True)
    rank = stats.binom.ppf((1 - CONFIDENCE) / 2, count, 0.5).astype(int)

    def at(index: np.ndarray, known: np.ndarray) -> np.ndarray:
        found = np.take_along_axis(ordered, np.clip(index, 0, x.shape[-1] - 1), axis=-1)
        return np.where(known, found, np.nan)

    median = (at((count - 1) // 2, count > 0) + at(count // 2, count > 0)) / 2
    low, high = at(rank - 1, rank > 0), at(count - rank, rank > 0)
    return median.squeeze(-1), low.squeeze(-1), high.squeeze(-1)


def _with_axis(x: xr.DataArray, dim: str) -> xr.DataArray:
    return x if dim in x.dims else x.expand_dims(dim)


def axes_of_seeds(x: xr.Dataset | xr.DataArray) -> list[str]:
    """The axes along which only seeds differ: 'seed', 'task.seed', 'model.seed,task.seed', ..."""
    names = [str(dim) for dim in x.dims]
    return [name for name in names if all(field.strip().split(".")[-1] == "seed" for field in name.split(","))]
