"""Omnigrok, Figure 10b and d: how long an MLP takes to generalize on MNIST, by weight decay.

Results: dims ('optimizer.weight_decay', 'seed', 'step'), or an axis that sets weight decay and steps together.
"""

import itertools

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.omnigrok.fig3d_mnist_grokking import GENERALIZED as LEVEL
from experiments.omnigrok.mnist_times import accuracies_along, fit_and_generalize
from experiments.omnigrok.time_vs_decay import FEWEST, SLOPE, TOLERANCE, WEIGHT_DECAY, slope_is_minus_one
from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.grokking import first_crossing, t_fit
from grok_jax.analysis.selection import with_axis
from grok_jax.plotting.style import panel_label, style
from grok_jax.plotting.times import legend_below

RANGE = (0.1, 1.0)  # weight decays for which the paper states its law
VERY_LOW = 0.05  # weight decay
FLATTER = -0.8  # local slope at very low decay; the law has -1


def plot(ds: xr.Dataset) -> Figure:
    """Plots (b) steps to fit and to generalize against γ with lines of slope -1, (d) the test accuracies."""
    ds = _over_decay(ds)
    with style():
        figure = Figure(figsize=(11.0, 4.2), layout="constrained")
        left, right = figure.subplots(1, 2)
        _times(left, ds)
        accuracies_along(right, ds, WEIGHT_DECAY, "γ = {:.3g}")
        panel_label(left, "b")
        panel_label(right, "d")
    return figure


def _times(ax: Axes, ds: xr.Dataset) -> None:
    late = fit_and_generalize(ax, ds, WEIGHT_DECAY)
    constant = float(_law(late).median())
    if np.isfinite(constant):
        ax.plot(
            ds[WEIGHT_DECAY],
            constant / ds[WEIGHT_DECAY],
            color="0.4",
            linestyle="--",
            label="t ∝ 1/γ, through γ = .1 to 1",
        )
    ax.set_xlabel("weight decay γ")
    legend_below(ax)


def _over_decay(ds: xr.Dataset) -> xr.Dataset:
    return with_axis(ds, WEIGHT_DECAY).sortby(WEIGHT_DECAY)


def _in_range(x: xr.DataArray) -> xr.DataArray:
    return x.sel({WEIGHT_DECAY: slice(RANGE[0] * 0.99, RANGE[1] * 1.01)})


def _law(late: xr.DataArray) -> xr.DataArray:
    """Returns c of t = c / γ within the range for each seed: the geometric mean of t γ."""
    inside = _in_range(late)
    return np.exp(np.log((inside * inside[WEIGHT_DECAY]).where(np.isfinite(inside))).mean(WEIGHT_DECAY))


def _slope_in_range(ds: xr.Dataset) -> Measured:
    ds = _over_decay(ds)
    late = _in_range(first_crossing(ds["test_accuracy"], LEVEL))
    if late.sizes[WEIGHT_DECAY] < FEWEST:
        raise NotMeasured(f"needs {FEWEST} or more values of {WEIGHT_DECAY} from {RANGE[0]:g} to {RANGE[1]:g}")
    return slope_is_minus_one(late, _in_range(t_fit(ds)))


def _faster_at_low_decay(ds: xr.Dataset) -> Measured:
    ds = _over_decay(ds)
    late = first_crossing(ds["test_accuracy"], LEVEL)
    decays = ds[WEIGHT_DECAY].values
    if not 0 < decays[0] <= VERY_LOW or decays.size < 2:
        raise NotMeasured(f"needs a weight decay above 0 and up to {VERY_LOW:g}; the lowest is {decays[0]:g}")
    slopes = [_local_slope(late, i) for i in range(decays.size - 1)]
    # A run that does not get there takes longer than its budget: the slope up to the budget is an upper bound.
    lowest = late.isel({WEIGHT_DECAY: 0}, drop=True)
    at_most = _local_slope(np.minimum(late, float(ds["step"].max())), 0)
    names = [f"local slope from γ = {low:.3g} to {high:.3g}" for low, high in itertools.pairwise(decays)]
    return over_seeds(
        slopes[0] >= FLATTER,
        {f"steps at γ = {decays[0]:.3g}": lowest, **dict(zip(names, slopes, strict=True))},
        decided=np.isfinite(slopes[0]) | (np.isinf(lowest) & (at_most < FLATTER)),
    )


def _local_slope(late: xr.DataArray, place: int) -> xr.DataArray:
    """Returns the slope of log time over log decay between two neighboring decays."""
    known, decays = late.where(np.isfinite(late)), late[WEIGHT_DECAY].values
    low, high = (known.isel({WEIGHT_DECAY: i}, drop=True) for i in (place, place + 1))
    return np.log(high / low) / np.log(decays[place + 1] / decays[place])


CLAIMS = [
    Claim(
        "omnigrok/fig10b/1",
        f"log steps to {LEVEL:.0%} test accuracy against log weight decay, γ from {RANGE[0]:g} to {RANGE[1]:g}: slope"
        f" {SLOPE:g} ± {TOLERANCE:g} in each seed",
        "for γ roughly between 0.1 and 1.0 the relation t ∝ 1/γ holds",
        _slope_in_range,
    ),
    Claim(
        "omnigrok/fig10b/2",
        f"from a very low weight decay (<= {VERY_LOW:g}) to the next one, the local slope of log steps "
        f"over log decay is {FLATTER:g} or flatter; the law 1/γ has -1",
        "with very low weight decay the model generalizes faster than naively expected",
        _faster_at_low_decay,
    ),
]
