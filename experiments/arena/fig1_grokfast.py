"""The arena, Figure 1: Grokfast's filters against Adam at the same weight decays, on modular multiplication.

Results: dims (the settings as one axis, 'seed', 'step').
"""

from typing import NamedTuple

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from configs.arena.fig1_grokfast import PUBLISHED_SIZE
from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.grokking import LEVEL, is_censored, last_value, t_fit, t_generalize
from grok_jax.analysis.seeds import median_of_seeds
from grok_jax.analysis.selection import config_value, runs_at
from grok_jax.plotting.style import OKABE_ITO, panel_label, style

NAME, BEFORE = "optimizer.name", "optimizer.before"
RATE, DECAY = "optimizer.learning_rate", "optimizer.weight_decay"
ADAM, FASTER, MA, EMA, ADAMW = "Adam", "Adam, 3x rate", "Grokfast MA", "Grokfast EMA", "AdamW"
COLORS = dict(zip((ADAM, FASTER, MA, EMA, ADAMW), OKABE_ITO, strict=False))
MARKERS = dict(zip(COLORS, "osD^v", strict=True))
PRINTED = {ADAM: 0.0, MA: 0.01, EMA: 0.005}  # decays
PUBLISHED = {ADAM: 39_890, MA: 790, EMA: 910}  # steps
WITHIN = 2  # a published number is met within this factor
SOONER = 1.5  # a method is sooner if the other takes this many times its steps
MOSTLY = 0.5  # the filter makes most of a gain from this share of its logarithm on
Setting = tuple[str, float]  # a method and its weight decay


def settings(ds: xr.Dataset) -> dict[Setting, xr.Dataset]:
    """Returns the results of each setting.

    Raises:
      NotMeasured: the grid does not have the settings on one axis.
    """
    axes = {ds[name].dims for name in (NAME, BEFORE, RATE, DECAY) if name in ds.coords}
    if len(axes) != 1 or len(next(iter(axes))) != 1:
        raise NotMeasured("needs the methods, rates and decays on one axis")
    (axis,) = next(iter(axes))
    slowest = float(ds[RATE].min())
    found = {}
    for i in range(ds.sizes[axis]):
        one = ds.isel({axis: i})
        found[_method(one, slowest), round(float(one[DECAY]), 6)] = one.reset_coords(drop=True)
    return found


def _method(one: xr.Dataset, slowest: float) -> str:
    filtered = {"grokfast_ma": MA, "grokfast_ema": EMA}.get(str(one[BEFORE].values))
    if filtered:
        return filtered
    if str(one[NAME].values) == "adamw":
        return ADAMW
    return FASTER if float(one[RATE]) > SOONER * slowest else ADAM


def words(setting: Setting) -> str:
    """Returns a setting in words, such as "Adam, decay 0.01"."""
    method, decay = setting
    return f"{method}, {f'decay {decay:g}' if decay else 'no decay'}"


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) test accuracies of the printed settings and their controls, (b) the steps to 95% at each decay."""
    found = settings(ds)
    with style():
        figure = Figure(figsize=(11.5, 5.2), layout="constrained")
        left, right = figure.subplots(1, 2)
        _curves(left, found)
        _times(right, found, float(ds["step"][-1]))
        p, width = config_value(ds, "task.p"), config_value(ds, "model.width")
        figure.suptitle(f"a · b mod {p}, a transformer of width {width}: do filtered gradients make grokking sooner?")
        for ax, letter in ((left, "a"), (right, "b")):
            panel_label(ax, letter)
            # Below, since curves and marks can be anywhere in a panel.
            ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2)
    return figure


def _curves(ax: Axes, found: dict[Setting, xr.Dataset]) -> None:
    dashed = {(ADAM, PRINTED[MA]), (ADAM, PRINTED[EMA])}
    for (method, decay), one in found.items():
        if PRINTED.get(method) == decay or (method, decay) in dashed:
            # A run that has generalized ends early; it keeps its last accuracy here.
            accuracy = one["test_accuracy"].fillna(last_value(one["test_accuracy"])).median("seed")
            line = {0.0: "-", PRINTED[EMA]: ":", PRINTED[MA]: "--"}[decay] if method == ADAM else "-"
            ax.plot(one["step"], accuracy, line, color=COLORS[method], label=words((method, decay)))
    ax.axhline(LEVEL, color="0.7", linewidth=0.8)
    ax.set(xscale="log", xlabel="step", ylabel="test accuracy (median of seeds)", ylim=(-0.03, 1.03))
    ax.set_title("filters as published, and Adam at their decays")


def _times(ax: Axes, found: dict[Setting, xr.Dataset], budget: float) -> None:
    decays = sorted({decay for _, decay in found})
    methods = [method for method in COLORS if any(method == each for each, _ in found)]
    is_late = False
    for offset, method in zip(np.linspace(-0.24, 0.24, len(methods)), methods, strict=True):
        own = [(decays.index(decay) + offset, one) for (each, decay), one in found.items() if each == method]
        mark = {"color": COLORS[method], "marker": MARKERS[method], "linestyle": "none"}
        for i, (place, one) in enumerate(own):
            time = t_generalize(one)
            median = median_of_seeds(time).median
            reached, never = time.where(np.isfinite(time)), is_censored(time)
            ax.plot(np.full(time.size, place), np.ravel(reached), markersize=5, label="" if i else method, **mark)
            ax.hlines(median.where(np.isfinite(median)), place - 0.05, place + 0.05, color=COLORS[method])
            if bool(never.any()):
                late = {**mark, "markerfacecolor": "none", "markersize": 8}
                ax.plot([place], [budget], label="" if is_late else f"open: not within {budget:,.0f} steps", **late)
                is_late = True
    ax.set(yscale="log", xlabel="weight decay", ylabel=f"steps to {LEVEL:.0%} test accuracy")
    ax.set_xticks(range(len(decays)), [f"{decay:g}" for decay in decays])
    ax.set_title("every method at the same decays (bar: median)")


def table(ds: xr.Dataset) -> list[dict[str, object]]:
    """Returns a row for each setting: median steps to fit and to generalize, and the gain over the printed baseline."""
    rows = []
    found = settings(ds)
    first = found.get((ADAM, 0.0))
    slow = np.nan if first is None else float(median_of_seeds(t_generalize(first)).median)
    for setting, one in found.items():
        fit, time = (float(median_of_seeds(t(one)).median) for t in (t_fit, t_generalize))
        gain = slow / time if np.isfinite(slow) and np.isfinite(time) else np.nan
        rows.append({"setting": words(setting), "steps to fit": fit, "steps to generalize": time, "gain": gain})
    return rows


class Comparison(NamedTuple):
    """Whether a statement holds in each seed, and whether the budget can decide it."""

    holds: xr.DataArray
    known: xr.DataArray


def is_sooner(first: xr.DataArray, second: xr.DataArray, factor: float, budget: float) -> Comparison:
    """Judges whether the second time is at least `factor` times the first one.

    A time that is not reached (inf) is longer than the budget. That alone can decide: the second one may be long enough
    already, or the first one may be the one that is missing.
    """
    holds = np.minimum(second, budget) >= factor * first
    known = first.notnull() & second.notnull() & (holds | np.isfinite(second))
    return Comparison(holds, known)


def share_of_filter(
    filtered: xr.DataArray, same_decay: xr.DataArray, no_decay: xr.DataArray, budget: float
) -> tuple[xr.DataArray, Comparison]:
    """Returns log(same_decay / filtered) / log(no_decay / filtered), and whether it is at least MOSTLY.

    If the run without decay never generalizes, the share is an upper bound. It decides only if it lies below MOSTLY.
    Without a gain there is nothing to share, and the seed decides nothing.
    """
    filtered = filtered.where(np.isfinite(filtered))
    gain = np.log(np.minimum(no_decay, budget) / filtered)
    share = np.log(same_decay / filtered) / gain.where(gain > 0)
    holds = (share >= MOSTLY) & np.isfinite(no_decay)
    return share, Comparison(holds, share.notnull() & (np.isfinite(no_decay) | (share < MOSTLY)))


def _times_of(ds: xr.Dataset, *wanted: Setting) -> list[xr.DataArray]:
    found = settings(ds)
    missing = [words(setting) for setting in wanted if setting not in found]
    if missing:
        raise NotMeasured(f"no runs with {' or with '.join(missing)}")
    return [t_generalize(found[setting]) for setting in wanted]


def _reached_when_published(method: str):
    def measure(ds: xr.Dataset) -> Measured:
        (time,) = _times_of(runs_at(ds, PUBLISHED_SIZE), (method, PRINTED[method]))
        published, budget = PUBLISHED[method], float(ds["step"][-1])
        is_met = (time >= published / WITHIN) & (time <= WITHIN * published)
        known = time.notnull() & (np.isfinite(time) | (budget >= WITHIN * published))
        return over_seeds(is_met, {words((method, PRINTED[method])): time}, decided=known)

    return measure


def _sooner(first: Setting, second: Setting, factor: float = SOONER):
    def measure(ds: xr.Dataset) -> Measured:
        times = _times_of(ds, first, second)
        compared = is_sooner(*times, factor, float(ds["step"][-1]))
        values = {words(setting): time for setting, time in zip((first, second), times, strict=True)}
        return over_seeds(compared.holds, values, decided=compared.known)

    return measure


def _mostly_filter(method: str):
    def measure(ds: xr.Dataset) -> Measured:
        decay = PRINTED[method]
        wanted = ((method, decay), (ADAM, decay), (ADAM, 0.0))
        times = _times_of(ds, *wanted)
        share, compared = share_of_filter(*times, float(ds["step"][-1]))
        values = {words(setting): time for setting, time in zip(wanted, times, strict=True)}
        return over_seeds(compared.holds, {**values, "share": share}, decided=compared.known)

    return measure


def _when_published(number: int, method: str) -> Claim:
    published = PUBLISHED[method]
    return Claim(
        f"arena/fig1/{number}",
        f"{words((method, PRINTED[method]))}, takes {published:,} steps to {LEVEL:.0%} test accuracy at "
        f"p = {PUBLISHED_SIZE['task.p']}, within a factor of {WITHIN}",
        f"{published:,} steps",
        _reached_when_published(method),
    )


def _as_published(number: int, method: str) -> Claim:
    gain = PUBLISHED[ADAM] / PUBLISHED[method]
    return Claim(
        f"arena/fig1/{number}",
        f"{words((method, PRINTED[method]))}, generalizes at least {gain / WITHIN:.1f} times sooner than Adam without "
        "decay, half of the published factor",
        f"{gain:.1f} times: {PUBLISHED[ADAM]:,} steps against {PUBLISHED[method]:,}",
        _sooner((method, PRINTED[method]), (ADAM, 0.0), gain / WITHIN),
    )


def _own(number: int, first: Setting, second: Setting) -> Claim:
    text = f"{words(first)}, takes at most two thirds of the steps of {words(second)}, to {LEVEL:.0%}"
    return Claim(f"arena/fig1/{number}", text, "no such comparison", _sooner(first, second), own=True)


def _share(number: int, method: str) -> Claim:
    text = (
        f"of the gain from Adam without decay to {words((method, PRINTED[method]))}, the filter makes half or more (of "
        "the logarithm), and the decay without it the rest"
    )
    return Claim(f"arena/fig1/{number}", text, "no such comparison", _mostly_filter(method), own=True)


CLAIMS = [
    _when_published(1, ADAM),
    _when_published(2, MA),
    _when_published(3, EMA),
    _as_published(4, MA),
    _as_published(5, EMA),
    _own(6, (ADAM, PRINTED[MA]), (ADAM, 0.0)),
    _own(7, (MA, 0.0), (ADAM, 0.0)),
    _own(8, (EMA, 0.0), (ADAM, 0.0)),
    _own(9, (MA, PRINTED[MA]), (ADAM, PRINTED[MA])),
    _own(10, (EMA, PRINTED[EMA]), (ADAM, PRINTED[EMA])),
    _own(11, (MA, PRINTED[MA]), (FASTER, PRINTED[MA])),
    _own(12, (EMA, PRINTED[EMA]), (FASTER, PRINTED[EMA])),
    _own(13, (MA, PRINTED[MA]), (ADAMW, 1.0)),
    _own(14, (EMA, PRINTED[EMA]), (ADAMW, 1.0)),
    _share(15, MA),
    _share(16, EMA),
]
