"""How the fraction of the data used for training changes when a network fits and when it generalizes."""

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.figure import Figure

from experiments.model_efficiency.critical_size import TRAIN_FRACTION
from experiments.model_efficiency.panels import accuracy_panels
from experiments.model_efficiency.stability import collapse_note
from grok_jax.analysis.claims import Measured, over_seeds
from grok_jax.analysis.grokking import t_fit, t_generalize, value_at
from grok_jax.analysis.selection import sorted_along, with_axis

SLIGHTLY = 2.0  # largest ratio of the times at the largest and the smallest fraction
MARGIN = 0.02  # least difference in test accuracy between two plateaus


def generalizes_sooner(ds: xr.Dataset) -> Measured:
    """Judges whether t95(test) falls from every fraction to the next larger one.

    Args:
      ds: results along TRAIN_FRACTION, 'seed' and 'step'.

    Raises:
      NotMeasured: fewer than 3 fractions.
    """
    ds = _in_order(ds)
    return _falls(t_generalize(ds), "t95(test)", collapse_note(ds))


def ascends_swifter(ds: xr.Dataset) -> Measured:
    """Judges whether the steps from 95% train to 95% test accuracy fall from every fraction to the next larger one.

    Args:
      ds: results along TRAIN_FRACTION, 'seed' and 'step'.

    Raises:
      NotMeasured: fewer than 3 fractions.
    """
    ds = _in_order(ds)
    fit = t_fit(ds)
    return _falls(t_generalize(ds) - fit.where(np.isfinite(fit)), "steps of ascent")


def _falls(time: Float[xr.DataArray, "..."], name: str, note: str = "") -> Measured:
    """Counts a run beyond its budget as later than one within; the order of two runs beyond it is undecided."""
    smaller, larger = _neighbors(time)
    falls = larger < smaller
    known = np.isfinite(np.minimum(smaller, larger))
    rises = (known & ~falls).any(TRAIN_FRACTION)  # one pair in the wrong order is enough
    decided = (known | falls).all(TRAIN_FRACTION) | rises
    return over_seeds(falls.all(TRAIN_FRACTION), _at_each(time, name), decided=decided, note=note)


def plateau_rises(ds: xr.Dataset) -> Measured:
    """Judges whether test accuracy at t95(train) is higher by MARGIN at every fraction than at the next smaller one.

    Args:
      ds: results along TRAIN_FRACTION, 'seed' and 'step'.

    Raises:
      NotMeasured: fewer than 3 fractions.
    """
    ds = _in_order(ds)
    height = value_at(ds["test_accuracy"], t_fit(ds))
    smaller, larger = _neighbors(height)
    holds = (larger - smaller >= MARGIN).all(TRAIN_FRACTION)
    return over_seeds(holds, _at_each(height, "plateau"), decided=height.notnull().all(TRAIN_FRACTION))


def fits_slightly_later(ds: xr.Dataset) -> Measured:
    """Judges whether t95(train) is later at the largest fraction than at the smallest, by a factor of at most SLIGHTLY.

    Args:
      ds: results along TRAIN_FRACTION, 'seed' and 'step'.

    Raises:
      NotMeasured: fewer than 3 fractions.
    """
    ds = _in_order(ds)
    time = t_fit(ds)
    first, last = (time.isel({TRAIN_FRACTION: i}, drop=True) for i in (0, -1))
    ratio = last / first
    holds = (ratio > 1) & (ratio <= SLIGHTLY)
    values = {**_at_each(time, "t95(train)"), "largest over smallest fraction": ratio}
    return over_seeds(holds, values, decided=np.isfinite(ratio))


def _in_order(ds: xr.Dataset) -> xr.Dataset:
    return sorted_along(with_axis(ds, TRAIN_FRACTION), TRAIN_FRACTION)


def _neighbors(x: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """Returns the values at all fractions except the last, and those at the next larger ones."""
    smaller, larger = (x.isel({TRAIN_FRACTION: part}).drop_vars(TRAIN_FRACTION) for part in (slice(-1), slice(1, None)))
    return smaller, larger


def _at_each(x: xr.DataArray, name: str) -> dict[str, xr.DataArray]:
    fractions = x[TRAIN_FRACTION].values
    return {f"{name} at {fraction:.0%}": x.isel({TRAIN_FRACTION: i}, drop=True) for i, fraction in enumerate(fractions)}


def fraction_panels(ds: xr.Dataset, network: str) -> Figure:
    """Draws `accuracy_panels` over the train fraction.

    Args:
      ds: results along TRAIN_FRACTION, or with one fraction for all runs.
      network: display name of the network, for the titles.
    """
    ds = with_axis(ds, TRAIN_FRACTION).sortby(TRAIN_FRACTION)
    return accuracy_panels(
        ds, TRAIN_FRACTION, [f"{network}, {fraction:.0%} of the pairs" for fraction in ds[TRAIN_FRACTION].values]
    )
