"""Gradient flow with weight decay on a reduced landscape: how weight norm and messiness move, and how fast.

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
WALL = 1e3  # stiffness of the landscape's edges; overshoot beyond an edge is removed from the path
TIME_CONSTANTS = 10.0  # default duration of a path, in units of 1 / (η_D γ)


class Path(NamedTuple):
    """A trajectory of the reduced dynamics, record by record."""

    time: Float[np.ndarray, " records"]  # in units of 1 / (learning rate)
    w: Float[np.ndarray, " records"]
    m: Float[np.ndarray, " records"]
    train_loss: Float[np.ndarray, " records"]
    test_loss: Float[np.ndarray, " records"]


class Points(NamedTuple):
    """The named records of a path; None if the path never fits."""

    a: int  # the start
    b: int | None  # first record at which the training loss is at or below the level
    c: int | None  # largest w from B on
    d: int | None  # bend between C and E: farthest from the straight line between them
    e: int | None  # first record from C on with a test loss within a tenth of the smallest from C on


class Walk(NamedTuple):
    """A reduced trajectory on one landscape, its named points, and whether its end generalizes."""

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
    """Integrates the reduced trajectory from a start.

    dw/dt = -η_D (∂l/∂w + γ w),   dm/dt = -η_R ∂l/∂m,   l the reduced training loss

    The trajectory stays on the landscape: at an edge, the outward part of the velocity has no effect.

    Args:
      train, test: reduced losses over (w, m); the training loss drives the motion, the test loss is only recorded.
      start: w and m, inside the landscape.
      weight_decay: γ, 0 or above.
      decoder_rate, representation_rate: the rates η_D of w and η_R of m.
      duration: in units of time t; None: TIME_CONSTANTS / (η_D γ).

    Returns:
      The Path, with records at time 0 and then evenly spaced in log time.

    Raises:
      UserError: the start is outside the landscape, or neither a duration nor a decay is given.

    Reference: Omnigrok, Eq. 6.
    """
    bounds = np.array([train.w, train.m])
    inside = (bounds[:, 0] <= start) & (start <= bounds[:, 1])
    require(bool(inside.all()), f"start is {start}; the landscape spans w {train.w} and m {train.m}")
    speed = float(decoder_rate * weight_decay)
    require(duration is not None or speed > 0, "without weight decay a path needs a duration")
    duration = TIME_CONSTANTS / speed if duration is None else duration

    def velocity(_: float, at: Float[np.ndarray, " 2"]) -> Float[np.ndarray, " 2"]:
        w, m = inner = np.clip(at, *bounds.T)
        over_w, over_m = train.slope(w, m)
        rates = np.array([decoder_rate, representation_rate])
        # The wall is slightly soft, because an implicit solver cannot handle a jump in the velocity.
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
    """Follows the reduced dynamics on a landscape from a start, and finds the named points of the path.

    Args:
      losses: losses over these two axes only.
      axes: names of the weight norm axis and of the messiness axis.
      start, weight_decay, decoder_rate, representation_rate, duration: as for reduced_path.
      level: training loss, for named_points.
      enough: test loss that counts as generalizing, see generalizing_loss.
    """
    train, test = (surface(x, *axes) for x in losses)
    rates = {"decoder_rate": decoder_rate, "representation_rate": representation_rate}
    path = reduced_path(train, test, start, weight_decay, **rates, duration=duration)
    points = named_points(path, level)
    arrived = points.e is not None and bool(path.test_loss[points.e] <= generalizing_loss(losses.test, enough))
    return Walk(path, points, arrived)


def named_points(path: Path, level: float) -> Points:
    """Finds the points A to E on a path; see Points.

    Args:
      path: a reduced trajectory.
      level: training loss of the contour between the regions of large and small loss.

    Reference: Omnigrok, Fig. 6a, which shows these points.
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
    """Returns where a curve is farthest from the line between its ends, with both directions scaled to its extent."""
    across, up = (np.divide(u - u[0], np.ptp(u), out=np.zeros_like(u), where=np.ptp(u) > 0) for u in (x, y))
    return int(np.abs(across * up[-1] - up * across[-1]).argmax())


def slow_time(path: Path, points: Points) -> float:
    """Returns the time from C to E; NaN if the path never fits."""
    return float("nan") if points.e is None else float(path.time[points.e] - path.time[points.c])


def count_descents(x: Float[np.ndarray, " records"], factor: float = 1.1) -> int:
    """Counts how often a positive curve falls by at least the factor, with a rise by at least the factor in between."""
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
    """Writes the letters A to E at a path's named points; points at the same record share a label.

    Args:
      ax: where to draw.
      x, y: coordinates of the path, record by record.
      points: the named records of the path.
    """
    names: dict[int, str] = {}
    for letter, i in points._asdict().items():
        if i is not None:
            names[i] = names.get(i, "") + letter.upper()
    for i, name in names.items():
        ax.plot(x[i], y[i], "o", color="k", markersize=4)
        ax.annotate(name, (x[i], y[i]), (4, 5), textcoords="offset points", fontweight="bold", bbox=BOX, zorder=5)


def name_start(ax: Axes, name: str, at: tuple[float, float]) -> None:
    """Writes the name of a path next to its starting point."""
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
    """Draws where a path is at the given times within its records; named times are labeled with their power of ten."""
    for mark in marks[(marks >= time[0]) & (marks <= time[-1])]:
        place = np.interp(mark, time, x), np.interp(mark, time, y)
        face = color if filled else "white"
        ax.plot(*place, "o", color=color, markerfacecolor=face, markeredgecolor="k", markersize=5.5, zorder=4)
        if named:
            text = f"$10^{{{round(np.log10(mark))}}}$"
            ax.annotate(text, place, (5, -9), textcoords="offset points", fontsize=7, bbox=BOX, zorder=5)


def losses_along(ax: Axes, path: Path, points: Points) -> None:
    """Draws both losses along a path against time, with the named points on the test loss."""
    shown = path.time > 0
    for loss, color, name in ((path.train_loss, TRAIN, "train loss"), (path.test_loss, TEST, "test loss")):
        ax.plot(path.time[shown], loss[shown], color=color, label=name)
    ax.set(xscale="log", yscale="log", xlabel="time [1 / ηD]", ylabel="loss along the path")
    name_points(ax, path.time, path.test_loss, points)
    legend(ax, loc="lower left")


def slow_times(
    ax: Axes, decays: Float[np.ndarray, " decays"], times: Mapping[str, Float[np.ndarray, " decays"]]
) -> None:
    """Draws the time of the slow part of paths, C to E, over the weight decay, next to the paper's 1 / γ.

    Args:
      ax: where to draw.
      decays: γ.
      times: start name -> times; NaN if a path never fits, 0 if E is C. A start without any time is listed as text.
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
