"""Shared by figures 10a and 10b: the law t ∝ 1/γ for the steps to generalize, judged in each seed."""

import xarray as xr
from jaxtyping import Float

from grok_jax.analysis.claims import Measured, over_seeds
from grok_jax.analysis.power_law import slopes_along
from grok_jax.analysis.seeds import mean_of_seeds

WEIGHT_DECAY = "optimizer.weight_decay"
SLOPE, TOLERANCE = -1.0, 0.2
FEWEST = 4  # decays


def slope_is_minus_one(
    late: Float[xr.DataArray, "decays ..."], fit: Float[xr.DataArray, "decays ..."], note: str = ""
) -> Measured:
    """Judges whether the steps to generalize go as one over the weight decay.

    Args:
      late: steps to generalize, ordered by decay.
      fit: steps to fit; their slope is also reported.
      note: a note for the reader.
    """
    slope = slopes_along(late, WEIGHT_DECAY)
    interval = mean_of_seeds(slope)
    return over_seeds(
        abs(slope - SLOPE) <= TOLERANCE,
        {
            "slope": slope,
            "mean over seeds, 95% from": interval.low,
            "to": interval.high,
            "smallest slope of a seed": slope.min(),
            "largest": slope.max(),
            f"steps at γ = {late[WEIGHT_DECAY][0].item():.3g}": late.isel({WEIGHT_DECAY: 0}, drop=True),
            f"at γ = {late[WEIGHT_DECAY][-1].item():.3g}": late.isel({WEIGHT_DECAY: -1}, drop=True),
            "slope of t95(train)": slopes_along(fit, WEIGHT_DECAY),
        },
        decided=slope.notnull(),
        note=note,
    )
