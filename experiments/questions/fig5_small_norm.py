"""Open questions, Figure 5: small constant weight norms against free AdamW, on MNIST and on film reviews.

Results: dims (the tasks with their networks as one axis, the arms as another, 'optimizer.learning_rate', 'seed',
'step').
"""

from collections.abc import Callable

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from configs.questions.fig5_small_norm import START
from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.grokking import first_crossing
from grok_jax.analysis.selection import with_axis
from grok_jax.plotting.curves import curve
from grok_jax.plotting.style import colors, panel_label, style

TASK, SCALE, DECAY = "task.name", "model.init_scale", "optimizer.weight_decay"
KEPT, RATE = "optimizer.constant_norm", "optimizer.learning_rate"
TASKS = {"mnist": "MNIST", "imdb": "film reviews"}
LEARNED = {"mnist": 0.8, "imdb": 0.6}  # test accuracy of the best free run, below which a seed decides nothing
TIE, GAIN = 0.005, 0.01  # of test accuracy
SHARE = 0.95  # of the best free run's last test accuracy, the level of "sooner"
SOONER = 1.5  # times the steps
ROUNDING = 1e-6  # of a test accuracy, so that a gain of just a limit counts as the limit
Chosen = Bool[np.ndarray, " arms"]


def runs_on(ds: xr.Dataset, task: str) -> xr.Dataset:
    """Returns test accuracies and their last values on one task, with dims 'arm', 'rate', 'seed' and 'step'.

    The last value of a run that diverges is 0.

    Raises:
      NotMeasured: the tasks or the arms are not on an axis of their own, or the task was not run.
    """
    if any(ds[name].ndim != 1 if name in ds.coords else True for name in (TASK, SCALE, DECAY, KEPT)):
        raise NotMeasured("needs the tasks on one axis, and norms, decays and starts on another")
    (tasks,), (arms,) = ds[TASK].dims, ds[SCALE].dims
    names = ds[TASK].values.tolist()
    if task not in names:
        raise NotMeasured(f"no runs on {TASKS[task]}")
    one = with_axis(ds[["test_accuracy"]].isel({tasks: names.index(task)}), RATE)
    one = one.dropna("step", how="all").rename({arms: "arm", RATE: "rate"})
    given = {short: ("arm", one[name].values) for short, name in (("scale", SCALE), ("kept", KEPT), ("decay", DECAY))}
    kept = ("arm", "rate", "seed", "step")
    bare = xr.Dataset(
        {"accuracy": (kept, one["test_accuracy"].transpose(*kept).values)},
        {**given, **{name: one[name].values for name in ("rate", "seed", "step")}},
    )
    return bare.assign(last=bare["accuracy"].isel(step=-1, drop=True).fillna(0))


def is_small(runs: xr.Dataset) -> Chosen:
    """Which arms have a constant norm below that of standard weights."""
    return runs["kept"].values.astype(bool) & (runs["scale"].values < 1)


def is_standard(runs: xr.Dataset) -> Chosen:
    """Which arms have the constant norm of standard weights."""
    return runs["kept"].values.astype(bool) & (runs["scale"].values == 1)


def is_free(runs: xr.Dataset) -> Chosen:
    """Which arms train freely from standard weights."""
    return ~runs["kept"].values.astype(bool) & (runs["scale"].values == 1)


def at_best(runs: xr.Dataset, arms: Chosen) -> xr.Dataset:
    """Returns, for each seed, the run of an arm and a rate with the highest median last accuracy over the other seeds.

    Args:
      runs: of one task, from runs_on.
      arms: the arms to choose from.

    Returns:
      'accuracy' with dims 'seed' and 'step'; 'last', and the chosen 'scale', 'decay' and 'rate', with the dim 'seed'.

    Raises:
      NotMeasured: there is no such arm.
    """
    if not arms.any():
        raise NotMeasured("an arm of this comparison was not run")
    settings = runs.isel(arm=np.flatnonzero(arms)).stack(setting=("arm", "rate"), create_index=False)
    settings = settings.assign_coords({name: settings[name] for name in ("scale", "decay")}).drop_vars("kept")
    found = []
    for i in range(settings.sizes["seed"]):
        others = settings["last"].isel(seed=[j for j in range(settings.sizes["seed"]) if j != i])
        # With one seed there are no others; its choice then means nothing, and no claim has a verdict.
        judged = others.median("seed") if others.sizes["seed"] else settings["last"].isel(seed=i)
        found.append(
            settings.isel(seed=i, setting=int(judged.argmax("setting"))).reset_coords(("scale", "decay", "rate"))
        )
    return xr.concat(found, "seed")


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a, c) the last test accuracy of all arms at all rates, (b, d) curves at the best rates; a row per task."""
    tasks = [task for task in TASKS if task in ds[TASK].values]
    with style():
        figure = Figure(figsize=(13, 4.3 * len(tasks)), layout="constrained")
        panels = figure.subplots(len(tasks), 2, squeeze=False, width_ratios=(1.15, 1))
        for row, task in enumerate(tasks):
            runs = runs_on(ds, task)
            _last_accuracies(panels[row][0], runs)
            _curves(panels[row][1], runs)
            for ax, letter in zip(panels[row], "abcd"[2 * row :], strict=False):
                ax.set_title(TASKS[task])
                panel_label(ax, letter)
    return figure


def _words(runs: xr.Dataset, arm: int) -> str:
    """Returns an arm in words, such as "norm 0.5, kept"."""
    one = runs.isel(arm=arm)
    scale, decay = float(one["scale"]), float(one["decay"])
    if one["kept"]:
        return f"norm {scale:g}"
    return f"free,\ndecay {decay:g}" if scale == 1 else f"free,\nfrom {scale:g}"


def _last_accuracies(ax: Axes, runs: xr.Dataset) -> None:
    """Draws each run's last test accuracy by arm, a color for each rate; a bar is the median of the seeds."""
    rates, arms = runs["rate"].values, range(runs.sizes["arm"])
    for rate, color, shift in zip(rates, colors(len(rates)), np.linspace(-0.2, 0.2, len(rates)), strict=True):
        own = runs["last"].sel(rate=rate)
        for arm in arms:
            values = own.isel(arm=arm).values
            label = f"rate {rate:g}" if arm == 0 else ""
            ax.plot(np.full(values.size, arm + shift), values, "o", color=color, markersize=4, alpha=0.7, label=label)
            ax.hlines(np.median(values), arm + shift - 0.09, arm + shift + 0.09, color=color)
    ax.axvline(int(runs["kept"].values.astype(bool).sum()) - 0.5, color="0.7", linewidth=0.8)
    free = runs["last"].isel(arm=np.flatnonzero(is_free(runs)))
    if free.size:
        best = float(free.median("seed").max())
        ax.axhline(best, color="0.3", linestyle=":", linewidth=1, label="best free run from standard weights")
    ax.set_xticks(list(arms), [_words(runs, arm) for arm in arms])
    ax.grid(False, axis="x")
    ax.set_ylabel("test accuracy at the last step")
    ax.legend(loc="best")


def _curves(ax: Axes, runs: xr.Dataset) -> None:
    """Draws the test accuracy of every arm at the rate with its highest median last accuracy; free runs are dashed."""
    best = runs["last"].median("seed").argmax("rate")
    held = runs["kept"].values.astype(bool)
    hues, grays = iter(colors(int(held.sum()))), iter(np.linspace(0.1, 0.7, int((~held).sum())))
    for arm in range(runs.sizes["arm"]):
        one = runs.isel(arm=arm, rate=int(best[arm]))
        color = next(hues) if one["kept"] else f"{next(grays):.2f}"
        words = f"{_words(runs, arm)}, rate {float(one['rate']):g}".replace("\n", " ")
        # Without the range of the seeds: so many bands on top of each other would hide the curves.
        median = one["accuracy"].median("seed")
        curve(ax, median, color=color, label=words, linestyle="-" if one["kept"] else "--")
    ax.set_ylabel("test accuracy, median of the seeds")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))


def _best_of_both(ds: xr.Dataset, task: str) -> tuple[xr.Dataset, xr.Dataset]:
    """Returns the best small constant norm and the best free run of each seed."""
    runs = runs_on(ds, task)
    return at_best(runs, is_small(runs)), at_best(runs, is_free(runs))


def _learned(free: xr.Dataset, task: str) -> Bool[xr.DataArray, " seed"]:
    return free["last"] >= LEARNED[task] - ROUNDING


def _numbers(small: xr.Dataset, free: xr.Dataset) -> dict[str, Float[xr.DataArray, " seed"]]:
    return {
        "gain": small["last"] - free["last"],
        "test accuracy, norm below 1": small["last"],
        "test accuracy, free": free["last"],
        "norm": small["scale"],
        "its rate": small["rate"],
        "decay of the free run": free["decay"],
        "rate of the free run": free["rate"],
    }


def _gains(task: str, least: float) -> Callable[[xr.Dataset], Measured]:
    def measure(ds: xr.Dataset) -> Measured:
        small, free = _best_of_both(ds, task)
        holds = small["last"] - free["last"] >= least - ROUNDING
        return over_seeds(holds, _numbers(small, free), decided=_learned(free, task))

    return measure


def _beats_norm_1(task: str) -> Callable[[xr.Dataset], Measured]:
    def measure(ds: xr.Dataset) -> Measured:
        runs = runs_on(ds, task)
        small, standard, free = (at_best(runs, which(runs)) for which in (is_small, is_standard, is_free))
        values = {
            "gain over norm 1": small["last"] - standard["last"],
            "norm": small["scale"],
            "test accuracy, norm below 1": small["last"],
            "test accuracy, norm 1": standard["last"],
        }
        return over_seeds(small["last"] - standard["last"] > TIE + ROUNDING, values, decided=_learned(free, task))

    return measure


def _is_sooner(task: str) -> Callable[[xr.Dataset], Measured]:
    def measure(ds: xr.Dataset) -> Measured:
        small, free = _best_of_both(ds, task)
        level = SHARE * free["last"]
        # A level of its own for each seed: the accuracy over it reaches 1. Without accuracy there is no level.
        own, base = (first_crossing(each["accuracy"] / level.where(level > 0), 1.0) for each in (small, free))
        own = own.fillna(np.inf)  # a run that diverged
        values = {"level": level, "steps, norm below 1": own, "steps, free": base, "norm": small["scale"]}
        return over_seeds(SOONER * own <= base, values, decided=_learned(free, task) & base.notnull())

    return measure


def _gains_at_each_rate(task: str) -> Callable[[xr.Dataset], Measured]:
    def measure(ds: xr.Dataset) -> Measured:
        runs = runs_on(ds, task)
        gains = {}
        for rate in runs["rate"].values:
            here = runs.sel(rate=[rate])
            small, free = (at_best(here, which(here))["last"] for which in (is_small, is_free))
            gains[f"gain at rate {rate:g}"] = small - free
        holds = xr.concat([gain >= GAIN - ROUNDING for gain in gains.values()], "rates").all("rates")
        return over_seeds(holds, gains, decided=_learned(at_best(runs, is_free(runs)), task))

    return measure


def _norm_counts(task: str) -> Callable[[xr.Dataset], Measured]:
    def measure(ds: xr.Dataset) -> Measured:
        runs = runs_on(ds, task)
        at_start = runs["scale"].values == START
        held = runs["kept"].values.astype(bool)
        own, other, free = (at_best(runs, arms) for arms in (at_start & held, at_start & ~held, is_free(runs)))
        values = {
            "gain by keeping the norm": own["last"] - other["last"],
            f"test accuracy, norm {START:g}": own["last"],
            f"test accuracy, free from {START:g}": other["last"],
        }
        return over_seeds(own["last"] - other["last"] >= GAIN - ROUNDING, values, decided=_learned(free, task))

    return measure


LEFT_OPEN = (
    "left open: whether constraining a small weight norm can be helpful for more standard machine learning tasks"
)


def _claims(task: str, first: int) -> list[Claim]:
    best, free, points = (
        "the best constant norm below 1",
        "the best free AdamW",
        f"{100 * GAIN:g} point of test accuracy",
    )
    found = [
        (f"{best} ends at most {100 * TIE:g} points of test accuracy below {free}", _gains(task, -TIE)),
        (f"{best} ends at least {points} above {free}", _gains(task, GAIN)),
        (f"{best} ends more than {100 * TIE:g} points of test accuracy above constant norm 1", _beats_norm_1(task)),
        (
            f"{best} takes at most two thirds of the steps of {free} to {SHARE:.0%} of the test accuracy with which "
            "that ends",
            _is_sooner(task),
        ),
        (f"at every learning rate {best} ends at least {points} above {free}", _gains_at_each_rate(task)),
        (
            f"the norm kept at {START:g} ends at least {points} above free training from the same weights without "
            "decay",
            _norm_counts(task),
        ),
    ]
    return [
        Claim(f"questions/fig5/{number}", f"{TASKS[task]}: {text}", LEFT_OPEN, measure, own=True)
        for number, (text, measure) in enumerate(found, start=first)
    ]


CLAIMS = [*_claims("mnist", 1), *_claims("imdb", 7)]
