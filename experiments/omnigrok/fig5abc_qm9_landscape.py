"""Omnigrok, Figure 5a-c: reduced losses of a graph network on molecules over the weight norm and their number.

Results: dims ('task.size', 'model.init_scale', 'seed', 'step').
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.landscape import place_of_minimum, still_falling
from grok_jax.analysis.size_landscape import ALPHA, ROUNDING, Pair, losses, nearest
from grok_jax.plotting.size_landscape import size_landscape
from grok_jax.plotting.style import style

SIZE = "task.size"
FEW, MANY = 100, 3000  # molecules, half of them for testing
STANDARD = 1.0  # scale of the weights
MISMATCH, ALIKE = 3.0, 2.0  # factors between the losses


def plot(ds: xr.Dataset) -> Figure:
    """(a) train loss, (b) test loss, (c) slices at few and at many molecules, and how well these have converged."""
    with style():
        figure = Figure(figsize=(14.0, 7.6), layout="constrained")
        name = "molecules N, for training and testing"
        size_landscape(figure, ds, quantity="loss", size=SIZE, size_name=name, few=FEW, unit="bohr⁶")
    return figure


def _losses(ds: xr.Dataset, size: float) -> Pair:
    found = Pair(*(nearest(x, SIZE, size) for x in losses(ds)))
    if ALPHA not in found.test.dims or float(found.test[ALPHA].max()) <= STANDARD * ROUNDING:
        raise NotMeasured(f"needs several values of {ALPHA}, some of them above {STANDARD:g}")
    return Pair(*(x.sortby(ALPHA) for x in found))


def _few_mismatch(ds: xr.Dataset) -> Measured:
    train, test = _losses(ds, FEW)
    ratio = test / train
    is_above = ratio[ALPHA] > STANDARD * ROUNDING
    above = ratio.where(is_above, drop=True)
    return over_seeds(
        above.max(ALPHA) >= MISMATCH,
        {
            "largest test / train loss above α = 1": above.max(ALPHA),
            "at α": place_of_minimum(-above, ALPHA),
            "largest up to α = 1": ratio.where(~is_above).max(ALPHA),
            "lowest test loss [bohr⁶]": test.min(ALPHA),
            "at α then": place_of_minimum(test, ALPHA),
        },
    )


def _many_are_alike(ds: xr.Dataset) -> Measured:
    train, test = _losses(ds, MANY)
    ratio = test / train
    factor = np.maximum(ratio, 1 / ratio)
    rises = [x.isel({ALPHA: place}, drop=True) / x.min(ALPHA) for x in (train, test) for place in (0, -1)]
    lost = still_falling(nearest(ds["train_loss"], SIZE, MANY))
    return over_seeds(
        (factor <= ALIKE).all(ALPHA),
        {
            "largest factor between the losses over α": factor.max(ALPHA),
            "at α": place_of_minimum(-factor, ALPHA),
            "train loss at the smallest α over its lowest": rises[0],
            "at the largest α": rises[1],
            "test loss at the smallest α over its lowest": rises[2],
            "at the largest α then": rises[3],
            "lowest test loss [bohr⁶]": test.min(ALPHA),
            "share of the train loss lost in the last tenth, largest over α": lost.max(ALPHA),
        },
    )


CLAIMS = [
    Claim(
        "omnigrok/fig5abc/1",
        f"N ≈ {FEW}: test loss is at least {MISMATCH:g} times train loss at some α > {STANDARD:g}",
        "when data size is small, training and test losses mismatch somewhere in the region α > 1",
        _few_mismatch,
    ),
    Claim(
        "omnigrok/fig5abc/2",
        f"N ≈ {MANY}: train and test loss are within a factor {ALIKE:g} of each other at every α",
        "when data size is large, training and test losses have similar 'U' shapes",
        _many_are_alike,
    ),
]
