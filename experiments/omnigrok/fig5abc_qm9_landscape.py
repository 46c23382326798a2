"""Omnigrok, Figure 5a-c: reduced losses of a graph network over the weight norm and the number of molecules.

Results: dims ('task.size', 'model.init_scale', 'seed', 'step').
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from configs.omnigrok.fig5abc_qm9_landscape import SIZES
from experiments.checks import Check, at_steps, dip, on_slice
from experiments.omnigrok.drawn import blurred, row_of_pixels
from experiments.omnigrok.shapes import U_SHAPED
from experiments.omnigrok.size_landscape import INIT_SCALE, ROUNDING, Pair, losses, nearest, size_landscape
from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.landscape import place_of_minimum, still_falling
from grok_jax.analysis.selection import config_value, with_axis
from grok_jax.plotting.style import style

SIZE = "task.size"
FEW, MANY = 100, 3000  # molecules, half of them for testing
STANDARD = 1.0  # scale of the weights
MISMATCH, ALIKE = 3.0, 2.0  # factors between the rises of test and train loss


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) train loss, (b) test loss, (c1, c2) slices at few and at many molecules, (c3, c4) convergence."""
    with style():
        figure = Figure(figsize=(14.0, 7.6), layout="constrained")
        name = "molecules N, for training and testing"
        size_landscape(figure, ds, quantity="loss", size=SIZE, size_name=name, few=FEW, unit="bohr⁶")
    return figure


def _losses(ds: xr.Dataset, size: float, value: str = "final") -> Pair:
    ds = with_axis(ds, SIZE)
    found = Pair(*(nearest(x, SIZE, size) for x in losses(ds, value)))
    if INIT_SCALE not in found.test.dims or float(found.test[INIT_SCALE].max()) <= STANDARD * ROUNDING:
        raise NotMeasured(f"needs several values of {INIT_SCALE}, some of them above {STANDARD:g}")
    return Pair(*(x.sortby(INIT_SCALE) for x in found))


def _over_minimum(x: xr.DataArray) -> xr.DataArray:
    """Returns a loss divided by its smallest value over α."""
    return x / x.min(INIT_SCALE)


def _mismatch(found: Pair) -> tuple[xr.DataArray, xr.DataArray]:
    """Returns the largest ratio of the test loss's rise above its own minimum to the train loss's, and its α.

    A ratio of test to train loss that is the same at every α does not count.
    """
    train, test = (_over_minimum(x) for x in found)
    above = (test / train).where(test[INIT_SCALE] > STANDARD * ROUNDING, drop=True)
    return above.max(INIT_SCALE), place_of_minimum(-above, INIT_SCALE)


def _rise_at_rest(found: Pair) -> xr.DataArray:
    """Returns the largest rise of the test loss above its minimum while the train loss is within ALIKE of its own."""
    train, test = (_over_minimum(x) for x in found)
    return test.where((test[INIT_SCALE] > STANDARD * ROUNDING) & (train <= ALIKE)).max(INIT_SCALE)


def _few_mismatch(ds: xr.Dataset) -> Measured:
    found = _losses(ds, FEW)
    apart, place = _mismatch(found)
    train, test = (_over_minimum(x) for x in found)
    at = {INIT_SCALE: place.fillna(found.test[INIT_SCALE].max())}
    return over_seeds(
        apart >= MISMATCH,
        {
            f"rise of the test loss over that of the train loss, largest above α = {STANDARD:g}": apart,
            "at α": place,
            "test loss over its lowest there": test.sel(at),
            "train loss over its lowest": train.sel(at),
            f"test loss over its lowest where the train loss is within {ALIKE:g} of its own": _rise_at_rest(found),
            "test / train loss, smallest over α": (found.test / found.train).min(INIT_SCALE),
            "lowest test loss [bohr⁶]": found.test.min(INIT_SCALE),
            "at α then": place_of_minimum(found.test, INIT_SCALE),
            "with best losses, largest rise over rise": _mismatch(_losses(ds, FEW, "best"))[0],
        },
        decided=apart.notnull(),
    )


def _many_are_alike(ds: xr.Dataset) -> Measured:
    train, test = _losses(ds, MANY)
    ratio = _over_minimum(test) / _over_minimum(train)
    factor = np.maximum(ratio, 1 / ratio)
    rises = [_over_minimum(x).isel({INIT_SCALE: place}, drop=True) for x in (train, test) for place in (0, -1)]
    is_u = np.logical_and.reduce([rise >= U_SHAPED for rise in rises])
    lost = still_falling(nearest(with_axis(ds, SIZE)["train_loss"], SIZE, MANY))
    return over_seeds(
        (factor <= ALIKE).all(INIT_SCALE) & is_u,
        {
            "largest factor between the rises over α": factor.max(INIT_SCALE),
            "at α": place_of_minimum(-factor, INIT_SCALE),
            "test / train loss, largest over α": (test / train).max(INIT_SCALE),
            "train loss at the smallest α over its lowest": rises[0],
            "at the largest α": rises[1],
            "test loss at the smallest α over its lowest": rises[2],
            "at the largest α then": rises[3],
            "lowest test loss [bohr⁶]": test.min(INIT_SCALE),
            "share of the train loss lost in the last tenth, largest over α": lost.max(INIT_SCALE),
        },
    )


CLAIMS = [
    Claim(
        "omnigrok/fig5abc/1",
        f"N ≈ {FEW}: at some α > {STANDARD:g} the factor by which the test loss has risen above its lowest "
        f"is at least {MISMATCH:g} times that of the train loss",
        "when data size is small, training and test losses mismatch somewhere in the region α > 1",
        _few_mismatch,
    ),
    Claim(
        "omnigrok/fig5abc/2",
        f"N ≈ {MANY}: train and test loss are both U-shaped (at both ends of the scales at least "
        f"{U_SHAPED:g} times their lowest), and at every α the factors by which they have risen above "
        f"their lowest differ at most {ALIKE:g}-fold",
        "when data size is large, training and test losses have similar 'U' shapes",
        _many_are_alike,
    ),
]

# Read off the slices in the authors' notebook, one run at each size and α, by the row of pixels of its blurred map. Row
# 70 is a mixture of 70 and 100 molecules, row 171 of 1930 and 2682. The losses are those of the best epoch, summed over
# its batches and divided by its molecules. Train losses are left out: they are means over an epoch, before each step.
POINTS = {SIZE: SIZES, INIT_SCALE: 10 ** np.linspace(-1, 1, 21)}
THEIRS = {(100, 70): (45, 1, 0.07), (3000, 171): (90, 1.4, 0.075)}  # at α = .1; α of the lowest, and its loss


def _as_stored(ds: xr.Dataset) -> xr.DataArray:
    """Returns the best test loss in the unit that the code stores, which depends on the number of molecules."""
    test = losses(with_axis(ds, SIZE), "best").test
    molecules = (1 - config_value(ds, "task.train_fraction")) * test[SIZE]
    return test * np.ceil(molecules / config_value(ds, "training.batch_size")) / molecules


def _checks() -> list[Check]:
    checks = []
    for (molecules, row), (start, place, lowest) in THEIRS.items():

        def drawn(ds: xr.Dataset, row: int = row) -> xr.DataArray:
            return row_of_pixels(blurred(_as_stored(ds), POINTS), SIZE, row).assign_attrs(units="bohr⁶")

        curve = f"stored test loss, {molecules:,} molecules"
        checks += on_slice(INIT_SCALE, drawn, at_steps(curve, {}, {0.1: start}) + dip(curve, {}, place, lowest))
    return checks


CHECKS = _checks()
