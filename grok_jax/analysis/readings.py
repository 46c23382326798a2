"""Reads one number off each run's curve, such as the height of its peak."""

import xarray as xr
from jaxtyping import Real

from grok_jax.analysis.grokking import first_crossing, value_at
from grok_jax.analysis.lazy import t_peak
from grok_jax.errors import require

KINDS = ("value", "peak", "peak step", "dip", "dip step", "rise", "fall")


def read_off(x: Real[xr.DataArray, "*grid step"], kind: str, where: float | int) -> Real[xr.DataArray, "*grid"]:
    """Reads one number off each curve.

    Args:
      x: a curve for each run, along 'step'.
      kind: "value", the curve at a step; "peak" or "dip", the largest or the smallest record; "peak step" or "dip
        step", its step; "rise" or "fall", the first step at which the curve reaches a level from below or above.
      where: the step for "value", the level for "rise" and "fall"; otherwise ignored.

    Returns:
      One number per run. A step is inf if the level is not reached; a number is NaN if the records stop too early to
      know it.

    Raises:
      UserError: the kind does not exist.
    """
    require(kind in KINDS, f"kind is {kind!r}; it must be one of {', '.join(KINDS)}")
    if kind == "value":
        return value_at(x, float(where))
    if kind in ("rise", "fall"):
        return first_crossing(x, float(where), {"rise": "up", "fall": "down"}[kind])
    if kind in ("dip", "dip step"):
        return x.min("step") if kind == "dip" else t_peak(-x)
    return x.max("step") if kind == "peak" else t_peak(x)
