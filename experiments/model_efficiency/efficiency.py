"""Efficiency of circuits: the weight norm at which a network gives the correct class a certain logit.

C_mem fits only its training rows, C_gen fits all rows. A circuit is more efficient if its norm at the same logit is
smaller. The norm of C_mem grows with the data; it passes the norm of C_gen at the critical amount of data.

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

LOGIT = 18.0  # logit of the correct class above the mean of all
FITTED = 0.99  # train accuracy
FEWEST = 3  # fractions for fitting a slope


class Norms(NamedTuple):
    """Norms at LOGIT along TRAIN_FRACTION; NaN if a run is not the circuit in question."""

    memorizing: xr.DataArray
    generalizing: xr.DataArray


def is_fitted(ds: xr.Dataset) -> Bool[xr.DataArray, "*grid step"]:
    """Returns the records at which a run fits its training rows."""
    return ds["train_accuracy"] >= FITTED


def is_memorizing(ds: xr.Dataset) -> Bool[xr.DataArray, "*grid step"]:
    """Returns the records of C_mem: training rows are right, and the run never gets half of the test rows right."""
    return is_fitted(ds) & (ds["test_accuracy"].max("step") < MIDDLE)


def is_generalizing(ds: xr.Dataset) -> Bool[xr.DataArray, "*grid step"]:
    """Returns the records of C_gen: training rows and 95% of the test rows are right."""
    return is_fitted(ds) & (ds["test_accuracy"] >= LEVEL)


def norm_at_logit(
    ds: xr.Dataset, of: Bool[xr.DataArray, "*grid step"], logit: float = LOGIT
) -> Float[xr.DataArray, "*grid"]:
    """Returns the smallest weight norm among the records whose mean correct logit is at or above a level.

    During training a run has many norms at one logit: the norm overshoots, and decay removes the excess.

    Args:
      ds: results with the probe "logits".
      of: mask of the records that count.
      logit: the level of the logit.

    Returns:
      One norm per run; NaN if no record counts.

    Raises:
      NotMeasured: the results have no logits.
    """
    if "correct_logit" not in ds:
        raise NotMeasured("needs the probe 'logits'")
    return ds["weight_norm"].where(of & (ds["correct_logit"] >= logit)).min("step").rename("norm")


def circuit_norms(memorizing: xr.Dataset, learning: xr.Dataset) -> Norms:
    """Returns the norms of C_mem, from runs on random labels, and of C_gen, from runs on the task."""
    return Norms(
        norm_at_logit(memorizing, is_memorizing(memorizing)), norm_at_logit(learning, is_generalizing(learning))
    )


def growth(norm: Float[xr.DataArray, "..."]) -> Float[xr.DataArray, "..."]:
    """Returns the slope of log norm against log TRAIN_FRACTION over points with a norm; NaN if fewer than FEWEST."""
    return slopes_along(norm, TRAIN_FRACTION, FEWEST)


def critical_fraction(norms: Norms) -> Float[xr.DataArray, "..."]:
    """Returns the fraction at which the norm of C_mem passes the norm of C_gen, averaged over the fractions."""
    return last_crossing(norms.memorizing, norms.generalizing.mean(TRAIN_FRACTION), TRAIN_FRACTION)


def ways(ax: Axes, ds: xr.Dataset, shown: Bool[xr.DataArray, "*grid step"]) -> None:
    """Draws the weight norm against the correct logit over each run's training, one color per amount of data.

    Args:
      ax: where to draw.
      ds: results with the probe "logits" along TRAIN_FRACTION, 'seed' and 'step'.
      shown: mask of the records to draw; a dot marks the end of a run.
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
    """Draws the norm of each run over the amount of data, and a line through the means; NaN is not drawn."""
    repeats = [d for d in norm.dims if d != TRAIN_FRACTION]
    known = norm.dropna(TRAIN_FRACTION, how="all")
    if not known.sizes[TRAIN_FRACTION]:
        return
    for run in known.stack(run=repeats).transpose("run", TRAIN_FRACTION) if repeats else [known]:
        ax.plot(known[TRAIN_FRACTION], run, marker, color=color, markersize=4, alpha=0.6)
    ax.plot(known[TRAIN_FRACTION], known.mean(repeats), color=color, linestyle=linestyle, label=label)
