"""Lazy to rich, Figure 6b: the output scale α sets how late a one-layer transformer generalizes.

Results: dims ('model.output_scale', 'seed', 'step').
"""

import xarray as xr
from matplotlib.figure import Figure

from experiments.lazy_to_rich.output_scale import (
    absent_at_the_smallest,
    grows,
    judged,
    output_scale_figure,
    waits_of_accuracy,
)
from grok_jax.analysis.claims import Claim
from grok_jax.analysis.grokking import LEVEL


def plot(ds: xr.Dataset) -> Figure:
    """Plots (b1) accuracies for each α, as in the paper, (b2) the delay against α, (b3) the weight norms."""
    return output_scale_figure(ds, LEVEL, "b")


CLAIMS = [
    Claim(
        "lazy_to_rich/fig6b/1",
        "the wait, the steps from 95% train to 95% test accuracy, grows with the output scale α (rank "
        "correlation > .8)",
        "α can continuously make grokking vanish, or more drastic",
        lambda ds: judged(grows(waits_of_accuracy(ds, LEVEL))),
    ),
    Claim(
        "lazy_to_rich/fig6b/2",
        "at the smallest α the wait is gone: at most 5% of the longest in the sweep",
        "grokking has vanished for α = .15, so it can barely be seen amidst the train curves",
        lambda ds: judged(absent_at_the_smallest(waits_of_accuracy(ds, LEVEL))),
    ),
]
