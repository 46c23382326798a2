"""Reads results: grokking times, power laws, medians over seeds, and claims judged on a Dataset from sweep.

Every function takes xarray objects whose dimensions are the axes of a grid and 'step'. Axes that a function does not
reduce stay in its result. The modules are grokking (times), crossing and power_law (along one axis), seeds, selection
(of runs), lazy (network and linearized twin), landscape (runs on spheres of equal weight norm), zone (where a landscape
is low), claims and readings.
"""

from grok_jax.analysis.claims import Claim, Measured, NotMeasured, format_claims, judge, over_seeds
from grok_jax.analysis.crossing import last_crossing
from grok_jax.analysis.grokking import (
    add_grokking_times,
    delay,
    first_crossing,
    is_censored,
    last_value,
    loss_delay,
    relative,
    t_fit,
    t_generalize,
    t_loss,
    time_to_grok,
    value_at,
)
from grok_jax.analysis.landscape import error, minimized, place_of_minimum, reduced, still_falling
from grok_jax.analysis.lazy import comparison, kernel_regression_loss, network_and_twin, t_part, t_peak
from grok_jax.analysis.power_law import fit_power_law, rank_correlation, slopes_along
from grok_jax.analysis.readings import read_off
from grok_jax.analysis.seeds import mean_of_seeds, median_of_seeds
from grok_jax.analysis.selection import config_value, runs_at, sorted_along, with_axis
from grok_jax.analysis.zone import Zone, goldilocks

__all__ = [
    "Claim",
    "Measured",
    "NotMeasured",
    "Zone",
    "add_grokking_times",
    "comparison",
    "config_value",
    "delay",
    "error",
    "first_crossing",
    "fit_power_law",
    "format_claims",
    "goldilocks",
    "is_censored",
    "judge",
    "kernel_regression_loss",
    "last_crossing",
    "last_value",
    "loss_delay",
    "mean_of_seeds",
    "median_of_seeds",
    "minimized",
    "network_and_twin",
    "over_seeds",
    "place_of_minimum",
    "rank_correlation",
    "read_off",
    "reduced",
    "relative",
    "runs_at",
    "slopes_along",
    "sorted_along",
    "still_falling",
    "t_fit",
    "t_generalize",
    "t_loss",
    "t_part",
    "t_peak",
    "time_to_grok",
    "value_at",
    "with_axis",
]
