"""Lazy to rich, Figure 3b: the share ε of quadratics in the initial kernel sets when and how far test loss falls.

Results: dims ('model.epsilon', 'seed', 'step').
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from experiments.lazy_to_rich.fig3e_phase_map import LEVEL
from experiments.lazy_to_rich.motion import losses_and_paths
from experiments.lazy_to_rich.waits import how_many_differ, is_longest_at
from grok_jax.analysis.claims import Claim, Measured, over_seeds
from grok_jax.analysis.grokking import last_value, time_to_grok
from grok_jax.analysis.power_law import rank_correlation
from grok_jax.analysis.selection import sorted_along

EPSILON = "model.epsilon"
RISING = 0.8  # rank correlation
FEWEST = 3  # different waits


def plot(ds: xr.Dataset) -> Figure:
    """Plots (b) losses for each ε, (d) the path of the weights, where the paper has a sketch."""
    return losses_and_paths(ds, EPSILON, symbol="ε", level=LEVEL, letters="bd")


def _longest_at_the_smallest(ds: xr.Dataset) -> Measured:
    ds = sorted_along(ds, EPSILON)
    wait = time_to_grok(ds, LEVEL)
    never = np.isinf(wait)
    return over_seeds(
        is_longest_at(wait, {EPSILON: 0}),
        {
            f"steps at ε = {float(ds[EPSILON][0]):g}": wait.isel({EPSILON: 0}, drop=True),
            "longest finite": wait.where(~never).max(EPSILON),
            "shortest": wait.min(EPSILON),
            "number of ε that never get there": never.sum(EPSILON),
        },
        decided=how_many_differ(wait, [EPSILON]) >= FEWEST,
    )


def _delay_grows_as_epsilon_falls(ds: xr.Dataset) -> Measured:
    ds = sorted_along(ds, EPSILON)
    wait = time_to_grok(ds, LEVEL)
    falling = -rank_correlation(wait, EPSILON)
    never = np.isinf(wait)
    return over_seeds(
        falling > RISING,
        {
            "rank correlation of delay and 1/ε": falling,
            "the same if never counts as 0 (the paper's code)": -rank_correlation(wait.where(~never, 0.0), EPSILON),
            f"steps of delay at ε = {float(ds[EPSILON][0]):g}": wait.isel({EPSILON: 0}, drop=True),
            f"at ε = {float(ds[EPSILON][-1]):g}": wait.isel({EPSILON: -1}, drop=True),
            "number of ε that never get there": never.sum(EPSILON),
        },
        decided=falling.notnull(),
    )


def _small_epsilon_ends_lower(ds: xr.Dataset) -> Measured:
    ds = sorted_along(ds, EPSILON)
    end = last_value(ds["test_loss"])
    rising = rank_correlation(end, EPSILON)
    return over_seeds(
        rising > RISING,
        {
            "rank correlation of ε and final test loss": rising,
            f"test loss at ε = {float(ds[EPSILON][0]):g}": end.isel({EPSILON: 0}, drop=True),
            f"at ε = {float(ds[EPSILON][-1]):g}": end.isel({EPSILON: -1}, drop=True),
            "largest final train loss": last_value(ds["train_loss"]).max(EPSILON),
        },
        decided=rising.notnull(),
    )


CLAIMS = [
    Claim(
        "lazy_to_rich/fig3b/1",
        "of the ε that reach test loss .1 within the budget, the smallest takes the most steps from train "
        "loss .1 to test loss .1",
        "small ε networks have a longer time delay; large ε ones a nearly immediate reduction in test loss",
        _longest_at_the_smallest,
    ),
    Claim(
        "lazy_to_rich/fig3b/2",
        "a smaller ε ends at a lower test loss (rank correlation of ε and final test loss > .8)",
        "smaller ε leads to lower final test loss",
        _small_epsilon_ends_lower,
    ),
    Claim(
        "lazy_to_rich/fig3b/3",
        'the steps from train loss .1 to test loss .1 grow as ε falls (rank correlation > .8; "never" '
        "counts as the most)",
        "the same as (1), for every ε",
        _delay_grows_as_epsilon_falls,
        own=True,
    ),
]
