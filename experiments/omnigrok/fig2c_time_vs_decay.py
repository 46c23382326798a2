"""Omnigrok, Figure 2c: weight decay does not change the time to fit; the time to generalize goes as its inverse.

Results: dims ('optimizer.weight_decay', 'seed', 'step').
"""

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.figure import Figure

from grok_jax.analysis.claims import Claim, Measured, over_seeds
from grok_jax.analysis.grokking import is_censored, t_fit, t_generalize, value_at
from grok_jax.analysis.power_law import fit_power_law, slopes_along
from grok_jax.analysis.selection import sorted_along, with_axis
from grok_jax.plotting.curves import legend
from grok_jax.plotting.landscape import slice_along
from grok_jax.plotting.style import TEST, TRAIN, panel_labels, style
from grok_jax.plotting.times import legend_below, times_along

WEIGHT_DECAY = "optimizer.weight_decay"
INVERSE, INVERSE_TOLERANCE = -1.0, 0.15
FLAT_TOLERANCE = 0.1
CONSTANT = 1.2  # largest norm over smallest
FEWEST = 4  # decays


def plot(ds: xr.Dataset) -> Figure:
    """Plots (c1) the steps to 95% accuracy against γ with the fitted laws, (c2) the weight norms at these steps."""
    ds = with_axis(ds, WEIGHT_DECAY)
    times = {"train": (t_fit(ds), TRAIN, "s"), "test": (t_generalize(ds), TEST, "o")}
    with style():
        figure = Figure(figsize=(10.5, 4.2), layout="constrained")
        left, right = figure.subplots(1, 2)
        for name, (time, color, marker) in times.items():
            budget = float(ds["step"][-1])
            times_along(
                left, time, WEIGHT_DECAY, color=color, label=f"95% {name} accuracy", budget=budget, marker=marker
            )
            law = fit_power_law(time[WEIGHT_DECAY], time)
            if np.isfinite(law.slope):
                line = law.prefactor * ds[WEIGHT_DECAY] ** law.slope
                left.plot(ds[WEIGHT_DECAY], line, color=color, linestyle="--", label=f"t ∝ $γ^{{{law.slope:.2f}}}$")
            norm = value_at(ds["weight_norm"], time)
            slice_along(right, norm, WEIGHT_DECAY, color=color, label=f"at 95% {name} accuracy")
        start = ds["weight_norm"].isel(step=0)
        slice_along(right, start, WEIGHT_DECAY, color="0.5", label="at the start", linestyle=":")
        left.set_xlabel("weight decay γ")
        legend_below(left)
        right.set(xlabel="weight decay γ", ylabel="weight norm", ylim=(0, None))
        legend(right, loc="lower right")
        panel_labels((left, right), "c")
    return figure


def _slope_near(time: Float[xr.DataArray, "..."], expected: float, tolerance: float) -> Measured:
    slopes, pooled = slopes_along(time, WEIGHT_DECAY), fit_power_law(time[WEIGHT_DECAY], time)
    all_seeds = xr.ones_like(slopes)
    return over_seeds(
        abs(slopes - expected) <= tolerance,
        {
            "slope of a seed": slopes,
            "of all seeds together": pooled.slope * all_seeds,
            "from (95%)": pooled.slope_low * all_seeds,
            "to": pooled.slope_high * all_seeds,
            f"steps at γ = {float(time[WEIGHT_DECAY][0]):.2g}": time.isel({WEIGHT_DECAY: 0}, drop=True),
            f"at {float(time[WEIGHT_DECAY][-1]):.2g}": time.isel({WEIGHT_DECAY: -1}, drop=True),
        },
        decided=slopes.notnull(),
    )


def _inverse_of_decay(ds: xr.Dataset) -> Measured:
    return _slope_near(t_generalize(sorted_along(ds, WEIGHT_DECAY, FEWEST)), INVERSE, INVERSE_TOLERANCE)


def _fits_regardless(ds: xr.Dataset) -> Measured:
    return _slope_near(t_fit(sorted_along(ds, WEIGHT_DECAY, FEWEST)), 0.0, FLAT_TOLERANCE)


def _one_norm(ds: xr.Dataset) -> Measured:
    ds = sorted_along(ds, WEIGHT_DECAY, FEWEST)
    late = t_generalize(ds)
    norm = value_at(ds["weight_norm"], late)
    spread = norm.max(WEIGHT_DECAY, skipna=False) / norm.min(WEIGHT_DECAY, skipna=False)
    return over_seeds(
        spread <= CONSTANT,
        {
            "largest norm / smallest": spread,
            f"norm at γ = {float(ds[WEIGHT_DECAY][0]):.2g}": norm.isel({WEIGHT_DECAY: 0}, drop=True),
            f"at {float(ds[WEIGHT_DECAY][-1]):.2g}": norm.isel({WEIGHT_DECAY: -1}, drop=True),
            "norm at the start": ds["weight_norm"].isel(step=0, drop=True).mean(WEIGHT_DECAY),
        },
        decided=~is_censored(late).any(WEIGHT_DECAY) & spread.notnull(),
    )


CLAIMS = [
    Claim(
        "omnigrok/fig2c/1",
        "log t95(test) against log weight decay: slope -1 ± .15",
        "the time to reach 95% test accuracy is inversely proportional to the weight decay",
        _inverse_of_decay,
    ),
    Claim(
        "omnigrok/fig2c/2",
        "log t95(train) against log weight decay: slope 0 ± .1",
        "the time to reach 95% training accuracy is independent of weight decay",
        _fits_regardless,
    ),
    Claim(
        "omnigrok/fig2c/3",
        "the weight norm at t95(test) is nearly the same at every weight decay: largest / smallest <= 1.2",
        "generalization begins at one weight norm, that of the Goldilocks zone",
        _one_norm,
    ),
]
