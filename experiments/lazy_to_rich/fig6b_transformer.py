"""Lazy to rich, Figure 6b: the output scale α sets how late a one-layer transformer generalises.

Results: dims ('model.output_scale', 'seed', 'step').
"""

import xarray as xr
from matplotlib.figure import Figure

from grok_jax.analysis.claims import Claim
from grok_jax.analysis.grokking import LEVEL
from grok_jax.analysis.output_scale import absent_at_the_smallest, delay_grows_with_scale, same_initial_norm
from grok_jax.plotting.output_scale import output_scale_figure


def plot(ds: xr.Dataset) -> Figure:
    """(b) accuracies for each α, as in the paper; beside them the delay against α, and the weight norms."""
    return output_scale_figure(ds, LEVEL, "b")


CLAIMS = [
    Claim(
        "lazy_to_rich/fig6b/1",
        "the delay t95(test)/t95(train) shrinks with the output scale α (rank correlation > .8)",
        "α can continuously make grokking vanish, or more drastic",
        lambda ds: delay_grows_with_scale(ds, LEVEL),
    ),
    Claim(
        "lazy_to_rich/fig6b/2",
        "at the smallest α there is no delay: t95(test)/t95(train) < 2",
        "grokking has vanished for α = .15, so it can barely be seen amidst the train curves",
        lambda ds: absent_at_the_smallest(ds, LEVEL),
    ),
    Claim(
        "lazy_to_rich/fig6b/3",
        "the initial weight norm is the same at every α (to one part in 1e6)",
        "only the output scale is varied",
        same_initial_norm,
    ),
]
