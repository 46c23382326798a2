"""Omnigrok, Figure 8: reduced losses on MNIST over the weight norm α and the messiness m of the representation.

Results: dims ('task.messiness', 'model.init_scale', 'seed', 'step').
"""

from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.checks import Check, at_steps, on_slice
from experiments.omnigrok.drawn import PATH, along_path, blurred
from experiments.omnigrok.reduced_flow import Path, reduced_path
from experiments.omnigrok.reduced_landscape import decades_along, relative_dependence, surface
from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.landscape import reduced, still_falling
from grok_jax.analysis.seeds import median_of_seeds
from grok_jax.analysis.selection import config_value, with_axis
from grok_jax.plotting.curves import legend
from grok_jax.plotting.landscape import convergence, slice_along
from grok_jax.plotting.maps import heat_map
from grok_jax.plotting.style import TEST, TRAIN, colors, panel_label, style
from grok_jax.tasks.mnist import FULL_TRAIN

MESSINESS, INIT_SCALE = "task.messiness", "model.init_scale"
AXES = (INIT_SCALE, MESSINESS)
NAMES = {MESSINESS: "messiness m", INIT_SCALE: "weight norm α = w/w₀"}
LOSSES = ("train_loss", "test_loss")
CONTOURS = (2e-4, 1e-3, 5e-3)  # from the public code, whose losses are sums over ten outputs: ten times ours
START = (1.0, 1.0)  # α and m at which the path of the public code begins
DARKEST = 1e-4  # lower losses get the color of this one
ALIKE = 0.1  # share of the range over the plane
WEAK = 1 / 3  # range over m for each range over w
DECAY = 1e-3  # γ of the path
FALL = 0.9  # a fall counts as complete at this share of it
REAL = 1.1  # least factor that counts as a fall
TOGETHER = 2.0  # largest factor between the times of test and train loss
FEWEST = 2  # points of an axis


class Falls(NamedTuple):
    """When the losses along a path have completed FALL of their fall, and the factors by which they fall."""

    train: float
    test: float
    train_factor: float
    test_factor: float


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) train and (b) test loss with the path, (c) losses along the path, (d, e) slices, (f) convergence."""
    ds = with_axis(with_axis(ds, MESSINESS), INIT_SCALE).sortby([MESSINESS, INIT_SCALE])
    medians = {name: median_of_seeds(reduced(ds[name], "best")).median for name in LOSSES}
    path = _path(*medians.values()) if _is_plane(ds) and _holds_start(ds) else None
    with style():
        figure = Figure(figsize=(13.6, 7.4), layout="constrained")
        panels = figure.subplots(2, 3)
        both = xr.concat(medians.values(), "loss").clip(min=DARKEST)
        limits = float(both.min()), float(both.max())
        for ax, letter, (name, z) in zip(panels[0], "ab", medians.items(), strict=False):
            contours = CONTOURS if path is not None else ()
            labels = (NAMES[INIT_SCALE], NAMES[MESSINESS], f"reduced {name.replace('_', ' ')}")
            cells = heat_map(ax, z.clip(min=DARKEST), INIT_SCALE, MESSINESS, labels=labels, log="z", contours=contours)
            panel_label(ax, letter)
            if path is not None:
                cells.set_clim(*limits)  # one scale for both, so that equal colors mean equal losses
                ax.plot(path.w, path.m, color="w")
                for at, point in ((0, "A"), (-1, "C")):
                    ax.plot(path.w[at], path.m[at], "wo", markersize=4)
                    ax.annotate(point, (path.w[at], path.m[at]), (5, 3), textcoords="offset points", color="w")
        _losses_along(panels[0, 2], path)
        for ax, letter in zip((panels[0, 2], *panels[1]), "cdef", strict=True):
            panel_label(ax, letter)
        _slices(panels[1, 0], ds, INIT_SCALE, MESSINESS, "m")
        _slices(panels[1, 1], ds, MESSINESS, INIT_SCALE, "α")
        twin = convergence(panels[1, 2], ds, INIT_SCALE, name=NAMES[INIT_SCALE], log="")
        legend(panels[1, 2], twin, loc="lower center", bbox_to_anchor=(0.5, 1.06), ncols=2)  # above the letter
    return figure


def _losses_along(ax: Axes, path: Path | None) -> None:
    if path is not None:
        for name, loss, color in (("train loss", path.train_loss, TRAIN), ("test loss", path.test_loss, TEST)):
            ax.plot(path.time[1:], loss[1:], color=color, label=name)
        ax.set_xscale("log")
        legend(ax)
    ax.set(xlabel="time from A to C [1 / learning rate]", ylabel="reduced loss", ylim=(0, None))


def _slices(ax: Axes, ds: xr.Dataset, along: str, across: str, symbol: str) -> None:
    """Draws losses over one axis, at the ends and the middle of the other: train dashed, test solid."""
    places = sorted({0, ds.sizes[across] // 2, ds.sizes[across] - 1})
    for place, color in zip(places, colors(len(places)), strict=True):
        runs = ds.isel({across: place})
        for name, line in zip(LOSSES, ("--", "-"), strict=True):
            label = f"{symbol} = {ds[across].values[place]:g}" if line == "-" else None
            x = reduced(runs[name], "best")
            slice_along(ax, x, along, color=color, label=label, linestyle=line, log="y")
    ax.set(xlabel=NAMES[along], ylabel="reduced loss (dashed: train)")
    legend(ax, loc="lower center", bbox_to_anchor=(0.5, 1.06), ncols=len(places))  # above the letter


def _is_plane(ds: xr.Dataset) -> bool:
    finite = all(bool(np.isfinite(reduced(ds[name], "best")).all()) for name in LOSSES)
    return finite and min(ds.sizes.get(MESSINESS, 1), ds.sizes.get(INIT_SCALE, 1)) >= FEWEST


def _holds_start(ds: xr.Dataset) -> bool:
    """Returns whether the start of the path lies within the plane."""
    return all(float(ds[axis].min()) <= at <= float(ds[axis].max()) for axis, at in zip(AXES, START, strict=True))


def _path(train: Float[xr.DataArray, "..."], test: Float[xr.DataArray, "..."]) -> Path:
    """Returns the path of Eq. 6 from standard weights and raw images."""
    return reduced_path(surface(train, *AXES), surface(test, *AXES), START, DECAY)


def _fall_time(time: Float[np.ndarray, " records"], loss: Float[np.ndarray, " records"]) -> float:
    """Returns the first time at which a loss has fallen by FALL of the way from its start to its smallest value."""
    return float(time[int((loss <= loss[0] - FALL * (loss[0] - loss.min())).argmax())])


def _falls(train: Float[np.ndarray, "m w"], test: Float[np.ndarray, "m w"], m: np.ndarray, w: np.ndarray) -> Falls:
    axes = {MESSINESS: m, INIT_SCALE: w}
    path = _path(*(xr.DataArray(z, axes, (MESSINESS, INIT_SCALE)) for z in (train, test)))
    times = (_fall_time(path.time, loss) for loss in (path.train_loss, path.test_loss))
    return Falls(*times, *(float(loss[0] / loss.min()) for loss in (path.train_loss, path.test_loss)))


def _scaled(ds: xr.Dataset) -> tuple[Float[xr.DataArray, "..."], Float[xr.DataArray, "..."]]:
    """Returns cube roots of the reduced train and test losses, the color scale of the public code."""
    if not _is_plane(ds):
        raise NotMeasured(f"needs {FEWEST} or more values of {MESSINESS} and of {INIT_SCALE}, and finite losses")
    train, test = (np.cbrt(reduced(ds[name], "best")) for name in LOSSES)
    return train, test


def _size_note(ds: xr.Dataset) -> str:
    digits = config_value(ds, "task.train_size")
    if digits == FULL_TRAIN:
        return ""
    shown = "an unknown number" if digits is None else f"{digits:,.0f}"
    return f"with {shown} of the paper's {FULL_TRAIN:,} digits; fewer digits widen the gap between train and test"


def _alike(ds: xr.Dataset) -> Measured:
    train, test = _scaled(ds)
    plane = [MESSINESS, INIT_SCALE]
    highest, lowest = np.maximum(train.max(plane), test.max(plane)), np.minimum(train.min(plane), test.min(plane))
    gap = abs(test - train) / (highest - lowest)
    alike = gap.mean(plane) < ALIKE
    ratio = (test / train) ** 3
    return over_seeds(
        alike,
        {
            "mean gap / range, cube roots": gap.mean(plane),
            "largest": gap.max(plane),
            "median test/train loss": ratio.median(plane),
            "largest ratio of both": np.maximum(ratio, 1 / ratio).max(plane),
            "at the raw images": ratio.sel({MESSINESS: ratio[MESSINESS].max()}, drop=True).median(INIT_SCALE),
            "train loss lost in the last tenth": still_falling(ds["train_loss"]).median(plane),
        },
        note=_size_note(ds),
    )


def _weak_in_messiness(ds: xr.Dataset) -> Measured:
    share = {}
    for name, x in zip(LOSSES, _scaled(ds), strict=True):
        share[f"{name.replace('_', ' ')}: range over m / range over w"] = relative_dependence(x, MESSINESS, INIT_SCALE)
    train, test = share.values()
    holds = (train < WEAK) & (test < WEAK)
    factor = decades_along(reduced(ds["test_loss"], "best"), MESSINESS).median(INIT_SCALE)
    return over_seeds(holds, {**share, "decades of the test loss over m": factor}, note=_size_note(ds))


def _no_grokking(ds: xr.Dataset) -> Measured:
    _scaled(ds)
    if not _holds_start(ds):
        raise NotMeasured(f"needs {INIT_SCALE} and {MESSINESS} from below to above {START[0]:g} and {START[1]:g}")
    losses = [reduced(ds[name], "best").transpose(..., MESSINESS, INIT_SCALE) for name in LOSSES]
    falls = xr.apply_ufunc(
        _falls,
        *losses,
        ds[MESSINESS],
        ds[INIT_SCALE],
        input_core_dims=[[MESSINESS, INIT_SCALE]] * 2 + [[MESSINESS], [INIT_SCALE]],
        output_core_dims=[[]] * len(Falls._fields),
        vectorize=True,
    )
    train, test, train_factor, test_factor = falls
    ratio = test / train.where(train > 0)
    together = ratio < TOGETHER
    return over_seeds(
        together,
        {
            "time of the test loss / of the train loss": ratio,
            "factor by which test loss falls": test_factor,
            "by which train loss falls": train_factor,
        },
        decided=ratio.notnull() & (train_factor >= REAL),
        note=_size_note(ds),
    )


CLAIMS = [
    Claim(
        "omnigrok/fig8/1",
        "train and test loss are alike over the plane: their cube roots differ on average by less than a "
        "tenth of their range",
        "training and test losses behave similarly",
        _alike,
    ),
    Claim(
        "omnigrok/fig8/2",
        "train and test loss both depend weakly on m: their cube roots range over m less than a third as far as over w",
        "both depend very weakly on m",
        _weak_in_messiness,
    ),
    Claim(
        "omnigrok/fig8/3",
        "no grokking along the path of Eq. 6 from standard weights and raw images: the test loss makes "
        "90% of its fall within twice the time that the train loss takes",
        "an illustrative path A to B to C does not manifest grokking",
        _no_grokking,
    ),
]

# Read off panel (c) in the authors' notebook: losses of one run at each point, blurred, along the path that it draws by
# hand from A to B to C, in 300 and 700 points. Its losses are sums over ten outputs: ten times ours.
POINTS = {INIT_SCALE: np.linspace(0, 10, 21), MESSINESS: np.linspace(0, 1, 21)}
CORNERS = ((1.025, 1.0), (3.025, 0.978), (2.525, 0.0025))
THEIRS = {"train_loss": {0: 0.0157, 300: 5e-4, 1000: 1e-4}, "test_loss": {0: 0.0157, 300: 1.7e-3, 1000: 1e-4}}


def _checks() -> list[Check]:
    checks = []
    for name, at in THEIRS.items():

        def drawn(ds: xr.Dataset, name: str = name) -> xr.DataArray:
            loss = along_path(blurred(reduced(ds[name], "best"), POINTS), AXES, CORNERS, (300, 700))
            loss[PATH].attrs["long_name"] = "on the path: A 0, B 300, C 1000"
            return loss

        checks += on_slice(PATH, drawn, at_steps(f"{name} along the public path", {}, at))
    return checks


CHECKS = _checks()
