"""Omnigrok, Figure 12: trained with cross-entropy, an MLP with very large initial weights groks on 200 MNIST images.

Results: dims ('seed', 'step').
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from experiments.omnigrok.fig3d_mnist_grokking import FIT_STEPS
from grok_jax.analysis.claims import Claim, Measured, over_seeds
from grok_jax.analysis.grokking import is_censored, last_value, t_fit, value_at
from grok_jax.analysis.selection import config_value
from grok_jax.plotting.curves import learning_curves, legend, mark_time, weight_norm_axis
from grok_jax.plotting.style import TRAIN, panel_label, style

FITTED = 1.0  # train accuracy
PLATEAU = (0.3, 0.4)  # test accuracy
LASTS = 10  # the plateau lasts until this many times the steps to fit
FLAT = 0.05  # largest change of test accuracy on the plateau
RISE = 0.2  # rise of test accuracy after the plateau
SETTING = {"task.train_size": "N", "model.init_scale": "α", "optimizer.weight_decay": "γ"}
SMALLEST = 1e-7  # a loss of 0 in float32 cannot be shown on a logarithmic axis


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) accuracies, with the weight norm on a second axis, and (b) losses against steps."""
    known = {symbol: config_value(ds, name) for name, symbol in SETTING.items()}
    with style():
        figure = Figure(figsize=(10.2, 3.8), layout="constrained")
        figure.get_layout_engine().set(wspace=0.06)
        left, right = figure.subplots(1, 2)
        learning_curves(left, ds)
        twin = weight_norm_axis(left, ds)
        twin.set_yscale("log")
        mark_time(left, t_fit(ds, FITTED), color=TRAIN, label="100% train accuracy")
        legend(left, twin, loc="center left", bbox_to_anchor=(0.0, 0.68))
        learning_curves(right, ds.clip(min=SMALLEST), ("train_loss", "test_loss"))
        right.set_ylabel(f"loss (0 is drawn at {SMALLEST:g})")
        legend(right)
        for ax, letter in ((left, "a"), (right, "b")):
            panel_label(ax, letter)
            shown = ", ".join(f"{symbol} = {value:g}" for symbol, value in known.items() if value is not None)
            ax.set_title(shown, fontsize="medium")
    return figure


def _fits_early(ds: xr.Dataset) -> Measured:
    fit = t_fit(ds, FITTED)
    long_enough = float(ds["step"][-1]) >= FIT_STEPS
    return over_seeds(fit <= FIT_STEPS, {"t100(train)": fit}, decided=~is_censored(fit) | long_enough)


def _rises_after_a_plateau(ds: xr.Dataset) -> Measured:
    accuracy, fit = ds["test_accuracy"], t_fit(ds, FITTED)
    early, late, end = value_at(accuracy, fit), value_at(accuracy, LASTS * fit), last_value(accuracy)
    lowest, highest = np.minimum(early, late), np.maximum(early, late)
    is_plateau = (lowest >= PLATEAU[0]) & (highest <= PLATEAU[1]) & (highest - lowest <= FLAT)
    rises = (end - highest >= RISE) & (last_value(ds["train_accuracy"]) >= FITTED)
    # A missing plateau is known immediately; a rise may still come.
    return over_seeds(
        is_plateau & rises,
        {
            "test accuracy at t100(train)": early,
            f"at {LASTS} t100(train)": late,
            "at the end": end,
            "train accuracy at the end": last_value(ds["train_accuracy"]),
            "weight norm there": last_value(ds["weight_norm"]),
        },
        decided=late.notnull() & (~is_plateau | rises | _is_settled(ds)),
    )


def _is_settled(ds: xr.Dataset) -> xr.DataArray:
    """Returns whether the weight norm has fallen to that of a standard initialization, the end of its decline."""
    norm, scale = ds["weight_norm"], config_value(ds, "model.init_scale")
    return last_value(norm) <= norm.isel(step=0) / (np.inf if scale is None else scale)


CLAIMS = [
    Claim(
        "omnigrok/fig12/1",
        "train accuracy reaches 100% within 3e3 steps",
        "train accuracy remains at 100%",
        _fits_early,
    ),
    Claim(
        "omnigrok/fig12/2",
        "test accuracy plateaus at 30-40% (within 5 points from the step of 100% train accuracy to ten "
        "times that step), and later rises by at least 20 points while train accuracy is 100%",
        "rises to 30-40% early in training, then plateaus for an extended period, before increasing to about 75%",
        _rises_after_a_plateau,
    ),
]
