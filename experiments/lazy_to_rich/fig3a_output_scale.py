"""Lazy to rich, Figure 3a: the output scale α sets how long after the training loss the test loss falls.

Results: dims ('model.output_scale', 'seed', 'step').
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from grok_jax.analysis.claims import Claim, Measured, over_seeds
from grok_jax.analysis.grokking import is_censored, last_value, loss_delay, time_to_grok
from grok_jax.analysis.power_law import rank_correlation
from grok_jax.analysis.relative_loss import FINISHED, relative_losses
from grok_jax.analysis.selection import sorted_along
from grok_jax.plotting.motion import losses_and_paths

ALPHA = "model.output_scale"
LEVEL = 0.1  # the loss at which the paper reads off times in its figure 3e
RISING = 0.8  # rank correlation
ABSENT = 1.5  # a ratio of the steps below this is no delay, as in figure 2


def plot(ds: xr.Dataset) -> Figure:
    """(a) losses for each α, (c) where the weights went; the paper has a sketch for (c)."""
    return losses_and_paths(ds, ALPHA, symbol="α", level=LEVEL, letters="ac")


def _delay_grows_with_scale(ds: xr.Dataset) -> Measured:
    ds = sorted_along(ds, ALPHA)
    wait = time_to_grok(ds, LEVEL)
    rising = rank_correlation(wait, ALPHA)
    return over_seeds(
        rising > RISING,
        {
            "rank correlation of delay and α": rising,
            f"steps of delay at α = {float(ds[ALPHA][0]):g}": wait.isel({ALPHA: 0}, drop=True),
            f"at α = {float(ds[ALPHA][-1]):g}": wait.isel({ALPHA: -1}, drop=True),
            "largest α with a finite delay": ds[ALPHA].where(np.isfinite(wait)).max(ALPHA),
        },
        decided=rising.notnull(),
    )


def _absent_at_the_smallest(ds: xr.Dataset) -> Measured:
    smallest = sorted_along(ds, ALPHA).isel({ALPHA: 0}, drop=True)
    ratio = loss_delay(smallest, LEVEL)
    finished = last_value(relative_losses(smallest)["train_loss"]) < FINISHED
    return over_seeds(
        ratio < ABSENT,
        {"t(test)/t(train)": ratio, "final test loss": last_value(smallest["test_loss"])},
        decided=ratio.notnull() & (~is_censored(ratio) | finished),
        note=f"at α = {float(sorted_along(ds, ALPHA)[ALPHA][0]):g}",
    )


CLAIMS = [
    Claim(
        "lazy_to_rich/fig3a/1",
        "the steps from train loss .1 to test loss .1 grow with the output scale α (rank correlation > .8)",
        "increasing α continuously induces a longer delay",
        _delay_grows_with_scale,
    ),
    Claim(
        "lazy_to_rich/fig3a/2",
        "at the smallest α there is no delay: test loss reaches .1 within 1.5 times the steps of train loss",
        "small α can eliminate grokking altogether",
        _absent_at_the_smallest,
    ),
]
