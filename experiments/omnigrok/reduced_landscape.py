"""A reduced landscape of weight norm w and messiness m: its smooth surface, its contours, its map.

It is a loss over w and m, minimized over everything else (grok_jax.analysis.landscape).
Reference: Liu et al. (2023), Omnigrok, Sec. 5.1 and App. D.
"""

from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float, Real
from matplotlib.axes import Axes
from scipy.interpolate import PchipInterpolator, RectBivariateSpline

from grok_jax.analysis.landscape import VALUES
from grok_jax.errors import require
from grok_jax.plotting.maps import heat_map
from grok_jax.plotting.style import NORM, OKABE_ITO

SMALLEST = 1e-12  # A loss below this counts as this: its logarithm is noise of float32.
SUBDIVISION = 8  # points of the spline for each cell of the grid
Numbers = Real[np.ndarray, "..."] | float
BOX = {"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.6}


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


def decades_along(x: Real[xr.DataArray, "..."], axis: str) -> Float[xr.DataArray, "..."]:
    """How strongly a loss above 0 depends on one axis: log10 of its largest over its smallest value there."""
    return np.log10(x.max(axis) / x.min(axis))


def relative_dependence(x: Real[xr.DataArray, "..."], axis: str, other: str) -> Float[xr.DataArray, "..."]:
    """How strongly a landscape depends on one of its axes, compared with another: the ratio of its ranges along them.

    Args:
      x: the landscape.
      axis, other: its two axes; a range is averaged over the axis that it does not run along.
    """
    along, across = (x.max(dim) - x.min(dim) for dim in (axis, other))
    return along.mean(other) / across.mean(axis)


def reduced_losses(ds: xr.Dataset, value: str = "best") -> Losses:
    """What is left of each run on a sphere, train and test loss of one record.

    Args:
      ds: results with both losses along 'step'.
      value: "best", the record of least train loss, for an optimizer that leaves the minimum again; "final", the last
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
    """The test loss at or below which something generalizes: enough, or half as much again as the smallest there is."""
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


def landscape_map(
    ax: Axes,
    z: Real[xr.DataArray, "..."],
    losses: Losses,
    axes: tuple[str, str],
    *,
    labels: tuple[str, str, str],
    level: float,
) -> None:
    """Draws a loss over the plane, the contour of the training loss between its regions, and the smallest test loss.

    Args:
      ax: where to draw.
      z: one of the losses.
      losses: both.
      axes: names of the weight norm and of the messiness.
      labels: what a reader calls them and z, with units.
      level: of the training loss.
    """
    heat_map(ax, z, *axes, labels=labels, log="z")
    if min(z.sizes.values()) > 1:
        train = losses.train.transpose(*axes[::-1])
        ax.contour(train[axes[0]], train[axes[1]], train, levels=[level], colors=OKABE_ITO[5], linestyles="--")
        ax.plot([], [], color=OKABE_ITO[5], linestyle="--", label=f"train loss {level:g}")
    stretch_messiness(ax)
    ax.set_ylim(0, float(z[axes[1]].max()))
    mark_smallest(ax, losses.test, *axes)


def stretch_messiness(ax: Axes) -> None:
    """Gives small messiness, where everything happens, room: a square-root vertical axis from 0 to 1."""
    ax.set_yscale("function", functions=(lambda m: np.sign(m) * np.sqrt(np.abs(m)), lambda r: np.sign(r) * r**2))
    ax.set_yticks([0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1], labels=["0", ".02", ".05", ".1", ".2", ".4", ".7", "1"])


def mark_smallest(ax: Axes, test: Real[xr.DataArray, "..."], w: str, m: str, top: float = np.inf) -> None:
    """Draws the green star of the paper where the test loss of a landscape is smallest; none at an m above top."""
    at = test.isel(test.argmin([w, m]))
    place = float(at[w]), float(at[m])
    if place[1] > top:
        return
    # Whole on an edge of the panel too.
    ax.plot(*place, "*", color=NORM, markeredgecolor="white", markersize=16, label="smallest test loss", clip_on=False)


def descent_arrows(ax: Axes, train: Surface, top: float, *, representation_rate: float, above: float) -> None:
    """Draws where the gradient of a training loss pushes, without weight decay: arrows of equal length on the panel.

    Args:
      ax: a panel that shows all of the surface's w, and m from 0 to top.
      train: the training loss.
      top: the largest messiness of the panel.
      representation_rate: η_R / η_D.
      above: no arrow where the loss is at or below this, and its direction noise.
    """
    w, m = (x.ravel() for x in np.meshgrid(np.linspace(*train.w, 14)[1:-1], np.linspace(0, top, 9)))
    over_w, over_m = train.slope(w, m)
    across, up = -over_w / np.ptp(train.w), -representation_rate * over_m / top
    length = np.hypot(across, up)
    steep = (length > 0) & (train.value(w, m) > above)
    arrow = {"angles": "uv", "pivot": "mid", "scale": 22, "width": 0.004, "color": "white"}
    ax.quiver(w[steep], m[steep], (across / length)[steep], (up / length)[steep], **arrow)


def regions(ax: Axes, train: Surface, top: float, level: float) -> None:
    """Shades the regions I and II, of training losses above and up to a level, and names them; m goes up to top."""
    w, m = np.linspace(*train.w, 200), np.linspace(train.m[0], top, 200)
    value = train.value(*np.meshgrid(w, m))
    ax.contourf(w, m, value, levels=[0, level, np.inf], colors=["0.97", "0.8"])
    for letter, inside in (("I", value > level), ("II", value <= level)):
        if inside.any():
            rows = np.flatnonzero(inside.any(axis=1))
            row = rows[np.abs(rows - m.size // 4).argmin()]
            # Away from the panel's edges, beyond which half of the words would lie.
            column = int(np.clip(np.median(np.flatnonzero(inside[row])), 0.25 * w.size, 0.75 * w.size))
            text = {"fontsize": 12, "color": "0.35", "ha": "center", "va": "center", "bbox": BOX}
            ax.text(w[column], m[row], f"region {letter}", **text)
