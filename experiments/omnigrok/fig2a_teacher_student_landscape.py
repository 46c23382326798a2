"""Omnigrok, Figure 2a: reduced train loss falls to an "L" over the weight norm, reduced test loss to a "U".

Results: dims ('model.init_scale', 'seed', 'step').
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.landscape import place_of_minimum, reduced, still_falling
from grok_jax.analysis.power_law import rank_correlation
from grok_jax.analysis.selection import runs_at, with_axis
from grok_jax.plotting.curves import legend
from grok_jax.plotting.landscape import convergence, train_and_test
from grok_jax.plotting.style import panel_label, style

ALPHA = "model.init_scale"
PAPER_STEPS = 10_000
STANDARD, LARGEST = 1.0, 10.0  # initialisation scales
GOLDILOCKS = (0.5, 1.6)
ROUNDING = 1e-4  # of a coordinate kept as float32 or written with six digits
U_SHAPED = 3.0  # how many times the minimum both ends of a "U" are at least
FALLING = -0.8  # rank correlation
FITTED = 1e-4
MISMATCH = 1e3
FEWEST = 3


def plot(ds: xr.Dataset) -> Figure:
    """(a) the reduced losses over α, (b) whether the minimum on each sphere was reached."""
    ds = with_axis(ds, ALPHA)
    name = "initialisation scale α = w/w₀"
    with style():
        figure = Figure(figsize=(10.5, 3.9), layout="constrained")
        left, right = figure.subplots(1, 2)
        train_and_test(left, reduced(ds["train_loss"]), reduced(ds["test_loss"]), ALPHA, name=name)
        left.axvline(STANDARD, color="0.5", linestyle=":", linewidth=1.2, label="standard initialisation")
        left.set_ylabel("reduced loss")
        legend(left)
        convergence(right, ds, ALPHA, name=name)
        for ax, letter in ((left, "a"), (right, "b")):
            panel_label(ax, letter)
    return figure


def _landscape(ds: xr.Dataset) -> xr.Dataset:
    """The final losses over α.

    Raises:
      NotMeasured: the runs are shorter than the paper's, so that their losses are not minimised as the paper's are.
    """
    if ds["step"][-1] < PAPER_STEPS:
        steps = float(ds["step"][-1])
        raise NotMeasured(f"trained for {steps:,.0f} steps; the paper minimises for {PAPER_STEPS:,.0f}")
    if ds.sizes.get(ALPHA, 1) < FEWEST:
        raise NotMeasured(f"needs {FEWEST} or more values of {ALPHA}")
    ds = ds.sel(step=slice(0, PAPER_STEPS)).sortby(ALPHA)
    # The last value of a run that diverged is no minimum.
    losses = {name: reduced(ds[name]).where(ds[name].isel(step=-1).notnull()) for name in ("train_loss", "test_loss")}
    return xr.Dataset({**losses, "lost": still_falling(ds["train_loss"])})


def _is_u_shaped(ds: xr.Dataset) -> Measured:
    landscape = _landscape(ds)
    test = landscape["test_loss"]
    lowest, place = test.min(ALPHA, skipna=False), place_of_minimum(test, ALPHA)
    first, last = (test.isel({ALPHA: i}, drop=True) / lowest for i in (0, -1))
    inside = (place > GOLDILOCKS[0] * (1 - ROUNDING)) & (place < GOLDILOCKS[1] * (1 + ROUNDING))
    return over_seeds(
        inside & (first >= U_SHAPED) & (last >= U_SHAPED),
        {
            "α of the minimum": place,
            "minimum": lowest,
            f"test loss / minimum at α = {test[ALPHA].values[0]:.3g}": first,
            f"at α = {test[ALPHA].values[-1]:.3g}": last,
        },
    )


def _is_l_shaped(ds: xr.Dataset) -> Measured:
    landscape = _landscape(ds)
    train, alpha = landscape["train_loss"], landscape[ALPHA]
    below = train.sel({ALPHA: alpha < STANDARD * (1 - ROUNDING)})
    above = train.sel({ALPHA: alpha >= STANDARD * (1 - ROUNDING)})
    if below.sizes[ALPHA] < FEWEST or not above.sizes[ALPHA]:
        raise NotMeasured(f"needs {FEWEST} values of {ALPHA} below {STANDARD:g} and some above")
    falls, largest = rank_correlation(below, ALPHA), above.max(ALPHA, skipna=False)
    return over_seeds(
        (falls < FALLING) & (largest < FITTED),
        {
            "rank correlation below α = 1": falls,
            f"train loss at α = {alpha.values[0]:.3g}": train.isel({ALPHA: 0}, drop=True),
            "largest at α >= 1": largest,
            "smallest at α >= 1": above.min(ALPHA, skipna=False),
            "share lost in the last tenth, largest over α": landscape["lost"].max(ALPHA),
        },
    )


def _ends_high(ds: xr.Dataset) -> Measured:
    test = _landscape(ds)["test_loss"]
    end, lowest = runs_at(test.to_dataset(), {ALPHA: LARGEST})["test_loss"], test.min(ALPHA, skipna=False)
    ratio = end / lowest
    holds = np.isfinite(ratio) & (ratio > MISMATCH)
    return over_seeds(holds, {"test(α = 10) / minimum": ratio, "test(α = 10)": end, "minimum": lowest})


CLAIMS = [
    Claim(
        "omnigrok/fig2a/1",
        "the reduced test loss is U-shaped (both ends at least 3 times its minimum), its minimum at .5 <= α <= 1.6",
        "a U-shape with a minimum at α ≈ 1",
        _is_u_shaped,
    ),
    Claim(
        "omnigrok/fig2a/2",
        "the reduced train loss is L-shaped: it falls with α below 1 (rank correlation < -.8), and is < 1e-4 at every"
        " α >= 1",
        "decreases when α < 1 and remains flat near zero when α >= 1",
        _is_l_shaped,
    ),
    Claim(
        "omnigrok/fig2a/3",
        "reduced test loss at α = 10 over its minimum > 1e3",
        "the mismatch between train and test landscapes at large weight norm",
        _ends_high,
    ),
]
