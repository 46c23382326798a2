"""Questions, Figure 3: physics-informed networks by initial scale, decay, points, norm and output scale.

Results: dims (equation and fields of a setting as one axis, 'seed', 'step'), with probes "solution_error" and "kernel".
"""

import math
from functools import partial

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.questions.occurrence import (
    DELAYED,
    answer,
    delay_map,
    judge_delay,
    judge_generalization,
    least_delay,
    outcomes,
)
from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.grokking import last_value, loss_delay
from grok_jax.analysis.landscape import place_of_minimum, reduced
from grok_jax.analysis.seeds import median_of_seeds
from grok_jax.analysis.selection import config_value, runs_at
from grok_jax.plotting.curves import curve, legend, log_values
from grok_jax.plotting.landscape import slice_along
from grok_jax.plotting.style import NORM, OKABE_ITO, TEST, TRAIN, panel_label, short_log_axes, style

EQUATION, POINTS, WEIGHT = "task.equation", "task.points", "loss.boundary_weight"
SCALE, OUTPUT, CENTERED = "model.init_scale", "model.output_scale", "model.centered"
DECAY, NORM_FROM = "optimizer.weight_decay", "optimizer.constant_norm_from"
NAMES = {
    "heat": "heat",
    "poisson_1d": "Poisson, 1 dimension",
    "poisson_2d": "Poisson, 2 dimensions",
    "burgers": "Burgers",
}
LEVEL = 0.01  # of the errors, relative to those of the function 0: a tenth in amplitude
STANDARD, LARGE = {SCALE: 1.0, DECAY: 0.0}, {SCALE: 4.0, DECAY: 0.3}
WITHOUT_DECAY = {**LARGE, DECAY: 0.0}
HIGHER = 3.0  # claim 6: the test error at both ends of the landscape, over its minimum
ERROR = "error, relative to that of 0"


def zero_loss(ds: xr.Dataset) -> float:
    """Returns the expected train loss of the function 0 for the one equation of some runs.

    The source of Poisson's equation is (πk)² (poisson_1d) or 2 (πk)² (poisson_2d) times a product of sines, and u is 0
    on the boundary. The others lose a boundary weight times the mean of sin² on the initial line, where half of the
    boundary rows lie.
    """
    equation, k = _shared(ds, EQUATION), float(_shared(ds, "task.frequency"))
    source = (math.pi * k) ** 4
    return {"poisson_1d": source / 2, "poisson_2d": source}.get(str(equation)) or float(_shared(ds, WEIGHT)) / 4


def _shared(ds: xr.Dataset, name: str) -> object:
    """Returns a setting that all runs share, which may be a coordinate along an axis."""
    if name in ds.coords and ds[name].size > 1:
        return np.unique(ds[name].values).item()
    return config_value(ds, name)


def runs_of(ds: xr.Dataset, equation: str) -> xr.Dataset:
    """Returns the runs of one equation, their losses replaced by train error and test error.

    Raises:
      NotMeasured: there are none.
    """
    if EQUATION not in ds.coords or ds[EQUATION].ndim != 1 or equation not in ds[EQUATION].values:
        raise NotMeasured(f"needs runs of {equation}")
    runs = ds.isel({_axis(ds): np.flatnonzero(ds[EQUATION].values == equation)})
    residual, zero = runs["test_loss"], zero_loss(runs)
    squared = runs["test_solution_error"] ** 2
    # Not xr.where or np.fmax: a run that diverged has no error.
    errors = {
        "train_loss": runs["train_loss"] / zero,
        "test_loss": np.maximum(residual / zero, squared),
        "residual": residual / zero,
        "solution": squared,
    }
    return runs.assign(errors)


def _axis(ds: xr.Dataset) -> str:
    return str(ds[EQUATION].dims[0])


def _free(ds: xr.Dataset, equation: str) -> xr.Dataset:
    """Returns the runs of one equation that are neither centered nor kept at a norm."""
    runs = runs_of(ds, equation)
    return runs.isel({_axis(runs): np.flatnonzero((runs[NORM_FROM] > 0) & ~runs[CENTERED].astype(bool))})


def _crossed(ds: xr.Dataset, equation: str) -> xr.Dataset:
    """Returns the runs of all scales and decays, at the number of points that those of the standard scale have."""
    runs = _free(ds, equation)
    points = runs[POINTS].values[np.isclose(runs[SCALE].values.astype(float), STANDARD[SCALE])]
    return runs.isel({_axis(runs): np.flatnonzero(np.isin(runs[POINTS].values, points))})


def _at(ds: xr.Dataset, equation: str, setting: dict[str, float]) -> xr.Dataset:
    return runs_at(_crossed(ds, equation), setting).reset_coords(drop=True)


def _landscape(ds: xr.Dataset) -> xr.Dataset:
    """Returns the runs of heat at constant norm, along their scale."""
    runs = runs_of(ds, "heat")
    return _along(runs.isel({_axis(runs): np.flatnonzero(runs[NORM_FROM] == 0)}), SCALE)


def _lazy(ds: xr.Dataset) -> xr.Dataset:
    """Returns the centered runs of heat, along their output scale."""
    runs = runs_of(ds, "heat")
    return _along(runs.isel({_axis(runs): np.flatnonzero(runs[CENTERED].astype(bool))}), OUTPUT)


def _by_points(ds: xr.Dataset) -> xr.Dataset:
    """Returns the runs of heat at the large scale with decay, along their number of points."""
    return _along(runs_at(_free(ds, "heat"), LARGE), POINTS)


def _along(runs: xr.Dataset, field: str) -> xr.Dataset:
    """Returns runs along one field, sorted, without the others.

    Raises:
      NotMeasured: the field has fewer than two values.
    """
    if runs[field].size < 2:
        raise NotMeasured(f"needs several values of {field}")
    others = [name for name in runs.coords if name not in (field, "seed", "step")]
    return runs.swap_dims({runs[field].dims[0]: field}).drop_vars(others).sortby(field)


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a, b) heat's errors, (c) its landscape, (d) its delay by output scale; (e, ...) a map per equation."""
    with style():
        equations = [name for name in NAMES if name in ds[EQUATION].values]
        rows = (len(equations) + 1) // 2
        figure = Figure(figsize=(12.5, 7.4 + 3.8 * rows), layout="constrained")
        # Apart, so that the color bars of the maps take no width from the curves.
        above, below = figure.subfigures(2, 1, height_ratios=(7.4, 3.8 * rows))
        axes, maps = ([*each.flat] for each in (above.subplots(2, 2), below.subplots(rows, 2, squeeze=False)))
        _draw_curves(axes[0], ds, STANDARD, f"heat: α = {STANDARD[SCALE]:g}, no decay")
        _draw_curves(axes[1], ds, LARGE, f"heat: α = {LARGE[SCALE]:g}, decay {LARGE[DECAY]:g}")
        _draw_landscape(axes[2], ds)
        _draw_lazy(axes[3], ds)
        for ax, equation in zip(maps, equations, strict=False):
            _draw_map(ax, ds, equation)
        for ax in maps[len(equations) :]:
            ax.set_axis_off()
        for ax, letter in zip([*axes, *maps], "abcdefgh", strict=False):
            if ax.axison:
                panel_label(ax, letter)
    return figure


def _draw_curves(ax: Axes, ds: xr.Dataset, setting: dict[str, float], title: str) -> None:
    runs = _at(ds, "heat", setting)
    curve(ax, runs["train_loss"], color=TRAIN, label="train: residual and boundary")
    curve(ax, runs["residual"], color=TEST, label="test: residual")
    curve(ax, runs["solution"], color=NORM, label="test: solution")
    ax.axhline(LEVEL, color="gray", linestyle=":", label=f"level {LEVEL:g}")
    log_values(ax)
    ax.set(ylabel=ERROR)
    ax.set_title(title, fontsize="medium")
    legend(ax)


def _draw_landscape(ax: Axes, ds: xr.Dataset) -> None:
    ax.set_title("heat: weight norm kept constant", fontsize="medium")
    ax.set(xlabel="initial scale α", ylabel=f"last {ERROR}")
    try:
        runs = _landscape(ds)
    except NotMeasured:  # a panel without data says so itself
        return
    for name, color, label in (("train_loss", TRAIN, "train"), ("test_loss", TEST, "test, the larger of both")):
        slice_along(ax, reduced(runs[name]), SCALE, color=color, label=label, log="xy")
    ax.axhline(LEVEL, color="gray", linestyle=":", label=f"level {LEVEL:g}")
    _ticks_at(ax, runs[SCALE].values)
    legend(ax)


def _draw_lazy(ax: Axes, ds: xr.Dataset) -> None:
    """Draws the delay of each run against the output scale, and the alignment at the start and at the end."""
    ax.set_title("heat, centered, α = 1: delay by output scale", fontsize="medium")
    ax.set(xlabel="output scale", ylabel="t(test) / t(train)")
    try:
        runs = _lazy(ds)
    except NotMeasured:  # a panel without data says so itself
        return
    late, twin = loss_delay(runs, LEVEL), ax.twinx()
    known = late.where(np.isfinite(late))
    if bool(known.notnull().any()):
        slice_along(ax, known, OUTPUT, color=TEST, label="delay", log="xy")
    else:
        ax.set_xscale("log")
    ax.axhline(DELAYED, color="gray", linestyle=":", label="groks from here on")
    alignment = runs["kernel_alignment"]
    for values, linestyle, label in (
        (alignment.isel(step=0, drop=True), ":", "kernel alignment, start"),
        (last_value(alignment), "--", "kernel alignment, end"),
    ):
        slice_along(twin, values, OUTPUT, color=OKABE_ITO[3], label=label, linestyle=linestyle)
    twin.set(ylabel="kernel alignment with the solution", ylim=(0, None))
    twin.yaxis.label.set_color(OKABE_ITO[3])
    twin.grid(False)
    short_log_axes(ax)
    _ticks_at(ax, runs[OUTPUT].values)
    legend(ax, twin, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)


def _draw_map(ax: Axes, ds: xr.Dataset, equation: str) -> None:
    runs = _crossed(ds, equation)
    both = [_at(ds, equation, setting) for setting in (STANDARD, LARGE)]
    words = answer(*both, LEVEL).words
    grid = runs.drop_vars([name for name in runs.coords if name not in (SCALE, DECAY, "seed", "step")])
    grid = grid.set_index({_axis(runs): [SCALE, DECAY]}).unstack(_axis(runs))
    delay_map(ax, grid, LEVEL, SCALE, DECAY, labels=("initial scale α", "weight decay"))
    ax.set_title(f"{NAMES[equation]}: {words}\n(seeds that grok, of all)", fontsize="medium")
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)


def _ticks_at(ax: Axes, values: np.ndarray) -> None:
    ax.set_xticks(values, [f"{value:g}" for value in values])
    ax.set_xticks([], minor=True)


def _groks(ds: xr.Dataset, equation: str, setting: dict[str, float], groks: bool) -> Measured:
    """Judges the delay at one setting, and adds that of the residual and that of the solution alone."""
    runs = _at(ds, equation, setting)
    measured = judge_delay(runs, LEVEL, groks=groks)
    alone = {
        f"delay of the {name} alone": float(
            median_of_seeds(loss_delay(runs.assign(test_loss=runs[name]), LEVEL)).median
        )
        for name in ("residual", "solution")
    }
    return measured._replace(value={**dict(measured.value), **alone})


def _standard(ds: xr.Dataset, equation: str) -> Measured:
    return _groks(ds, equation, STANDARD, False)


def _induced(ds: xr.Dataset, equation: str) -> Measured:
    return _groks(ds, equation, LARGE, True)


def _never_without_decay(ds: xr.Dataset, equation: str) -> Measured:
    return judge_generalization(_at(ds, equation, WITHOUT_DECAY), LEVEL, generalizes=False)


def _shorter(runs: xr.Dataset, axis: str, words: str) -> Measured:
    """Judges whether the delay is shorter at the last point of an axis than at the first.

    Where a run never generalizes, its delay is only known to be at least its last step over t(train).
    """
    (first, last), (least_first, least_last) = (
        [delay.isel({axis: place}, drop=True) for place in (0, -1)]
        for delay in (loss_delay(runs, LEVEL), least_delay(runs, LEVEL))
    )
    is_shorter = last < least_first
    is_not = np.isfinite(first) & (least_last >= first)
    ends = (words.format(f"{float(runs[axis][place]):g}") for place in (0, -1))
    return over_seeds(is_shorter, dict(zip(ends, (first, last), strict=True)), decided=is_shorter | is_not)


def _falls_with_decay(ds: xr.Dataset) -> Measured:
    runs = runs_at(_crossed(ds, "heat"), {SCALE: LARGE[SCALE]})
    runs = _along(runs.isel({_axis(runs): np.flatnonzero(runs[DECAY] > 0)}), DECAY)
    return _shorter(runs, DECAY, "delay at decay {}")


def _falls_with_data(ds: xr.Dataset) -> Measured:
    return _shorter(_by_points(ds), POINTS, "delay at {} points")


def _is_lu(ds: xr.Dataset) -> Measured:
    runs = _landscape(ds)
    train, test = (reduced(runs[f"{split}_loss"]) for split in ("train", "test"))
    first, last = (test.isel({SCALE: place}, drop=True) for place in (0, -1))
    lowest, place = test.min(SCALE), place_of_minimum(test, SCALE)
    end = train.isel({SCALE: -1}, drop=True)
    is_l, is_u = end <= LEVEL, (first >= HIGHER * lowest) & (last >= HIGHER * lowest)
    return over_seeds(
        is_l & is_u,
        {
            "train error at the largest norm": end,
            "at the smallest": train.isel({SCALE: 0}, drop=True),
            "lowest test error": lowest,
            "at the scale": place,
            "test error at the smallest norm": first,
            "at the largest": last,
        },
        decided=runs["test_loss"].isel(step=-1, drop=True).notnull().all(SCALE),
    )


def _lazy_groks(ds: xr.Dataset) -> Measured:
    runs = _lazy(ds)
    late = loss_delay(runs, LEVEL)
    small, large = (runs.isel({OUTPUT: place}, drop=True) for place in (0, -1))
    found = outcomes(large, LEVEL)
    return over_seeds(
        found.groks,
        {
            "delay at the largest output scale": found.delay,
            "at the smallest": late.isel({OUTPUT: 0}, drop=True),
            "kernel distance at the end, largest": last_value(large["kernel_distance"]),
            "smallest": last_value(small["kernel_distance"]),
            "kernel alignment at the end, largest": last_value(large["kernel_alignment"]),
            "smallest output scale": last_value(small["kernel_alignment"]),
        },
        decided=found.groks | found.with_fit,
    )


INDUCED = "Omnigrok: a large initialization with weight decay induces grokking beyond algorithmic tasks"
WAITS = "Omnigrok: without decay the norm stays large, where test loss is high"
NOT_BY_ITSELF = "Omnigrok: beyond algorithmic tasks a standard initialization shows no grokking"
AT = f"scale {LARGE[SCALE]:g}"
EACH = (
    ("at scale 1 without decay a network generalizes with its fit", NOT_BY_ITSELF, _standard),
    (f"at {AT} with decay {LARGE[DECAY]:g} a network groks", INDUCED, _induced),
    (f"at {AT} without decay a network fits and does not generalize within its steps", WAITS, _never_without_decay),
)
OF_HEAT = (
    (
        f"at {AT} the delay is shorter at the largest decay than at the smallest",
        "Omnigrok: time ~ 1 / decay",
        _falls_with_decay,
    ),
    (
        f"at {AT} with decay {LARGE[DECAY]:g} the delay is shorter at the most points than at the fewest",
        "Omnigrok: more data makes generalization come sooner",
        _falls_with_data,
    ),
    (
        f"at constant norm the train error is at the level at the largest norm, and the test error at both ends is at "
        f"least {HIGHER:g} times its minimum",
        "Omnigrok: an L-shaped train loss and a U-shaped test loss",
        _is_lu,
    ),
    (
        "at the largest output scale a network groks",
        "Kumar et al.: a lazy network groks if its kernel is not aligned",
        _lazy_groks,
    ),
)
_MEASURES = [
    *((f"heat: {words}", source, partial(measure, equation="heat")) for words, source, measure in EACH),
    *((f"heat: {words}", source, measure) for words, source, measure in OF_HEAT),
    *(
        (f"{name}: {words}", source, partial(measure, equation=name))
        for name in list(NAMES)[1:]
        for words, source, measure in EACH
    ),
]
CLAIMS = [Claim(f"questions/fig3/{number}", *each, own=True) for number, each in enumerate(_MEASURES, start=1)]
