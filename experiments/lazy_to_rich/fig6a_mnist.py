"""Lazy to rich, Figure 6a: with large weights, the output scale s sets how late an MLP generalizes on MNIST.

Results: dims ('model.output_scale', 'seed', 'step'). The s of the paper's plots is 28 times the output scale of a run;
see the config.
"""

import xarray as xr
from matplotlib.figure import Figure

from configs.lazy_to_rich.fig6a_mnist import FACTOR
from experiments.checks import Check, at_steps
from experiments.lazy_to_rich.output_scale import (
    OUTPUT_SCALE,
    absent_at_the_smallest,
    grows,
    judged,
    output_scale_figure,
    waits_of_accuracy,
)
from grok_jax.analysis.claims import Claim
from grok_jax.analysis.selection import with_axis

LEVEL = 0.8  # accuracy; see the config


def _along_s(ds: xr.Dataset) -> xr.Dataset:
    """Returns the results along s."""
    ds = with_axis(ds, OUTPUT_SCALE)
    return ds.assign_coords({OUTPUT_SCALE: FACTOR * ds[OUTPUT_SCALE]})


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a1) accuracies for each α, as in the paper, (a2) the delay against α, (a3) the weight norms."""
    return output_scale_figure(_along_s(ds), LEVEL, "a")


CLAIMS = [
    Claim(
        "lazy_to_rich/fig6a/1",
        "the wait, the steps from 80% train to 80% test accuracy, grows with the output scale α (rank "
        "correlation > .8)",
        "controlling grokking continuously by only varying the laziness α",
        lambda ds: judged(grows(waits_of_accuracy(_along_s(ds), LEVEL))),
    ),
    Claim(
        "lazy_to_rich/fig6a/2",
        "at the smallest α the wait is gone: at most 5% of the longest in the sweep",
        "making it vanish at α = .0001",
        lambda ds: judged(absent_at_the_smallest(waits_of_accuracy(_along_s(ds), LEVEL))),
    ),
]


def _checks() -> list[Check]:
    """Returns the initial training loss of the authors' network on 1000 digits, by their s."""
    checks = []
    for s, loss in {1e-3: 0.14, 0.01: 4.2, 0.05: 103, 0.5: 1.03e4}.items():
        checks += at_steps("train_loss", {OUTPUT_SCALE: s / FACTOR}, {0: loss})
    return checks


CHECKS = _checks()
