"""Model efficiency, Figure 2: a transformer on more and less of the data.

Results: dims ('task.train_fraction', 'seed', 'step').
"""

import xarray as xr
from matplotlib.figure import Figure

from grok_jax.analysis.claims import Claim
from grok_jax.analysis.fractions import generalises_sooner
from grok_jax.plotting.panels import fraction_panels


def plot(ds: xr.Dataset) -> Figure:
    """A panel for each fraction."""
    return fraction_panels(ds, "transformer")


CLAIMS = [
    Claim(
        "model_efficiency/fig2/1",
        "transformer: t95(test) falls from every fraction to the next larger one",
        "a higher fraction (30, 50, 70%) generalises sooner and diminishes grokking",
        generalises_sooner,
    ),
]
