"""Model efficiency, Figure 7: ungrokking of a transformer, an LSTM and an MLP.

Results: dims (the settings of an architecture as one axis, 'training.shrink_to', 'seed', 'step').
"""

import xarray as xr
from matplotlib.figure import Figure

from experiments.model_efficiency.architectures import NAMES, networks_along
from experiments.model_efficiency.ungrokking import CHANCES, FALLING, FITTED, WELL_BELOW, all_forget, ungrokking_figure
from grok_jax.analysis.claims import Claim, Measured, NotMeasured
from grok_jax.analysis.selection import config_value

TOWARD_ZERO = (
    f"runs that have generalized continue on at most {WELL_BELOW:g} of the critical size, as measured "
    f"here; their test accuracy ends below {CHANCES:g} times chance, or below 50% and at most "
    f"{FALLING:g} of its value halfway, while train accuracy stays at {FITTED:.0%} or more (median)"
)


def plot(ds: xr.Dataset) -> Figure:
    """Plots accuracies against steps, and where most of the data are removed, one panel per architecture."""
    return ungrokking_figure(ds, *networks_along(ds))


def chance(ds: xr.Dataset) -> float:
    """Returns the test accuracy of guessing one of p answers."""
    p = config_value(ds, "task.p")
    if p is None:
        raise NotMeasured("needs one task.p for all runs")
    return 1 / p


def _forgets_in_every_architecture(ds: xr.Dataset) -> Measured:
    axis, names = networks_along(ds)
    missing = set(NAMES.values()) - set(names)
    if missing:
        raise NotMeasured(f"needs runs of {', '.join(sorted(missing))}")
    return all_forget(ds, axis, names, chance(ds))


CLAIMS = [
    Claim(
        "model_efficiency/fig7/1",
        f"transformer, LSTM and MLP: {TOWARD_ZERO}",
        "validation accuracy gradually decreases to zero in all three architectures",
        _forgets_in_every_architecture,
    ),
]
