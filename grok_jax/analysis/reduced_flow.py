"""Gradient flow with weight decay on a reduced landscape: how weight norm and messiness move, and how long it takes.

A reduced landscape is a loss over a weight norm w and a messiness m, minimised over everything else (landscape.py).
Reference: Liu et al. (2023), Omnigrok, Sec. 5.1 and App. D, "reduced trajectory analysis".
"""

from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float, Real
from scipy.integrate import solve_ivp
from scipy.interpolate import PchipInterpolator, RectBivariateSpline

from grok_jax.analysis.landscape import VALUES
from grok_jax.errors import require

SMALLEST = 1e-12  # A loss below this counts as this: its logarithm is noise of float32.
SUBDIVISION = 8  # points of the spline for each cell of the grid
RECORDS = 2000
Numbers = Real[np.ndarray, "..."] | float
WALL = 1e3  # how stiff an edge of the landscape is; the excess over the edge is dropped from the path
TIME_CONSTANTS = 10.0  # how many 1 / (η_D γ) a path is followed


class Surface(NamedTuple):
    """A positive quantity over (w, m), smooth between the points of its grid; constant beyond the grid's edges."""

    log_value: RectBivariateSpline
    w: tuple[float, float]  # ends of the grid
    m: tuple[float, float]

    def value(self, w: Numbers, m: Numbers) -> Numbers:
        """The value at each point."""
        return np.exp(self.log_value.ev(np.clip(w, *self.w), np.clip(m, *self.m)))

    def slope(self, w: Numbers, m: Numbers) -> tuple[Numbers, Numbers]:
        """Its partial derivatives over w and over m at each point; beyond an edge, those at the edge."""
        at = np.clip(w, *self.w), np.clip(m, *self.m)
        value = np.exp(self.log_value.ev(*at))
        return value * self.log_value.ev(*at, dx=1), value * self.log_value.ev(*at, dy=1)


class Losses(NamedTuple):
    """The reduced losses of a grid: those of one record of each run."""

    train: Float[xr.DataArray, "*grid"]
    test: Float[xr.DataArray, "*grid"]

    @property
    def are_finite(self) -> bool:
        """Whether every run has both."""
        return bool(np.isfinite(self.train).all() and np.isfinite(self.test).all())


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
    """A reduced trajectory on one landscape, its named points, and whether it ends where the landscape generalises."""

    path: Path
    points: Points
    generalizes: bool


def reduced_losses(ds: xr.Dataset, value: str = "best") -> Losses:
    """What is left of each run on a sphere, train and test loss of one record.

    Args:
      ds: results with both losses along 'step'.
      value: "best", the record of least train loss, for an optimiser that leaves the minimum again; "final", the last
        one, for a learning rate that has fallen by then.

    Raises:
      UserError: another value.

    Reference: Omnigrok, Eq. 5.
    """
    require(value in VALUES, f"value is {value!r}; it must be one of {', '.join(VALUES)}")
    train = ds["train_loss"].where(np.isfinite(ds["train_loss"]), np.inf)
    chosen = train.argmin("step") if value == "best" else -1
    parts = (ds[name].isel(step=chosen).drop_vars("step") for name in ("train_loss", "test_loss"))
    return Losses(*parts)


def not_rising(losses: Losses, w: str) -> Losses:
    """The losses with a training loss that is nowhere above one at a smaller w: what an exact minimum should be.

    Reference: Omnigrok, footnote 5.
    """
    train = losses.train.sortby(w)
    return Losses(train.copy(data=np.minimum.accumulate(train.values, axis=train.get_axis_num(w))), losses.test)


def generalizing_loss(test: Float[xr.DataArray, "..."], enough: float) -> float:
    """The test loss at or below which something generalises: enough, or half as much again as the smallest there is."""
    return max(enough, 1.5 * float(test.min()))


def surface(z: Real[xr.DataArray, "..."], w: str, m: str) -> Surface:
    """The smooth surface through a landscape.

    log z is interpolated by monotone cubics (PCHIP) along each axis, which invent no minimum between grid points, on a
    grid SUBDIVISION times as fine, and that by a bicubic spline.

    Args:
      z: values above 0 with the axes w and m and no other; losses. Below SMALLEST counts as SMALLEST.
      w, m: the axes, numbers; 2 points each, or more.

    Raises:
      UserError: other axes, too few points, or a value that is not finite.
    """
    require(set(z.dims) == {w, m}, f"a landscape has the axes {w} and {m}; this one has {', '.join(map(str, z.dims))}")
    require(min(z.sizes.values()) >= 2, f"a landscape takes 2 points along {w} and along {m}")
    z = z.transpose(w, m).sortby([w, m])
    require(bool(np.isfinite(z).all()), "a landscape takes finite values")
    coarse = [np.asarray(z[axis], np.float64) for axis in (w, m)]
    fine = [_subdivided(x) for x in coarse]
    log_z = np.log(np.maximum(np.asarray(z, np.float64), SMALLEST))
    log_z = PchipInterpolator(coarse[0], log_z, axis=0)(fine[0])
    log_z = PchipInterpolator(coarse[1], log_z, axis=1)(fine[1])
    ends = [(float(x[0]), float(x[-1])) for x in coarse]
    return Surface(RectBivariateSpline(*fine, log_z), *ends)


def _subdivided(x: Float[np.ndarray, " n"]) -> Float[np.ndarray, " fine"]:
    cells = np.arange(x.size)
    return np.interp(np.linspace(0, x.size - 1, SUBDIVISION * (x.size - 1) + 1), cells, x)


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
      enough: a test loss that generalises, see generalizing_loss.
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


def contour(z: Real[xr.DataArray, "..."], w: str, level: float) -> Float[xr.DataArray, "..."]:
    """The smallest w at which z falls to a level, interpolated in (w, log z), along the other axes.

    Args:
      z: losses above 0 along w and other axes.
      w: the axis, numbers.
      level: of the loss.

    Returns:
      The place; inf where z stays above the level along all of the axis, the first w where it begins at or below it.
    """
    z = z.sortby(w)
    excess = np.log(z.astype(np.float64).clip(min=SMALLEST)) - np.log(level)
    return xr.apply_ufunc(_first_root, excess, z[w].astype(np.float64), input_core_dims=[[w], [w]], vectorize=True)


def lean(line: Float[xr.DataArray, " points"], m: str) -> float:
    """How a contour leans toward larger w with m: Δ log w / Δ m of the line of least squares through its finite points.

    Returns:
      NaN where fewer than 3 of its points are finite and above 0.
    """
    found = np.isfinite(line.values) & (line.values > 0)
    if found.sum() < 3:
        return float("nan")
    return float(np.polyfit(line[m].values[found], np.log(line.values[found]), 1)[0])


def _first_root(excess: Float[np.ndarray, " n"], x: Float[np.ndarray, " n"]) -> float:
    if not (excess <= 0).any():
        return np.inf
    i = int((excess <= 0).argmax())
    if i == 0:
        return float(x[0])
    return float(x[i - 1] + (x[i] - x[i - 1]) * excess[i - 1] / (excess[i - 1] - excess[i]))
