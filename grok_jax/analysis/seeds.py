"""Medians, means and shares over runs that differ only in their seed."""

from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int, Real
from scipy import stats

CONFIDENCE = 0.95
CONFIDENCE_OF_SHARE = 0.9


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


class Share(NamedTuple):
    """In how many runs something holds, of those that decide it, and the ends of the share's confidence interval."""

    share: Float[xr.DataArray, "..."]  # NaN, as the ends, if no run decides
    low: Float[xr.DataArray, "..."]
    high: Float[xr.DataArray, "..."]
    holding: Int[xr.DataArray, "..."]  # number of runs
    deciding: Int[xr.DataArray, "..."]


def share_of_seeds(
    holds: Bool[xr.DataArray, "..."], decided: Bool[xr.DataArray, "..."] | None = None, dim: str = "seed"
) -> Share:
    """Share of the seeds in which something holds, k / n, with Wilson's interval at level CONFIDENCE_OF_SHARE.

    Args:
      holds: whether it holds in each run.
      decided: whether each run decides it; the others count neither in k nor in n. None: all runs decide.
      dim: the axis of seeds; if holds lacks it, every run is a share of its own.

    Returns:
      Share, for each run along the other axes.

    Reference: E. B. Wilson, Probable inference, the law of succession, and statistical inference, 1927.
    """
    holds = _with_axis(holds, dim)
    decided = xr.ones_like(holds) if decided is None else _with_axis(decided, dim)
    holding, deciding = (holds & decided).sum(dim), (decided & xr.ones_like(holds)).sum(dim)
    low, high = xr.apply_ufunc(wilson, holding, deciding, output_core_dims=[[], []], vectorize=True)
    return Share(holding / deciding.where(deciding > 0), low, high, holding, deciding)


def wilson(holding: int | np.integer, deciding: int | np.integer) -> tuple[float, float]:
    """The ends of Wilson's interval of a share, holding / deciding; NaN for a share of nothing."""
    if deciding == 0:
        return np.nan, np.nan
    interval = stats.binomtest(int(holding), int(deciding)).proportion_ci(CONFIDENCE_OF_SHARE, method="wilson")
    return float(interval.low), float(interval.high)


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
