"""Questions, Figure 4: minima on spheres of constant weight norm, from under- to over-parametrized networks.

Results: dims (tasks, widths, data, norms and perhaps initial directions as one axis, perhaps 'model.seed' of the
initial direction, 'seed' of the data, 'step'), with the probes "curvature" and "unexplained".
"""

import ast
from collections.abc import Callable
from functools import partial
from string import ascii_lowercase
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from configs.questions.fig4_minima import REFERENCE, Sizes
from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.power_law import rank_correlation
from grok_jax.analysis.selection import config_value
from grok_jax.analysis.zone import Zone, goldilocks
from grok_jax.plotting.curves import legend
from grok_jax.plotting.style import OKABE_ITO, colors, panel_label, style

TASK, WIDTHS, SCALE, DIRECTION = "task.name", "model.widths", "model.init_scale", "model.seed"
NAMES = {"teacher_student": "teacher and student", "mnist": "MNIST", "modular_arithmetic": "modular addition"}
AMOUNTS = {"teacher_student": "points", "mnist": "digits", "modular_arithmetic": "of the pairs"}
LEVELS = {"teacher_student": 0.02, "mnist": 0.25, "modular_arithmetic": 0.05}  # test error of a run that generalizes
FITTED = 0.01  # training error of a run that fits
RISE, DIP = 0.2, 0.1  # claim 1: of the share of directions, in all, and against it from one width to the next
STRONG, NOTABLE = 0.8, 1.5  # rank correlation, and ratio of the widest and the narrowest
FEWEST = 3  # widths
ROUNDING = 1e-6
LIMITS = (1e-6, 1e6)  # of an error, so that it has a logarithm

PerWidth = Float[xr.DataArray, "..."]  # over 'width' and 'seed'


def minima(ds: xr.Dataset, task: str) -> xr.Dataset:
    """Returns the last measurement of each run on one task over 'width', 'amount', 'scale', 'direction' and 'seed'.

    'scale' is the norm over that of REFERENCE, and a combination without a run is NaN.

    Raises:
      NotMeasured: the tasks and widths are not on one axis, or none of them is this task.
    """
    if any(name not in ds.coords or ds[name].ndim != 1 for name in (TASK, WIDTHS, SCALE)):
        raise NotMeasured("needs the tasks, widths and norms on one axis")
    (axis,) = ds[TASK].dims
    own = np.flatnonzero(ds[TASK].values == task)
    if not own.size:
        raise NotMeasured(f"no runs on {NAMES[task]}, which presets medium and paper have")
    runs = ds.isel({axis: own, "step": -1}).rename({axis: "point"})
    amount = runs["task.train_fraction" if task == "modular_arithmetic" else "task.train_size"]
    keys = {
        "width": [ast.literal_eval(str(text))[0] for text in runs[WIDTHS].values],
        "amount": amount.values.astype(float),  # text if some task lacks the field
        "scale": runs[SCALE].values / REFERENCE[task],
    }
    if DIRECTION in runs.coords and runs[DIRECTION].dims == ("point",):
        keys["direction"] = runs[DIRECTION].values
    elif DIRECTION in runs.dims:
        runs = runs.rename({DIRECTION: "direction"})
    else:
        runs = runs.expand_dims(direction=[0])
    runs = runs.drop_vars([name for name, held in runs.coords.items() if held.dims == ("point",)], errors="ignore")
    along = runs.reset_coords(drop=True).assign_coords({name: ("point", values) for name, values in keys.items()})
    return along.set_index(point=list(keys)).unstack("point")


def at_reference(found: xr.Dataset) -> xr.Dataset:
    """Returns the minima at the norm of REFERENCE."""
    return found.isel(scale=int(np.argmin(np.abs(np.log(found["scale"].values)))), drop=True)


def most_data(found: xr.Dataset) -> xr.Dataset:
    """Returns the minima with the largest amount of data."""
    return found.isel(amount=int(np.argmax(found["amount"].values)), drop=True)


def over_norms(found: xr.Dataset) -> xr.Dataset:
    """Returns the minima with the most data at every norm, from the initial directions that all norms have."""
    runs = most_data(found)
    there = runs["final_step"].notnull().all([dim for dim in runs["final_step"].dims if dim != "direction"])
    return runs.isel(direction=np.flatnonzero(there))


def error_of(found: xr.Dataset, task: str, split: str = "test") -> Float[xr.DataArray, "..."]:
    """Returns the unexplained share of a regression, else the share of wrong rows; infinite if a run diverged."""
    error = found[f"{split}_unexplained"] if task == "teacher_student" else 1 - found[f"{split}_accuracy"]
    return error.fillna(np.inf)


def share_of_directions(found: xr.Dataset, task: str) -> Float[xr.DataArray, "..."]:
    """Returns the share of initial directions whose descent ends in a minimum that generalizes."""
    return (error_of(found, task) <= LEVELS[task] * (1 + ROUNDING)).mean("direction")


def zone_of(found: xr.Dataset, task: str) -> Zone:
    """Returns the norms at which the median over directions generalizes; the width of no zone is 0."""
    error = error_of(over_norms(found), task).median("direction").clip(*LIMITS)
    zone = goldilocks(np.log(error), "scale", np.log(LEVELS[task]))
    return zone._replace(width=(np.log(10) * zone.width).fillna(0))


def of_directions(found: xr.Dataset, name: str) -> PerWidth:
    """Returns the median over directions of a variable at the norm of REFERENCE and with the most data."""
    return at_reference(most_data(found))[name].median("direction")


def fits(found: xr.Dataset, task: str) -> Bool[xr.DataArray, "..."]:
    """Returns whether the median over directions fits the training rows, likewise."""
    error = error_of(at_reference(most_data(found)), task, "train").median("direction")
    return error <= FITTED * (1 + ROUNDING)


class Ends(NamedTuple):
    """The values at the narrowest and at the widest network that have one, and how many have."""

    narrowest: xr.DataArray
    widest: xr.DataArray
    count: xr.DataArray


def ends(x: PerWidth) -> Ends:
    """Returns the ends of x along 'width', without the widths at which it is NaN."""
    parts = xr.apply_ufunc(
        _ends, x.sortby("width"), input_core_dims=[["width"]], output_core_dims=[[], [], []], vectorize=True
    )
    return Ends(*parts)


def _ends(x: np.ndarray) -> tuple[float, float, int]:
    known = x[~np.isnan(x)]
    return (known[0], known[-1], known.size) if known.size else (np.nan, np.nan, 0)


def _several(ds: xr.Dataset, task: str) -> xr.Dataset:
    found = minima(ds, task)
    if found.sizes["width"] < FEWEST:
        raise NotMeasured(f"needs {FEWEST} or more widths")
    return found.sortby("width")


def _each(name: str, x: PerWidth) -> dict[str, xr.DataArray]:
    """Returns x at each width, by name."""
    return {f"{name} at width {width}": x.sel(width=width, drop=True) for width in x["width"].values}


def _share_rises(ds: xr.Dataset, task: str) -> Measured:
    found = _several(ds, task)
    share = share_of_directions(at_reference(most_data(found)), task)
    rise = share.isel(width=-1, drop=True) - share.isel(width=0, drop=True)
    dip = -share.diff("width").min("width")
    is_flat = (share == 0).all("width") | (share == 1).all("width")
    holds = (rise >= RISE - ROUNDING) & (dip <= DIP + ROUNDING)
    return over_seeds(holds, {"rise of the share": rise, **_each("share", share)}, decided=~is_flat)


def _zone_widens(ds: xr.Dataset, task: str) -> Measured:
    zone = zone_of(_several(ds, task), task)
    order, (narrowest, widest, _) = rank_correlation(zone.width, "width"), ends(zone.width)
    holds = (order >= STRONG) & (widest >= NOTABLE * narrowest)
    values = {"rank correlation": order, **_each("width of the zone in ln(norm)", zone.width)}
    return over_seeds(holds, values, decided=(zone.width > 0).any("width") & ~zone.is_cut.any("width"))


def _minima_widen(ds: xr.Dataset, task: str) -> Measured:
    found = _several(ds, task)
    fit = fits(found, task)
    angle, *curvatures = (
        of_directions(found, name).where(fit) for name in ("doubling_angle", "mean_curvature", "highest_curvature")
    )
    narrowest, widest, count = ends(angle)
    mean, highest = (ends(x) for x in curvatures)
    values = {
        "widths that fit": count,
        "widest over narrowest of these: doubling angle": widest / narrowest,
        "mean curvature": mean.widest / mean.narrowest,
        "highest curvature": highest.widest / highest.narrowest,
        "doubling angle of the narrowest": narrowest,
        "of the widest": widest,
    }
    is_known = np.isfinite(narrowest) | np.isfinite(widest)  # no ratio where the loss doubles at no angle in either
    return over_seeds(widest >= NOTABLE * narrowest, values, decided=(count >= 2) & is_known)


def _angle_falls(ds: xr.Dataset, task: str) -> Measured:
    angle = of_directions(_several(ds, task), "angle_from_start")
    order, (narrowest, widest, _) = rank_correlation(angle, "width"), ends(angle)
    holds = (order <= -STRONG) & (narrowest >= NOTABLE * widest)
    values = {"rank correlation": order, **_each("angle from the start", angle)}
    return over_seeds(holds, values, decided=angle.notnull().all("width"))


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a, e) shares of directions, (b, f) zone, (c, g) radius, curvature, (d, h) the angle; a row per task."""
    tasks = [task for task in NAMES if task in ds[TASK].values] if TASK in ds.coords else []
    with style():
        figure = Figure(figsize=(17, 4.3 * max(len(tasks), 1)), layout="constrained")
        panels = figure.subplots(max(len(tasks), 1), 4, squeeze=False)
        for row, task in zip(panels, tasks, strict=False):
            found = minima(ds, task).sortby("width")
            _draw_shares(row[0], at_reference(found), task)
            _draw_zone(row[1], found, task)
            _draw_radius(row[2], found, task)
            _draw_line(row[3], of_directions(found, "angle_from_start"), OKABE_ITO[0], "")
            row[3].set(ylabel="angle from start to minimum [radian]")
            targets = _targets(ds, found, task)
            for ax in row:
                _widths_axis(ax, targets)
        titles = (
            "initial directions that end\nat a generalizing minimum",
            "weight norms at which\nthe median direction generalizes",
            "how wide the minimum is",
            "how far the minimum is",
        )
        for row, task in zip(panels, tasks, strict=False):
            for ax, title in zip(row, titles, strict=True):
                ax.set_title(f"{NAMES[task]}:\n{title}", fontsize="medium")
        for ax, letter in zip(panels.flat, ascii_lowercase, strict=False):
            panel_label(ax, letter)
        figure.suptitle("Minima on spheres of constant weight norm. Lines: medians over data sets; bands: their range")
    return figure


def _draw_line(ax: Axes, x: PerWidth, color: str, label: str, marker: str = "o") -> None:
    """Draws the median over data sets, and a band from the smallest to the largest."""
    x = x.where(np.isfinite(x))
    ax.plot(x["width"], x.median("seed"), marker=marker, color=color, label=label or None, clip_on=False)
    ax.fill_between(x["width"], x.min("seed"), x.max("seed"), color=color, alpha=0.18, linewidth=0)


def _draw_shares(ax: Axes, found: xr.Dataset, task: str) -> None:
    amounts = sorted(found["amount"].values, reverse=True)
    for amount, color in zip(amounts, colors(len(amounts)), strict=True):
        share = share_of_directions(found.sel(amount=amount), task)
        text = f"{amount:.0%}" if amount < 1 else f"{amount:g}"
        _draw_line(ax, share, color, f"{text} {AMOUNTS[task]}")
    ax.set(ylabel=f"share with test error {LEVELS[task]:g} or less", ylim=(-0.03, 1.03))
    legend(ax)


def _draw_zone(ax: Axes, found: xr.Dataset, task: str) -> None:
    """Draws the zone of each data set, and its median ends."""
    zone = zone_of(found, task)
    low, high = (REFERENCE[task] * end for end in (zone.low, zone.high))
    ax.fill_between(low["width"], low.median("seed"), high.median("seed"), color=OKABE_ITO[2], alpha=0.25, label="zone")
    for each in range(low.sizes["seed"]):
        for end in (low, high):
            ax.plot(end["width"], end.isel(seed=each), color=OKABE_ITO[2], marker="o", markersize=3.5, linewidth=0.8)
    scales = REFERENCE[task] * found["scale"].values
    ax.set(yscale="log", ylim=(scales.min(), scales.max()), ylabel="weight norm over standard")
    _plain_ticks(ax)


def _draw_radius(ax: Axes, found: xr.Dataset, task: str) -> None:
    """Draws the doubling angle, in open circles where the network does not fit, and on the right the curvatures."""
    angle, fit = of_directions(found, "doubling_angle"), fits(found, task)
    _draw_line(ax, angle, OKABE_ITO[0], "")
    unfitted = angle.where(~fit & np.isfinite(angle))
    ax.plot(unfitted["width"], unfitted.transpose("width", "seed"), "o", color=OKABE_ITO[0], mfc="white", zorder=3)
    never = xr.where(np.isposinf(angle), np.pi / 2, np.nan)
    ax.plot(never["width"], never.transpose("width", "seed"), "^", color=OKABE_ITO[0], mfc="white", zorder=3)
    ax.plot([], [], "o", color=OKABE_ITO[0], mfc="white", label="does not fit")
    if never.notnull().any():
        ax.plot([], [], "^", color=OKABE_ITO[0], mfc="white", label="never doubles")
    twin = ax.twinx()
    for name, marker in (("mean", "s"), ("highest", "^")):
        x = of_directions(found, f"{name}_curvature")
        _draw_line(twin, x.where(x > 0), OKABE_ITO[1], f"{name} curvature", marker)
    for each, name, color in (
        (ax, "angle at which the loss doubles [radian]", OKABE_ITO[0]),
        (twin, "curvature [1 / radian²]", OKABE_ITO[1]),
    ):
        each.set_yscale("log")
        each.set_ylabel(name, color=color)
        each.tick_params(axis="y", which="both", labelcolor=color)
    low, high = ax.get_ylim()
    ax.set_ylim(low / 2, 2 * high)
    _plain_ticks(ax)
    twin.grid(False)
    twin.spines["right"].set_visible(True)
    legend(ax, twin)


def _plain_ticks(ax: Axes) -> None:
    """Puts ticks at 1, 2, 5, 10, ... of a logarithmic y axis."""
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())


def _widths_axis(ax: Axes, targets: dict[int, float]) -> None:
    """Makes the axis of widths logarithmic, with a tick at each width and the weights per target below it."""
    ax.set(xscale="log", xlabel="width of the hidden layers\n(below it: weights per target)")
    words = [f"{width}\n({ratio:.{0 if ratio >= 10 else 1 if ratio >= 1 else 2}f})" for width, ratio in targets.items()]
    ax.set_xticks(list(targets), words, fontsize=8)
    ax.set_xticks([], minor=True)


def _targets(ds: xr.Dataset, found: xr.Dataset, task: str) -> dict[int, float]:
    """Returns the weights per training target with the most data by width; a label counts as a target per class."""
    amount = float(found["amount"].max())
    p = 0
    if task == "modular_arithmetic":
        there = ds["task.p"].values if "task.p" in ds.coords else [config_value(ds, "task.p")]
        p = int(next(text for text in there if str(text) != "None"))
        amount *= p**2
    net = Sizes(task, (), (), (), p).network()
    return {int(width): net.weights(int(width)) / (amount * net.outputs) for width in found["width"].values}


MEASURES: tuple[tuple[str, str, Callable[[xr.Dataset, str], Measured]], ...] = (
    (
        "the share of initial directions whose descent on the sphere ends at a minimum that generalizes rises by at "
        f"least {RISE:g} from the narrowest network to the widest, and falls by at most {DIP:g} from one width to the "
        "next, at a fixed norm relative to the standard one",
        "volume = solid angle of initial directions: wider networks have more suitable minima in it",
        _share_rises,
    ),
    (
        f"the range of ln(norm) in which the median direction generalizes widens with width: rank correlation at least "
        f"{STRONG:g}, and {NOTABLE:g} times from the narrowest network to the widest",
        "volume = ln(norm): wider networks have a wider Goldilocks zone",
        _zone_widens,
    ),
    (
        f"among networks that fit, the angle in a random direction on the sphere at which the loss doubles is at least "
        f"{NOTABLE:g} times as large at the widest as at the narrowest",
        "volume = that around one minimum: wider networks have minima that are wider relative to the norm",
        _minima_widen,
    ),
    (
        f"the angle from the start to the minimum falls with width: rank correlation at most -{STRONG:g}, and by a "
        f"factor of at least {NOTABLE:g} from the narrowest network to the widest",
        "volume = that to be searched: wider networks have a minimum closer to any start",
        _angle_falls,
    ),
)
CLAIMS = [
    Claim(f"questions/fig4/{number}", f"{NAMES[task]}: {text}", meaning, partial(measure, task=task), own=True)
    for number, (task, (text, meaning, measure)) in enumerate(
        ((task, measured) for task in NAMES for measured in MEASURES), start=1
    )
]
