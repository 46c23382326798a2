"""Lazy to rich, Figure 10: with a share c of the solution in the initial weights, the rise of the test loss vanishes.

Results: dims ('model.init_scale,model.solution_share', 'seed', 'step'), or ('model.solution_share', 'seed', 'step').
"""

import numpy as np
import xarray as xr
from jaxtyping import Real
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.checks import Check, at_steps, peak
from experiments.lazy_to_rich.decomposition import DECADES
from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.grokking import relative
from grok_jax.analysis.power_law import rank_correlation
from grok_jax.plotting.curves import curves_along, legend
from grok_jax.plotting.style import colors, panel_label, style

SOLUTION_SHARE, INIT_SCALE = "model.solution_share", "model.init_scale"
FEWEST_SHARES = 3
LEFT_OUT = 0.05  # the authors' code trains this c too but does not plot it
RISING = 0.8  # rank correlation


def added(ds: xr.Dataset) -> xr.Dataset:
    """Returns the runs that start at w_0 + c w_s, along c."""
    return _along_share(ds, interpolated=False)


def interpolated(ds: xr.Dataset) -> xr.Dataset:
    """Returns the runs that start at (1 - c) w_0 + c w_s, along c."""
    return _along_share(ds, interpolated=True)


def _along_share(ds: xr.Dataset, interpolated: bool) -> xr.Dataset:
    if SOLUTION_SHARE not in ds.coords or ds[SOLUTION_SHARE].ndim == 0:
        raise NotMeasured(f"needs an axis of {SOLUTION_SHARE}")
    axis, shares = ds[SOLUTION_SHARE].dims[0], ds[SOLUTION_SHARE].values
    scales = ds[INIT_SCALE].values if INIT_SCALE in ds.coords else np.ones(shares.size)
    chosen = np.flatnonzero(np.isclose(scales, 1 - shares if interpolated else 1))
    runs = (
        ds.isel({axis: chosen})
        .drop_vars([axis, INIT_SCALE, SOLUTION_SHARE], errors="ignore")
        .rename({axis: SOLUTION_SHARE})
    )
    return runs.assign_coords({SOLUTION_SHARE: shares[chosen]}).sortby(SOLUTION_SHARE)


def plot(ds: xr.Dataset) -> Figure:
    """Plots losses for each c, added and interpolated; the test loss's peak and the kernel's alignment against c."""
    kinds = {"$w_0 + c\\,w_s$": added(ds), "$(1-c)\\,w_0 + c\\,w_s$": interpolated(ds)}
    kinds = {name: runs for name, runs in kinds.items() if runs.sizes[SOLUTION_SHARE] > 1}
    with style():
        figure = Figure(figsize=(3.7 * (len(kinds) + 2), 3.8), layout="constrained")
        *curves, peaks, alignments = panels = figure.subplots(1, len(kinds) + 2)
        largest = float(ds["test_loss"].median("seed").max()) if "seed" in ds.dims else float(ds["test_loss"].max())
        for ax, color, (name, runs) in zip(curves, colors(len(kinds)), kinds.items(), strict=True):
            seeds = runs.sizes.get("seed", 1)
            middle = runs.median("seed", keep_attrs=True) if "seed" in runs.dims else runs
            curves_along(ax, middle, SOLUTION_SHARE, symbol="c")
            ax.set_ylim(DECADES * largest, 2 * largest)
            ax.set_title(f"from {name}\nmedian of {seeds} seeds")
            _against_share(peaks, runs["test_loss"].max("step"), color, name)
            _against_share(alignments, runs["kernel_alignment"].isel(step=0), color, name)
        peaks.set_ylabel("peak of the test loss")
        alignments.set_ylabel("kernel alignment at the start")
        legend(curves[0], loc="lower left")
        for ax in (peaks, alignments):
            legend(ax)
        for ax, letter in zip(panels, "abcd", strict=False):
            panel_label(ax, letter)
    return figure


def _against_share(ax: Axes, x: Real[xr.DataArray, "..."], color: str, name: str) -> None:
    """Draws the median over seeds with a band from the smallest to the largest."""
    repeats = [d for d in x.dims if d != SOLUTION_SHARE]
    ax.plot(x[SOLUTION_SHARE], x.median(repeats), color=color, marker="o", markersize=4, label=name)
    ax.fill_between(x[SOLUTION_SHARE], x.min(repeats), x.max(repeats), color=color, alpha=0.15, linewidth=0)
    ax.set_xlabel("share of the solution c")
    ax.set_yscale("log")


def _require_shares(runs: xr.Dataset) -> xr.Dataset:
    if runs.sizes[SOLUTION_SHARE] < FEWEST_SHARES:
        raise NotMeasured(f"needs {FEWEST_SHARES} or more values of {SOLUTION_SHARE}")
    return runs


def _falls(peak: Real[xr.DataArray, "..."]) -> xr.DataArray:
    return (peak.diff(SOLUTION_SHARE) < 0).all(SOLUTION_SHARE)


def _shown(runs: xr.Dataset) -> xr.Dataset:
    """Returns the runs that the paper shows: all but LEFT_OUT."""
    return runs.isel({SOLUTION_SHARE: ~np.isclose(runs[SOLUTION_SHARE], LEFT_OUT)})


def _peak_falls(ds: xr.Dataset) -> Measured:
    runs = _require_shares(_shown(interpolated(ds)))
    peak, rise = runs["test_loss"].max("step"), relative(runs["test_loss"]).max("step")
    ends = {"c = 0": 0, f"c = {float(runs[SOLUTION_SHARE][-1]):g}": -1}
    values = {f"peak at {name}": peak.isel({SOLUTION_SHARE: i}, drop=True) for name, i in ends.items()}
    values |= {f"peak / start at {name}": rise.isel({SOLUTION_SHARE: i}, drop=True) for name, i in ends.items()}
    values["rank correlation of peak and c"] = rank_correlation(peak, SOLUTION_SHARE)
    judged = over_seeds(_falls(peak), values)
    others = {f"with c = {LEFT_OUT:g}": interpolated(ds), "added instead": _shown(added(ds))}
    counts = {}
    for name, other in others.items():
        if other.sizes[SOLUTION_SHARE] >= FEWEST_SHARES:
            falls = _falls(other["test_loss"].max("step"))
            counts[name] = f"{int(falls.sum())} of {falls.size}"
    return judged._replace(value={**judged.value, **counts})


def _alignment_rises(ds: xr.Dataset) -> Measured:
    runs = _require_shares(interpolated(ds))
    alignment = runs["kernel_alignment"].isel(step=0, drop=True)
    rising = rank_correlation(alignment, SOLUTION_SHARE)
    return over_seeds(
        rising > RISING,
        {
            "rank correlation of alignment and c": rising,
            "alignment at c = 0": alignment.isel({SOLUTION_SHARE: 0}, drop=True),
            f"at c = {float(runs[SOLUTION_SHARE][-1]):g}": alignment.isel({SOLUTION_SHARE: -1}, drop=True),
        },
        decided=rising.notnull(),
    )


CLAIMS = [
    Claim(
        "lazy_to_rich/fig10/1",
        "with initial weights (1 - c) w_0 + c w_s, where w_s solves the task, the largest test loss of a run falls "
        "from each c to the next",
        "the increase in test loss vanishes with even a small increase in alignment",
        _peak_falls,
    ),
    Claim(
        "lazy_to_rich/fig10/2",
        "the kernel's alignment with the target at the start rises with c (rank correlation > .8)",
        "adding a component of the solution increases initial alignment",
        _alignment_rises,
    ),
]

# One draw of the authors' code: test losses at the start and at the end, by c.
THEIRS = {
    0: {0: 1.500, 20_000: 6e-4},
    0.05: {20_000: 2.09},
    0.2: {0: 1.308, 20_000: 1e-4},
    0.5: {0: 0.776},
    0.75: {0: 0.263},
    0.95: {0: 0.013},
}


def _checks() -> list[Check]:
    checks = []
    for c, losses in THEIRS.items():
        checks += at_steps("test_loss", {"model.init_scale": round(1 - c, 2), "model.solution_share": c}, losses)
    checks += peak("test_loss", {"model.init_scale": 1, "model.solution_share": 0}, step=1098, height=2.129)
    return checks


CHECKS = _checks()
