"""Model efficiency, Figure 7: ungrokking of a transformer, an LSTM and an MLP.

Results: dims (the settings of an architecture as one axis, 'training.shrink_to', 'seed', 'step').
"""

import xarray as xr
from matplotlib.figure import Figure

from grok_jax.analysis.architectures import NAMES, networks_along
from grok_jax.analysis.claims import Claim, Measured, NotMeasured
from grok_jax.analysis.ungrokking import FEW, FITTED, FORGOTTEN, all_forget
from grok_jax.plotting.ungrokking import ungrokking_figure


def plot(ds: xr.Dataset) -> Figure:
    """A panel for each architecture."""
    return ungrokking_figure(ds, *networks_along(ds))


def _forgets_in_every_architecture(ds: xr.Dataset) -> Measured:
    axis, names = networks_along(ds)
    missing = set(NAMES.values()) - set(names)
    if missing:
        raise NotMeasured(f"needs runs of {', '.join(sorted(missing))}")
    return all_forget(ds, axis, names)


CLAIMS = [
    Claim(
        "model_efficiency/fig7/1",
        f"transformer, LSTM and MLP: test accuracy of runs with 95% or more falls below {FORGOTTEN:g} when they go on"
        f" with {FEW:.0%} or less of all pairs, train accuracy staying at {FITTED:.0%} or more",
        "validation accuracy gradually decreases to zero in all three architectures",
        _forgets_in_every_architecture,
    ),
]
