"""A reduced landscape over weight norm w and messiness m: its smooth surface, contours and map.

The landscape is a loss over w and m, minimized over everything else (grok_jax.analysis.landscape).
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

SMALLEST = 1e-12  # smaller losses count as this, as their logarithm is float32 noise
SUBDIVISION = 8  # points of the spline per cell of the grid
Numbers = Real[np.ndarray, "..."] | float
BOX = {"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.6}


class Surface(NamedTuple):
    """A positive quantity over (w, m): smooth between grid points, constant beyond the edges of the grid."""

    log_value: RectBivariateSpline
    w: tuple[float, float]  # ends of the grid
    m: tuple[float, float]

    def value(self, w: Numbers, m: Numbers) -> Numbers:
        """Returns the value at each point."""
        return np.exp(self.log_value.ev(np.clip(w, *self.w), np.clip(m, *self.m)))

    def slope(self, w: Numbers, m: Numbers) -> tuple[Numbers, Numbers]:
        """Returns the partial derivatives with respect to w and m at each point; beyond an edge, those at the edge."""
        at = np.clip(w, *self.w), np.clip(m, *self.m)
        value = np.exp(self.log_value.ev(*at))
        return value * self.log_value.ev(*at, dx=1), value * self.log_value.ev(*at, dy=1)


class Losses(NamedTuple):
    """The reduced losses of a grid, from one record of each run."""

    train: Float[xr.DataArray, "*grid"]
    test: Float[xr.DataArray, "*grid"]

    @property
    def are_finite(self) -> bool:
        """Returns whether every run has both losses."""
        return bool(np.isfinite(self.train).all() and np.isfinite(self.test).all())


def decades_along(x: Real[xr.DataArray, "..."], axis: str) -> Float[xr.DataArray, "..."]:
    """Returns how strongly a positive loss depends on one axis: log10 of largest over smallest value along it."""
    return np.log10(x.max(axis) / x.min(axis))


def relative_dependence(x: Real[xr.DataArray, "..."], axis: str, other: str) -> Float[xr.DataArray, "..."]:
    """Returns how strongly a landscape depends on one axis compared with another: the ratio of its ranges.

    Args:
      x: the landscape.
      axis, other: its two axes; the range along one axis is averaged over the other.
    """
    along, across = (x.max(dim) - x.min(dim) for dim in (axis, other))
    return along.mean(other) / across.mean(axis)


def reduced_losses(ds: xr.Dataset, value: str = "best") -> Losses:
    """Returns the train and test loss of each run on a sphere at one record.

    Args:
      ds: results with both losses along 'step'.
      value: "best": the record with the smallest train loss, for an optimizer that leaves the minimum again; "final":
        the last record, for a learning rate that has decayed by then.

    Raises:
      UserError: `value` is neither of these.

    Reference: Omnigrok, Eq. 5.
    """
    require(value in VALUES, f"value is {value!r}; it must be one of {', '.join(VALUES)}")
    train = ds["train_loss"].where(np.isfinite(ds["train_loss"]), np.inf)
    chosen = train.argmin("step") if value == "best" else -1
    parts = (ds[name].isel(step=chosen).drop_vars("step") for name in ("train_loss", "test_loss"))
    return Losses(*parts)


def not_rising(losses: Losses, w: str) -> Losses:
    """Makes the training loss non-increasing in w, as that of an exact minimum should be.

    Reference: Omnigrok, footnote 5.
    """
    train = losses.train.sortby(w)
    return Losses(train.copy(data=np.minimum.accumulate(train.values, axis=train.get_axis_num(w))), losses.test)


def generalizing_loss(test: Float[xr.DataArray, "..."], enough: float) -> float:
    """Returns the test loss that counts as generalizing: `enough`, or 1.5 times the smallest one if that is larger."""
    return max(enough, 1.5 * float(test.min()))


def surface(z: Real[xr.DataArray, "..."], w: str, m: str) -> Surface:
    """Fits a smooth surface through a landscape.

    Monotone cubics (PCHIP) along each axis, which add no minimum between grid points, interpolate log z on a grid
    SUBDIVISION times as fine. A bicubic spline interpolates that grid.

    Args:
      z: positive losses with the axes w and m only. Values below SMALLEST count as SMALLEST.
      w, m: names of the axes; numeric, at least 2 points each.

    Raises:
      UserError: z has other axes, too few points, or a non-finite value.
    """
    require(
        set(z.dims) == {w, m}, f"a landscape must have the axes {w} and {m}; this one has {', '.join(map(str, z.dims))}"
    )
    require(min(z.sizes.values()) >= 2, f"a landscape needs at least 2 points along {w} and along {m}")
    z = z.transpose(w, m).sortby([w, m])
    require(bool(np.isfinite(z).all()), "a landscape needs finite values")
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
    """Returns the smallest w at which z falls to a level, interpolated in (w, log z), for each point of the other axes.

    Args:
      z: positive losses along w and other axes.
      w: name of the axis; numeric.
      level: the loss to fall to.

    Returns:
      The w; inf if z stays above the level along the whole axis, the first w if z begins at or below it.
    """
    z = z.sortby(w)
    excess = np.log(z.astype(np.float64).clip(min=SMALLEST)) - np.log(level)
    return xr.apply_ufunc(_first_root, excess, z[w].astype(np.float64), input_core_dims=[[w], [w]], vectorize=True)


def lean(line: Float[xr.DataArray, " points"], m: str) -> float:
    """Returns the slope Δ log w / Δ m of a contour, from a least-squares line through its finite points.

    Returns:
      The slope; NaN if fewer than 3 points are finite and positive.
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
    """Draws a loss over the plane, the training-loss contour between the regions, and the smallest test loss.

    Args:
      ax: where to draw.
      z: the loss to draw.
      losses: both losses.
      axes: names of the weight norm and of the messiness.
      labels: labels of the two axes and z, with units.
      level: training loss of the contour.
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
    """Uses a square-root vertical axis from 0 to 1, to give room to small messiness, where everything happens."""
    ax.set_yscale("function", functions=(lambda m: np.sign(m) * np.sqrt(np.abs(m)), lambda r: np.sign(r) * r**2))
    ax.set_yticks([0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1], labels=["0", ".02", ".05", ".1", ".2", ".4", ".7", "1"])


def mark_smallest(ax: Axes, test: Real[xr.DataArray, "..."], w: str, m: str, top: float = np.inf) -> None:
    """Draws the paper's green star where the test loss of a landscape is smallest, unless its m is above top."""
    at = test.isel(test.argmin([w, m]))
    place = float(at[w]), float(at[m])
    if place[1] > top:
        return
    # Not clipped at an edge of the panel.
    ax.plot(*place, "*", color=NORM, markeredgecolor="white", markersize=16, label="smallest test loss", clip_on=False)


def descent_arrows(ax: Axes, train: Surface, top: float, *, representation_rate: float, above: float) -> None:
    """Draws the direction of gradient flow on a training loss, without decay: arrows of equal length on the panel.

    Args:
      ax: a panel that shows the surface's whole range of w, and m from 0 to top.
      train: the training loss.
      top: the largest messiness of the panel.
      representation_rate: η_R / η_D.
      above: draw no arrow where the loss is at or below this, as its direction is noise there.
    """
    w, m = (x.ravel() for x in np.meshgrid(np.linspace(*train.w, 14)[1:-1], np.linspace(0, top, 9)))
    over_w, over_m = train.slope(w, m)
    across, up = -over_w / np.ptp(train.w), -representation_rate * over_m / top
    length = np.hypot(across, up)
    steep = (length > 0) & (train.value(w, m) > above)
    arrow = {"angles": "uv", "pivot": "mid", "scale": 22, "width": 0.004, "color": "white"}
    ax.quiver(w[steep], m[steep], (across / length)[steep], (up / length)[steep], **arrow)


def regions(ax: Axes, train: Surface, top: float, level: float) -> None:
    """Shades and labels regions I and II, where the training loss is above a level or not; m goes up to top."""
    w, m = np.linspace(*train.w, 200), np.linspace(train.m[0], top, 200)
    value = train.value(*np.meshgrid(w, m))
    ax.contourf(w, m, value, levels=[0, level, np.inf], colors=["0.97", "0.8"])
    for letter, inside in (("I", value > level), ("II", value <= level)):
        if inside.any():
            rows = np.flatnonzero(inside.any(axis=1))
            row = rows[np.abs(rows - m.size // 4).argmin()]
            # Away from the panel's edges, which would cut the words in half.
            column = int(np.clip(np.median(np.flatnonzero(inside[row])), 0.25 * w.size, 0.75 * w.size))
            text = {"fontsize": 12, "color": "0.35", "ha": "center", "va": "center", "bbox": BOX}
            ax.text(w[column], m[row], f"region {letter}", **text)
