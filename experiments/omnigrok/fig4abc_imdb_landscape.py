"""Omnigrok, Figure 4a-c: reduced errors of an LSTM on film reviews over the weight norm and the number of reviews.

Results: dims ('task.size', 'model.init_scale', 'seed', 'step').
"""

import contextlib

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from grok_jax.analysis.claims import NOT_MEASURED, Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.landscape import place_of_minimum, still_falling
from grok_jax.analysis.selection import config_value, with_axis
from grok_jax.analysis.size_landscape import ALPHA, NEAR, Pair, errors, nearest, within_epochs
from grok_jax.plotting.size_landscape import size_landscape
from grok_jax.plotting.style import style

SIZE = "task.size"
FEW, MANY = 1000, 50_000  # reviews, a quarter of them for testing
LARGE, STANDARD = 6.0, 1.0  # scales of the weights
MISMATCH, ALIKE = 0.2, 0.1  # test error minus train error
RISE = 1.5  # at both ends of a U over its lowest
EPOCHS = 5  # of the public code


def plot(ds: xr.Dataset) -> Figure:
    """(a) train error, (b) test error, (c) slices at few and at many reviews, and how well these have converged."""
    with style():
        figure = Figure(figsize=(14.0, 7.6), layout="constrained")
        size_landscape(figure, ds, size=SIZE, size_name="reviews N, for training and testing", few=FEW)
    return figure


def _at(found: Pair, scale: float) -> Pair:
    return Pair(*(nearest(nearest(x, ALPHA, scale), SIZE, FEW) for x in found))


def _after_its_own_epochs(ds: xr.Dataset) -> dict[str, xr.DataArray]:
    """The errors at the large scale where the public code stops."""
    batch, fraction = (config_value(ds, name) for name in ("training.batch_size", "task.train_fraction"))
    if batch is None or fraction is None:
        return {}
    ds = with_axis(ds, SIZE)
    rows = np.floor(ds[SIZE] * fraction).astype(int)
    with contextlib.suppress(NotMeasured):
        last = _at(errors(within_epochs(ds, EPOCHS, batch, rows)), LARGE)
        return {f"after {EPOCHS} epochs: test - train error": last.test - last.train, "train error then": last.train}
    return {}


def _few_mismatch(ds: xr.Dataset) -> Measured:
    large, standard = (_at(errors(ds), scale) for scale in (LARGE, STANDARD))
    gap = large.test - large.train
    return over_seeds(
        gap >= MISMATCH,
        {
            "test - train error": gap,
            "train error": large.train,
            f"test - train error at α = {STANDARD:g}": standard.test - standard.train,
            **_after_its_own_epochs(ds),
        },
    )


def _many_are_alike(ds: xr.Dataset) -> Measured:
    ds = with_axis(ds, SIZE)
    largest = int(ds[SIZE].max())
    if ds.sizes.get(ALPHA, 1) < 3:
        raise NotMeasured(f"needs 3 or more values of {ALPHA}")
    at = ds.sel({SIZE: largest}).sortby(ALPHA)
    train, test = errors(at)
    gap, lost = np.abs(test - train), still_falling(at["train_loss"])
    rises = {
        name: [x.isel({ALPHA: place}, drop=True) / x.min(ALPHA) for place in (0, -1)]
        for name, x in (("train", train), ("test", test))
    }
    is_u = np.logical_and.reduce([np.minimum(*ends) >= RISE for ends in rises.values()])
    measured = over_seeds(
        (gap <= ALIKE).all(ALPHA) & is_u,
        {
            "largest |test - train error| over α": gap.max(ALPHA),
            **{
                f"{name} error at the {end} α over its lowest": rises[name][i]
                for name in rises
                for i, end in enumerate(("smallest", "largest"))
            },
            "lowest test error": test.min(ALPHA),
            "at α": place_of_minimum(test, ALPHA),
            "share of the train loss lost in the last tenth, largest over α": lost.max(ALPHA),
        },
    )
    if largest >= MANY / 10**NEAR:
        return measured
    note = f"a statement about {MANY:,} reviews; what is measured is of {largest:,} and decides nothing"
    return measured._replace(verdict=NOT_MEASURED, note=f"{measured.note}; {note}" if measured.note else note)


CLAIMS = [
    Claim(
        "omnigrok/fig4abc/1",
        f"N ≈ {FEW}: test error is at least {MISMATCH:g} above train error at α ≈ {LARGE:g}",
        "for small data size, say 1k, the mismatch between training and test errors makes grokking possible via large"
        " initializations",
        _few_mismatch,
    ),
    Claim(
        "omnigrok/fig4abc/2",
        f"N ≈ {MANY:,}: train and test error are within {ALIKE:g} of each other at every α, and each is at both ends of"
        f" the scales at least {RISE:g} times its lowest",
        "for large data size, say the full dataset, training and test errors have similar 'U' shapes",
        _many_are_alike,
    ),
]
