"""Omnigrok, Figure 2c: weight decay does not change the time to fit; the time to generalize goes as its inverse.

Results: dims ('optimizer.weight_decay', 'seed', 'step').
"""

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.figure import Figure

from experiments.omnigrok.fig2b_teacher_student import THETA, Times, code_theta, times
from grok_jax.analysis.claims import Claim, Measured, over_seeds
from grok_jax.analysis.grokking import is_censored, t_fit, t_generalize, value_at
from grok_jax.analysis.power_law import fit_power_law, slopes_along
from grok_jax.analysis.selection import config_value, sorted_along, with_axis
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
    # Results without the errors of rows have their own accuracy, at the threshold of the authors' code.
    has_errors = "train_row_error" in ds
    fit, late = times(ds)[:2] if has_errors else (t_fit(ds), t_generalize(ds))
    theta = THETA if has_errors else config_value(ds, "training.accuracy_threshold")
    with style():
        figure = Figure(figsize=(10.5, 4.2), layout="constrained")
        left, right = figure.subplots(1, 2)
        for name, time, color, marker in (("train", fit, TRAIN, "s"), ("test", late, TEST, "o")):
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
        left.set(xlabel="weight decay γ", ylabel="steps" if theta is None else f"steps (squared error below {theta:g})")
        legend_below(left)
        right.set(xlabel="weight decay γ", ylabel="weight norm", ylim=(0, None))
        legend(right, loc="lower right")
        panel_labels((left, right), "c")
    return figure


def _at_both(ds: xr.Dataset) -> tuple[Times, Times, str]:
    """Returns the times at the paper's threshold, those at the threshold of the authors' code, and a name for these."""
    theta = code_theta(ds)
    return times(ds), times(ds, theta), f"at θ = {theta:g}"


def _slope_near(
    time: Float[xr.DataArray, "..."],
    expected: float,
    tolerance: float,
    beside: dict[str, Float[xr.DataArray, "..."]],
) -> Measured:
    slopes, pooled = slopes_along(time, WEIGHT_DECAY), fit_power_law(time[WEIGHT_DECAY], time)
    all_seeds = xr.ones_like(slopes)
    return over_seeds(
        abs(slopes - expected) <= tolerance,
        {
            "slope of a seed": slopes,
            "of all seeds together": pooled.slope * all_seeds,
            "from (95%)": pooled.slope_low * all_seeds,
            "to": pooled.slope_high * all_seeds,
            **{f"slope {name}": slopes_along(other, WEIGHT_DECAY) for name, other in beside.items()},
            f"steps at γ = {float(time[WEIGHT_DECAY][0]):.2g}": time.isel({WEIGHT_DECAY: 0}, drop=True),
            f"at {float(time[WEIGHT_DECAY][-1]):.2g}": time.isel({WEIGHT_DECAY: -1}, drop=True),
        },
        decided=slopes.notnull(),
    )


def _inverse_of_decay(ds: xr.Dataset) -> Measured:
    paper, code, name = _at_both(sorted_along(ds, WEIGHT_DECAY, FEWEST))
    return _slope_near(paper.late, INVERSE, INVERSE_TOLERANCE, {name: code.late})


def _fits_regardless(ds: xr.Dataset) -> Measured:
    paper, code, name = _at_both(sorted_along(ds, WEIGHT_DECAY, FEWEST))
    return _slope_near(paper.fit, 0.0, FLAT_TOLERANCE, {name: code.fit})


def _one_norm(ds: xr.Dataset) -> Measured:
    ds = sorted_along(ds, WEIGHT_DECAY, FEWEST)
    paper, code, name = _at_both(ds)
    norm, there = (value_at(ds["weight_norm"], found.late) for found in (paper, code))
    spread, beside = (x.max(WEIGHT_DECAY, skipna=False) / x.min(WEIGHT_DECAY, skipna=False) for x in (norm, there))
    return over_seeds(
        spread <= CONSTANT,
        {
            "largest norm / smallest": spread,
            f"norm at γ = {float(ds[WEIGHT_DECAY][0]):.2g}": norm.isel({WEIGHT_DECAY: 0}, drop=True),
            f"at {float(ds[WEIGHT_DECAY][-1]):.2g}": norm.isel({WEIGHT_DECAY: -1}, drop=True),
            "norm at the start": ds["weight_norm"].isel(step=0, drop=True).mean(WEIGHT_DECAY),
            f"largest norm / smallest {name}": beside,
        },
        decided=~is_censored(paper.late).any(WEIGHT_DECAY) & spread.notnull(),
    )


CLAIMS = [
    Claim(
        "omnigrok/fig2c/1",
        f"log t95(test) (θ = {THETA:g}) against log weight decay: slope -1 ± .15",
        "the time to reach 95% test accuracy is inversely proportional to the weight decay",
        _inverse_of_decay,
    ),
    Claim(
        "omnigrok/fig2c/2",
        f"log t95(train) (θ = {THETA:g}) against log weight decay: slope 0 ± .1",
        "the time to reach 95% training accuracy is independent of weight decay",
        _fits_regardless,
    ),
    Claim(
        "omnigrok/fig2c/3",
        f"the weight norm at t95(test) (θ = {THETA:g}) is nearly the same at every weight decay: largest / smallest"
        " <= 1.2",
        "generalization begins at one weight norm, that of the Goldilocks zone",
        _one_norm,
    ),
]
