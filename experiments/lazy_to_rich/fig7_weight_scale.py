"""Lazy to rich, Figure 7: the weight scale σ acts through σ²α, like the output scale α.

Results: dims ('model.init_scale,model.output_scale,optimizer.learning_rate', 'seed', 'step').
"""

import math
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.checks import Check, at_steps, peak
from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.grokking import last_value
from grok_jax.plotting.curves import curves_along, legend
from grok_jax.plotting.style import OKABE_ITO, panel_label, short_log_axes, style

INIT_SCALE, OUTPUT_SCALE = "model.init_scale", "model.output_scale"
POINT = f"{INIT_SCALE},{OUTPUT_SCALE},optimizer.learning_rate"
LAZINESS = "laziness"  # σ²α
CLOSE_CHANGE, CLOSE_LOSS = 0.20, 0.25  # largest relative deviations; the second is our choice
FEWEST = 3  # points of the α sweep


class Sweep(NamedTuple):
    """A sweep through the plane of σ and α."""

    name: str
    axis: str
    symbol: str
    marker: str


SWEEPS = (
    Sweep("α, σ = 1", OUTPUT_SCALE, "α", "o"),
    Sweep("σ, α = 1", INIT_SCALE, "σ", "s"),
    Sweep("σ, α = 1/σ²", INIT_SCALE, "σ", "^"),
)


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) to (c) losses of the three sweeps, (d) to (f) how far the weights moved, and the final test loss."""
    with style():
        figure = Figure(figsize=(13.5, 7.4), layout="constrained")
        panels = figure.subplots(2, 3)
        for i, (ax, sweep) in enumerate(zip(panels[0], SWEEPS, strict=True)):
            curves_along(ax, _runs(ds, i), sweep.axis, symbol=sweep.symbol)
            ax.sharey(panels[0, 0])
            ax.set_title(f"sweep of {sweep.name}")
            legend(ax, loc="lower left")
        ends = _ends(ds)
        change, loss, laziness = "relative change of the weights", "final test loss", "laziness σ²α"
        _scatter(panels[1, 0], ends, LAZINESS, "change", (laziness, change))
        _scatter(panels[1, 1], ends, LAZINESS, "loss", (laziness, loss))
        _scatter(panels[1, 2], ends, "change", "loss", (change, loss))
        for ax, letter in zip(panels.flat, "abcdef", strict=True):
            panel_label(ax, letter)
    return figure


def _scatter(ax: Axes, ends: xr.Dataset, x: str, y: str, labels: tuple[str, str]) -> None:
    """Draws every run as a marker on logarithmic axes, and a line through the medians of the α sweep."""
    for i, (sweep, color) in enumerate(zip(SWEEPS, OKABE_ITO, strict=False)):
        runs = _runs(ends, i)
        across, up = (runs[name].broadcast_like(runs["loss"]) for name in (x, y))
        ax.scatter(across, up, marker=sweep.marker, facecolor="none", edgecolor=color, label=sweep.name)
        if i == 0:
            ax.plot(across.median("seed"), up.median("seed"), color=color, linewidth=0.8)
    ax.set(xlabel=labels[0], ylabel=labels[1])
    short_log_axes(ax)
    legend(ax)


def _ends(ds: xr.Dataset) -> xr.Dataset:
    """Returns the σ²α, the final relative change of the weights and the final test loss of every run."""
    ds = ds if "seed" in ds.dims else ds.expand_dims("seed")
    return xr.Dataset(
        {"change": last_value(ds["relative_distance"]), "loss": last_value(ds["test_loss"])}
    ).assign_coords({LAZINESS: ds[INIT_SCALE] ** 2 * ds[OUTPUT_SCALE]})


def _members(ds: xr.Dataset) -> list[np.ndarray]:
    """Returns which points belong to each sweep; (1, 1) belongs to all."""
    sigma, alpha = ds[INIT_SCALE].values, ds[OUTPUT_SCALE].values
    return [np.isclose(x, 1, rtol=1e-5) for x in (sigma, alpha, sigma**2 * alpha)]


def _runs(ds: xr.Dataset, sweep: int) -> xr.Dataset:
    """Returns the runs of one sweep along its own axis."""
    axis = SWEEPS[sweep].axis
    return ds.isel({POINT: _members(ds)[sweep]}).swap_dims({POINT: axis}).sortby(axis)


def _off_the_curve(ds: xr.Dataset, name: str) -> Float[xr.DataArray, "points seed"]:
    """Returns the relative deviation of the other sweeps' points from the α sweep at the same σ²α.

    Between points of the α sweep, its logarithm is interpolated linearly in log σ²α; beyond its ends the value is NaN.

    Raises:
      NotMeasured: the results lack the sweeps.
    """
    if POINT not in ds.dims:
        raise NotMeasured(f"needs the axis {POINT}")
    by_alpha, by_sigma, kept = _members(ds)
    if by_alpha.sum() < FEWEST or not (by_sigma & ~by_alpha).any():
        raise NotMeasured(f"needs {FEWEST} or more values of α at σ = 1, and others of σ at α = 1")
    ends = _ends(ds)
    log = np.log(ends[name]).assign_coords({LAZINESS: np.log(ends[LAZINESS])})
    curve = log.isel({POINT: by_alpha}).swap_dims({POINT: LAZINESS}).sortby(LAZINESS)
    others = log.isel({POINT: (by_sigma | kept) & ~by_alpha})
    expected = xr.apply_ufunc(
        lambda at, x, y: np.interp(at, x, y, left=np.nan, right=np.nan),
        others[LAZINESS],
        curve[LAZINESS].rename({LAZINESS: "known"}),
        curve.rename({LAZINESS: "known"}),
        input_core_dims=[[POINT], ["known"], ["known"]],
        output_core_dims=[[POINT]],
        vectorize=True,
    )
    return np.exp(others - expected) - 1


def _collapses(ds: xr.Dataset, name: str, tolerance: float) -> Measured:
    off = _off_the_curve(ds, name)
    plain, kept = _members(off)[1:]
    worst = np.abs(off).max(POINT)
    # Where nothing depends on α, all points agree, whatever σ does.
    along = _runs(_ends(ds), 0)[name]
    varies = along.max(OUTPUT_SCALE) > (1 + tolerance) * along.min(OUTPUT_SCALE)
    values = {"largest deviation from the α sweep": worst}
    for sweep, chosen in (("α = 1", plain), ("α = 1/σ²", kept)):
        for i in np.flatnonzero(chosen):
            values[f"σ = {float(off[INIT_SCALE][i]):.3g}, {sweep}"] = off.isel({POINT: i}, drop=True)
    return over_seeds(worst <= tolerance, values, decided=off.notnull().all(POINT) & varies)


CLAIMS = [
    Claim(
        "lazy_to_rich/fig7/1",
        "the relative change of the weights is a function of σ²α: every point of the σ sweeps lies within "
        "20% of the α sweep",
        "the relative parameter change is controlled through σ²α",
        lambda ds: _collapses(ds, "change", CLOSE_CHANGE),
    ),
    Claim(
        "lazy_to_rich/fig7/2",
        "the final test loss is a function of σ²α: every point of the σ sweeps lies within 25% of the α sweep",
        "the final test loss is controlled through σ²α",
        lambda ds: _collapses(ds, "loss", CLOSE_LOSS),
    ),
]

# One run of the authors' code at each (σ, α): the last test loss, and how far the weights moved, over their norm.
THEIRS = {
    (0.5, 1): (0.0332, 5.18),
    (2, 1): (0.646, 1.139),
    (0.5, 4): (0.187, 2.53),
    (1, 1): (0.183, 2.53),
    (2, 0.25): (0.170, 2.55),
}
PEAK = 1.16  # the highest test loss over the first, at σ = 1/2 and α = 4


def _checks() -> list[Check]:
    checks = []
    for (sigma, scale), (loss, moved) in THEIRS.items():
        runs = {"model.init_scale": sigma, "model.output_scale": scale}
        checks += at_steps("test_loss", runs, {50_000: loss}) + at_steps("relative_distance", runs, {50_000: moved})
    runs = {"model.init_scale": 0.5, "model.output_scale": 4}
    return checks + peak("test_loss", runs, math.nan, PEAK, relative=True)


CHECKS = _checks()
