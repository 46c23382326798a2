"""Lazy to rich, Figure 13b: a student trained by AdamW and its linearized twin.

Results: dims ('model.linearized', 'seed', 'step').
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from experiments.checks import at_steps, falls
from experiments.lazy_to_rich.network_and_twin import (
    agree_early,
    agree_until,
    network_and_twin_figure,
    t_fall,
)
from grok_jax.analysis.claims import Claim, Measured, over_seeds
from grok_jax.analysis.grokking import last_value
from grok_jax.analysis.lazy import TOLERANCE, network_and_twin, t_part

HALF = 2.0  # times below its peak
APART = 0.5  # share of the twin's final test loss


def plot(ds: xr.Dataset) -> Figure:
    """Plots (b1) losses of network and twin, as in the paper, (b2) their accuracies and (b3) weight norms."""
    return network_and_twin_figure(ds, HALF, "b")


def _halves(runs: xr.Dataset) -> xr.DataArray:
    return t_fall(runs["test_loss"], HALF)


def _diverge(ds: xr.Dataset) -> Measured:
    pair = network_and_twin(ds)
    network, twin = (last_value(runs["test_loss"]).drop_vars("model.linearized", errors="ignore") for runs in pair)
    return over_seeds(
        network < APART * twin,
        {
            "final test loss": network,
            "of the twin": twin,
            "network and twin part at": t_part(pair),
            "test loss halves at": _halves(pair.network),
            "of the twin at": _halves(pair.twin),
        },
        decided=np.isfinite(network) & np.isfinite(twin),
    )


CLAIMS = [
    Claim(
        "lazy_to_rich/fig13b/1",
        f"the test losses of the network and its linearized twin differ by less than {TOLERANCE:.0%} until "
        "the network's test loss has halved",
        "the linearization tracks the model until the loss halves",
        lambda ds: agree_until(ds, _halves, "test loss halves at"),
    ),
    Claim(
        "lazy_to_rich/fig13b/2",
        "network and twin then diverge: the network's test loss ends below half of the twin's",
        "diverging then",
        _diverge,
    ),
    Claim(
        "lazy_to_rich/fig13b/3",
        f"the test losses differ by less than {TOLERANCE:.0%} until the network's train loss has lost a tenth",
        "as in panels (a) and (c), the two agree early",
        agree_early,
        own=True,
    ),
]

# One run of the authors' code, and one of its twin.
NETWORK, TWIN = {"model.linearized": False}, {"model.linearized": True}
CHECKS = [
    *at_steps("test_loss", NETWORK, {0: 170.3, 20_000: 20.7}),
    *at_steps("train_loss", NETWORK, {20_000: 3.1e-3}),
    *falls("test_loss", NETWORK, {0.5: 12}, relative=True),
    *at_steps("test_loss", TWIN, {20_000: 96.0}),
    *at_steps("train_loss", TWIN, {20_000: 6e-4}),
    *falls("test_loss", TWIN, {0.5: 18}, relative=True),
]
