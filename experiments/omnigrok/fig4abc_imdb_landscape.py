"""Omnigrok, Figure 4a-c: reduced errors of an LSTM on film reviews over the weight norm and the number of reviews.

Results: dims ('task.size', 'model.init_scale', 'seed', 'step').
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from configs.omnigrok.fig4abc_imdb_landscape import SIZES
from experiments.checks import Check, at_steps, dip, on_slice
from experiments.omnigrok.drawn import blurred, row_of_pixels
from experiments.omnigrok.size_landscape import INIT_SCALE, NEAR, ROUNDING, Pair, errors, nearest, size_landscape
from grok_jax.analysis.claims import NOT_MEASURED, Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.landscape import place_of_minimum, still_falling
from grok_jax.analysis.selection import with_axis
from grok_jax.plotting.style import style

SIZE = "task.size"
FEW, MANY = 1000, 50_000  # reviews, a quarter of them for testing
STANDARD = 1.0  # scale of the weights
MISMATCH = ALIKE = 0.1  # rise of the test error minus rise of the train error
RISE = 1.5  # least error at both ends of a U, over its lowest


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) train error, (b) test error, (c1, c2) slices at few and at many reviews, (c3, c4) convergence."""
    with style():
        figure = Figure(figsize=(14.0, 7.6), layout="constrained")
        size_landscape(figure, ds, size=SIZE, size_name="reviews N, for training and testing", few=FEW)
    return figure


def _few_mismatch(ds: xr.Dataset) -> Measured:
    found, best = (_errors(ds, FEW, value) for value in ("final", "best"))
    apart, place = mismatch(found)
    train, test = (rise_above_minimum(x) for x in found)
    at = {INIT_SCALE: place.fillna(found.test[INIT_SCALE].max())}
    return over_seeds(
        apart >= MISMATCH,
        {
            f"largest rise of test above that of train error, α > {STANDARD:g}": apart,
            "at α": place,
            "rise of the test error there": test.sel(at),
            "of the train error": train.sel(at),
            "lowest test error": found.test.min(INIT_SCALE),
            "lowest train error": found.train.min(INIT_SCALE),
            "with best accuracies, largest rise above": mismatch(best)[0],
        },
        decided=apart.notnull(),
    )


def _errors(ds: xr.Dataset, size: float, value: str = "final") -> Pair:
    ds = with_axis(ds, SIZE)
    found = Pair(*(nearest(x, SIZE, size) for x in errors(ds, value)))
    if (
        INIT_SCALE not in found.test.dims
        or found.test.sizes[INIT_SCALE] < 3
        or float(found.test[INIT_SCALE].max()) <= STANDARD
    ):
        raise NotMeasured(f"needs 3 or more values of {INIT_SCALE}, some of them above {STANDARD:g}")
    return Pair(*(x.sortby(INIT_SCALE) for x in found))


def mismatch(found: Pair) -> tuple[xr.DataArray, xr.DataArray]:
    """Returns the largest excess of the test error's rise above its own minimum over the train error's, and its α.

    A gap that is the same at every α does not count.
    """
    train, test = (rise_above_minimum(x) for x in found)
    above = (test - train).where(test[INIT_SCALE] > STANDARD * ROUNDING, drop=True)
    return above.max(INIT_SCALE), place_of_minimum(-above, INIT_SCALE)


def rise_above_minimum(x: xr.DataArray) -> xr.DataArray:
    """Returns x minus its smallest value over α."""
    return x - x.min(INIT_SCALE)


def _many_are_alike(ds: xr.Dataset) -> Measured:
    ds = with_axis(ds, SIZE)
    largest = int(ds[SIZE].max())
    train, test = found = _errors(ds, largest)
    apart = np.abs(rise_above_minimum(test) - rise_above_minimum(train))
    lost = still_falling(nearest(ds["train_loss"], SIZE, largest))
    rises = {
        name: [x.isel({INIT_SCALE: place}, drop=True) / x.min(INIT_SCALE) for place in (0, -1)]
        for name, x in zip(("train", "test"), found, strict=True)
    }
    is_u = np.logical_and.reduce([np.minimum(*ends) >= RISE for ends in rises.values()])
    measured = over_seeds(
        (apart <= ALIKE).all(INIT_SCALE) & is_u,
        {
            "largest difference of the rises over α": apart.max(INIT_SCALE),
            "largest |test - train error|": np.abs(test - train).max(INIT_SCALE),
            **{
                f"{name} error at the {end} α over its lowest": rises[name][i]
                for name in rises
                for i, end in enumerate(("smallest", "largest"))
            },
            "lowest test error": test.min(INIT_SCALE),
            "at α": place_of_minimum(test, INIT_SCALE),
            "share of the train loss lost in the last tenth, largest over α": lost.max(INIT_SCALE),
        },
        decided=apart.notnull().all(INIT_SCALE),
    )
    if largest >= MANY / 10**NEAR:
        return measured
    note = f"the claim is about {MANY:,} reviews; {largest:,} were measured, which decides nothing"
    return measured._replace(verdict=NOT_MEASURED, note=f"{measured.note}; {note}" if measured.note else note)


CLAIMS = [
    Claim(
        "omnigrok/fig4abc/1",
        f"N ≈ {FEW}: at some α > {STANDARD:g} the test error has risen above its lowest by at least "
        f"{MISMATCH:g} more than the train error has above its own",
        "for small data size, say 1k, the mismatch between training and test errors makes grokking possible via large"
        " initializations",
        _few_mismatch,
    ),
    Claim(
        "omnigrok/fig4abc/2",
        f"N ≈ {MANY:,}: train and test error are both U-shaped (at both ends of the scales at least "
        f"{RISE:g} times their lowest), and at every α their rises above their own lowest differ by at "
        f"most {ALIKE:g}",
        "for large data size, say the full dataset, training and test errors have similar 'U' shapes",
        _many_are_alike,
    ),
]

# Read off the slices in the authors' notebook, one run at each size and α, by the row of pixels of its blurred map. Row
# 56 is a mixture of 1000 and 1584 reviews. The errors are those of the best epoch, of networks of width 256. Its train
# errors are left out: they are means over an epoch, each batch before its step.
POINTS = {SIZE: SIZES, INIT_SCALE: 10 ** np.linspace(-1, 1, 11)}
WIDTH = {"model.width": 256}
THEIRS = {
    (1000, 56): ({0.1: 0.30, 10: 0.43}, (0.32, 0.28)),
    (50_000, 146): ({0.1: 0.455, 10: 0.385}, (np.nan, 0.16)),  # lowest from α = 2 to 3
}


def _checks() -> list[Check]:
    checks = []
    for (reviews, row), (ends, lowest) in THEIRS.items():

        def drawn(ds: xr.Dataset, row: int = row) -> xr.DataArray:
            return row_of_pixels(blurred(errors(with_axis(ds, SIZE), "best").test, POINTS), SIZE, row)

        curve = f"test error at {reviews:,} reviews"
        checks += on_slice(INIT_SCALE, drawn, at_steps(curve, WIDTH, ends) + dip(curve, WIDTH, *lowest))
    return checks


CHECKS = _checks()
