"""The plane of weight norm and messiness: its losses as a map, and what marks a trajectory on it.

The landscape and the trajectories are those of analysis.reduced_flow.
"""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from jaxtyping import Float, Real
from matplotlib.axes import Axes

from grok_jax.analysis.reduced_flow import Losses, Path, Points, Surface
from grok_jax.plotting.curves import legend
from grok_jax.plotting.maps import heat_map
from grok_jax.plotting.style import NORM, OKABE_ITO, TEST, TRAIN, colours

BOX = {"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.6}


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
    colour: str,
    filled: bool,
    named: bool = False,
) -> None:
    """Draws where a path is at given times, those within its records; named ones carry the power of ten."""
    for mark in marks[(marks >= time[0]) & (marks <= time[-1])]:
        place = np.interp(mark, time, x), np.interp(mark, time, y)
        face = colour if filled else "white"
        ax.plot(*place, "o", color=colour, markerfacecolor=face, markeredgecolor="k", markersize=5.5, zorder=4)
        if named:
            text = f"$10^{{{round(np.log10(mark))}}}$"
            ax.annotate(text, place, (5, -9), textcoords="offset points", fontsize=7, bbox=BOX, zorder=5)


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


def losses_along(ax: Axes, path: Path, points: Points) -> None:
    """Draws both losses along a path against the time, and its named points on the test loss."""
    shown = path.time > 0
    for loss, colour, name in ((path.train_loss, TRAIN, "train loss"), (path.test_loss, TEST, "test loss")):
        ax.plot(path.time[shown], loss[shown], color=colour, label=name)
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
    for (name, values), colour in zip(times.items(), colours(len(times)), strict=True):
        usable = np.isfinite(values) & (values > 0)
        ax.plot(decays[usable], values[usable], "o-", color=colour, label=name if usable.any() else "")
    ax.plot(decays, 1 / decays, color="0.5", linestyle=":", label="1 / γ")
    ax.set(xscale="log", yscale="log", xlabel="weight decay γ", ylabel="time from C to E [1 / ηD]")
    legend(ax, loc="lower left")
    silent = [
        f"{name}: {'never fits, no B' if np.isnan(values).all() else 'E is C, no slow part'}"
        for name, values in times.items()
        if not (np.isfinite(values) & (values > 0)).any()
    ]
    ax.text(0.97, 0.95, "\n".join(silent), transform=ax.transAxes, ha="right", va="top", fontsize=8.5, bbox=BOX)
