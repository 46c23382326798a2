"""Plateaus of a loss and the drops that end them, on noisy minibatch curves.

Reference: Liu et al. (2023), Omnigrok, Fig. 5d.
"""

import numpy as np
import xarray as xr
from jaxtyping import Float, Real

SMOOTHED = 1.5  # smooths minibatch noise: the median of all records within this factor of a step
FLAT, LASTS = 2.0, 3.0  # plateau: the loss stays within FLAT while steps grow by LASTS
FALL, WITHIN = 10.0, 10.0  # drop: the loss falls by FALL while steps grow by WITHIN


def windows(steps: Real[np.ndarray, " records"], back: float, ahead: float) -> list[slice]:
    """Selects, for each record, the records whose steps are at most these factors smaller and larger."""
    first = np.searchsorted(steps, steps / back)
    last = np.searchsorted(steps, steps * ahead, side="right")
    return [slice(a, b) for a, b in zip(first, last, strict=True)]


def smoothed(loss: Real[xr.DataArray, "..."]) -> Float[xr.DataArray, "*grid step"]:
    """Returns the median of the records within a factor SMOOTHED of each step >= 1; 'step' becomes the last axis."""
    loss = loss.sel(step=slice(1, None)).transpose(..., "step")
    around = windows(loss["step"].values, SMOOTHED, SMOOTHED)
    return loss.copy(data=np.stack([np.median(loss.values[..., near], axis=-1) for near in around], axis=-1))


def falls(loss: Float[xr.DataArray, "*grid step"]) -> Float[xr.DataArray, "*grid step"]:
    """Returns the factor by which a loss falls from each record while steps grow by a factor WITHIN."""
    ahead = windows(loss["step"].values, 1.0, WITHIN)
    return loss / np.stack([loss.values[..., later].min(-1) for later in ahead], axis=-1)


def t_drop(loss: Float[xr.DataArray, "*grid step"], after: float) -> Float[xr.DataArray, "*grid"]:
    """Returns the step of the first record after `after` at which the loss is 1 / FALL of an earlier plateau or less.

    Args:
      loss: smoothed loss.
      after: a step.

    Returns:
      The step for each run: inf if there is no such drop, NaN if the run diverged.
    """
    steps, values = loss["step"].values, loss.values
    time = np.full(values.shape[:-1], np.inf)
    for i, (before, later) in enumerate(
        zip(windows(steps, LASTS, 1.0), windows(steps, 1.0, WITHIN), strict=True),
    ):
        if steps[i] < LASTS * steps[0]:
            continue
        is_plateau = values[..., before].max(-1) <= FLAT * values[..., before].min(-1)
        is_down = values[..., later] <= values[..., i, None] / FALL
        found = steps[later][is_down.argmax(-1)]
        counts = is_plateau & is_down.any(-1) & (found >= after)
        time = np.where(counts, np.minimum(time, found), time)
    time = loss.isel(step=0, drop=True).copy(data=np.where(np.isfinite(values).all(-1), time, np.nan))
    time.attrs = {"units": "steps", "long_name": "step at which a plateau of the loss has been left by a drop"}
    return time
