"""Lazy to rich, Figure 18: train and test loss of the student-teacher run whose accuracies show grokking.

Results: dims ('seed', 'step').
"""

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.figure import Figure

from experiments.checks import at_steps
from experiments.lazy_to_rich.relative_loss import relative_losses
from grok_jax.analysis.claims import Claim, Measured, over_seeds
from grok_jax.analysis.grokking import delay, last_value, t_loss
from grok_jax.plotting.curves import learning_curves, legend
from grok_jax.plotting.style import panel_label, style

LEVELS = (0.1, 0.01)  # shares of the loss at the start
TOGETHER = 2.0


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) losses on a linear axis as in the paper, (b) on a logarithmic one, (c) accuracies of the same runs."""
    with style():
        figure = Figure(figsize=(13.0, 3.8), layout="constrained")
        left, middle, right = figure.subplots(1, 3)
        for ax in (left, middle):
            learning_curves(ax, ds, ("train_loss", "test_loss"))
        left.set_yscale("linear")
        learning_curves(right, ds)
        for ax, letter in zip((left, middle, right), "abc", strict=True):
            legend(ax)
            panel_label(ax, letter)
    return figure


def _fall_together(ds: xr.Dataset, level: float) -> Measured:
    losses = relative_losses(ds)
    ratio = _delay_at_least(losses, level, float(ds["step"][-1]))
    holds = (ratio < TOGETHER) & np.isfinite(t_loss(losses, level)[1])
    return over_seeds(
        holds,
        {
            "delay (at least)": ratio,
            "delay of accuracy": delay(ds),
            "train loss, end / start": last_value(losses["train_loss"]),
            "test loss, end / start": last_value(losses["test_loss"]),
        },
        decided=holds | (ratio >= TOGETHER),
    )


def _delay_at_least(losses: xr.Dataset, level: float, budget: float) -> Float[xr.DataArray, "..."]:
    """Returns how many times later the test loss falls to the level, with the budget as a bound; NaN if unknown."""
    train, test = t_loss(losses, level)
    return np.minimum(test, budget) / train.where(np.isfinite(train) & (train > 0))


CLAIMS = [
    Claim(
        "lazy_to_rich/fig18/1",
        "the train and test loss of a run fall together to a tenth of their start, all that a linear axis "
        "shows: the test loss takes less than 2 times the steps of the train loss",
        "the train loss tracks the test loss throughout",
        lambda ds: _fall_together(ds, LEVELS[0]),
    ),
    Claim(
        "lazy_to_rich/fig18/2",
        "train and test loss also fall together to a hundredth of their start, which only a logarithmic axis shows",
        "the train loss tracks the test loss throughout",
        lambda ds: _fall_together(ds, LEVELS[1]),
    ),
]

# One run of the authors' code; and, with other random numbers, one of Omnigrok's code in the same setting.
CHECKS = [
    *at_steps("train_loss", {}, {0: 0.360, 30: 0.029, 300: 0.0015, 10_000: 1e-6, 100_000: 8e-8}),
    *at_steps("test_loss", {}, {0: 0.352, 30: 0.041, 300: 0.0144, 10_000: 0.0030, 100_000: 4e-5}),
    *at_steps("weight_norm", {}, {0: 298.3**0.5}),
    *at_steps("test_loss", {}, {1000: 0.009309, 19_000: 0.001140}),
    *at_steps("train_accuracy", {}, {600: 0.91, 800: 0.99}),
    *at_steps("test_accuracy", {}, {600: 0.10, 1200: 0.16, 5000: 0.33, 10_000: 0.45, 15_000: 0.62, 19_000: 0.76}),
]
