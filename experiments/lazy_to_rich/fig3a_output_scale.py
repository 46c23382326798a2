"""Lazy to rich, Figure 3a: the output scale α sets how long after the training loss the test loss falls.

Results: dims ('model.output_scale', 'seed', 'step').
"""

import xarray as xr
from matplotlib.figure import Figure

from grok_jax.analysis.claims import Claim
from grok_jax.analysis.output_scale import ALPHA, Waits, absent_at_the_smallest, grows, judged, waits_of_loss
from grok_jax.analysis.relative_loss import relative_losses
from grok_jax.plotting.motion import losses_and_paths

LEVEL = 0.1  # of the loss at the start, over which the authors' code draws it


def plot(ds: xr.Dataset) -> Figure:
    """(a) losses for each α, (c) where the weights went; the paper has a sketch for (c)."""
    figure = losses_and_paths(relative_losses(ds), ALPHA, symbol="α", level=LEVEL, letters="ac")
    figure.axes[0].set_ylabel("loss / its start (dashed: train)")
    return figure


def _waits(ds: xr.Dataset) -> Waits:
    return waits_of_loss(relative_losses(ds), LEVEL)


CLAIMS = [
    Claim(
        "lazy_to_rich/fig3a/1",
        "the steps from a tenth of the train loss to a tenth of the test loss grow with the output scale α (rank"
        " correlation > .8)",
        "increasing α continuously induces a longer delay",
        lambda ds: judged(grows(_waits(ds))),
    ),
    Claim(
        "lazy_to_rich/fig3a/2",
        "at the smallest α they are gone: at most 5% of the longest of the sweep",
        "small α can eliminate grokking altogether",
        lambda ds: judged(absent_at_the_smallest(_waits(ds))),
    ),
]
