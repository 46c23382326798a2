"""Lazy to rich, Section 13: how far weight decay moves the kernel of a lazy network after it has fitted.

Results: dims ('optimizer.weight_decay', 'seed', 'step').
"""

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.grokking import last_value, relative, value_at
from grok_jax.analysis.power_law import slopes_along
from grok_jax.analysis.selection import config_value, sorted_along, with_axis
from grok_jax.plotting.curves import curve, legend, log_values
from grok_jax.plotting.style import OKABE_ITO, colors, panel_label, short_log_axes, style
from grok_jax.plotting.times import line_of_slope, marks_along

WEIGHT_DECAY = "optimizer.weight_decay"
NEAR_ONE = 0.2  # largest distance of a slope from 1
GROWS = 1.5  # least growth from half the steps to the end
RESTS = 0.2  # share of what the smallest decay adds to the distance in that time
CLOSE = 0.15  # largest relative difference
FITTED = 0.05  # share of the first train loss, at half the steps


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) train loss and (b) distance of the kernel from its start over steps; (c) final distance over decay."""
    ds = with_axis(ds, WEIGHT_DECAY).sortby(WEIGHT_DECAY)
    ds = ds if "seed" in ds.dims else ds.expand_dims("seed")
    with style():
        figure = Figure(figsize=(13.2, 4.1), layout="constrained")
        losses, distances, ends = figure.subplots(1, 3)
        for decay, color in zip(ds[WEIGHT_DECAY].values, colors(ds.sizes[WEIGHT_DECAY]), strict=True):
            runs = ds.sel({WEIGHT_DECAY: decay})
            curve(losses, relative(runs["train_loss"]), color=color, label=f"κ = {decay:g}")
            curve(distances, runs["kernel_distance"], color=color, label=f"κ = {decay:g}")
        for ax, name in ((losses, "train loss / its start"), (distances, "|K - K₀| / |K₀|")):
            log_values(ax)
            ax.set_ylabel(name)
            legend(ax)
        _ends(ends, ds)
        for ax, letter in zip((losses, distances, ends), "abc", strict=True):
            panel_label(ax, letter)
    return figure


def _ends(ax: Axes, ds: xr.Dataset) -> None:
    end = last_value(ds["kernel_distance"])
    decayed = end.isel({WEIGHT_DECAY: np.flatnonzero(ds[WEIGHT_DECAY] > 0)})
    marks_along(ax, decayed, WEIGHT_DECAY, color=OKABE_ITO[0], label="runs")
    line_of_slope(ax, decayed, WEIGHT_DECAY, 1.0, label="slope 1")
    expected = _free_decay(ds)
    if expected is not None and decayed.sizes[WEIGHT_DECAY]:
        shown = expected.sel({WEIGHT_DECAY: decayed[WEIGHT_DECAY]})
        ax.plot(shown[WEIGHT_DECAY], shown, "x", color=OKABE_ITO[1], label="weights that decay freely")
    for i, rest in enumerate(np.ravel(end.isel({WEIGHT_DECAY: np.flatnonzero(ds[WEIGHT_DECAY] == 0)}))):
        ax.axhline(rest, color="0.6", linewidth=0.8, linestyle=":", label="κ = 0" if i == 0 else None)
    ax.set(xlabel="weight decay κ", ylabel="change of the kernel, |K - K₀| / |K₀|")
    short_log_axes(ax)
    legend(ax)


def _decayed(ds: xr.Dataset) -> xr.Dataset:
    """Returns the runs with decay, ordered by it."""
    ds = with_axis(ds, WEIGHT_DECAY)
    return sorted_along(ds.isel({WEIGHT_DECAY: np.flatnonzero(ds[WEIGHT_DECAY] > 0)}), WEIGHT_DECAY)


def _undecayed(ds: xr.Dataset) -> xr.Dataset:
    ds = with_axis(ds, WEIGHT_DECAY)
    rest = ds.isel({WEIGHT_DECAY: np.flatnonzero(ds[WEIGHT_DECAY] == 0)})
    if not rest.sizes[WEIGHT_DECAY]:
        raise NotMeasured("needs a run without weight decay")
    return rest.isel({WEIGHT_DECAY: 0}, drop=True)


def _free_decay(ds: xr.Dataset) -> Float[xr.DataArray, " decays"] | None:
    """Returns 1 - exp(-2 (L - 1) η κ T), the share of its kernel that a bias-free network of L layers loses by decay.

    With ReLU, the function is homogeneous of degree L in the weights, and the kernel of degree 2 (L - 1).
    """
    widths, biases, activation, rate, scale, scaled = (
        config_value(ds, name)
        for name in (
            "model.widths",
            "model.use_bias",
            "model.activation",
            "optimizer.learning_rate",
            "model.output_scale",
            "optimizer.scale_learning_rate",
        )
    )
    if None in (widths, biases, activation, rate, scale) or biases or activation != "relu":
        return None
    rate = rate / scale**2 if scaled else rate
    return 1 - np.exp(-2 * len(widths) * rate * ds[WEIGHT_DECAY] * float(ds["step"][-1]))


def _halves(runs: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray, xr.DataArray]:
    """Returns the distance of the kernel at half the steps and at the end, and whether the run had fitted by then."""
    half = float(runs["step"][-1]) / 2
    fitted = value_at(relative(runs["train_loss"]), half) < FITTED
    return value_at(runs["kernel_distance"], half), last_value(runs["kernel_distance"]), fitted


def _at_each(x: Float[xr.DataArray, "decays ..."], name: str) -> dict[str, Float[xr.DataArray, "..."]]:
    return {f"{name} at κ = {decay:g}": x.sel({WEIGHT_DECAY: decay}, drop=True) for decay in x[WEIGHT_DECAY].values}


def _is_of_order_decay(ds: xr.Dataset) -> Measured:
    runs = _decayed(ds)
    _, end, fitted = _halves(runs)
    slope = slopes_along(end, WEIGHT_DECAY)
    values = {"slope": slope} | _at_each(end, "distance")
    return over_seeds(np.abs(slope - 1) <= NEAR_ONE, values, decided=slope.notnull() & fitted.all(WEIGHT_DECAY))


def _goes_on(ds: xr.Dataset) -> Measured:
    runs = _decayed(ds)
    half, end, fitted = _halves(runs)
    growth = end / half
    values = {"least growth": growth.min(WEIGHT_DECAY)} | _at_each(growth, "growth")
    return over_seeds(
        (growth >= GROWS).all(WEIGHT_DECAY), values, decided=(growth.notnull() & fitted).all(WEIGHT_DECAY)
    )


def _rests_without(ds: xr.Dataset) -> Measured:
    half, end, fitted = _halves(_undecayed(ds))
    least_half, least_end, least_fitted = (x.isel({WEIGHT_DECAY: 0}, drop=True) for x in _halves(_decayed(ds)))
    share = np.abs(end - half) / np.abs(least_end - least_half)
    values = {"part of what the smallest κ adds": share, "distance at half": half, "distance at the end": end}
    values["relative change of the distance"] = end / half - 1
    return over_seeds(share <= RESTS, values, decided=share.notnull() & fitted & least_fitted)


def _is_free_decay(ds: xr.Dataset) -> Measured:
    runs = _decayed(ds)
    expected = _free_decay(runs)
    if expected is None:
        raise NotMeasured("needs a network of known rate without biases, of ReLU units")
    _, end, fitted = _halves(runs)
    off = end / expected - 1
    worst = np.abs(off).max(WEIGHT_DECAY)
    values = {"largest relative difference": worst} | _at_each(off, "difference")
    return over_seeds(worst <= CLOSE, values, decided=(off.notnull() & fitted).all(WEIGHT_DECAY))


CLAIMS = [
    Claim(
        "lazy_to_rich/sec13/1",
        "at the end, the kernel's distance from its start grows as κ (slope of the logarithms within .2 of 1)",
        "the NTK evolves at order O(κ) for κ the weight decay parameter",
        _is_of_order_decay,
    ),
    Claim(
        "lazy_to_rich/sec13/2",
        "with decay, the kernel keeps moving after the fit: at each κ its distance grows by a factor of "
        "at least 1.5 in the second half",
        "under weight decay, the NTK of a network continuously evolves over time",
        _goes_on,
    ),
    Claim(
        "lazy_to_rich/sec13/3",
        "without decay, the kernel is at rest after the fit: the second half adds at most a fifth of what "
        "it adds at the smallest κ",
        "the paper sets decay against lazy training, in which the features stay as they are",
        _rests_without,
        own=True,
    ),
    Claim(
        "lazy_to_rich/sec13/4",
        "at each κ, the distance at the end is within 15% of 1 - exp(-2 (L - 1) ηκt), that of weights that only decay",
        "the paper gives the order alone",
        _is_free_decay,
        own=True,
    ),
]
