"""Omnigrok, Figure 3e: how many steps an MLP takes to generalize on MNIST, by the number of training digits.

Results: dims ('task.train_size', 'seed', 'step').
"""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.omnigrok.fig3d_mnist_grokking import GENERALIZED as LEVEL
from experiments.omnigrok.mnist_times import accuracies_along, fit_and_generalize
from grok_jax.analysis.claims import Claim, Measured, over_seeds
from grok_jax.analysis.grokking import first_crossing, is_censored, last_value, value_at
from grok_jax.analysis.power_law import rank_correlation
from grok_jax.analysis.selection import sorted_along, with_axis
from grok_jax.plotting.style import panel_labels, style
from grok_jax.plotting.times import legend_below

TRAIN_SIZE = "task.train_size"
FALLING = -0.9  # rank correlation
STEEPER = 1.5  # local slope at the smallest size that generalizes, over the slope of the others
NEAR = 1.5  # smallest size that generalizes over the largest that does not
STILL = 0.01  # rise of the test accuracy in the last fifth of the training
FEWEST = 3


def plot(ds: xr.Dataset) -> Figure:
    """Plots (e1) steps to fit and to generalize against N, (e2) the test accuracies from which they are read."""
    ds = with_axis(ds, TRAIN_SIZE).sortby(TRAIN_SIZE)
    with style():
        figure = Figure(figsize=(11.0, 4.2), layout="constrained")
        left, right = figure.subplots(1, 2)
        _times(left, ds)
        accuracies_along(right, ds, TRAIN_SIZE, "N = {:,.0f}")
        panel_labels((left, right), "e")
    return figure


def _times(ax: Axes, ds: xr.Dataset) -> None:
    fit_and_generalize(ax, ds, TRAIN_SIZE)
    size = float(_critical_size(ds).median())
    if np.isfinite(size):
        ax.axvline(size, color="0.5", linestyle=":", label=f"best test accuracy {LEVEL:.0%}: N = {size:.0f}")
    ax.set_xlabel("training digits N")
    legend_below(ax)


def _critical_size(ds: xr.Dataset) -> xr.DataArray:
    """Returns the N at which the best test accuracy crosses the level, interpolated in log N; NaN if it does not."""
    best = ds["test_accuracy"].max("step").transpose(..., TRAIN_SIZE)
    log_size = np.log(ds[TRAIN_SIZE].values)

    def crossing(accuracy: np.ndarray) -> float:
        above = np.flatnonzero(accuracy >= LEVEL)
        if not above.size or above[0] == 0:
            return np.nan
        pair = slice(above[0] - 1, above[0] + 1)
        return float(np.exp(np.interp(LEVEL, accuracy[pair], log_size[pair])))

    return xr.apply_ufunc(crossing, best, input_core_dims=[[TRAIN_SIZE]], vectorize=True)


def _time_falls(ds: xr.Dataset) -> Measured:
    ds = sorted_along(ds, TRAIN_SIZE, FEWEST)
    late = first_crossing(ds["test_accuracy"], LEVEL)
    rank = rank_correlation(late, TRAIN_SIZE)
    informative = np.isfinite(late).sum(TRAIN_SIZE) >= FEWEST
    reached = late.where(np.isfinite(late))
    return over_seeds(
        rank <= FALLING,
        {
            "rank correlation": rank,
            "longest finite t80(test)": reached.max(TRAIN_SIZE),
            f"at N = {ds[TRAIN_SIZE][-1].item():,}": late.isel({TRAIN_SIZE: -1}, drop=True),
            "sizes that get there": np.isfinite(late).sum(TRAIN_SIZE),
        },
        decided=rank.notnull() & informative,
    )


def local_slopes(late: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """Returns slopes of log time over log N: from the smallest size that generalizes to the next, and over all beyond.

    Returns:
      Both slopes for each run; NaN if fewer than FEWEST sizes generalize.
    """

    def slopes(time: np.ndarray, size: np.ndarray) -> tuple[float, float]:
        finite = np.isfinite(time)
        if finite.sum() < FEWEST:
            return np.nan, np.nan
        x, y = np.log(size[finite]), np.log(time[finite])
        return (y[1] - y[0]) / (x[1] - x[0]), np.polyfit(x[1:], y[1:], 1)[0]

    return xr.apply_ufunc(
        slopes,
        late,
        late[TRAIN_SIZE],
        input_core_dims=[[TRAIN_SIZE], [TRAIN_SIZE]],
        output_core_dims=[[], []],
        vectorize=True,
    )


def _without_bound(ds: xr.Dataset) -> Measured:
    ds = sorted_along(ds, TRAIN_SIZE, FEWEST)
    accuracy = ds["test_accuracy"]
    late = first_crossing(accuracy, LEVEL)
    never = is_censored(late)
    rise = last_value(accuracy) - value_at(accuracy, 0.8 * float(ds["step"][-1]))
    below = ds[TRAIN_SIZE].where(never).max(TRAIN_SIZE)
    above = ds[TRAIN_SIZE].where(np.isfinite(late)).min(TRAIN_SIZE)
    near, far = (x.rename(None) for x in local_slopes(late))
    ended = (rise.where(never) < STILL) | ~never
    return over_seeds(
        (near < 0) & (near <= STEEPER * far) & (below < above),
        {
            "critical N": _critical_size(ds),
            "never up to N": below,
            "from N on it does": above,
            "slope of log time over log N, from there to the next N": near,
            "slope beyond": far,
            "rise of the test accuracy in the last fifth, at most": rise.where(never).max(TRAIN_SIZE),
        },
        decided=near.notnull() & far.notnull() & (above <= NEAR * below) & ended.all(TRAIN_SIZE),
        note=f"a seed counts if a size up to {NEAR:g} times smaller never gets there and no longer improves",
    )


CLAIMS = [
    Claim(
        "omnigrok/fig3e/1",
        f'the steps to {LEVEL:.0%} test accuracy fall with N (rank correlation <= {FALLING:g}; "never" '
        "counts as the most)",
        "generalization is faster with more training data",
        _time_falls,
    ),
    Claim(
        "omnigrok/fig3e/2",
        f"the steps to {LEVEL:.0%} test accuracy grow without bound toward a critical N: below some N, "
        f"test accuracy stops short of {LEVEL:.0%} (it rises by less than {STILL:g} in the last fifth of "
        f"the training); just above it, the slope of log time over log N is at least {STEEPER:g} times as "
        "steep as at larger N",
        "generalization time increases rapidly once one approaches a certain critical data set size",
        _without_bound,
    ),
]
