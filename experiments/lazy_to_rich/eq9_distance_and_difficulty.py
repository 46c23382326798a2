"""Lazy to rich, Equations 8 and 9: the weights travel as far as the labels are hard for the initial kernel.

Results: dims ('task.order', 'model.output_scale', 'seed', 'step').
"""

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from configs.lazy_to_rich.eq9_distance_and_difficulty import LAZY, RICH
from experiments.lazy_to_rich.output_scale import OUTPUT_SCALE
from grok_jax.analysis.claims import Claim, Measured, over_seeds
from grok_jax.analysis.grokking import last_value, relative
from grok_jax.analysis.power_law import rank_correlation
from grok_jax.analysis.selection import runs_at, sorted_along, with_axis
from grok_jax.plotting.curves import legend
from grok_jax.plotting.style import colors, panel_label, style

ORDER = "task.order"
CLOSE = 0.1  # largest relative difference of squared distance and difficulty
RISING = 0.8  # rank correlation
FITTED = 0.01  # share of the first train loss; a run below it has finished moving
PARTS = ("lazy_progress", "tangent_distance", "normal_distance")  # orthogonal; unit: lazy solution


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) squared distance against difficulty, (b) how far the kernel has moved; one point per run."""
    ds = with_axis(with_axis(ds, OUTPUT_SCALE), ORDER).sortby(ORDER)
    with style():
        figure = Figure(figsize=(9.6, 4.0), layout="constrained")
        left, right = figure.subplots(1, 2)
        ways = _squared_distance(ds)
        _points(left, ds, ways)
        low, high = (float(f(_difficulty(ds))) for f in (np.nanmin, np.nanmax))
        left.plot([low, high], [low, high], color="black", linestyle="--", label="|w - w₀|² = yᵀK₀⁻¹y")
        left.set_ylabel("squared distance traveled |w - w₀|²")
        legend(left)
        _points(right, ds, last_value(ds["kernel_distance"]))
        right.set_ylabel("change of the kernel, |K - K₀| / |K₀|")
        for ax, letter in ((left, "a"), (right, "b")):
            ax.set_xlabel("difficulty yᵀK₀⁻¹y of the labels")
            panel_label(ax, letter)
    return figure


def _points(ax: Axes, ds: xr.Dataset, heights: Float[xr.DataArray, "..."]) -> None:
    difficulty = _difficulty(ds)
    for scale, color in zip(ds[OUTPUT_SCALE].values, colors(ds.sizes[OUTPUT_SCALE]), strict=True):
        x, y = (np.ravel(values.sel({OUTPUT_SCALE: scale})) for values in xr.broadcast(difficulty, heights))
        ax.loglog(x, y, "o", color=color, label=f"α = {scale:g}")


def _difficulty(ds: xr.Dataset) -> Float[xr.DataArray, "*grid"]:
    return ds["kernel_difficulty"].isel(step=0, drop=True)


def _share(ds: xr.Dataset) -> Float[xr.DataArray, "*grid"]:
    """Returns the final |w - w_0|² over the difficulty; the three parts are in units of the lazy solution's length."""
    return sum(last_value(ds[name]) ** 2 for name in PARTS)


def _squared_distance(ds: xr.Dataset) -> Float[xr.DataArray, "*grid"]:
    return _share(ds) * _difficulty(ds)


def _runs(ds: xr.Dataset, scale: float) -> tuple[xr.Dataset, Float[xr.DataArray, "*grid"]]:
    """Returns the runs of one α ordered by j, and whether all runs of a seed have fitted."""
    runs = sorted_along(runs_at(ds, {OUTPUT_SCALE: scale}), ORDER)
    return runs, (last_value(relative(runs["train_loss"])) < FITTED).all(ORDER)


def _at_ends(values: Float[xr.DataArray, "..."], name: str) -> dict[str, Float[xr.DataArray, "..."]]:
    return {f"{name}, j = {values[ORDER].values[i]}": values.isel({ORDER: i}, drop=True) for i in (0, -1)}


def _distance_is_difficulty(ds: xr.Dataset) -> Measured:
    runs, fitted = _runs(ds, LAZY)
    share = _share(runs)
    off = np.abs(share - 1)
    values = {"largest relative difference": off.max(ORDER), "median": off.median(ORDER)}
    return over_seeds(off.max(ORDER) <= CLOSE, values | _at_ends(share, "distance² / difficulty"), decided=fitted)


def _grows(heights: Float[xr.DataArray, "..."], name: str, runs: xr.Dataset, fitted: xr.DataArray) -> Measured:
    difficulty = _difficulty(runs)
    rising = rank_correlation(heights, ORDER, difficulty)
    values = {"rank correlation with the difficulty": rising}
    values |= _at_ends(heights, name) | _at_ends(difficulty, "difficulty")
    return over_seeds(rising > RISING, values, decided=fitted & rising.notnull())


def _distance_grows(ds: xr.Dataset) -> Measured:
    runs, fitted = _runs(ds, RICH)
    return _grows(_squared_distance(runs), "distance²", runs, fitted)


def _features_grow(ds: xr.Dataset) -> Measured:
    runs, fitted = _runs(ds, RICH)
    return _grows(last_value(runs["kernel_distance"]), "change of the kernel", runs, fitted)


CLAIMS = [
    Claim(
        "lazy_to_rich/eq9/1",
        "α = 1, near the kernel limit: |w - w₀|² ends within 10% of yᵀK₀⁻¹y, for every j",
        "near the kernel limit, the amount that the parameters move during training is precisely given by yᵀK⁻¹y",
        _distance_is_difficulty,
    ),
    Claim(
        "lazy_to_rich/eq9/2",
        "α = .1: |w - w₀|² grows with yᵀK₀⁻¹y over j (rank correlation > .8)",
        "the linearization can break for difficult tasks since |w - w₀|² could be large",
        _distance_grows,
    ),
    Claim(
        "lazy_to_rich/eq9/3",
        "α = .1: the larger yᵀK₀⁻¹y, the farther the kernel ends from its start (rank correlation > .8)",
        "we expect to see more feature learning on tasks that are difficult for the initial kernel",
        _features_grow,
    ),
]
