"""Lazy to rich, Figure 17: accuracies of one regression run at several thresholds θ; some "grok", some do not.

Results: dims ('training.accuracy_threshold', 'seed', 'step').
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from experiments.checks import Check, at_steps, rises
from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.grokking import is_censored, t_fit, t_generalize
from grok_jax.analysis.seeds import median_of_seeds
from grok_jax.analysis.selection import with_axis
from grok_jax.plotting.curves import curves_along, legend
from grok_jax.plotting.landscape import slice_along
from grok_jax.plotting.style import TEST, panel_label, style

ACCURACY_THRESHOLD = "training.accuracy_threshold"
FACTOR = 3.0


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) accuracies for each θ, (b) the delay of generalization over θ."""
    ds = with_axis(ds, ACCURACY_THRESHOLD).sortby(ACCURACY_THRESHOLD)
    with style():
        figure = Figure(figsize=(11.0, 4.0), layout="constrained")
        left, right = figure.subplots(1, 2)
        curves_along(left, ds, ACCURACY_THRESHOLD, symbol="θ", variables=("train_accuracy", "test_accuracy"))
        left.set_ylim(-0.03, 1.03)
        legend(left, loc="upper left")
        ratio, never = _delay_at_least(ds), is_censored(t_generalize(ds))
        never = never.any([d for d in never.dims if d != ACCURACY_THRESHOLD])
        slice_along(right, ratio, ACCURACY_THRESHOLD, color=TEST, log="xy")
        if never.any():
            least, budget = median_of_seeds(ratio).median.where(never), float(ds["step"][-1])
            label = f"at least: not within {budget:,.0f} steps (one seed or more)"
            right.plot(ds[ACCURACY_THRESHOLD], least, "^", color=TEST, markerfacecolor="w", markersize=9, label=label)
            legend(right, loc="center left")
        right.axhline(1, color="0.5", linewidth=0.8)
        right.set(xlabel="threshold θ of the squared error", ylabel="delay, t95(test) / t95(train)")
        for ax, letter in ((left, "a"), (right, "b")):
            panel_label(ax, letter)
    return figure


def _delay_at_least(ds: xr.Dataset) -> xr.DataArray:
    """Returns t95(test)/t95(train), with the budget in place of a time beyond it; NaN if a run does not fit."""
    fit = t_fit(ds)
    return np.minimum(t_generalize(ds), float(ds["step"][-1])) / fit.where(np.isfinite(fit) & (fit > 0))


def _depends_on_threshold(ds: xr.Dataset) -> Measured:
    if ds.sizes.get(ACCURACY_THRESHOLD, 1) < 2:
        raise NotMeasured(f"needs several values of {ACCURACY_THRESHOLD}")
    ds = ds.sortby(ACCURACY_THRESHOLD)
    late = t_generalize(ds)
    ratio = _delay_at_least(ds)
    # The smallest must be an actual delay, not a lower bound.
    known = ratio.where(np.isfinite(late))
    factor = ratio.max(ACCURACY_THRESHOLD) / known.min(ACCURACY_THRESHOLD)
    complete = (np.isfinite(late) & ratio.notnull()).all(ACCURACY_THRESHOLD)
    values = {"largest delay (at least) / smallest": factor}
    for i, theta in enumerate(ds[ACCURACY_THRESHOLD].values):
        values[f"delay at θ = {theta:.2g}" if i == 0 else f"at {theta:.2g}"] = ratio.isel(
            {ACCURACY_THRESHOLD: i}, drop=True
        )
    return over_seeds(factor > FACTOR, values, decided=(factor > FACTOR) | complete)


CLAIMS = [
    Claim(
        "lazy_to_rich/fig17/1",
        "the delay t95(test)/t95(train) of the same run changes by more than 3 times with θ (largest / smallest)",
        "showing apparent grokking for some choices of θ but not others",
        _depends_on_threshold,
    )
]

# One run of the authors' code: steps to 95% of the training and of the test rows, by θ.
THEIRS = {1e-4: (2065, None), 5e-4: (971, 44_249), 1e-3: (643, 35_247), 0.005: (220, 18_042), 0.01: (145, 12_632)}
THEIRS |= {0.1: (18, 36)}


def _checks() -> list[Check]:
    checks = at_steps("test_accuracy", {ACCURACY_THRESHOLD: 1e-4}, {100_000: 0.87})
    for threshold, (train, test) in THEIRS.items():
        checks += rises("train_accuracy", {ACCURACY_THRESHOLD: threshold}, {0.95: train})
        checks += rises("test_accuracy", {ACCURACY_THRESHOLD: threshold}, {0.95: test} if test else {})
    return checks


CHECKS = _checks()
