"""Whether the output scale α, and no weight norm, sets how late a network generalises."""

import xarray as xr

from grok_jax.analysis.claims import Measured, over_seeds
from grok_jax.analysis.grokking import delay, is_censored, last_value, t_fit, t_generalize
from grok_jax.analysis.power_law import rank_correlation
from grok_jax.analysis.selection import sorted_along

ALPHA = "model.output_scale"
RISING = 0.8  # rank correlation
ABSENT = 2.0  # a ratio of the steps below this is no delay
SAME = 1e-6  # relative difference of two norms


def delay_grows_with_scale(ds: xr.Dataset, level: float, fitted: float | None = None) -> Measured:
    """Whether the delay rises with α: a rank correlation above RISING in the majority of seeds.

    Args:
      ds: results with three or more values of α.
      level: accuracy of the delay t(test) / t(train).
      fitted: another train accuracy; the correlation of t_level(test) / t_fitted(train) is then reported beside.

    Returns:
      Measured, with the delay at each α.
    """
    ds = sorted_along(ds, ALPHA)
    ratio = delay(ds, level)
    rising = rank_correlation(ratio, ALPHA)
    values = {"rank correlation of delay and α": rising}
    for i, scale in enumerate(ds[ALPHA].values):
        values[f"delay at α = {scale:g}" if i == 0 else f"at {scale:g}"] = ratio.isel({ALPHA: i}, drop=True)
    if fitted is not None:
        other = rank_correlation(t_generalize(ds, level) / t_fit(ds, fitted), ALPHA)
        values[f"rank correlation of t{level * 100:g}(test)/t{fitted * 100:g}(train) and α"] = other
    return over_seeds(rising > RISING, values, decided=rising.notnull())


def absent_at_the_smallest(ds: xr.Dataset, level: float) -> Measured:
    """Whether there is no delay at the smallest α: t(test) / t(train) < ABSENT in the majority of seeds.

    A run that does not generalise within its budget fails where the budget is ABSENT times its t(train) or more.
    """
    ds = sorted_along(ds, ALPHA)
    smallest = ds.isel({ALPHA: 0}, drop=True)
    ratio, fit = delay(smallest, level), t_fit(smallest, level)
    long_enough = float(ds["step"][-1]) >= ABSENT * fit
    return over_seeds(
        ratio < ABSENT,
        {
            "delay": ratio,
            f"t{level * 100:g}(train)": fit,
            f"t{level * 100:g}(test)": t_generalize(smallest, level),
            "final test accuracy": last_value(smallest["test_accuracy"]),
        },
        decided=ratio.notnull() & (~is_censored(ratio) | long_enough),
        note=f"at α = {float(ds[ALPHA][0]):g}",
    )


def same_initial_norm(ds: xr.Dataset) -> Measured:
    """Whether the weight norm at the first record is the same at every α, to one part in 1/SAME."""
    start = sorted_along(ds, ALPHA)["weight_norm"].isel(step=0, drop=True)
    spread = (start.max(ALPHA) - start.min(ALPHA)) / start.mean(ALPHA)
    return over_seeds(spread <= SAME, {"initial weight norm": start.mean(ALPHA), "relative spread over α": spread})
