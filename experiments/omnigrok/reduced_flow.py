"""Gradient flow with weight decay on a reduced landscape: how weight norm and messiness move, and how long it takes.

Reference: Liu et al. (2023), Omnigrok, Sec. 5.1 and App. D, "reduced trajectory analysis".
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Real
from matplotlib.axes import Axes
from scipy.integrate import solve_ivp

from experiments.omnigrok.reduced_landscape import BOX, Losses, Surface, generalizing_loss, surface
from grok_jax.errors import require
from grok_jax.plotting.curves import legend
from grok_jax.plotting.style import TEST, TRAIN, colors

RECORDS = 2000
WALL = 1e3  # how stiff an edge of the landscape is; the excess over the edge is dropped from the path
TIME_CONSTANTS = 10.0  # how many 1 / (η_D γ) a path is followed


class Path(NamedTuple):
    """A trajectory of the reduced dynamics, record by record."""

    time: Float[np.ndarray, " records"]  # in units of 1 / (learning rate)
    w: Float[np.ndarray, " records"]
    m: Float[np.ndarray, " records"]
    train_loss: Float[np.ndarray, " records"]
    test_loss: Float[np.ndarray, " records"]


class Points(NamedTuple):
    """The records of a path that have names; None where the path never fits."""

    a: int  # the start
    b: int | None  # first record at which the training loss is at or below the level
    c: int | None  # largest w from B on
    d: int | None  # where the way from C to E bends: farthest from the straight line between them
    e: int | None  # first record from C on with a test loss within a tenth of the smallest there


class Walk(NamedTuple):
    """A reduced trajectory on one landscape, its named points, and whether it ends where the landscape generalizes."""

    path: Path
    points: Points
    generalizes: bool


def reduced_path(
    train: Surface,
    test: Surface,
    start: tuple[float, float],
    weight_decay: float,
    *,
    decoder_rate: float = 1.0,
    representation_rate: float = 1.0,
    duration: float | None = None,
) -> Path:
    """The reduced trajectory from a start.

    dw/dt = -η_D (∂l/∂w + γ w),   dm/dt = -η_R ∂l/∂m,   l the reduced training loss

    Neither leaves the landscape: at an edge, the part of the velocity that points outward has no effect.

    Args:
      train, test: reduced losses over (w, m); the training loss moves the point, the test loss is read off.
      start: w and m, inside the landscape.
      weight_decay: γ, 0 or above.
      decoder_rate, representation_rate: η_D and η_R, of w and of m.
      duration: how long; None: TIME_CONSTANTS / (η_D γ).

    Returns:
      Path, its records at time 0 and then evenly spaced in the logarithm of the time.

    Raises:
      UserError: a start outside of the landscape, or no duration and no decay that would set one.

    Reference: Omnigrok, Eq. 6.
    """
    bounds = np.array([train.w, train.m])
    inside = (bounds[:, 0] <= start) & (start <= bounds[:, 1])
    require(bool(inside.all()), f"start is {start}; the landscape spans w {train.w} and m {train.m}")
    speed = float(decoder_rate * weight_decay)
    require(duration is not None or speed > 0, "without weight decay a path takes a duration")
    duration = TIME_CONSTANTS / speed if duration is None else duration

    def velocity(_: float, at: Float[np.ndarray, " 2"]) -> Float[np.ndarray, " 2"]:
        w, m = inner = np.clip(at, *bounds.T)
        over_w, over_m = train.slope(w, m)
        rates = np.array([decoder_rate, representation_rate])
        # A wall that gives a little: an implicit solver cannot step onto one where the velocity jumps.
        return -rates * np.array([over_w + weight_decay * w, over_m]) - WALL * rates.max() * (at - inner)

    time = np.concatenate([[0.0], np.geomspace(duration * 1e-7, duration, RECORDS)])
    solved = solve_ivp(velocity, (0.0, duration), start, method="LSODA", t_eval=time, rtol=1e-7, atol=1e-9)
    require(solved.success, f"the reduced trajectory could not be integrated: {solved.message}")
    w, m = np.clip(solved.y, bounds[:, :1], bounds[:, 1:])
    return Path(solved.t, w, m, train.value(w, m), test.value(w, m))


def walk(
    losses: Losses,
    axes: tuple[str, str],
    start: tuple[float, float],
    weight_decay: float,
    *,
    level: float,
    enough: float,
    decoder_rate: float = 1.0,
    representation_rate: float = 1.0,
    duration: float | None = None,
) -> Walk:
    """Follows the reduced dynamics on a landscape from a start, and names the points of its path.

    Args:
      losses: over the axes and no others.
      axes: names of the weight norm and of the messiness.
      start, weight_decay, decoder_rate, representation_rate, duration: as for reduced_path.
      level: of the training loss, for named_points.
      enough: a test loss that generalizes, see generalizing_loss.
    """
    train, test = (surface(x, *axes) for x in losses)
    rates = {"decoder_rate": decoder_rate, "representation_rate": representation_rate}
    path = reduced_path(train, test, start, weight_decay, **rates, duration=duration)
    points = named_points(path, level)
    arrived = points.e is not None and bool(path.test_loss[points.e] <= generalizing_loss(losses.test, enough))
    return Walk(path, points, arrived)


def named_points(path: Path, level: float) -> Points:
    """Finds the points A to E on a path: see Points.

    Args:
      path: a reduced trajectory.
      level: of the training loss, that of the contour between the regions of large and of small loss.

    Reference: Omnigrok, Fig. 6a, where they are drawn.
    """
    fitted = path.train_loss <= level
    if not fitted.any():
        return Points(0, None, None, None, None)
    b = int(fitted.argmax())
    c = b + int(path.w[b:].argmax())
    late = path.test_loss[c:]
    e = c + int((late <= 1.1 * late.min()).argmax())
    return Points(0, b, c, c + _bend(np.log(path.w[c : e + 1]), path.m[c : e + 1]), e)


def _bend(x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"]) -> int:
    """Where a curve is farthest from the line between its ends, both directions scaled to its extent."""
    across, up = (np.divide(u - u[0], np.ptp(u), out=np.zeros_like(u), where=np.ptp(u) > 0) for u in (x, y))
    return int(np.abs(across * up[-1] - up * across[-1]).argmax())


def slow_time(path: Path, points: Points) -> float:
    """The time from C to E; NaN where the path never fits."""
    return float("nan") if points.e is None else float(path.time[points.e] - path.time[points.c])


def count_descents(x: Float[np.ndarray, " records"], factor: float = 1.1) -> int:
    """How often a positive curve falls by the factor or more, a rise by the factor or more between two falls."""
    falls, falling, extreme = 0, False, x[0]
    for value in x:
        if falling:
            extreme = min(extreme, value)
            if value >= extreme * factor:
                falling, extreme = False, value
        else:
            extreme = max(extreme, value)
            if value * factor <= extreme:
                falls, falling, extreme = falls + 1, True, value
    return falls


def name_points(ax: Axes, x: Real[np.ndarray, " records"], y: Real[np.ndarray, " records"], points: Points) -> None:
    """Writes the letters A to E at a path's named points, those of one record together.

    Args:
      ax: where to draw.
      x, y: where the path is drawn, record by record.
      points: its records that have names.
    """
    names: dict[int, str] = {}
    for letter, i in points._asdict().items():
        if i is not None:
            names[i] = names.get(i, "") + letter.upper()
    for i, name in names.items():
        ax.plot(x[i], y[i], "o", color="k", markersize=4)
        ax.annotate(name, (x[i], y[i]), (4, 5), textcoords="offset points", fontweight="bold", bbox=BOX, zorder=5)


def name_start(ax: Axes, name: str, at: tuple[float, float]) -> None:
    """Writes the name of a path beside the point where it begins."""
    ax.plot(*at, "o", color="k", markersize=4, clip_on=False)
    ax.annotate(name, at, (4, 5), textcoords="offset points", fontweight="bold", bbox=BOX, zorder=5)


def mark_times(
    ax: Axes,
    time: Real[np.ndarray, " records"],
    x: Real[np.ndarray, " records"],
    y: Real[np.ndarray, " records"],
    marks: Real[np.ndarray, " marks"],
    *,
    color: str,
    filled: bool,
    named: bool = False,
) -> None:
    """Draws where a path is at given times, those within its records; named ones carry the power of ten."""
    for mark in marks[(marks >= time[0]) & (marks <= time[-1])]:
        place = np.interp(mark, time, x), np.interp(mark, time, y)
        face = color if filled else "white"
        ax.plot(*place, "o", color=color, markerfacecolor=face, markeredgecolor="k", markersize=5.5, zorder=4)
        if named:
            text = f"$10^{{{round(np.log10(mark))}}}$"
            ax.annotate(text, place, (5, -9), textcoords="offset points", fontsize=7, bbox=BOX, zorder=5)


def losses_along(ax: Axes, path: Path, points: Points) -> None:
    """Draws both losses along a path against the time, and its named points on the test loss."""
    shown = path.time > 0
    for loss, color, name in ((path.train_loss, TRAIN, "train loss"), (path.test_loss, TEST, "test loss")):
        ax.plot(path.time[shown], loss[shown], color=color, label=name)
    ax.set(xscale="log", yscale="log", xlabel="time [1 / ηD]", ylabel="loss along the path")
    name_points(ax, path.time, path.test_loss, points)
    legend(ax, loc="lower left")


def slow_times(
    ax: Axes, decays: Float[np.ndarray, " decays"], times: Mapping[str, Float[np.ndarray, " decays"]]
) -> None:
    """Draws how long the slow part of paths takes, C to E, over the weight decay, beside the paper's 1 / γ.

    Args:
      ax: where to draw.
      decays: γ.
      times: of each start by its name; NaN where a path never fits, 0 where E is C. A start without any time is named
        in words.
    """
    for (name, values), color in zip(times.items(), colors(len(times)), strict=True):
        usable = np.isfinite(values) & (values > 0)
        ax.plot(decays[usable], values[usable], "o-", color=color, label=name if usable.any() else "")
    ax.plot(decays, 1 / decays, color="0.5", linestyle=":", label="1 / γ")
    ax.set(xscale="log", yscale="log", xlabel="weight decay γ", ylabel="time from C to E [1 / ηD]")
    legend(ax, loc="lower left")
    silent = [
        f"{name}: {'never fits, no B' if np.isnan(values).all() else 'E is C, no slow part'}"
        for name, values in times.items()
        if not (np.isfinite(values) & (values > 0)).any()
    ]
    ax.text(0.97, 0.95, "\n".join(silent), transform=ax.transAxes, ha="right", va="top", fontsize=8.5, bbox=BOX)
