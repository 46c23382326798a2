"""Omnigrok, Figure 3a-c: reduced errors on MNIST over the weight norm and the number of training digits.

Results: dims ('task.train_size', 'model.init_scale', 'seed', 'step').
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from configs.omnigrok.fig3abc_mnist_landscape import SIZES
from experiments.checks import Check, at_steps, dip, on_slice
from experiments.omnigrok.drawn import blurred, row_of_pixels
from experiments.omnigrok.size_landscape import (
    INIT_SCALE,
    LU,
    NEAR,
    TRAIN_SIZE,
    Pair,
    critical_size,
    errors,
    is_between,
    lu_shape,
    nearest,
    size_landscape,
)
from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.landscape import still_falling
from grok_jax.analysis.selection import with_axis
from grok_jax.plotting.style import style

FEW, MANY, LARGE = 200, 8000, 8000  # training digits
NO_ERROR = 0.01  # "train error ~0"
FROM_SCALE = 0.8
LARGE_SCALE, GAP_SCALE = 8.0, 4.0  # scales of the weights
PLACE = (0.8, 2.0)
RISE = 1.5  # least test error at both ends of a U, over its lowest
FALL, NARROWER = 3.0, 1 / 5
TIP = 0.4  # test error of the contour


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) train error, (b) test error, (c1, c2) slices at few and at many digits, (c3, c4) convergence."""
    with style():
        figure = Figure(figsize=(14.0, 7.6), layout="constrained")
        size_landscape(figure, ds, level=TIP)
    return figure


def shape_values(shape: LU) -> dict[str, xr.DataArray]:
    """Returns the numbers that decide whether errors over the scale are an L and a U."""
    return {
        f"largest train error from α = {FROM_SCALE:g}": shape.largest_train,
        "lowest test error": shape.lowest,
        "at α": shape.place,
        "test error at the smallest α / lowest": shape.rise_below,
        "at the largest": shape.rise_above,
    }


def _few_are_an_l_and_a_u(ds: xr.Dataset) -> Measured:
    found = [tuple(nearest(x, TRAIN_SIZE, FEW) for x in errors(ds, value)) for value in ("final", "best")]
    shape, best = (lu_shape(Pair(*pair), above=FROM_SCALE) for pair in found)
    is_u = (shape.rise_below >= RISE) & (shape.rise_above >= RISE) & is_between(shape.place, *PLACE)
    return over_seeds(
        (shape.largest_train <= NO_ERROR) & is_u,
        {**shape_values(shape), "with best accuracies, lowest at α": best.place},
    )


def _at_scale(x: xr.DataArray, scale: float, size: float) -> xr.DataArray:
    return nearest(nearest(x, INIT_SCALE, scale), TRAIN_SIZE, size)


def _more_data_help_at_large_scale(ds: xr.Dataset) -> Measured:
    few, many = (_at_scale(errors(ds).test, LARGE_SCALE, size) for size in (FEW, MANY))
    best = [_at_scale(errors(ds, "best").test, LARGE_SCALE, size) for size in (FEW, MANY)]
    return over_seeds(
        few / many >= FALL,
        {
            "ratio": few / many,
            f"test error at N = {FEW}": few,
            f"at N = {MANY:,}": many,
            "train loss lost in the last tenth there": still_falling(_at_scale(ds["train_loss"], LARGE_SCALE, MANY)),
            "ratio with best accuracies": best[0] / best[1],
        },
    )


def _gap_closes(ds: xr.Dataset) -> Measured:
    largest = float(np.max(with_axis(ds, TRAIN_SIZE)[TRAIN_SIZE]))
    if largest < LARGE / 10**NEAR:
        raise NotMeasured(f"needs {LARGE:,} training digits or more; the largest size is {largest:,.0f}")
    found = errors(ds)
    gap = found.test - found.train
    few, many = (_at_scale(gap, GAP_SCALE, size) for size in (FEW, largest))
    return over_seeds(
        (many < NARROWER * few) & (few > 0),
        {"ratio": many / few, f"test - train error at N = {FEW}": few, f"at N = {largest:,.0f}": many},
    )


def _thumb_has_a_tip(ds: xr.Dataset) -> Measured:
    if min(ds.sizes.get(INIT_SCALE, 1), ds.sizes.get(TRAIN_SIZE, 1)) < 2:
        raise NotMeasured(f"needs several values of {INIT_SCALE} and of {TRAIN_SIZE}")
    final, best = (critical_size(errors(ds, value).test, TIP) for value in ("final", "best"))
    return over_seeds(
        np.isfinite(final),
        {"smallest N": final, "with best accuracies": best},
        decided=final.notnull(),
        note=f"interpolated in log N on the lowest test error over α; sizes {_listed(ds)}",
    )


def _listed(ds: xr.Dataset) -> str:
    sizes = np.sort(ds[TRAIN_SIZE].values)
    return ", ".join(f"{size:,}" for size in sizes) if sizes.size <= 6 else f"{sizes[0]:,} to {sizes[-1]:,}"


CLAIMS = [
    Claim(
        "omnigrok/fig3abc/1",
        f"N ≈ {FEW}: train error is at most {NO_ERROR:g} at every α >= {FROM_SCALE:g}; test error is "
        f"lowest at an α in [{PLACE[0]:g}, {PLACE[1]:g}], and at least {RISE:g} times its lowest at both "
        "ends of the scales",
        "'LU' holds truer for smaller data",
        _few_are_an_l_and_a_u,
    ),
    Claim(
        "omnigrok/fig3abc/2",
        f"α = {LARGE_SCALE:g}: test error falls at least {FALL:g} times from N ≈ {FEW} to N ≈ {MANY}",
        "larger datasets lead to de-grokking: C has larger training size than B and lower test error",
        _more_data_help_at_large_scale,
    ),
    Claim(
        "omnigrok/fig3abc/3",
        f"α = {GAP_SCALE:g}: the gap of test and train error at the largest N (>= {LARGE}) is below "
        f"{NARROWER:g} of the gap at N ≈ {FEW}",
        "larger N makes the Goldilocks zone broader, reducing or eliminating grokking",
        _gap_closes,
    ),
    Claim(
        "omnigrok/fig3abc/4",
        f"the contour of test error {TIP:g} has a smallest N: below it, no α reaches {TIP:g}",
        "contours of constant test error are thumb-like; the tip is the minimum amount of data for generalization",
        _thumb_has_a_tip,
    ),
]

# Read off the slices in the authors' notebook, one run at each size and α, by the row of pixels of its blurred maps.
# Row 100 is a mixture of 193 and 268 digits, row 200 of 5179 and 7196. The errors are the lowest of 200 records.
POINTS = {TRAIN_SIZE: SIZES, INIT_SCALE: 10 ** np.linspace(-1, 1, 21)}
THEIRS = {
    ("test", 200, 100): ({0.1: 0.83, 10: 0.85}, 0.18),  # lowest from α = 1 to 1.6
    ("train", 200, 100): ({0.1: 0.81}, None),
    ("test", 8000, 200): ({0.1: 0.79, 10: 0.14}, 0.03),  # lowest from α = 1.5 to 2
    ("train", 8000, 200): ({10: 0.06}, None),
}


def _checks() -> list[Check]:
    checks = []
    for (split, digits, row), (ends, lowest) in THEIRS.items():

        def drawn(ds: xr.Dataset, split: str = split, row: int = row) -> xr.DataArray:
            return row_of_pixels(blurred(getattr(errors(ds, "best"), split), POINTS), TRAIN_SIZE, row)

        curve = f"{split} error at {digits} digits"
        checks += on_slice(INIT_SCALE, drawn, at_steps(curve, {}, ends))
        checks += on_slice(INIT_SCALE, drawn, dip(curve, {}, np.nan, lowest)) if lowest else []
    return checks


CHECKS = _checks()
