"""Model efficiency, Figure 8: ungrokking of an MLP at several weight decays.

Results: dims ('optimizer.weight_decay', 'training.shrink_to', 'seed', 'step').
"""

import xarray as xr
from matplotlib.figure import Figure

from experiments.model_efficiency.fig7_ungrokking import TOWARD_ZERO, chance
from experiments.model_efficiency.ungrokking import all_forget, ungrokking_figure
from grok_jax.analysis.claims import Claim, Measured, NotMeasured
from grok_jax.analysis.selection import with_axis

WEIGHT_DECAY = "optimizer.weight_decay"
FEWEST = 3  # decays


def plot(ds: xr.Dataset) -> Figure:
    """Plots accuracies against steps, and where most of the data are removed, one panel per weight decay."""
    ds = with_axis(ds, WEIGHT_DECAY).sortby(WEIGHT_DECAY)
    return ungrokking_figure(ds, WEIGHT_DECAY, [f"weight decay γ = {gamma:g}" for gamma in ds[WEIGHT_DECAY].values])


def _forgets_at_every_decay(ds: xr.Dataset) -> Measured:
    if ds.sizes.get(WEIGHT_DECAY, 1) < FEWEST:
        raise NotMeasured(f"needs {FEWEST} or more values of {WEIGHT_DECAY}")
    return all_forget(ds, WEIGHT_DECAY, [f"γ = {gamma:g}" for gamma in ds[WEIGHT_DECAY].values], chance(ds))


CLAIMS = [
    Claim(
        "model_efficiency/fig8/1",
        f"at every weight decay: {TOWARD_ZERO}",
        "ungrokking is independent of the value of weight decay",
        _forgets_at_every_decay,
    ),
]
