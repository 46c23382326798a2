"""One number read off each run's curve, such as the height of its peak."""

import xarray as xr
from jaxtyping import Real

from grok_jax.analysis.grokking import first_crossing, value_at
from grok_jax.analysis.lazy import t_peak
from grok_jax.errors import require

KINDS = ("value", "peak", "peak step", "rise", "fall")


def read_off(x: Real[xr.DataArray, "*grid step"], kind: str, where: float | int) -> Real[xr.DataArray, "*grid"]:
    """Reads one number off each curve.

    Args:
      x: a curve for each run, along 'step'.
      kind: "value", at a step; "peak", the largest record; "peak step", its step; "rise" or "fall", the first step at
        which the curve is at a level or beyond it.
      where: the step of a value, or the level of a rise or fall; a peak has none.

    Returns:
      The number of each run: a step is inf where the level is not reached, and NaN stands where the records stop
      before it could be known.

    Raises:
      UserError: another kind.
    """
    require(kind in KINDS, f"kind is {kind!r}; it must be one of {', '.join(KINDS)}")
    if kind == "value":
        return value_at(x, float(where))
    if kind in ("rise", "fall"):
        return first_crossing(x, float(where), {"rise": "up", "fall": "down"}[kind])
    return x.max("step") if kind == "peak" else t_peak(x)
