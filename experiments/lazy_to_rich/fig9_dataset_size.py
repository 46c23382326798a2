"""Lazy to rich, Figure 9: too few training rows, some, and many; learning curves above the parts of the test loss.

Results: dims ('task.train_size', 'seed', 'step').
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from grok_jax.analysis.claims import Claim, Measured, over_seeds
from grok_jax.analysis.decomposition import GENERALIZED, PARTS
from grok_jax.analysis.grokking import is_censored, last_value, loss_delay, t_loss
from grok_jax.analysis.relative_loss import FINISHED, relative, relative_losses
from grok_jax.analysis.selection import runs_at, with_axis
from grok_jax.plotting.curves import learning_curves, legend
from grok_jax.plotting.decomposition import DECADES, loss_parts
from grok_jax.plotting.style import panel_label, style

SIZE = "task.train_size"
FEW, SOME, MANY = 50.0, 120.0, 500.0
FAILS = 0.5  # of its start: a test loss that ends above has not been learned
GROKS = 2.0  # delay from which a run groks, and below which train and test go together


def plot(ds: xr.Dataset) -> Figure:
    """A column for each training set size: losses above, medians of the test loss and its parts below."""
    ds = with_axis(ds, SIZE).sortby(SIZE)
    sizes = ds[SIZE].values
    with style():
        figure = Figure(figsize=(1.2 + 3.2 * sizes.size, 6.4), layout="constrained")
        panels = figure.subplots(2, sizes.size, sharex=True, sharey="row", squeeze=False)
        for i, (top, bottom) in enumerate(panels.T):
            runs = ds.isel({SIZE: i})
            learning_curves(top, runs, ("train_loss", "test_loss"))
            loss_parts(bottom, runs.median("seed", keep_attrs=True) if "seed" in runs.dims else runs)
            top.set_title(f"P = {sizes[i]:g}")
            top.set_xlabel("")
            for ax, letter in ((top, i), (bottom, sizes.size + i)):
                panel_label(ax, chr(ord("a") + letter))
            if i:
                top.set_ylabel("")
                bottom.set_ylabel("")
        largest = float(ds["test_loss"].max())
        for first, place in zip(panels[:, 0], ("lower left", "lower right"), strict=True):
            first.set_ylim(DECADES * largest, 2 * largest)
            legend(first, loc=place)
    return figure


def _fails(ds: xr.Dataset) -> Measured:
    runs = runs_at(ds, {SIZE: FEW})
    end = last_value(relative(runs["decomposed_loss"]))
    parts = xr.concat([last_value(runs[name]) for name in PARTS], "part")
    share = parts / parts.sum("part", skipna=False)
    linear, largest = share.isel(part=PARTS.index("linear_power")), share.max("part")
    return over_seeds(
        (end > FAILS) & (linear == largest),
        {
            "test loss, end / start": end,
            "train loss, end / start": last_value(relative(runs["train_loss"])),
            "share of linear power at the end": linear,
            "of the misalignment error": share.isel(part=PARTS.index("misalignment_error")),
            "linear power, end / its maximum": parts.isel(part=PARTS.index("linear_power"))
            / runs["linear_power"].max("step"),
        },
    )


def _groks(ds: xr.Dataset) -> Measured:
    losses = relative_losses(runs_at(ds, {SIZE: SOME}))
    train, test = t_loss(losses, GENERALIZED)
    finished = last_value(losses["train_loss"]) < FINISHED
    return over_seeds(
        np.isfinite(test) & (test >= GROKS * train),
        {
            "steps to a tenth, train": train,
            "test": test,
            "test loss, end / start": last_value(losses["test_loss"]),
            "train loss, end / start": last_value(losses["train_loss"]),
        },
        decided=~is_censored(test) | finished,
    )


def _goes_together(ds: xr.Dataset) -> Measured:
    losses = relative_losses(runs_at(ds, {SIZE: MANY}))
    ratio = loss_delay(losses, GENERALIZED)
    train, test = t_loss(losses, GENERALIZED)
    return over_seeds(
        ratio < GROKS,
        {"delay at a tenth": ratio, "steps to a tenth, train": train, "test": test},
        decided=~is_censored(test) | (last_value(losses["train_loss"]) < FINISHED),
    )


CLAIMS = [
    Claim(
        "lazy_to_rich/fig9/1",
        "P = 50 fails: the test loss ends above half its start, and linear power is the largest of its parts",
        "failure to generalize comes from power in linear modes",
        _fails,
    ),
    Claim(
        "lazy_to_rich/fig9/2",
        "P = 120 groks: the test loss falls to a tenth of its start, 2 times later than the train loss or more",
        "just right: grokking",
        _groks,
    ),
    Claim(
        "lazy_to_rich/fig9/3",
        "P = 500: the test loss falls to a tenth of its start less than 2 times later than the train loss",
        "too much: train and test loss match",
        _goes_together,
    ),
]
