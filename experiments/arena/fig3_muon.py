"""The arena, Figure 3: epochs until a transformer groks with Muon and with AdamW, at the same rates and at the best.

Results: dims (operation, share, loss and steps of a task as one axis, the methods with their rates as another, 'seed',
'step').
"""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from configs.arena.fig3_muon import MUON as TIMES_THE_RATE
from configs.arena.fig3_muon import steps_of_epoch
from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.grokking import LEVEL, t_fit, t_generalize
from grok_jax.analysis.seeds import median_of_seeds
from grok_jax.analysis.selection import config_value
from grok_jax.plotting.style import OKABE_ITO, panel_label, style

OPERATION, FRACTION, LOSS = "task.operation", "task.train_fraction", "training.loss"
NAME, RATE, FACTOR = "optimizer.name", "optimizer.learning_rate", "optimizer.adam_learning_rate"
ADAMW, MUON, ONE_RATE = "AdamW", "Muon", "Muon, one rate"
METHODS = (ADAMW, MUON, ONE_RATE)
SIGNS = {"add": "a + b", "divide": "a / b", "multiply": "a · b"}
COLORS = dict(zip(METHODS, OKABE_ITO, strict=False))
MARKERS = dict(zip(METHODS, "os^", strict=True))
PUBLISHED = 102.89 / 153.09  # mean epoch of Muon over that of AdamW
MARGIN = 1.15
LIMIT = MARGIN * PUBLISHED
SOFTMAX, STABLEMAX = "cross_entropy", "stablemax"


class Epochs(NamedTuple):
    """Bounds on the epoch at which a run groks: both are the epoch itself, unless it does not within its budget."""

    low: Float[xr.DataArray, "..."]  # the budget of a run that does not grok; NaN where there is no such run
    high: Float[xr.DataArray, "..."]  # inf for such a run


def epochs_of(ds: xr.Dataset) -> Epochs:
    """Returns the grokking epochs of all runs, with dims 'task', 'optimizer', 'rate' and 'seed'.

    A run groks when its test accuracy has reached LEVEL and its train accuracy has too. One that diverges does not.

    Raises:
      NotMeasured: the tasks, or the methods with their rates, are not on an axis of their own.
    """
    if any(ds[name].ndim != 1 if name in ds.coords else True for name in (OPERATION, FRACTION, LOSS, NAME, RATE)):
        raise NotMeasured("needs the tasks on one axis, and the methods with their rates on another")
    (tasks,), (settings,) = ds[OPERATION].dims, ds[RATE].dims
    p, batch = config_value(ds, "task.p"), config_value(ds, "training.batch_size")
    if p is None or batch is None:
        raise NotMeasured("needs one task.p and one training.batch_size, which say how many steps an epoch has")
    parts, budgets, names = [], [], []
    for i in range(ds.sizes[tasks]):
        one = ds.isel({tasks: i}).dropna("step", how="all", subset=["train_accuracy", "test_accuracy"])
        operation, loss = str(one[OPERATION].values), str(one[LOSS].values)
        length = steps_of_epoch(p, operation, float(one[FRACTION]), batch)
        time = np.maximum(t_fit(one), t_generalize(one)).fillna(np.inf)
        parts.append(time.reset_coords(drop=True) / length)
        budgets.append(float(one["step"][-1]) / length)
        names.append(_task_name(operation, loss))
    kinds = [_method(ds.isel({settings: i})) for i in range(ds.sizes[settings])]
    high = xr.concat(parts, "task").assign_coords(
        task=names,
        optimizer=(settings, [method for method, _ in kinds]),
        rate=(settings, [rate for _, rate in kinds]),
    )
    high = high.set_index({settings: ["optimizer", "rate"]}).unstack(settings)
    high.attrs = {"units": "epochs", "long_name": "epoch at which a run groks"}
    return Epochs(np.minimum(high, xr.DataArray(budgets, dims="task")), high)


def _method(run: xr.Dataset) -> tuple[str, float]:
    """Returns the method of a setting, and the rate of what AdamW moves in it."""
    rate = float(run[RATE])
    if run[NAME].item() != "muon":
        return ADAMW, _short(rate)
    factor = float(run[FACTOR])
    return MUON if factor < 2 / TIMES_THE_RATE else ONE_RATE, _short(rate * factor)


def _short(rate: float) -> float:
    return float(f"{rate:.6g}")


def _task_name(operation: str, loss: str) -> str:
    name = SIGNS.get(operation, operation)
    return name if loss == SOFTMAX else f"{name}, {'StableMax' if loss == STABLEMAX else loss}"


def at_best(epochs: Epochs, method: str) -> Epochs:
    """Returns a method's epochs at its best rate for each task: the one with the smallest median over seeds."""
    own = at(epochs, method)
    medians = median_of_seeds(own.high).median.fillna(np.inf)
    best = medians.argmin("rate")
    return Epochs(*(bound.isel(rate=best).drop_vars("rate") for bound in own))


def at(epochs: Epochs, method: str) -> Epochs:
    """Returns a method's epochs at each of its rates.

    Raises:
      NotMeasured: the method was not run.
    """
    if method not in epochs.high["optimizer"].values:
        raise NotMeasured(f"no runs with {method}")
    return Epochs(*(bound.sel(optimizer=method, drop=True).dropna("rate", how="all") for bound in epochs))


class Ratio(NamedTuple):
    """Bounds on the mean epoch over tasks of one method over that of another."""

    low: Float[xr.DataArray, "..."]
    high: Float[xr.DataArray, "..."]

    def is_below(self, limit: float) -> Bool[xr.DataArray, "..."]:
        """Whether the ratio is surely below a limit."""
        return self.high < limit

    def is_decided(self, limit: float) -> Bool[xr.DataArray, "..."]:
        """Whether the ratio is surely below a limit, or surely not."""
        return (self.high < limit) | (self.low >= limit)


def ratio_of(first: Epochs, second: Epochs) -> Ratio:
    """Returns the ratio of two means over tasks: from 0 to inf where neither method groks on some task."""
    (low, high), (low_other, high_other) = (tuple(bound.mean("task") for bound in each) for each in (first, second))
    return Ratio(low / high_other, high / low_other)


def table(ds: xr.Dataset) -> list[dict[str, object]]:
    """Returns a row for each task, method and rate: the median epoch, and how many seeds grok."""
    rows = []
    high = epochs_of(ds).high
    for name in high["task"].values:
        for method in high["optimizer"].values:
            own = high.sel(task=name, optimizer=method).dropna("rate", how="all")
            for rate in own["rate"].values:
                times = own.sel(rate=rate)
                rows.append(
                    {
                        "task": str(name),
                        "method": str(method),
                        "rate": float(rate),
                        "median epoch": float(median_of_seeds(times).median),
                        "seeds that grok": f"{int(np.isfinite(times).sum())} of {times.size}",
                    }
                )
    return rows


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a, b, ...) the epochs of each method at each rate, by task, (last) its ratio to AdamW at the best."""
    epochs = epochs_of(ds)
    tasks = epochs.high["task"].values.tolist()
    columns = min(len(tasks) + 1, 4)
    rows = -(-(len(tasks) + 1) // columns)
    with style():
        figure = Figure(figsize=(3.3 * columns, 3.9 * rows), layout="constrained")
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        low, high = float(epochs.low.min()), float(epochs.low.max())
        for i, (ax, name) in enumerate(zip(panels, tasks, strict=False)):
            one = Epochs(*(bound.sel(task=name, drop=True) for bound in epochs))
            _rates(ax, one)
            ax.set_ylim(low / 1.2, high * 1.2)
            ax.set_title(f"{name} mod {config_value(ds, 'task.p')}" if "," not in name else name)
            if i % columns == 0:
                ax.set_ylabel(f"epochs to {LEVEL:.0%} test accuracy")
            panel_label(ax, "abcdefghij"[i])
        last = panels[len(tasks)]
        _ratios(last, epochs, tasks)
        panel_label(last, "abcdefghij"[len(tasks)])
        for ax in panels[len(tasks) + 1 :]:
            ax.axis("off")
        entries = [ax.get_legend_handles_labels() for ax in (panels[0], last)]
        handles, labels = (list(chain(*parts)) for parts in zip(*entries, strict=True))
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return figure


def _rates(ax: Axes, epochs: Epochs) -> None:
    """Draws each run's epoch over the rate, and the medians as lines; late runs are open, at their budget."""
    rates = epochs.high["rate"].values
    methods = [method for method in METHODS if method in epochs.high["optimizer"].values]
    for shift, method in zip(np.geomspace(0.93, 1.075, len(methods)), methods, strict=True):
        own = at(epochs, method)
        place = own.high["rate"] * shift
        mark = {"color": COLORS[method], "marker": MARKERS[method], "linestyle": "none", "markersize": 5}
        label = f"Muon at {TIMES_THE_RATE:g} times the rate" if method == MUON else method
        median = median_of_seeds(own.high).median
        ax.plot(place, median.where(np.isfinite(median)), color=COLORS[method], linewidth=1.2)
        for number, seed in enumerate(own.high["seed"].values):
            low, high = (bound.sel(seed=seed) for bound in own)
            ax.plot(place, high.where(np.isfinite(high)), label="" if number else label, **mark)
            late = low.where(np.isinf(high))
            ax.plot(place, late, **{**mark, "markerfacecolor": "none", "markersize": 7})
    ax.plot([], [], "o", color="0.4", markerfacecolor="none", label="open: not within the epochs of the run")
    ax.set(xscale="log", yscale="log", xlabel="learning rate of what AdamW moves")
    ax.set_xlim(rates.min() / 1.5, rates.max() * 1.5)
    ax.set_xticks(rates, [f"{rate:g}" for rate in rates])
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())


def _ratios(ax: Axes, epochs: Epochs, tasks: Sequence[str]) -> None:
    """Draws, for each task and for their mean, the ratio to AdamW of the same seed, each at its best rate."""
    base = at_best(epochs, ADAMW)
    challengers = [method for method in (MUON, ONE_RATE) if method in epochs.high["optimizer"].values]
    for shift, method in zip((-0.12, 0.12), challengers, strict=False):
        own = at_best(epochs, method)
        of_tasks = [Epochs(*(bound.sel(task=[name]) for bound in own)) for name in tasks]
        bases = [Epochs(*(bound.sel(task=[name]) for bound in base)) for name in tasks]
        pairs = [*zip(of_tasks, bases, strict=True), (own, base)]
        for row, pair in enumerate(pairs):
            _bounds(ax, ratio_of(*pair), row + shift, method)
    ax.plot([], [], "<", color="0.4", markerfacecolor="none", label="at most this (right: at least)")
    ax.axvline(1, color="0.7", linewidth=0.8)
    ax.axvline(PUBLISHED, color="0.2", linestyle="--", linewidth=1, label="published ratio of the means")
    ax.set_yticks(range(len(tasks) + 1), [*tasks, "mean epochs"])
    ax.set(title="each at its best rate", xlabel="epochs over AdamW's", ylim=(len(tasks) + 0.5, -0.5), xscale="log")
    low, high = ax.get_xlim()
    ax.set_xlim(min(low, 0.45), max(high, 2.2))
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter(NullFormatter())


def _bounds(ax: Axes, ratio: Ratio, height: float, method: str) -> None:
    """Draws a ratio of each seed: a mark, an open arrow where it has one bound alone, or a word where it has none."""
    mark = {"color": COLORS[method], "linestyle": "none", "markersize": 5}
    exact = ratio.high == ratio.low
    kinds = {
        MARKERS[method]: ratio.high.where(exact),
        "<": ratio.high.where(~exact & np.isfinite(ratio.high)),
        ">": ratio.low.where(~exact & ~np.isfinite(ratio.high) & (ratio.low > 0)),
    }
    for shape, places in kinds.items():
        face = {} if shape == MARKERS[method] else {"markerfacecolor": "none"}
        ax.plot(np.ravel(places), np.full(places.size, height), marker=shape, **mark, **face)
    if not any(bool(places.notnull().any()) for places in kinds.values()):
        at = (0.98, height)
        ax.annotate("undecided", at, xycoords=("axes fraction", "data"), ha="right", va="center")


def _at_best(ds: xr.Dataset) -> Measured:
    return _compared(epochs_of(ds), LIMIT)


def _compared(epochs: Epochs, limit: float) -> Measured:
    """Judges whether Muon's mean over AdamW's is below a limit, each at its best rate."""
    own, base = at_best(epochs, MUON), at_best(epochs, ADAMW)
    ratio = ratio_of(own, base)
    values = {"ratio, at most": ratio.high, "mean epoch, Muon": own.high.mean("task"), "AdamW": base.high.mean("task")}
    return over_seeds(ratio.is_below(limit), values, decided=ratio.is_decided(limit))


def _at_same_rates(method: str) -> Callable[[xr.Dataset], Measured]:
    def measure(ds: xr.Dataset) -> Measured:
        own, base = (at(epochs_of(ds), each) for each in (method, ADAMW))
        ratio = ratio_of(own, base)
        decided = ratio.is_decided(LIMIT)
        holds = (ratio.is_below(LIMIT) | ~decided).all("rate")
        values = {f"ratio at rate {rate:g}, at most": ratio.high.sel(rate=rate) for rate in ratio.high["rate"].values}
        return over_seeds(holds, values, decided=decided.any("rate"))

    return measure


def _on(operation: str) -> Callable[[xr.Dataset], Measured]:
    def measure(ds: xr.Dataset) -> Measured:
        return _compared(_of_tasks(epochs_of(ds), lambda name: name.split(",")[0] == SIGNS[operation], operation), 1.0)

    return measure


def _with_stablemax(ds: xr.Dataset) -> Measured:
    return _compared(_of_tasks(epochs_of(ds), lambda name: name.endswith("StableMax"), "StableMax"), LIMIT)


def _of_tasks(epochs: Epochs, is_chosen: Callable[[str], bool], words: str) -> Epochs:
    """Returns the epochs of some tasks.

    Raises:
      NotMeasured: there is no such task.
    """
    chosen = [name for name in epochs.high["task"].values.tolist() if is_chosen(name)]
    if not chosen:
        raise NotMeasured(f"no runs with {words}")
    return Epochs(*(bound.sel(task=chosen) for bound in epochs))


def _is_tighter(ds: xr.Dataset) -> Measured:
    epochs = epochs_of(ds)
    own, base = (at_best(epochs, method).high for method in (MUON, ADAMW))
    if own.sizes["task"] < 2:
        raise NotMeasured("needs two tasks or more")
    known = np.isfinite(own).all("task") & np.isfinite(base).all("task")
    # Of runs that did not grok there is no deviation; where() keeps inf out of it.
    spread, other = (each.where(known).std("task") for each in (own, base))
    values = {"standard deviation over tasks, Muon": spread, "AdamW": other}
    return over_seeds(spread < other, values, decided=known)


CLAIMS = [
    Claim(
        "arena/fig3/1",
        f"each at its best rate, Muon's mean epoch is below {LIMIT:.3f} of AdamW's, {MARGIN:g} times the published "
        "ratio",
        "mean grokking epoch 102.89 with Muon, 153.09 with AdamW: a ratio of .672",
        _at_best,
    ),
    Claim(
        "arena/fig3/2",
        f"at the same rates of all that AdamW moves, Muon's mean epoch is below {LIMIT:.3f} of AdamW's; Muon moves "
        f"hidden matrices at {TIMES_THE_RATE:g} times the rate",
        "mean grokking epoch 102.89 with Muon, 153.09 with AdamW: a ratio of .672",
        _at_same_rates(MUON),
    ),
    Claim(
        "arena/fig3/3",
        f"with one rate for all parameters, Muon's mean epoch is below {LIMIT:.3f} of AdamW's at the same rates",
        "no rates are given",
        _at_same_rates(ONE_RATE),
        own=True,
    ),
    *(
        Claim(
            f"arena/fig3/{number}",
            f"on {SIGNS[operation]}, Muon groks in fewer epochs than AdamW, each at its best rate",
            "Muon consistently led to earlier onset of high validation accuracy",
            _on(operation),
        )
        for number, operation in enumerate(SIGNS, start=4)
    ),
    Claim(
        "arena/fig3/7",
        "each at its best rate, Muon's epochs have a smaller standard deviation over tasks than AdamW's",
        "a tighter distribution of grokking times",
        _is_tighter,
    ),
    Claim(
        "arena/fig3/8",
        f"with StableMax alone, Muon's mean epoch is below {LIMIT:.3f} of AdamW's, each at its best rate",
        "softmax, StableMax and sparsemax are averaged; no numbers for each",
        _with_stablemax,
        own=True,
    ),
]
