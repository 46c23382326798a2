"""Lazy to rich, Figure 13a: network and linearized twin under momentum.

Results: dims ('model.linearized', 'seed', 'step'), with the probes kernel and kernel_regression, and the limit of the
linearized networks.
"""

import xarray as xr
from matplotlib.figure import Figure

from experiments.lazy_baseline import with_lazy_limit
from experiments.lazy_to_rich.network_and_twin import (
    agree_early,
    first_of_seeds,
    norm_and_alignment,
    part_before_the_fall,
)
from grok_jax.analysis.claims import Claim
from grok_jax.analysis.lazy import TOLERANCE, network_and_twin, t_part
from grok_jax.plotting.curves import legend, mark_time
from grok_jax.plotting.lazy import curves_against_twin
from grok_jax.plotting.style import panel_label, style

HALF = 2.0  # the test loss falls when it is this many times below its peak


extend = with_lazy_limit  # the horizontal line of kernel regression


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) losses of network, twin and kernel regression, (b) weight norm and kernel alignment; the first seed."""
    pair = first_of_seeds(network_and_twin(ds))
    with style():
        figure = Figure(figsize=(9.6, 3.8), layout="constrained")
        losses, norm = figure.subplots(1, 2)
        curves_against_twin(losses, pair)
        mark_time(losses, t_part(pair), color="0.5", label=f"test losses {TOLERANCE:.0%} apart")
        legend(losses)
        second = norm_and_alignment(norm, pair.network)
        legend(norm, second, loc="upper left")
        for ax, letter in zip((losses, norm), "ab", strict=True):
            panel_label(ax, letter)
    return figure


CLAIMS = [
    Claim(
        "lazy_to_rich/fig13a/1",
        f"the test losses of the network and its linearized twin differ by less than {TOLERANCE:.0%} until "
        "the network's train loss has lost a tenth",
        "broadly the same shape: linear, then feature learning",
        agree_early,
    ),
    Claim(
        "lazy_to_rich/fig13a/2",
        f"network and twin part (test losses {TOLERANCE:.0%} apart) before the network's test loss is down "
        "to half of its peak",
        "linear, then feature learning, with bumps from momentum",
        lambda ds: part_before_the_fall(ds, HALF),
    ),
]
