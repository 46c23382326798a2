"""How the share of the data that a network is trained on changes when it fits and when it generalises."""

import numpy as np
import xarray as xr

from grok_jax.analysis.claims import Measured, over_seeds
from grok_jax.analysis.critical_size import FRACTION
from grok_jax.analysis.grokking import t_fit, t_generalize
from grok_jax.analysis.selection import sorted_along

SLIGHTLY = 2.0  # times later at the largest fraction than at the smallest, at most


def generalises_sooner(ds: xr.Dataset) -> Measured:
    """Whether t95(test) falls from every fraction to the next larger one.

    A run that does not generalise within its budget is later than one that does; of two such the order is open.

    Args:
      ds: results along FRACTION, 'seed' and 'step'.

    Raises:
      NotMeasured: fewer than 3 fractions.
    """
    ds = sorted_along(ds, FRACTION)
    time = t_generalize(ds)
    smaller, larger = (time.isel({FRACTION: part}).drop_vars(FRACTION) for part in (slice(-1), slice(1, None)))
    falls = larger < smaller
    known = np.isfinite(np.minimum(smaller, larger))
    return over_seeds(falls.all(FRACTION), _at_each(time, "t95(test)"), decided=(known | falls).all(FRACTION))


def fits_slightly_later(ds: xr.Dataset) -> Measured:
    """Whether t95(train) is later at the largest fraction than at the smallest, by a factor of SLIGHTLY at most.

    Args:
      ds: results along FRACTION, 'seed' and 'step'.

    Raises:
      NotMeasured: fewer than 3 fractions.
    """
    ds = sorted_along(ds, FRACTION)
    time = t_fit(ds)
    first, last = (time.isel({FRACTION: i}, drop=True) for i in (0, -1))
    ratio = last / first
    holds = (ratio > 1) & (ratio <= SLIGHTLY)
    values = {**_at_each(time, "t95(train)"), "largest over smallest fraction": ratio}
    return over_seeds(holds, values, decided=np.isfinite(ratio))


def _at_each(time: xr.DataArray, name: str) -> dict[str, xr.DataArray]:
    fractions = time[FRACTION].values
    return {f"{name} at {fraction:.0%}": time.isel({FRACTION: i}, drop=True) for i, fraction in enumerate(fractions)}
