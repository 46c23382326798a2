"""Lazy to rich, Figure 13c: the transformer trained by AdamW with weight decay, and its linearized twin.

Results: dims ('model.linearized', 'seed', 'step').
"""

import xarray as xr
from matplotlib.figure import Figure

from experiments.lazy_to_rich.network_and_twin import agree_early, network_and_twin_figure, part_before_the_fall
from grok_jax.analysis.claims import Claim
from grok_jax.analysis.lazy import TOLERANCE

HALF = 2.0  # times below its peak
EARLY = 0.1  # share of the steps until the test loss falls


def plot(ds: xr.Dataset) -> Figure:
    """Plots (c1) losses of network and twin, as in the paper, (c2) their accuracies and (c3) weight norms."""
    return network_and_twin_figure(ds, HALF, "c")


CLAIMS = [
    Claim(
        "lazy_to_rich/fig13c/1",
        f"the test losses of the network and its linearized twin differ by less than {TOLERANCE:.0%} until "
        "the network's train loss has lost a tenth",
        "early-time linearization dynamics in the early stages of grokking",
        agree_early,
    ),
    Claim(
        "lazy_to_rich/fig13c/2",
        f"network and twin part (test losses {TOLERANCE:.0%} apart) before the network's test loss is down "
        "to half of its peak",
        "the network loss deviates from its linearization, despite the presence of grokking",
        lambda ds: part_before_the_fall(ds, HALF),
    ),
    Claim(
        "lazy_to_rich/fig13c/3",
        f"network and twin part early: within the first {EARLY:.0%} of the steps to half of the test loss's peak",
        "due to weight decay, it quickly deviates",
        lambda ds: part_before_the_fall(ds, HALF, EARLY),
    ),
]
