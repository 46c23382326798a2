"""Model efficiency, Figure 2: a transformer trained on different fractions of the data.

Results: dims ('task.train_fraction', 'seed', 'step').
"""

import xarray as xr
from matplotlib.figure import Figure

from experiments.model_efficiency.fractions import (
    MARGIN,
    ascends_swifter,
    fraction_panels,
    generalizes_sooner,
    plateau_rises,
)
from grok_jax.analysis.claims import Claim


def plot(ds: xr.Dataset) -> Figure:
    """Plots accuracies against steps, one panel per fraction of the pairs that is trained on."""
    return fraction_panels(ds, "transformer")


CLAIMS = [
    Claim(
        "model_efficiency/fig2/1",
        "transformer: t95(test) falls from every fraction to the next larger one",
        "a higher fraction (30, 50, 70%) generalizes sooner and diminishes grokking",
        generalizes_sooner,
    ),
    Claim(
        "model_efficiency/fig2/2",
        "transformer: the plateau (test accuracy at t95(train)) is higher at every fraction than at the "
        f"next smaller one, by {MARGIN:g} or more",
        "the middling point of validation accuracy approaches full accuracy more closely as the fraction increases",
        plateau_rises,
    ),
    Claim(
        "model_efficiency/fig2/3",
        "transformer: the steps from the plateau, at t95(train), to t95(test) fall from every fraction to "
        "the next larger one",
        "a swifter ascent from this midpoint to full accuracy as the fraction increases",
        ascends_swifter,
    ),
]
