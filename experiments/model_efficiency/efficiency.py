"""Efficiency of circuits: the weight norm at which a network gives the right class a certain logit.

C_mem fits its training rows and no other, C_gen all rows. A circuit is the more efficient the smaller its norm at one
logit; where that of C_mem, which grows with the data, passes that of C_gen lies the critical amount of data.

Reference: Varma et al. (2023), Explaining grokking through circuit efficiency, Sec. 3.
"""

from typing import NamedTuple

import xarray as xr
from jaxtyping import Bool, Float
from matplotlib.axes import Axes

from experiments.model_efficiency.critical_size import MIDDLE, TRAIN_FRACTION
from grok_jax.analysis.claims import NotMeasured
from grok_jax.analysis.crossing import last_crossing
from grok_jax.analysis.grokking import LEVEL
from grok_jax.analysis.power_law import slopes_along
from grok_jax.plotting.style import colors

LOGIT = 18.0  # of the right class above the mean of all
FITTED = 0.99  # train accuracy
FEWEST = 3  # fractions in a slope


class Norms(NamedTuple):
    """The norm at LOGIT along TRAIN_FRACTION, NaN where a run is not the circuit in question."""

    memorizing: xr.DataArray
    generalizing: xr.DataArray


def is_fitted(ds: xr.Dataset) -> Bool[xr.DataArray, "*grid step"]:
    """Records at which a run has its training rows right."""
    return ds["train_accuracy"] >= FITTED


def is_memorizing(ds: xr.Dataset) -> Bool[xr.DataArray, "*grid step"]:
    """Records of C_mem: training rows are right, and the run never has half of the test rows right."""
    return is_fitted(ds) & (ds["test_accuracy"].max("step") < MIDDLE)


def is_generalizing(ds: xr.Dataset) -> Bool[xr.DataArray, "*grid step"]:
    """Records of C_gen: training rows and 95% of the test rows are right."""
    return is_fitted(ds) & (ds["test_accuracy"] >= LEVEL)


def norm_at_logit(
    ds: xr.Dataset, of: Bool[xr.DataArray, "*grid step"], logit: float = LOGIT
) -> Float[xr.DataArray, "*grid"]:
    """The smallest weight norm among the records with a mean correct logit at or above a level.

    While it is trained a run has many norms at one logit: it rises past what it needs, and decay takes the rest off.

    Args:
      ds: results with the probe "logits".
      of: the records that count.
      logit: the level.

    Returns:
      A norm for each run, NaN where no record counts.

    Raises:
      NotMeasured: the results have no logits.
    """
    if "correct_logit" not in ds:
        raise NotMeasured("needs the probe 'logits'")
    return ds["weight_norm"].where(of & (ds["correct_logit"] >= logit)).min("step").rename("norm")


def circuit_norms(memorizing: xr.Dataset, learning: xr.Dataset) -> Norms:
    """The norm of C_mem, from runs on random labels, and that of C_gen, from runs on the task."""
    return Norms(
        norm_at_logit(memorizing, is_memorizing(memorizing)), norm_at_logit(learning, is_generalizing(learning))
    )


def growth(norm: Float[xr.DataArray, "..."]) -> Float[xr.DataArray, "..."]:
    """Slope of log norm against log TRAIN_FRACTION over the points that have one, NaN where fewer than FEWEST do."""
    return slopes_along(norm, TRAIN_FRACTION, FEWEST)


def critical_fraction(norms: Norms) -> Float[xr.DataArray, "..."]:
    """The fraction at which the norm of C_mem passes that of C_gen, which is its mean over the fractions."""
    return last_crossing(norms.memorizing, norms.generalizing.mean(TRAIN_FRACTION), TRAIN_FRACTION)


def ways(ax: Axes, ds: xr.Dataset, shown: Bool[xr.DataArray, "*grid step"]) -> None:
    """Draws the weight norm against the correct logit along each run's training, a color for each amount of data.

    Args:
      ax: where to draw.
      ds: results of the probe "logits" along TRAIN_FRACTION, 'seed' and 'step'.
      shown: the records to draw; where a run ends is a dot.
    """
    for i, color in enumerate(colors(ds.sizes[TRAIN_FRACTION])):
        runs, here = ds.isel({TRAIN_FRACTION: i}), shown.isel({TRAIN_FRACTION: i})
        label = f"{runs[TRAIN_FRACTION].item():.3g}"
        for seed in range(runs.sizes.get("seed", 1)):
            one, of_one = (x.isel(seed=seed) if "seed" in x.dims else x for x in (runs, here))
            logit, norm = (one[name].where(of_one).dropna("step") for name in ("correct_logit", "weight_norm"))
            if logit.size and norm.size:
                logit, norm = xr.align(logit, norm)
                ax.plot(logit, norm, color=color, label=label, linewidth=1.1, alpha=0.8)
                ax.plot(logit[-1:], norm[-1:], "o", color=color, markersize=5)
                label = None
    ax.axvline(LOGIT, color="0.5", linestyle=":", linewidth=1)
    ax.set(xlabel="correct logit, above the mean of all (dot: end)", ylabel="weight norm")


def norms_along(
    ax: Axes,
    norm: Float[xr.DataArray, "..."],
    *,
    color: str,
    label: str,
    linestyle: str = "-",
    marker: str = "o",
) -> None:
    """Draws a norm of each run over the amount of data, and the line of their means; NaN has no point."""
    repeats = [d for d in norm.dims if d != TRAIN_FRACTION]
    known = norm.dropna(TRAIN_FRACTION, how="all")
    if not known.sizes[TRAIN_FRACTION]:
        return
    for run in known.stack(run=repeats).transpose("run", TRAIN_FRACTION) if repeats else [known]:
        ax.plot(known[TRAIN_FRACTION], run, marker, color=color, markersize=4, alpha=0.6)
    ax.plot(known[TRAIN_FRACTION], known.mean(repeats), color=color, linestyle=linestyle, label=label)
