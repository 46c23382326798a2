"""Model efficiency, Figure 8: ungrokking of an MLP at several weight decays.

Results: dims ('optimizer.weight_decay', 'training.shrink_to', 'seed', 'step').
"""

import xarray as xr
from matplotlib.figure import Figure

from grok_jax.analysis.claims import Claim, Measured, NotMeasured
from grok_jax.analysis.selection import with_axis
from grok_jax.analysis.ungrokking import FEW, FITTED, FORGOTTEN, all_forget
from grok_jax.plotting.ungrokking import ungrokking_figure

GAMMA = "optimizer.weight_decay"
FEWEST = 3  # decays


def plot(ds: xr.Dataset) -> Figure:
    """A panel for each weight decay."""
    ds = with_axis(ds, GAMMA).sortby(GAMMA)
    return ungrokking_figure(ds, GAMMA, [f"weight decay γ = {gamma:g}" for gamma in ds[GAMMA].values])


def _forgets_at_every_decay(ds: xr.Dataset) -> Measured:
    if ds.sizes.get(GAMMA, 1) < FEWEST:
        raise NotMeasured(f"needs {FEWEST} or more values of {GAMMA}")
    return all_forget(ds, GAMMA, [f"γ = {gamma:g}" for gamma in ds[GAMMA].values])


CLAIMS = [
    Claim(
        "model_efficiency/fig8/1",
        f"at every weight decay: test accuracy of runs with 95% or more falls below {FORGOTTEN:g} when they go on with"
        f" {FEW:.0%} or less of all pairs, train accuracy staying at {FITTED:.0%} or more",
        "ungrokking is independent of the value of weight decay",
        _forgets_at_every_decay,
    ),
]
