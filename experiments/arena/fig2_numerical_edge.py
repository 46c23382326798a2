"""Arena, Figure 2: the numerical edge of softmax, and StableMax, OrthoGrad and weight decay around it.

Results: dims (the settings as one axis, 'seed', 'step'), with the probe "zero_losses".
"""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from configs.arena.fig2_numerical_edge import EDGE_STEPS, ORTHOGRAD_STEPS, STABLEMAX_STEPS
from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.grokking import LEVEL, first_crossing, is_censored, last_value, t_fit, t_generalize, value_at
from grok_jax.analysis.seeds import median_of_seeds
from grok_jax.plotting.curves import curve, legend
from grok_jax.plotting.style import colors, panel_label, style

LOSS, DTYPE, BEFORE = "training.loss", "loss.dtype", "optimizer.before"
RATE, DECAY, STEPS = "optimizer.learning_rate", "optimizer.weight_decay", "training.steps"
EXACT, NO_DECAY, STABLEMAX, ORTHOGRAD = "exact, float32", "no decay", "StableMax", "OrthoGrad"
FORMATS = ("softmax, float16", "softmax, float32", "softmax, float64", EXACT)
FLOAT16, FLOAT32, FLOAT64, _ = FORMATS
LARGEST_DECAY = "decay 8"
COLLAPSED = 0.5  # share of training rows with a loss of 0
STOPPED = 0.05  # largest rise of test accuracy after the collapse
AHEAD = 0.1  # test accuracy by which one ends above the other
BEHIND = 0.05  # test accuracy by which one may end below the other
NO_ZEROS = 0.01  # largest share of rows with a loss of 0 for a loss that does not collapse
LONGER = 2  # runs decide from this many times float32's steps to its collapse
DECAY_STEPS = 200  # within which decay 8 groks in the replication
AS_FAST = 1.25  # ratio of steps
LEVELS = (LEVEL, 0.99)
Arms = dict[str, xr.Dataset]


def arms(ds: xr.Dataset) -> Arms:
    """Returns the results of each setting by name, up to its own last step.

    Raises:
      NotMeasured: the grid does not have the settings on one axis.
    """
    axes = {ds[name].dims for name in (LOSS, DTYPE, BEFORE, RATE, DECAY, STEPS) if name in ds.coords}
    if len(axes) != 1 or len(next(iter(axes))) != 1 or "zero_losses" not in ds:
        raise NotMeasured("needs the settings on one axis, and the probe 'zero_losses'")
    (axis,) = next(iter(axes))
    found = {}
    for i, end in enumerate(ds[STEPS].values):
        # The others' later records would count as missing.
        found[_name(ds, i)] = ds.isel({axis: i}, drop=True).sel(step=slice(None, end))
    missing = [name for name in (*FORMATS, NO_DECAY, STABLEMAX, ORTHOGRAD, LARGEST_DECAY) if name not in found]
    if missing:
        raise NotMeasured(f"the settings lack {', '.join(missing)}")
    return found


def _name(ds: xr.Dataset, i: int) -> str:
    loss, dtype, before, rate, decay = (ds[name].values[i] for name in (LOSS, DTYPE, BEFORE, RATE, DECAY))
    if loss == "stablemax":
        return STABLEMAX
    if before == "orthograd":
        return ORTHOGRAD
    if decay > 0:
        return f"decay {decay:g}"
    if rate == ds[RATE].values.max():
        return NO_DECAY
    return EXACT if loss == "cross_entropy" else f"softmax, {dtype}"


def collapse(runs: xr.Dataset) -> xr.DataArray:
    """Returns the step at which half of the training rows have a loss of exactly 0; inf if that does not happen."""
    return first_crossing(runs["zero_losses"], COLLAPSED)


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) test accuracy and (b) rows with a loss of 0 by number format, (c) accuracy and (d) times by method."""
    found = arms(ds)
    slow = {name: found[name] for name in FORMATS}
    fast = {name: runs for name, runs in found.items() if name not in FORMATS}
    with style():
        figure = Figure(figsize=(11.5, 8.2), layout="constrained")
        (accuracy, zeros), (methods, times) = figure.subplots(2, 2)
        _curves(accuracy, slow, "test_accuracy")
        _curves(zeros, slow, "zero_losses")
        _curves(methods, fast, "test_accuracy")
        _times(times, fast)
        accuracy.set(title="without weight decay, by number format", ylabel="test accuracy")
        zeros.set(title="where the loss has run out of digits", ylabel="share of training rows with a loss of 0")
        zeros.axhline(COLLAPSED, color="0.6", linestyle=":", linewidth=1.0)
        methods.set(title="ways around it, at 20 times the learning rate", ylabel="test accuracy")
        times.set_title("steps to generalize")
        for ax, letter in zip((accuracy, zeros, methods, times), "abcd", strict=True):
            panel_label(ax, letter)
        for ax in (accuracy, methods):  # (b) has the curves of (a), and (d) names its own
            legend(ax, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def _curves(ax: Axes, found: Arms, variable: str) -> None:
    for (name, runs), color in zip(found.items(), colors(len(found)), strict=True):
        curve(ax, runs[variable], color=color, label=name, linestyle="--" if name == EXACT else "-")
    ax.set_ylim(-0.03, 1.03)


def _times(ax: Axes, found: Arms) -> None:
    """Draws a row for each method: a mark for each seed and level; if some seed never gets there, an open one."""
    for row, (runs, color) in enumerate(zip(found.values(), colors(len(found)), strict=True)):
        last = int(runs["step"][-1])
        for level, marker, lift in zip(LEVELS, "os", (0.14, -0.14), strict=True):
            time = np.ravel(t_generalize(runs, level))
            reached = time[np.isfinite(time)]
            ax.plot(reached, np.full(reached.size, row - lift), marker, color=color, markersize=5)
            if np.isinf(time).any():
                ax.plot([last], [row - lift], ">", color=color, markersize=7, markerfacecolor="none")
    for level, marker in zip(LEVELS, "os", strict=True):
        ax.plot([], [], marker, color="0.3", label=f"{level:.0%} test accuracy")
    never = "not reached by the last step (one seed or more)"
    ax.plot([], [], ">", color="0.3", markersize=7, markerfacecolor="none", label=never)
    ax.set(xscale="log", xlabel="step", yticks=range(len(found)), yticklabels=list(found))
    ax.set_ylim(len(found) - 0.5, -0.5)
    legend(ax, loc="upper center", bbox_to_anchor=(0.45, -0.15), ncols=2)


def table(ds: xr.Dataset) -> list[dict[str, object]]:
    """Returns a row for each setting: medians over seeds of its accuracies, times and share of rows without a loss."""
    rows = []
    for name, runs in arms(ds).items():
        numbers = {
            "final test accuracy": last_value(runs["test_accuracy"]),
            **{f"steps to {level:.0%}": t_generalize(runs, level) for level in LEVELS},
            "steps to collapse": collapse(runs),
            "largest share of zero losses": runs["zero_losses"].max("step"),
        }
        rows.append({"setting": name, **{key: float(median_of_seeds(x).median) for key, x in numbers.items()}})
    return rows


def _last_step(runs: xr.Dataset) -> float:
    return float(runs["step"][-1])


def _is_long_enough(found: Arms) -> xr.DataArray:
    """Returns whether the formats trained well beyond float32's collapse, or as long as in the paper."""
    runs = found[FLOAT32]
    time, last = collapse(runs), _last_step(runs)
    return time.notnull() & ((LONGER * time <= last) | (last >= EDGE_STEPS))


def _stops(ds: xr.Dataset) -> Measured:
    found = arms(ds)
    runs = found[FLOAT32]
    time, end = collapse(runs), last_value(runs["test_accuracy"])
    at_collapse = value_at(runs["test_accuracy"], time)
    stops = np.isfinite(time) & (end - at_collapse < STOPPED) & (end < LEVEL)
    values = {"steps to collapse": time, "test accuracy there": at_collapse, "at the end": end}
    # Without a fit there is no grokking that a collapse could prevent.
    return over_seeds(stops, values, decided=_is_long_enough(found) & np.isfinite(t_fit(runs)))


def _more_digits_later(ds: xr.Dataset) -> Measured:
    found = arms(ds)
    half, single, double = (collapse(found[name]) for name in (FLOAT16, FLOAT32, FLOAT64))
    known = half.notnull() & single.notnull() & double.notnull()
    is_whole = _last_step(found[FLOAT32]) >= EDGE_STEPS
    return over_seeds(
        (half < single) & (single < double),
        {"steps in float16": half, "in float32": single, "in float64": double},
        decided=known & (np.isfinite(single) | is_whole),
    )


def _goes_on(ds: xr.Dataset) -> Measured:
    found = arms(ds)
    single, double = (last_value(found[name]["test_accuracy"]) for name in (FLOAT32, FLOAT64))
    values = {"final test accuracy in float32": single, "in float64": double}
    return over_seeds(double - single >= AHEAD, values, decided=_is_long_enough(found))


def _stablemax_groks(ds: xr.Dataset) -> Measured:
    found = arms(ds)
    time, without = t_generalize(found[STABLEMAX]), t_generalize(found[NO_DECAY])
    is_whole = _last_step(found[STABLEMAX]) >= STABLEMAX_STEPS
    return over_seeds(
        (time <= STABLEMAX_STEPS) & ~(without <= time),
        {"steps, StableMax": time, "steps, softmax": without, "final test accuracy": _end(found[STABLEMAX])},
        decided=time.notnull() & (np.isfinite(time) | is_whole),
    )


def _end(runs: xr.Dataset) -> xr.DataArray:
    return last_value(runs["test_accuracy"])


def _within(ds: xr.Dataset, name: str, steps: int) -> Measured:
    runs = arms(ds)[name]
    time = t_generalize(runs)
    decided = time.notnull() & (~is_censored(time) | (_last_step(runs) >= steps))
    return over_seeds(time <= steps, {"steps": time, "final test accuracy": _end(runs)}, decided=decided)


def _decay_is_as_fast(ds: xr.Dataset) -> Measured:
    found = arms(ds)
    time, other = t_generalize(found[LARGEST_DECAY]), t_generalize(found[ORTHOGRAD])
    is_later = _last_step(found[LARGEST_DECAY]) >= AS_FAST * other
    return over_seeds(
        np.isfinite(time) & (time <= AS_FAST * other),
        {f"steps, {LARGEST_DECAY}": time, f"steps, {ORTHOGRAD}": other},
        decided=time.notnull() & other.notnull() & (np.isfinite(time) | is_later),
    )


def _exact_has_no_edge(ds: xr.Dataset) -> Measured:
    found = arms(ds)
    runs, other = found[EXACT], found[FLOAT64]
    zeros, end, reference = runs["zero_losses"].max("step"), _end(runs), _end(other)
    is_finite = runs["train_loss"].isel(step=-1).notnull()
    return over_seeds(
        is_finite & (zeros <= NO_ZEROS) & (end >= reference - BEHIND),
        {"largest share of zero losses": zeros, "final test accuracy": end, "in float64": reference},
        decided=_is_long_enough(found),
    )


CLAIMS = [
    Claim(
        "arena/fig2/1",
        f"softmax in float32 fits the training rows and loses the loss of {COLLAPSED:.0%} of them; from then on its "
        f"test accuracy rises by less than {100 * STOPPED:.0f} points, and it ends below {LEVEL:.0%}",
        "softmax collapse prevents grokking (Prieto et al. 2025)",
        _stops,
    ),
    Claim(
        "arena/fig2/2",
        f"the loss of {COLLAPSED:.0%} of the rows is 0 in float16 first, then in float32, then, if ever, in float64",
        "more digits delay the collapse (Prieto et al. 2025, fig. 2)",
        _more_digits_later,
    ),
    Claim(
        "arena/fig2/3",
        f"softmax in float64 ends with a test accuracy at least {100 * AHEAD:.0f} points above float32",
        "more digits let softmax go on (Prieto et al. 2025, fig. 2)",
        _goes_on,
    ),
    Claim(
        "arena/fig2/4",
        f"StableMax without decay reaches {LEVEL:.0%} test accuracy within 8e4 steps, and before softmax in float64",
        "StableMax prevents the collapse and enables grokking without regularization (Prieto et al. 2025, 8e4 steps)",
        _stablemax_groks,
    ),
    Claim(
        "arena/fig2/5",
        f"OrthoGrad reaches {LEVEL:.0%} test accuracy within {ORTHOGRAD_STEPS} steps",
        f"OrthoGrad promotes quick generalization (Prieto et al. 2025, fig. 1: {ORTHOGRAD_STEPS} steps)",
        lambda ds: _within(ds, ORTHOGRAD, ORTHOGRAD_STEPS),
    ),
    Claim(
        "arena/fig2/6",
        f"weight decay 8 reaches {LEVEL:.0%} test accuracy within {DECAY_STEPS} steps",
        f"weight decay 8 groks within {DECAY_STEPS} steps (a replication, Chou 2025)",
        lambda ds: _within(ds, LARGEST_DECAY, DECAY_STEPS),
    ),
    Claim(
        "arena/fig2/7",
        f"weight decay 8 takes at most {AS_FAST:g} times as many steps to {LEVEL:.0%} test accuracy as OrthoGrad",
        "no systematic advantage of OrthoGrad: 124 steps against 143 (the replication)",
        _decay_is_as_fast,
        own=True,
    ),
    Claim(
        "arena/fig2/8",
        f"with an exact loss in float32, at most {NO_ZEROS:.0%} of the rows ever have a loss of 0, and test accuracy "
        f"ends at most {100 * BEHIND:.0f} points below softmax in float64",
        "an accurate loss needs no float64",
        _exact_has_no_edge,
        own=True,
    ),
]
