"""Lazy to rich, Figure 6a: with large weights the output scale α sets how late an MLP generalises on MNIST.

Results: dims ('model.output_scale', 'seed', 'step').
"""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grok_jax.analysis.claims import Claim, Measured, over_seeds
from grok_jax.analysis.grokking import delay, is_censored, last_value, t_fit, t_generalize
from grok_jax.analysis.power_law import rank_correlation
from grok_jax.analysis.selection import sorted_along, with_axis
from grok_jax.plotting.curves import curve, curves_along, legend
from grok_jax.plotting.style import colours, panel_label, style

ALPHA = "model.output_scale"
LEVEL = 0.8  # accuracy; see the config
FITTED = 0.95  # train accuracy, for the ratio of figure 3d of Omnigrok beside ours
RISING = 0.8  # rank correlation
ABSENT = 2.0  # a ratio of the steps below this is no delay
SAME = 1e-6  # relative difference of two norms


def plot(ds: xr.Dataset) -> Figure:
    """(a) accuracies for each α, as in the paper; beside them the delay against α, and the weight norms."""
    ds = with_axis(ds, ALPHA).sortby(ALPHA)
    with style():
        figure = Figure(figsize=(13.2, 3.9), layout="constrained")
        left, middle, right = figure.subplots(1, 3, width_ratios=(1.5, 1, 1))
        curves_along(left, ds, ALPHA, symbol="α", variables=("train_accuracy", "test_accuracy"))
        left.axhline(LEVEL, color="0.5", linewidth=0.8, linestyle=":")
        legend(left, loc="upper left")
        panel_label(left, "a")
        _delays(middle, ds)
        for i, colour in enumerate(colours(ds.sizes[ALPHA])):
            curve(right, ds["weight_norm"].isel({ALPHA: i}), colour=colour)
        right.set_ylabel("weight norm")
    return figure


def _delays(ax: Axes, ds: xr.Dataset) -> None:
    ratio = delay(ds, LEVEL).transpose(ALPHA, ...)
    never = is_censored(ratio)
    reached = ratio.where(np.isfinite(ratio))
    top = max(ABSENT, float(reached.max()) if bool(reached.notnull().any()) else ABSENT) * 2
    repeats = [d for d in ratio.dims if d != ALPHA]
    for name, values, marker, fill in (
        ("a seed", reached, "o", "full"),
        ("never within the budget", xr.full_like(ratio, top).where(never), "^", "none"),
    ):
        if bool(values.notnull().any()):
            points = values.stack(run=repeats).transpose(ALPHA, "run") if repeats else values.expand_dims("run", -1)
            lines = ax.plot(ds[ALPHA], points, marker, color="0.2", fillstyle=fill)
            lines[0].set_label(name)
    ax.axhline(1, color="0.5", linewidth=0.8)
    ax.axhline(ABSENT, color="0.5", linewidth=0.8, linestyle=":", label=f"{ABSENT:g}: no delay below")
    ax.set(xscale="log", yscale="log", xlabel="output scale α", ylabel=f"steps to {LEVEL:.0%} accuracy, test / train")
    legend(ax, loc="center left")


def _delay_grows_with_scale(ds: xr.Dataset) -> Measured:
    ds = sorted_along(ds, ALPHA)
    ratio = delay(ds, LEVEL)
    rising = rank_correlation(ratio, ALPHA)
    values = {"rank correlation of delay and α": rising}
    for i, scale in enumerate(ds[ALPHA].values):
        values[f"delay at α = {scale:g}" if i == 0 else f"at {scale:g}"] = ratio.isel({ALPHA: i}, drop=True)
    other = rank_correlation(t_generalize(ds, LEVEL) / t_fit(ds, FITTED), ALPHA)
    values[f"rank correlation of t{LEVEL * 100:g}(test)/t{FITTED * 100:g}(train) and α"] = other
    return over_seeds(rising > RISING, values, decided=rising.notnull())


def _absent_at_the_smallest(ds: xr.Dataset) -> Measured:
    smallest = sorted_along(ds, ALPHA).isel({ALPHA: 0}, drop=True)
    ratio = delay(smallest, LEVEL)
    return over_seeds(
        ratio < ABSENT,
        {
            "delay": ratio,
            f"t{LEVEL * 100:g}(test)": t_generalize(smallest, LEVEL),
            "final test accuracy": last_value(smallest["test_accuracy"]),
        },
        decided=ratio.notnull() & ~is_censored(ratio),
        note=f"at α = {float(sorted_along(ds, ALPHA)[ALPHA][0]):g}",
    )


def _same_norm(ds: xr.Dataset) -> Measured:
    start = sorted_along(ds, ALPHA)["weight_norm"].isel(step=0, drop=True)
    spread = (start.max(ALPHA) - start.min(ALPHA)) / start.mean(ALPHA)
    return over_seeds(spread <= SAME, {"initial weight norm": start.mean(ALPHA), "relative spread over α": spread})


CLAIMS = [
    Claim(
        "lazy_to_rich/fig6a/1",
        "the delay t80(test)/t80(train) shrinks with the output scale α (rank correlation > .8)",
        "controlling grokking continuously by only varying the laziness α",
        _delay_grows_with_scale,
    ),
    Claim(
        "lazy_to_rich/fig6a/2",
        "at the smallest α there is no delay: t80(test)/t80(train) < 2",
        "making it vanish at α = .0001",
        _absent_at_the_smallest,
    ),
    Claim(
        "lazy_to_rich/fig6a/3",
        "the initial weight norm is the same at every α (to one part in 1e6)",
        "without changing the parameter weight norm",
        _same_norm,
    ),
]
