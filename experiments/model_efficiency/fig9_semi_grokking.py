"""Model efficiency, Figure 9: semi-grokking, middling test accuracy around the critical fraction.

Results: dims ('task.train_fraction', 'seed', 'step').
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from grok_jax.analysis.claims import Claim, Measured, over_seeds
from grok_jax.analysis.critical_size import FRACTION
from grok_jax.analysis.grokking import LEVEL, last_value, t_fit, t_generalize
from grok_jax.analysis.selection import sorted_along, with_axis
from grok_jax.plotting.curves import curves_along, legend
from grok_jax.plotting.landscape import slice_along
from grok_jax.plotting.style import TEST, TRAIN, panel_label, style

MIDDLING = (0.1, 0.9)  # final test accuracy
DELAY = 2.0


def plot(ds: xr.Dataset) -> Figure:
    """(a) accuracies against steps, a colour for each fraction; (b) final accuracy against the fraction."""
    ds = with_axis(ds, FRACTION).sortby(FRACTION)
    with style():
        figure = Figure(figsize=(11.5, 4.0), layout="constrained")
        left, right = figure.subplots(1, 2)
        curves_along(left, ds, FRACTION, symbol="fraction", variables=("train_accuracy", "test_accuracy"))
        legend(left, loc="upper left")
        right.axhspan(*MIDDLING, color="0.93", label="middling")
        for name, colour in (("train", TRAIN), ("test", TEST)):
            final = last_value(ds[f"{name}_accuracy"])
            slice_along(right, final, FRACTION, colour=colour, label=f"final {name} accuracy", log="")
        # A network that has only found that a + b = b + a is right on the pairs whose mirror image it has seen.
        right.plot(ds[FRACTION], ds[FRACTION], color="0.4", linestyle=":", label="pairs seen mirrored")
        right.set(xlabel="train fraction", ylabel="accuracy", ylim=(-0.03, 1.03))
        legend(right, loc="lower right")
        for ax, letter in ((left, "a"), (right, "b")):
            panel_label(ax, letter)
    return figure


def _is_middling(ds: xr.Dataset) -> xr.DataArray:
    final = last_value(ds["test_accuracy"])
    fitted = last_value(ds["train_accuracy"]) >= LEVEL
    return fitted & (final >= MIDDLING[0]) & (final <= MIDDLING[1])


def _window(ds: xr.Dataset) -> Measured:
    ds = sorted_along(ds, FRACTION)
    middling = _is_middling(ds)
    inside = ds[FRACTION].where(middling)
    final = last_value(ds["test_accuracy"])
    return over_seeds(
        middling.any(FRACTION),
        {
            "smallest fraction of the window": inside.min(FRACTION),
            "largest": inside.max(FRACTION),
            "final test accuracy in it": final.where(middling).mean(FRACTION),
            "that of pairs seen mirrored": inside.mean(FRACTION),
            "final test accuracy at the smallest fraction": final.isel({FRACTION: 0}, drop=True),
        },
    )


def _groks_above(ds: xr.Dataset) -> Measured:
    ds = sorted_along(ds, FRACTION)
    late = t_generalize(ds)
    above = (ds[FRACTION] > ds[FRACTION].where(_is_middling(ds)).max(FRACTION).fillna(-1)).broadcast_like(late)
    wait = late / t_fit(ds)
    groks = np.isfinite(late) & (wait > DELAY)
    return over_seeds(
        (groks | ~above).all(FRACTION) & above.any(FRACTION),
        {
            "smallest fraction above the window": ds[FRACTION].where(above).min(FRACTION),
            "shortest delay above it": wait.where(above).min(FRACTION),
            "longest": wait.where(above).max(FRACTION),
        },
    )


CLAIMS = [
    Claim(
        "model_efficiency/fig9/1",
        "at some fractions a run that fits its training pairs ends with a test accuracy from 10% to 90%",
        "middling accuracy when the fraction ranges from approximately 23% to 27%",
        _window,
    ),
    Claim(
        "model_efficiency/fig9/2",
        "at every larger fraction it groks: 95% test accuracy, after more than twice the steps of 95% train accuracy",
        "as the fraction surpasses 27%, grokking manifests after 6e4 steps",
        _groks_above,
    ),
]
