"""Model efficiency, Figure 3: an LSTM trained on different fractions of the data.

Results: dims ('task.train_fraction', 'seed', 'step').
"""

import xarray as xr
from matplotlib.figure import Figure

from experiments.model_efficiency.fractions import SLIGHTLY, fits_slightly_later, fraction_panels, generalizes_sooner
from grok_jax.analysis.claims import Claim


def plot(ds: xr.Dataset) -> Figure:
    """Plots accuracies against steps, one panel per fraction of the pairs that is trained on."""
    return fraction_panels(ds, "LSTM")


CLAIMS = [
    Claim(
        "model_efficiency/fig3/1",
        "LSTM: t95(test) falls from every fraction to the next larger one",
        "a substantial reduction in the steps to full validation accuracy (30, 50, 70%)",
        generalizes_sooner,
    ),
    Claim(
        "model_efficiency/fig3/2",
        "LSTM: t95(train) is later at the largest fraction than at the smallest, but by a factor of "
        f"{SLIGHTLY:g} at most",
        "a slight increase of the steps to full training accuracy",
        fits_slightly_later,
    ),
]
