"""Omnigrok, Figure 10a and c: how long a transformer takes to generalize on modular addition, by weight decay.

Results: dims ('optimizer.weight_decay', 'seed', 'step').
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from experiments.omnigrok.time_vs_decay import FEWEST, SLOPE, TOLERANCE, WEIGHT_DECAY, slope_is_minus_one
from grok_jax.analysis.claims import Claim, Measured, NotMeasured
from grok_jax.analysis.grokking import LEVEL, t_fit, t_generalize
from grok_jax.analysis.selection import sorted_along, with_axis
from grok_jax.plotting.curves import curves_along, legend
from grok_jax.plotting.style import TEST, TRAIN, panel_label, style
from grok_jax.plotting.times import legend_below, line_of_slope, times_along

DECADES = 1.5  # least range of weight decay; the paper has about two


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) steps to fit and to generalize against γ, joined per seed, and (c) the accuracies of these runs."""
    ds = with_axis(ds, WEIGHT_DECAY).sortby(WEIGHT_DECAY)
    budget = float(ds["step"][-1])
    late = t_generalize(ds)
    with style():
        figure = Figure(figsize=(11.0, 4.2), layout="constrained")
        left, right = figure.subplots(1, 2)
        times_along(left, t_fit(ds), WEIGHT_DECAY, color=TRAIN, label="95% train accuracy", budget=budget, marker="s")
        times_along(left, late, WEIGHT_DECAY, color=TEST, label="95% test accuracy", budget=budget, is_joined=True)
        line_of_slope(left, late, WEIGHT_DECAY, SLOPE, label="t ∝ 1/γ")
        left.set_xlabel("weight decay γ")
        left.set_xticks(ds[WEIGHT_DECAY].values, [f"{gamma:.2g}" for gamma in ds[WEIGHT_DECAY].values])
        left.xaxis.minorticks_off()
        legend_below(left)
        curves_along(right, ds, WEIGHT_DECAY, symbol="γ", variables=("train_accuracy", "test_accuracy"))
        right.axhline(LEVEL, color="0.5", linestyle=":", linewidth=1)
        right.set_ylim(-0.03, 1.03)
        legend(right, loc="best")
        panel_label(left, "a")
        panel_label(right, "c")
    return figure


def _slope_over_decades(ds: xr.Dataset) -> Measured:
    ds = sorted_along(ds, WEIGHT_DECAY, FEWEST)
    lowest, highest = float(ds[WEIGHT_DECAY][0]), float(ds[WEIGHT_DECAY][-1])
    decades = np.log10(highest / lowest) if lowest > 0 else 0.0
    if decades < DECADES - 1e-3:
        raise NotMeasured(f"the weight decays span {decades:.2g} decades; the claim needs {DECADES:g} or more, above 0")
    note = f"over {decades:.2g} decades of weight decay; the paper has about two"
    return slope_is_minus_one(t_generalize(ds), t_fit(ds), note)


CLAIMS = [
    Claim(
        "omnigrok/fig10a/1",
        f"log t95(test) against log weight decay, over at least {DECADES:g} decades of it: slope {SLOPE:g} ±"
        f" {TOLERANCE:g} in each seed",
        "for each seed t ∝ 1/γ; it holds across roughly two orders of magnitude of t and γ",
        _slope_over_decades,
    )
]
