"""The critical amount of data of one MLP, estimated from efficiency, semi-grokking and ungrokking.

Results: dims (the three settings of a run as one axis, 'seed', 'step'), with the probe "logits".
"""

from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.model_efficiency.critical_size import MIDDLE, TRAIN_FRACTION, Estimate, estimate
from experiments.model_efficiency.efficiency import LOGIT, circuit_norms, critical_fraction, norms_along
from experiments.model_efficiency.ungrokking import SHRINK_TO, kept_fraction
from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.crossing import last_crossing
from grok_jax.analysis.grokking import last_value
from grok_jax.analysis.selection import config_value
from grok_jax.plotting.curves import legend
from grok_jax.plotting.style import NORM, TEST, TRAIN, panel_label, style

AXIS = f"task.label_noise,{TRAIN_FRACTION},{SHRINK_TO}"
HYSTERESIS, FACTOR = 2.0, 1.5  # estimate from learning over estimate from continued runs: 2, within a factor of 1.5
COLORS = {"efficiency": NORM, "semi-grokking": TEST, "ungrokking": TRAIN}
LABELS = {"semi-grokking": "trained on D pairs", "ungrokking": "continued on D pairs"}


class Kinds(NamedTuple):
    """The three kinds of runs, each along TRAIN_FRACTION; for ungrokking it is the fraction that is kept."""

    memorizing: xr.Dataset
    learning: xr.Dataset
    continued: xr.Dataset


def kinds(ds: xr.Dataset) -> Kinds:
    """Sorts the runs of the grid's one axis into the three kinds.

    Raises:
      NotMeasured: the axis does not exist, or a kind has no run.
    """
    axis = next((dim for dim in ds.dims if "".join(str(dim).split()) == AXIS), None)
    if axis is None:
        raise NotMeasured(f"needs the axis {AXIS}")
    noisy, is_cut = ds["task.label_noise"] > 0, ds[SHRINK_TO] < 1

    def along_fraction(chosen: xr.DataArray) -> xr.Dataset:
        runs = ds.isel({axis: np.flatnonzero(chosen)})
        if not runs.sizes[axis]:
            raise NotMeasured("needs runs on random labels, runs on true labels, and runs continued on fewer of these")
        kept = kept_fraction(runs).values
        runs = runs.drop_vars([name for name in AXIS.split(",") if name in runs.coords])
        return runs.rename({axis: TRAIN_FRACTION}).assign_coords({TRAIN_FRACTION: kept}).sortby(TRAIN_FRACTION)

    return Kinds(along_fraction(noisy & ~is_cut), along_fraction(~noisy & ~is_cut), along_fraction(~noisy & is_cut))


def critical_fractions(ds: xr.Dataset) -> dict[str, xr.DataArray]:
    """Returns each seed's estimate from each source."""
    memorizing, learning, continued = kinds(ds)
    return {
        "efficiency": critical_fraction(circuit_norms(memorizing, learning)),
        "semi-grokking": last_crossing(last_value(learning["test_accuracy"]), MIDDLE, TRAIN_FRACTION),
        "ungrokking": last_crossing(last_value(continued["test_accuracy"]), MIDDLE, TRAIN_FRACTION),
    }


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) norms at one logit, (b) final test accuracies, (c) the estimates with their range over seeds."""
    memorizing, learning, continued = kinds(ds)
    norms = circuit_norms(memorizing, learning)
    found = {source: estimate(critical) for source, critical in critical_fractions(ds).items()}
    with style():
        figure = Figure(figsize=(14.0, 4.0), layout="constrained")
        left, middle, right = figure.subplots(1, 3)
        norms_along(left, norms.memorizing, color=TRAIN, label="C_mem, random labels")
        norms_along(left, norms.generalizing, color=TEST, label="C_gen", marker="s")
        left.set(ylabel=f"smallest weight norm at a correct logit of {LOGIT:g}", title="efficiency")
        for runs, source in ((learning, "semi-grokking"), (continued, "ungrokking")):
            accuracy = last_value(runs["test_accuracy"])
            norms_along(middle, accuracy, color=COLORS[source], label=LABELS[source])
        middle.axhline(MIDDLE, color="0.5", linewidth=1)
        middle.set(ylabel="final test accuracy", ylim=(-0.03, 1.03), title="semi-grokking and ungrokking")
        for ax, sources in ((left, ("efficiency",)), (middle, ("semi-grokking", "ungrokking"))):
            for source in sources:
                _mark(ax, found[source], COLORS[source])
            ax.set_xlabel("train fraction D / p²")
            legend(ax, loc="lower right", frameon=True, framealpha=0.85, edgecolor="none")
        _estimates(right, found, config_value(ds, "task.p"))
        for ax, letter in zip((left, middle, right), "abc", strict=True):
            panel_label(ax, letter)
    return figure


def _mark(ax: Axes, found: Estimate, color: str) -> None:
    if np.isfinite(found.median):
        ax.axvline(found.median, color=color, linestyle=":", linewidth=1.4)


def _estimates(ax: Axes, found: dict[str, Estimate], p: int | None) -> None:
    """Draws a row for each source: the median and the range over seeds."""
    for row, (source, one) in enumerate(found.items()):
        if np.isfinite([one.low, one.high]).all():
            ax.plot([one.low, one.high], [row, row], color=COLORS[source], linewidth=3, alpha=0.5)
        if np.isfinite(one.median):
            ax.plot(one.median, row, "o", color=COLORS[source], markersize=8)
        text = f"{one.median:.2f} ({one.low:.2f} to {one.high:.2f})" if one.seeds else "no value"
        place = one.median if np.isfinite(one.median) else 0.0
        ax.annotate(text, (place, row), (0, 10), textcoords="offset points", ha="center")
    ax.set_yticks(range(len(found)), list(found))
    ax.set(ylim=(len(found) - 0.5, -0.7), xlabel="critical fraction D_crit / p²", title=f"three estimates, p = {p}")
    ax.set_xlim(0, 1)


def table(ds: xr.Dataset) -> list[dict[str, Any]]:
    """Returns a row per source: the median and the range of its estimates over seeds, in fractions and in pairs."""
    p = config_value(ds, "task.p")
    rows = []
    for source, critical in critical_fractions(ds).items():
        found = estimate(critical)
        rows.append(
            {
                "source": source,
                "critical_fraction": found.median,
                "lowest_seed": found.low,
                "highest_seed": found.high,
                "seeds": found.seeds,
                "critical_pairs": found.median * p**2,
            }
        )
    return rows


def _shows_hysteresis(ds: xr.Dataset) -> Measured:
    critical = critical_fractions(ds)
    learning, continued = critical["semi-grokking"], critical["ungrokking"]
    ratio = (learning / continued).where(np.isfinite(learning) & np.isfinite(continued))
    holds = (ratio >= HYSTERESIS / FACTOR) & (ratio <= HYSTERESIS * FACTOR)
    values = {"learning / continued": ratio, "semi-grokking": learning, "ungrokking": continued}
    return over_seeds(holds, values, decided=ratio.notnull(), note=_ranges(critical))


def _efficiency_lies_between(ds: xr.Dataset) -> Measured:
    critical = critical_fractions(ds)
    efficiency, learning, continued = (critical[name] for name in ("efficiency", "semi-grokking", "ungrokking"))
    known = np.isfinite(efficiency) & np.isfinite(learning) & np.isfinite(continued)
    holds = (efficiency >= continued) & (efficiency <= learning)
    return over_seeds(holds, critical, decided=known, note=_ranges(critical))


def _ranges(critical: dict[str, xr.DataArray]) -> str:
    found = {source: estimate(one) for source, one in critical.items()}
    ranges = "; ".join(f"{source} {one.low:.3g} to {one.high:.3g}" for source, one in found.items())
    return f"over seeds: {ranges}"


CLAIMS = [
    Claim(
        "model_efficiency/fig6d/1",
        "hysteresis: the critical fraction of learning runs, by final test accuracy, is about "
        f"{HYSTERESIS:g} times (from {HYSTERESIS / FACTOR:.3g} to {HYSTERESIS * FACTOR:g}) that of runs "
        "continued on fewer data",
        "one D_crit decides both; Varma et al. have some 2000 pairs against 800 to 1000",
        _shows_hysteresis,
        own=True,
    ),
    Claim(
        "model_efficiency/fig6d/2",
        "the critical fraction by efficiency lies between those of learning and of continued runs",
        "D_crit is where C_mem and C_gen are equally efficient",
        _efficiency_lies_between,
        own=True,
    ),
]
