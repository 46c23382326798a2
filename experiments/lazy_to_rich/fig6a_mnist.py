"""Lazy to rich, Figure 6a: with large weights the output scale α sets how late an MLP generalises on MNIST.

Results: dims ('model.output_scale', 'seed', 'step').
"""

import xarray as xr
from matplotlib.figure import Figure

from grok_jax.analysis.claims import Claim
from grok_jax.analysis.output_scale import absent_at_the_smallest, delay_grows_with_scale, same_initial_norm
from grok_jax.plotting.output_scale import output_scale_figure

LEVEL = 0.8  # accuracy; see the config
FITTED = 0.95  # train accuracy, for the ratio of figure 3d of Omnigrok beside ours


def plot(ds: xr.Dataset) -> Figure:
    """(a) accuracies for each α, as in the paper; beside them the delay against α, and the weight norms."""
    return output_scale_figure(ds, LEVEL, "a")


CLAIMS = [
    Claim(
        "lazy_to_rich/fig6a/1",
        "the delay t80(test)/t80(train) shrinks with the output scale α (rank correlation > .8)",
        "controlling grokking continuously by only varying the laziness α",
        lambda ds: delay_grows_with_scale(ds, LEVEL, FITTED),
    ),
    Claim(
        "lazy_to_rich/fig6a/2",
        "at the smallest α there is no delay: t80(test)/t80(train) < 2",
        "making it vanish at α = .0001",
        lambda ds: absent_at_the_smallest(ds, LEVEL),
    ),
    Claim(
        "lazy_to_rich/fig6a/3",
        "the initial weight norm is the same at every α (to one part in 1e6)",
        "without changing the parameter weight norm",
        same_initial_norm,
    ),
]
