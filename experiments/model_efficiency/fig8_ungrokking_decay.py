"""Model efficiency, Figure 8: ungrokking of an MLP at several weight decays.

Results: dims ('optimizer.weight_decay', 'training.shrink_to', 'seed', 'step').
"""

import xarray as xr
from matplotlib.figure import Figure

from experiments.model_efficiency.fig7_ungrokking import TOWARD_ZERO, chance
from grok_jax.analysis.claims import Claim, Measured, NotMeasured
from grok_jax.analysis.selection import with_axis
from grok_jax.analysis.ungrokking import all_forget
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
    return all_forget(ds, GAMMA, [f"γ = {gamma:g}" for gamma in ds[GAMMA].values], chance(ds))


CLAIMS = [
    Claim(
        "model_efficiency/fig8/1",
        f"at every weight decay: {TOWARD_ZERO}",
        "ungrokking is independent of the value of weight decay",
        _forgets_at_every_decay,
    ),
]
