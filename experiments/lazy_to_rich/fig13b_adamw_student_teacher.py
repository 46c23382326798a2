"""Lazy to rich, Figure 13b: a student trained by AdamW and its linearised twin.

Results: dims ('model.linearized', 'seed', 'step').
"""

import xarray as xr
from matplotlib.figure import Figure

from grok_jax.analysis.claims import Claim
from grok_jax.analysis.lazy import TOLERANCE, agree_until, part_before_the_fall, t_fall
from grok_jax.plotting.lazy import network_and_twin_figure

HALF, TENTH = 2.0, 10.0  # times below its peak


def plot(ds: xr.Dataset) -> Figure:
    """(b) losses of network and twin, as in the paper; their accuracies and weight norms beside."""
    return network_and_twin_figure(ds, TENTH, "b")


CLAIMS = [
    Claim(
        "lazy_to_rich/fig13b/1",
        f"test losses of linearised twin and network differ by less than {TOLERANCE:.0%} until the latter has halved",
        "the linearization tracks the model until the loss halves",
        lambda ds: agree_until(ds, lambda runs: t_fall(runs["test_loss"], HALF), "test loss halves at"),
    ),
    Claim(
        "lazy_to_rich/fig13b/2",
        f"they part (by {TOLERANCE:.0%}) before the test loss is down to a tenth of its peak",
        "diverging then",
        lambda ds: part_before_the_fall(ds, TENTH),
    ),
]
