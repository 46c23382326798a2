"""Efficiency of circuits: the weight norm at which a network gives the right class a certain logit.

C_mem fits its training rows and no other, C_gen all rows. A circuit is the more efficient the smaller its norm at one
logit; where that of C_mem, which grows with the data, passes that of C_gen lies the critical amount of data.

Reference: Varma et al. (2023), Explaining grokking through circuit efficiency, Sec. 3.
"""

from typing import NamedTuple

import xarray as xr
from jaxtyping import Bool, Float

from grok_jax.analysis.claims import NotMeasured
from grok_jax.analysis.critical_size import FRACTION, MIDDLE, passes_at
from grok_jax.analysis.grokking import LEVEL
from grok_jax.analysis.power_law import slopes_along

LOGIT = 18.0  # of the right class above the mean of all
FITTED = 0.99  # train accuracy
FEWEST = 3  # fractions in a slope


class Norms(NamedTuple):
    """The norm at LOGIT along FRACTION, NaN where a run is not the circuit in question."""

    memorising: xr.DataArray
    generalising: xr.DataArray


def is_fitted(ds: xr.Dataset) -> Bool[xr.DataArray, "*grid step"]:
    """Records at which a run has its training rows right."""
    return ds["train_accuracy"] >= FITTED


def is_memorising(ds: xr.Dataset) -> Bool[xr.DataArray, "*grid step"]:
    """Records of C_mem: training rows are right, and the run never has half of the test rows right."""
    return is_fitted(ds) & (ds["test_accuracy"].max("step") < MIDDLE)


def is_generalising(ds: xr.Dataset) -> Bool[xr.DataArray, "*grid step"]:
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


def circuit_norms(memorising: xr.Dataset, learning: xr.Dataset) -> Norms:
    """The norm of C_mem, from runs on random labels, and that of C_gen, from runs on the task."""
    return Norms(
        norm_at_logit(memorising, is_memorising(memorising)), norm_at_logit(learning, is_generalising(learning))
    )


def growth(norm: Float[xr.DataArray, "..."]) -> Float[xr.DataArray, "..."]:
    """Slope of log norm against log FRACTION over the points that have one, NaN where these are fewer than FEWEST."""
    return slopes_along(norm, FRACTION, FEWEST)


def critical_fraction(norms: Norms) -> Float[xr.DataArray, "..."]:
    """The fraction at which the norm of C_mem passes that of C_gen, which is its mean over the fractions."""
    return passes_at(norms.memorising, norms.generalising.mean(FRACTION), FRACTION)
