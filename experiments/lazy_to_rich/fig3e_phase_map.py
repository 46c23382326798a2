"""Lazy to rich, Figure 3e: steps from the fall of train loss to the fall of test loss, over α and ε.

Results: dims ('model.output_scale', 'model.epsilon', 'seed', 'step').
"""

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.figure import Figure

from experiments.checks import Check, at_steps, falls
from experiments.lazy_to_rich.waits import how_many_differ, is_longest_at
from grok_jax.analysis.claims import Claim, Measured, over_seeds
from grok_jax.analysis.grokking import is_censored, last_value, time_to_grok
from grok_jax.analysis.power_law import rank_correlation
from grok_jax.analysis.seeds import median_of_seeds
from grok_jax.analysis.selection import sorted_along, with_axis
from grok_jax.plotting.curves import legend
from grok_jax.plotting.maps import heat_map
from grok_jax.plotting.style import panel_labels, style

OUTPUT_SCALE, EPSILON = "model.output_scale", "model.epsilon"
LEVEL = 0.1  # loss at which the paper reads times
RISING = 0.8  # rank correlation
FEWEST = 3  # different waits


def plot(ds: xr.Dataset) -> Figure:
    """Plots (e1) the paper's map, (e2) the final test loss, which shows where the level is out of reach."""
    ds = with_axis(with_axis(ds, OUTPUT_SCALE), EPSILON)
    wait = median_of_seeds(time_to_grok(ds, LEVEL)).median
    end = median_of_seeds(last_value(ds["test_loss"])).median
    names = ("output scale α", "strength of the nonlinear part ε")
    with style():
        figure = Figure(figsize=(11.0, 4.6), layout="constrained")
        left, right = figure.subplots(1, 2)
        unreached = f"test loss stays above {LEVEL:g}"
        title = f"time to grok, loss {LEVEL:g} [steps]"
        heat_map(left, wait, OUTPUT_SCALE, EPSILON, labels=(*names, title), log="z", never=unreached)
        several = min(end.sizes.values()) > 1
        levels = (LEVEL,) if several else ()
        heat_map(right, end, OUTPUT_SCALE, EPSILON, labels=(*names, "final test loss"), log="z", contours=levels)
        if left.get_legend_handles_labels()[0]:
            legend(left, loc="lower center", bbox_to_anchor=(0.5, 1.0))
        panel_labels((left, right), "e")
    return figure


def _mean_over_lines(wait: Float[xr.DataArray, "..."], along: str, across: str) -> Float[xr.DataArray, "..."]:
    """Returns the mean rank correlation of the times along one axis, ignoring lines entirely beyond the budget."""
    informative = (~is_censored(wait)).any(along)
    return rank_correlation(wait.where(informative), along).mean(across)


def _monotone(ds: xr.Dataset) -> Measured:
    ds = sorted_along(sorted_along(ds, OUTPUT_SCALE), EPSILON)
    wait = time_to_grok(ds, LEVEL)
    with_alpha, with_epsilon = (
        _mean_over_lines(wait, OUTPUT_SCALE, EPSILON),
        -_mean_over_lines(wait, EPSILON, OUTPUT_SCALE),
    )
    as_zero = wait.where(~is_censored(wait), 0.0)
    reached = wait.where(~is_censored(wait))
    return over_seeds(
        (with_alpha > RISING) & (with_epsilon > RISING),
        {
            "rank correlation with α": with_alpha,
            "with 1/ε": with_epsilon,
            "without runs that never get there, with α": _mean_over_lines(reached, OUTPUT_SCALE, EPSILON),
            "with 1/ε without them": -_mean_over_lines(reached, EPSILON, OUTPUT_SCALE),
            "if never counts as 0 (the paper's code), with α": _mean_over_lines(as_zero, OUTPUT_SCALE, EPSILON),
            "with 1/ε if never counts as 0": -_mean_over_lines(as_zero, EPSILON, OUTPUT_SCALE),
            "share that never gets there": is_censored(wait).mean([OUTPUT_SCALE, EPSILON]),
            "longest [steps]": reached.max([OUTPUT_SCALE, EPSILON]),
        },
        decided=np.isfinite(with_alpha) & np.isfinite(with_epsilon),
    )


def _longest_where_lazy_and_misaligned(ds: xr.Dataset) -> Measured:
    ds = sorted_along(sorted_along(ds, OUTPUT_SCALE), EPSILON)
    wait, corner = time_to_grok(ds, LEVEL), {OUTPUT_SCALE: -1, EPSILON: 0}
    return over_seeds(
        is_longest_at(wait, corner),
        {
            "steps at the largest α and the smallest ε": wait.isel(corner, drop=True),
            "longest finite": wait.where(~is_censored(wait)).max([OUTPUT_SCALE, EPSILON]),
            "share that never gets there": is_censored(wait).mean([OUTPUT_SCALE, EPSILON]),
        },
        decided=how_many_differ(wait, [OUTPUT_SCALE, EPSILON]) >= FEWEST,
    )


CLAIMS = [
    Claim(
        "lazy_to_rich/fig3e/1",
        "of the runs that reach test loss .1 within the budget, the one with the largest α and the "
        "smallest ε takes the most steps from train loss .1 to test loss .1",
        "lazy, misaligned networks grok the most intensely",
        _longest_where_lazy_and_misaligned,
    ),
    Claim(
        "lazy_to_rich/fig3e/2",
        "the steps from train loss .1 to test loss .1 grow with α at fixed ε, and as ε falls at fixed α "
        '(mean rank correlation > .8 along both axes; "never" counts as the most)',
        "the map, whose public code shows never as 0",
        _monotone,
        own=True,
    ),
]

# One run of the authors' code at each (α, ε): steps to a train and a test loss of .1, and the last test loss of runs
# that never reach it.
THEIRS = {
    (0.4, 0.02): (173, 407, None),
    (0.4, 0.14): (19, 78, None),
    (0.4, 0.28): (8, 46, None),
    (2.8, 0.02): (897, 3503, None),
    (2.8, 0.14): (83, 1053, None),
    (2.8, 0.28): (32, None, 0.146),
    (5.6, 0.02): (1575, 7933, None),
    (5.6, 0.14): (130, None, 0.145),
    (5.6, 0.28): (46, None, 0.229),
}


def _checks() -> list[Check]:
    checks = []
    for (scale, epsilon), (train, test, end) in THEIRS.items():
        runs = {OUTPUT_SCALE: scale, EPSILON: epsilon}
        checks += falls("train_loss", runs, {0.1: train})
        checks += falls("test_loss", runs, {0.1: test}) if test else at_steps("test_loss", runs, {110_000: end})
    return checks


CHECKS = _checks()
