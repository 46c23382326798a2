"""When a run fits its training data, when it generalizes, and how much later: read off recorded curves.

A time is in optimizer steps. It is inf where the run was trained to the end of its budget without reaching the
level (censored: "not within the budget", never dropped), and NaN where its records stop before that could be known
(it diverged, was ended early, or had fewer steps than others of the grid). Records that are NaN between others were
not made (runs of one grid may be recorded at different steps): a curve runs on across them.
"""

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Real

from grok_jax.analysis.claims import NotMeasured
from grok_jax.errors import require

LEVEL = 0.95
# 95 right of 100 is 0.94999999 in float32: a level counts as reached within this distance, relative to the level.
TOLERANCE = 1e-6


def first_crossing(
    x: Real[xr.DataArray, "*grid step"], level: float, direction: str = "up"
) -> Float[xr.DataArray, "*grid"]:
    """Step at which x first reaches a level, interpolated between records linearly in the step.

    With the finite records (s_i, x_i) of a run and i the first one at or beyond the level,
    t = s_{i-1} + (s_i - s_{i-1}) (level - x_{i-1}) / (x_i - x_{i-1}), and t = s_0 for i = 0.

    Args:
      x: a curve for each run, along 'step'.
      level: what x has to reach, in the units of x.
      direction: 'up', x >= level, or 'down', x <= level.

    Returns:
      The time of each run in steps: inf where x never reaches the level, NaN where its records stop before the last.

    Raises:
      UserError: another direction, or no axis 'step'.
    """
    require(direction in ("up", "down"), f"direction is {direction!r}; it must be up or down")
    _require_steps(x)
    sign = 1.0 if direction == "up" else -1.0
    time = xr.apply_ufunc(
        _first_zero,
        sign * (x.astype(np.float64) - level),
        x["step"],
        input_core_dims=[["step"], ["step"]],
        kwargs={"slack": TOLERANCE * abs(level)},
    )
    relation = "at or above" if direction == "up" else "at or below"
    name = x.attrs.get("long_name", x.name)
    time.attrs = {"units": "steps", "long_name": f"first step with {name} {relation} {level:g}"}
    return time


def _first_zero(height: np.ndarray, steps: np.ndarray, slack: float) -> np.ndarray:
    """Where height, along its last axis, first rises to zero: see first_crossing."""
    finite = np.isfinite(height)
    height = np.where(finite, height, np.nan)
    reached = finite & (height >= -slack)
    found, first = reached.any(-1), reached.argmax(-1)
    newest = np.maximum.accumulate(np.where(finite, np.arange(steps.size), -1), axis=-1)
    before = _pick(newest, np.maximum(first - 1, 0))  # -1: the first finite record is there already

    inside = found & (first > 0) & (before >= 0)
    low, high = _pick(height, before), _pick(height, first)
    share = np.divide(-low, high - low, out=np.ones_like(low), where=inside)
    time = steps[before] + (steps[first] - steps[before]) * np.clip(share, 0.0, 1.0)
    return np.where(found, time, np.where(finite[..., -1], np.inf, np.nan))


def _pick(x: np.ndarray, index: np.ndarray | np.integer) -> np.ndarray:
    """The element of each row (last axis) at an index of its own."""
    return np.take_along_axis(x, np.asarray(index)[..., None], axis=-1).squeeze(-1)


def value_at(
    x: Real[xr.DataArray, "*grid step"], step: Real[xr.DataArray, "..."] | float
) -> Float[xr.DataArray, "..."]:
    """x at a given step, interpolated between records linearly in the step.

    Args:
      x: a curve for each run, along 'step'.
      step: one step for all runs, or the step of each run (a time of this module).

    Returns:
      The value of each run; NaN where the step is inf, NaN or outside of the records.

    Raises:
      UserError: no axis 'step'.
    """
    _require_steps(x)
    value = xr.apply_ufunc(
        _interpolate,
        step,
        x["step"],
        x,
        input_core_dims=[[], ["step"], ["step"]],
        vectorize=True,
    )
    value.attrs = dict(x.attrs)
    return value


def _interpolate(at: float, steps: np.ndarray, curve: np.ndarray) -> float:
    known = np.isfinite(curve)
    return np.interp(at, steps[known], curve[known], left=np.nan, right=np.nan) if known.any() else np.nan


def last_value(x: Real[xr.DataArray, "*grid step"]) -> Float[xr.DataArray, "*grid"]:
    """The last finite record of each run; NaN where there is none."""
    _require_steps(x)
    return value_at(x, x["step"].where(np.isfinite(x)).max("step"))


def t_fit(ds: xr.Dataset, level: float = LEVEL) -> Float[xr.DataArray, "*grid"]:
    """Step at which the training accuracy first reaches the level: see first_crossing."""
    return first_crossing(_accuracy(ds, "train_accuracy"), level)


def t_generalize(ds: xr.Dataset, level: float = LEVEL) -> Float[xr.DataArray, "*grid"]:
    """Step at which the test accuracy first reaches the level: see first_crossing."""
    return first_crossing(_accuracy(ds, "test_accuracy"), level)


def delay(ds: xr.Dataset, level: float = LEVEL) -> Float[xr.DataArray, "*grid"]:
    """How many times later a run generalizes than it fits, t_generalize / t_fit.

    Returns:
      The ratio of each run: inf where it fits and never generalizes, 0 where it generalizes and never fits, NaN where
      it does neither, where it fits at step 0, and where the records break off.
    """
    fit = t_fit(ds, level)
    ratio = t_generalize(ds, level) / fit.where(fit > 0)
    ratio.attrs = {"units": "1", "long_name": f"delay of generalization: ratio of the steps to {level:g} accuracy"}
    return ratio


def t_loss(ds: xr.Dataset, level: float) -> tuple[Float[xr.DataArray, "*grid"], Float[xr.DataArray, "*grid"]]:
    """Steps at which the training loss and the test loss first fall to a level: see first_crossing."""
    return first_crossing(ds["train_loss"], level, "down"), first_crossing(ds["test_loss"], level, "down")


def t_threshold(ds: xr.Dataset, threshold: float) -> tuple[Float[xr.DataArray, "*grid"], Float[xr.DataArray, "*grid"]]:
    """Steps at which a regression is right, at a threshold of the squared error, on LEVEL of training and of test rows.

    Args:
      ds: results with what the probe "row_errors" records.
      threshold: any, whatever the run's own accuracy counts with.

    Raises:
      NotMeasured: the probe was not asked for.
    """
    if "train_row_error" not in ds:
        raise NotMeasured("needs training.probes=('row_errors',)")
    return tuple(first_crossing(ds[f"{split}_row_error"], threshold, "down") for split in ("train", "test"))


def time_to_grok(ds: xr.Dataset, level: float) -> Float[xr.DataArray, "*grid"]:
    """How many steps after the training loss the test loss falls to a level.

    Returns:
      max(0, t_test - t_train) of each run: inf where the test loss never falls so far and the training loss does, NaN
      where the training loss does not, and where the records break off.

    Reference: Kumar et al. (2024), Fig. 3e, whose public code shows a test loss that never falls as 0.
    """
    train, test = t_loss(ds, level)
    wait = xr.where(np.isinf(train), np.nan, np.maximum(test - train.where(np.isfinite(train)), 0.0))
    wait.attrs = {"units": "steps", "long_name": f"steps from train loss to test loss at {level:g}"}
    return wait


def loss_delay(ds: xr.Dataset, level: float) -> Float[xr.DataArray, "*grid"]:
    """How many times later the test loss than the training loss falls to a level: `delay` for a regression.

    Returns:
      The ratio of each run: inf where the test loss never falls so far, NaN where the training loss does not, where it
      is there at step 0, and where the records break off.
    """
    train, test = t_loss(ds, level)
    ratio = test / train.where(np.isfinite(train) & (train > 0))
    ratio.attrs = {"units": "1", "long_name": f"delay of generalization: ratio of the steps to a loss of {level:g}"}
    return ratio


def relative(x: Real[xr.DataArray, "*grid step"]) -> Float[xr.DataArray, "*grid step"]:
    """A curve over its value at the first record."""
    return x / x.isel(step=0, drop=True)


def is_censored(time: Float[xr.DataArray, "*grid"]) -> Bool[xr.DataArray, "*grid"]:
    """Whether a time (or a delay) lies beyond the budget of its run."""
    return time == np.inf


def add_grokking_times(ds: xr.Dataset, level: float = LEVEL) -> xr.Dataset:
    """The results with the variables t_fit, t_generalize and delay beside the curves.

    Raises:
      UserError: the results have no accuracies.
    """
    return ds.assign(t_fit=t_fit(ds, level), t_generalize=t_generalize(ds, level), delay=delay(ds, level))


def _require_steps(x: xr.DataArray) -> None:
    require("step" in x.dims, f"a curve has the axes {x.dims}; one of them must be 'step'")


def _accuracy(ds: xr.Dataset, name: str) -> xr.DataArray:
    require(
        name in ds,
        f"the results have no {name!r}, only {', '.join(map(str, ds))}; a regression needs training.accuracy_threshold",
    )
    return ds[name]
