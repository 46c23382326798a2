"""When a run fits its training data, when it generalizes, and how much later, read off recorded curves.

Times are in optimizer steps. A time is inf if the run used its whole budget without reaching the level (censored: "not
within the budget", never dropped). It is NaN if the records stop too early to tell: the run diverged, ended early, or
had fewer steps than other runs of the grid. Several levels at once give times with a dimension 'level'.

A NaN between finite records means that no record was made at that step (runs of one grid may be recorded at different
steps); curves are interpolated across it.
"""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Real

from grok_jax.analysis.claims import NotMeasured
from grok_jax.errors import UserError, require, require_results, written

LEVEL = 0.95
Level = float | Sequence[float] | Real[np.ndarray, " levels"]
# 95 correct of 100 is 0.94999999 in float32. A level counts as reached within this distance, relative to the level.
TOLERANCE = 1e-6


def first_crossing(
    x: Real[xr.DataArray, "*grid step"], level: Level, direction: str = "up"
) -> Float[xr.DataArray, "..."]:
    """Step at which x first reaches a level, interpolated linearly in the step between records.

    If (s_i, x_i) are the finite records of a run and record i is the first at or beyond the level, then
    t = s_{i-1} + (s_i - s_{i-1}) (level - x_{i-1}) / (x_i - x_{i-1}), and t = s_0 for i = 0.

    Args:
      x: a curve for each run, along 'step'.
      level: the level to reach, in the units of x; several give the times a dimension 'level', which comes last.
      direction: 'up' for x >= level, 'down' for x <= level.

    Returns:
      The time of each run in steps: inf if x never reaches the level, NaN if its records stop before the last step.

    Raises:
      UserError: the direction is not 'up' or 'down', a level is not a finite number, x has no axis 'step', or
        there are several levels and x has an axis 'level'.
    """
    require(direction in ("up", "down"), f"direction is {direction!r}; it must be up or down")
    _require_steps(x)
    levels = _levels(level)
    is_free = levels.ndim == 0 or "level" not in x.dims
    require(is_free, "the results have a dimension 'level' already; give one level at a time")
    sign = 1.0 if direction == "up" else -1.0
    time = xr.apply_ufunc(
        _first_zero,
        sign * (x.astype(np.float64) - levels),
        x["step"],
        TOLERANCE * abs(levels),
        input_core_dims=[["step"], ["step"], []],
    )
    relation = "at or above" if direction == "up" else "at or below"
    name = x.attrs.get("long_name", x.name)
    time.attrs = {"units": "steps", "long_name": f"first step with {name} {relation} {_in_words(level)}"}
    return time


def _levels(level: Level) -> Float[xr.DataArray, "..."]:
    """A level as a number without dimensions, or several along the dimension 'level'."""
    words = f"level is {written(level)}; it must be a number, or several different numbers"
    try:
        values = np.asarray(level)
    except ValueError as error:  # lists of different lengths
        raise UserError(words) from error
    require(values.dtype.kind in "iuf" and values.ndim <= 1 and values.size > 0, words)
    values = values.astype(np.float64)
    require(bool(np.isfinite(values).all()) and np.unique(values).size == values.size, words)
    return xr.DataArray(values) if values.ndim == 0 else xr.DataArray(values, dims="level", coords={"level": values})


def _in_words(level: Level) -> str:
    """A level as a long_name says it."""
    return "each level" if np.ndim(level) else f"{level:g}"


def _first_zero(height: np.ndarray, steps: np.ndarray, slack: np.ndarray | np.floating) -> np.ndarray:
    """Step at which height first rises to zero along its last axis; see first_crossing."""
    finite = np.isfinite(height)
    height = np.where(finite, height, np.nan)
    reached = finite & (height >= -np.asarray(slack)[..., None])
    found, first = reached.any(-1), reached.argmax(-1)
    newest = np.maximum.accumulate(np.where(finite, np.arange(steps.size), -1), axis=-1)
    before = _pick(newest, np.maximum(first - 1, 0))  # -1: the first finite record is already at the level

    inside = found & (first > 0) & (before >= 0)
    low, high = _pick(height, before), _pick(height, first)
    share = np.divide(-low, high - low, out=np.ones_like(low), where=inside)
    time = steps[before] + (steps[first] - steps[before]) * np.clip(share, 0.0, 1.0)
    return np.where(found, time, np.where(finite[..., -1], np.inf, np.nan))


def _pick(x: np.ndarray, index: np.ndarray | np.integer) -> np.ndarray:
    """The element of each row (last axis) at the row's index."""
    return np.take_along_axis(x, np.asarray(index)[..., None], axis=-1).squeeze(-1)


def value_at(
    x: Real[xr.DataArray, "*grid step"], step: Real[xr.DataArray, "..."] | float
) -> Float[xr.DataArray, "..."]:
    """x at a given step, interpolated linearly in the step between records.

    Args:
      x: a curve for each run, along 'step'.
      step: one step for all runs, or one for each run (such as a time from this module).

    Returns:
      The value of each run; NaN if the step is inf, NaN or outside the records.

    Raises:
      UserError: x has no axis 'step'.
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
    return value.rename(x.name)  # otherwise xarray may name it after the steps


def _interpolate(at: float, steps: np.ndarray, curve: np.ndarray) -> float:
    known = np.isfinite(curve)
    return np.interp(at, steps[known], curve[known], left=np.nan, right=np.nan) if known.any() else np.nan


def last_value(x: Real[xr.DataArray, "*grid step"]) -> Float[xr.DataArray, "*grid"]:
    """The last finite record of each run; NaN if there is none."""
    _require_steps(x)
    return value_at(x, x["step"].where(np.isfinite(x)).max("step"))


def t_fit(ds: xr.Dataset, level: Level = LEVEL) -> Float[xr.DataArray, "..."]:
    """Step at which the training accuracy first reaches the level; see first_crossing."""
    return first_crossing(_accuracy(ds, "train_accuracy"), level)


def t_generalize(ds: xr.Dataset, level: Level = LEVEL) -> Float[xr.DataArray, "..."]:
    """Step at which the test accuracy first reaches the level; see first_crossing."""
    return first_crossing(_accuracy(ds, "test_accuracy"), level)


def delay(ds: xr.Dataset, level: Level = LEVEL) -> Float[xr.DataArray, "..."]:
    """Delay of generalization, as the ratio t_generalize / t_fit at one level or at each of several.

    Returns:
      The ratio of each run: inf if the run fits but never generalizes, 0 if it generalizes but never fits, NaN if it
      does neither, if it fits at step 0, or if its records stop too early.
    """
    fit = t_fit(ds, level)
    ratio = t_generalize(ds, level) / fit.where(fit > 0)
    words = _in_words(level)
    ratio.attrs = {"units": "1", "long_name": f"delay of generalization: ratio of the steps to {words} accuracy"}
    return ratio


def t_loss(ds: xr.Dataset, level: Level) -> tuple[Float[xr.DataArray, "..."], Float[xr.DataArray, "..."]]:
    """Steps at which the training loss and the test loss first fall to a level; see first_crossing."""
    return first_crossing(ds["train_loss"], level, "down"), first_crossing(ds["test_loss"], level, "down")


def t_threshold(ds: xr.Dataset, threshold: float) -> tuple[Float[xr.DataArray, "*grid"], Float[xr.DataArray, "*grid"]]:
    """Steps at which LEVEL of the training rows, and of the test rows, have a squared error within a threshold.

    Args:
      ds: results with the variables of the probe "row_errors".
      threshold: any threshold; it need not be the one behind the run's own accuracy.

    Raises:
      NotMeasured: the results lack the probe.
    """
    if "train_row_error" not in ds:
        raise NotMeasured("needs training.probes=('row_errors',)")
    train, test = (first_crossing(ds[f"{split}_row_error"], threshold, "down") for split in ("train", "test"))
    return train, test


def time_to_grok(ds: xr.Dataset, level: Level) -> Float[xr.DataArray, "..."]:
    """Steps from when the training loss falls to a level until the test loss does.

    Returns:
      max(0, t_test - t_train) of each run: inf if only the training loss falls that far, NaN if the training loss
      does not, or if the records stop too early.

    Reference: Kumar et al. (2024), Fig. 3e; the public code plots 0 if the test loss never falls that far.
    """
    train, test = t_loss(ds, level)
    wait = xr.where(np.isinf(train), np.nan, np.maximum(test - train.where(np.isfinite(train)), 0.0))
    wait.attrs = {"units": "steps", "long_name": f"steps from train loss to test loss at {_in_words(level)}"}
    return wait


def loss_delay(ds: xr.Dataset, level: Level) -> Float[xr.DataArray, "..."]:
    """Ratio of the steps at which the test loss and the training loss fall to a level: `delay` for a regression.

    Returns:
      The ratio of each run: inf if the test loss never falls that far, NaN if the training loss does not, if the
      training loss is there at step 0, or if the records stop too early.
    """
    train, test = t_loss(ds, level)
    ratio = test / train.where(np.isfinite(train) & (train > 0))
    words = f"ratio of the steps to {'each level of the loss' if np.ndim(level) else f'a loss of {level:g}'}"
    ratio.attrs = {"units": "1", "long_name": f"delay of generalization: {words}"}
    return ratio


def relative(x: Real[xr.DataArray, "*grid step"]) -> Float[xr.DataArray, "*grid step"]:
    """A curve divided by its value at the first record."""
    return x / x.isel(step=0, drop=True)


def is_censored(time: Float[xr.DataArray, "*grid"]) -> Bool[xr.DataArray, "*grid"]:
    """Whether a time (or a delay) exceeds the budget of its run."""
    return time == np.inf


def add_grokking_times(ds: xr.Dataset, level: Level = LEVEL) -> xr.Dataset:
    """Adds the variables t_fit, t_generalize and delay to the results, for one level or for several.

    Raises:
      UserError: these are not results of a sweep, or they have no accuracies.
    """
    require_results(ds)
    return ds.assign(t_fit=t_fit(ds, level), t_generalize=t_generalize(ds, level), delay=delay(ds, level))


def _require_steps(x: xr.DataArray) -> None:
    require("step" in x.dims, f"a curve has the axes {x.dims}; one of them must be 'step'")


def _accuracy(ds: xr.Dataset, name: str) -> xr.DataArray:
    require(
        name in ds,
        f"the results have no {name!r}, only {', '.join(map(str, ds))}; a regression needs training.accuracy_threshold",
    )
    return ds[name]
