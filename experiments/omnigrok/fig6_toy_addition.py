"""Omnigrok, Figure 6: the reduced landscape of toy addition over weight norm and messiness, and the path A to E.

Results: dims ('model.init_scale', 'task.messiness', 'task.train_size', 'seed', 'step'). The weight norm w is counted in
units of the standard initialisation's, so w = init_scale.
"""

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.landscape import still_falling
from grok_jax.analysis.power_law import fit_power_law
from grok_jax.analysis.reduced_flow import (
    Losses,
    Walk,
    contour,
    count_descents,
    reduced_losses,
    slow_time,
    surface,
    walk,
)
from grok_jax.analysis.seeds import median_of_seeds
from grok_jax.analysis.selection import runs_at, with_axis
from grok_jax.plotting.curves import legend
from grok_jax.plotting.landscape import convergence
from grok_jax.plotting.maps import heat_map
from grok_jax.plotting.reduced_flow import (
    descent_arrows,
    landscape_map,
    losses_along,
    mark_smallest,
    name_points,
    regions,
    slow_times,
    stretch_messiness,
)
from grok_jax.plotting.style import NORM, TEST, colours, panel_label, style

ALPHA, MESS, SIZE = "model.init_scale", "task.messiness", "task.train_size"
MAIN, SIZES = 45, (25, 35, 45, 54)
DIVIDING, CONTOUR = 0.05, 0.02  # train losses: between regions I and II; the contours of (e)
# The public code plots messiness from 0 to 0.2 and labels it 0 to 1: equal rates there are 1 to 1/25 here.
TOP = 0.2
RATE = TOP**2
START, NEAR = (1.0, TOP), (1.0, 0.02)  # w and m of A: the standard initialisation; a start close to the line
DECAY, DECAYS = 1e-3, (1e-4, 3e-4, 1e-3, 3e-3)
LARGE = 3.0  # from this init_scale on w is large
WEAK = 0.2  # range of the train loss over that of the test loss
GENERAL = 0.05  # a test loss at or below this, or half as much again as the landscape's smallest, generalises
SLOW = 5.0  # the time from C to E over that from A to C
SLOPE = 0.15  # distance from -1
LABELS = ("weight norm w [initial norm]", "messiness m")


def follow(losses: Losses, start: tuple[float, float], decay: float) -> Walk:
    """Eq. 6 on the landscape of one seed and size."""
    return walk(losses, (ALPHA, MESS), start, decay, level=DIVIDING, enough=GENERAL, representation_rate=RATE)


def _axes(ds: xr.Dataset) -> xr.Dataset:
    for axis in (ALPHA, MESS, SIZE):
        ds = with_axis(ds, axis)
    return ds


def _one(losses: Losses, **at: object) -> Losses:
    return Losses(*(x.sel(at, drop=True) for x in losses))


# --- the figure ---


def plot(ds: xr.Dataset) -> Figure:
    """(a) to (f) the paper's panels; (g) the time from C to E against γ; (h) whether the spheres' minima were found."""
    ds = _axes(ds)
    losses = Losses(*(median_of_seeds(x).median for x in reduced_losses(ds)))
    main = _one(losses, **{SIZE: MAIN if MAIN in ds[SIZE] else ds[SIZE].values[-1]})
    going = follow(main, START, DECAY)
    with style():
        figure = Figure(figsize=(19.0, 8.4), layout="constrained")
        panels = dict(zip("abcdefgh", figure.subplots(2, 4).flat, strict=True))
        _map(panels["a"], main.train, main, going, "train loss")
        _map(panels["b"], main.test, main, going, "test loss")
        legend(panels["b"], loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)
        losses_along(panels["c"], going.path, going.points)
        _boundary(panels["d"], main)
        _contours(panels["e"], losses.train, main)
        _mechanism(panels["f"], main, going)
        times = {f"A at m = {start[1]:g}": _slow_times(main, start) for start in (NEAR, START)}
        slow_times(panels["g"], np.array(DECAYS), times)
        convergence(panels["h"], ds.sel({SIZE: ds[SIZE].values[-1]}), ALPHA, name=LABELS[0], log="")
        legend(panels["h"], figure.axes[-1], loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)
        for letter, ax in panels.items():
            panel_label(ax, letter)
    return figure


def _map(ax: Axes, z: Float[xr.DataArray, "..."], main: Losses, going: Walk, name: str) -> None:
    landscape_map(ax, z, main, (ALPHA, MESS), labels=(*LABELS, name), level=DIVIDING)
    others = [m for m in main.train[MESS].values if 0 < m < 1 and m != START[1]]
    for i, m in enumerate(others):
        path = follow(main, (START[0], float(m)), DECAY).path
        ax.plot(path.w, path.m, color="0.8", linewidth=0.9, label="" if i else "from other starts")
    ax.plot(going.path.w, going.path.m, color=TEST, linewidth=2.2, label=f"Eq. 6, γ = {DECAY:g}")
    name_points(ax, going.path.w, going.path.m, going.points)


def _boundary(ax: Axes, main: Losses) -> None:
    """The train loss near the contour, with the direction in which its gradient pushes."""
    near = main.train.where(main.train[MESS] <= TOP, drop=True)
    several = min(near.sizes.values()) > 1
    heat_map(ax, near, ALPHA, MESS, labels=(*LABELS, "train loss"), log="z", contours=(DIVIDING,) if several else ())
    s = surface(main.train, ALPHA, MESS)
    descent_arrows(ax, s, TOP, representation_rate=RATE, above=CONTOUR / 2)
    ax.set(xlim=s.w, ylim=(0, TOP), title="arrows: Eq. 6 without decay")


def _contours(ax: Axes, train: Float[xr.DataArray, "..."], main: Losses) -> None:
    for size, colour in zip(train[SIZE].values, colours(train.sizes[SIZE]), strict=True):
        place = contour(train.sel({SIZE: size}), ALPHA, CONTOUR)
        ax.plot(place.where(np.isfinite(place)), place[MESS], color=colour, marker="o", markersize=3.5, label=str(size))
    stretch_messiness(ax)
    mark_smallest(ax, main.test, ALPHA, MESS)
    ax.set(xlabel=LABELS[0], ylabel=LABELS[1], title=f"contours of train loss {CONTOUR:g}", ylim=(0, None))
    legend(ax, title="training pairs", loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=3)


def _mechanism(ax: Axes, main: Losses, going: Walk) -> None:
    """Regions I and II, the decay's pull and the way along their boundary, over log w as the paper draws it."""
    s = surface(main.train, ALPHA, MESS)
    highest = min(s.m[1], TOP)
    regions(ax, s, highest, DIVIDING)
    path = going.path
    ax.plot(path.w, path.m, color=TEST)
    name_points(ax, path.w, path.m, going.points)
    mark_smallest(ax, main.test, ALPHA, MESS, top=highest)
    top, right = 1.15 * highest, s.w[1]
    pull = {"arrowstyle": "->", "color": NORM, "lw": 2}
    ax.annotate("", (0.8 * right, 0.93 * top), (right, 0.93 * top), arrowprops=pull)
    ax.text(0.78 * right, 0.93 * top, "decay, v = ηD γ", color=NORM, ha="right", va="center")
    ax.set(xscale="log", xlabel=LABELS[0], ylabel=LABELS[1], ylim=(0, top), title="regions of large and small loss")
    ax.set_xticks(np.unique(np.round(main.train[ALPHA].values)), minor=False)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter("")


def _slow_times(losses: Losses, start: tuple[float, float]) -> Float[np.ndarray, " decays"]:
    walks = (follow(losses, start, decay) for decay in DECAYS)
    return np.array([slow_time(going.path, going.points) for going in walks])


# --- the claims ---


def _seeds(ds: xr.Dataset, size: int) -> list[Losses]:
    """The landscape of each seed at a training size; a seed with a run that diverged has none."""
    losses = reduced_losses(runs_at(ds, {SIZE: float(size)}))
    axes = losses.train.sizes
    if min(axes.get(ALPHA, 1), axes.get(MESS, 1)) < 3:
        raise NotMeasured(f"needs 3 or more values of {ALPHA} and of {MESS}")
    further = [str(axis) for axis in axes if axis not in (ALPHA, MESS, "seed")]
    if further or "seed" not in axes:
        raise NotMeasured(f"needs an axis seed and no further one; the axes are {', '.join(map(str, axes))}")
    return [Losses(*(x.isel(seed=i, drop=True) for x in losses)) for i in range(axes["seed"])]


def _starts_inside(losses: Losses, *starts: tuple[float, float]) -> None:
    for w, m in starts:
        for axis, value in ((ALPHA, w), (MESS, m)):
            if not float(losses.train[axis].min()) <= value <= float(losses.train[axis].max()):
                raise NotMeasured(f"needs {axis} from below to above {value:g}")


def _by_seed(rows: list[dict[str, float]]) -> dict[str, xr.DataArray]:
    return {name: xr.DataArray([float(row[name]) for row in rows], dims="seed") for name in rows[0]}


def _weak_and_strong(ds: xr.Dataset) -> Measured:
    rows = []
    for seed in _seeds(ds, MAIN):
        large = [x.where(x[ALPHA] >= LARGE, drop=True) for x in seed]
        if large[0].sizes[ALPHA] == 0:
            raise NotMeasured(f"needs {ALPHA} of {LARGE:g} or more")
        train, test = ((x.max(MESS) - x.min(MESS)).mean() for x in large)
        rows.append({"range of train loss": train, "range of test loss": test, "ratio": train / test})
    values = _by_seed(rows)
    main = runs_at(ds, {SIZE: float(MAIN)})
    lost = still_falling(main["train_loss"]).median([ALPHA, MESS])
    return over_seeds(
        values["ratio"] < WEAK,
        {**values, "train loss lost in the last tenth (median)": lost},
        decided=np.isfinite(values["ratio"]),
    )


def _path_shape(ds: xr.Dataset) -> Measured:
    rows = []
    for seed in _seeds(ds, MAIN):
        _starts_inside(seed, START, NEAR)
        rows.append(_shape(seed))
    values = _by_seed(rows)
    shape = (values["largest w"] > 1.1 * START[0]) & (values["w at E over largest"] < 0.98)
    holds = shape & (values["slow over fast"] > SLOW) & (values["descents of the test loss"] >= 2)
    return over_seeds(holds & (values["generalises"] == 1), values, np.isfinite(values["largest w"]))


def _shape(seed: Losses) -> dict[str, float]:
    names = "largest w", "w at E over largest", "slow over fast", "descents of the test loss", "test loss at E"
    further = "m at E", "generalises", f"generalises from m = {NEAR[1]:g}"
    if not seed.are_finite:
        return dict.fromkeys((*names, *further), np.nan)
    path, (_, _, c, _, e), generalizes = follow(seed, START, DECAY)
    near = follow(seed, NEAR, DECAY).generalizes
    if c is None or e is None:
        return dict(zip((*names, *further), (path.w.max(), *[np.nan] * 5, False, near), strict=True))
    slow = (path.time[e] - path.time[c]) / path.time[c] if c else np.inf
    found = path.w[c], path.w[e] / path.w[c], slow, count_descents(path.test_loss[: e + 1]), path.test_loss[e]
    return dict(zip((*names, *further), (*found, path.m[e], generalizes, near), strict=True))


def _inverse_to_decay(ds: xr.Dataset) -> Measured:
    rows = []
    for seed in _seeds(ds, MAIN):
        _starts_inside(seed, START, NEAR)
        ends = seed.are_finite and all(follow(seed, START, decay).generalizes for decay in DECAYS)
        slopes = [_slope(seed, start) if seed.are_finite else np.nan for start in (START, NEAR)]
        rows.append({"slope": slopes[0], f"slope from m = {NEAR[1]:g}": slopes[1], "reaches E": ends})
    values = _by_seed(rows)
    decided = (values["reaches E"] == 1) & np.isfinite(values["slope"])
    return over_seeds(np.abs(values["slope"] + 1) <= SLOPE, values, decided)


def _slope(losses: Losses, start: tuple[float, float]) -> float:
    times = _slow_times(losses, start)
    gammas, times = (xr.DataArray(x, dims="decay") for x in (np.array(DECAYS), times))
    return fit_power_law(gammas, times.where(times > 0)).slope


def _contours_reach(ds: xr.Dataset) -> Measured:
    lines = {size: [_boundary_of(seed) for seed in _seeds(ds, size)] for size in SIZES}
    values = {}
    for size, seeds in lines.items():
        values |= {f"{name} of {size}": x for name, x in _by_seed(seeds).items()}
    few, many = (
        [values[f"downhill of {size}"] for size in SIZES if (size >= MAIN) is several] for several in (False, True)
    )
    reach = (many[0] == 1) & (many[1] == 1) & (few[0] == 0) & (few[1] == 0)
    steeper = values["slope of 45"] > values["slope of 54"]
    known = [np.isfinite(values[f"w at m = 0 of {size}"]) for size in SIZES]
    return over_seeds(reach & steeper, values, known[0] & known[1] & known[2] & known[3])


def _boundary_of(losses: Losses) -> dict[str, float]:
    """Whether the contour leads down, always toward smaller w, from m = TOP to m = 0; and its slope there."""
    _starts_inside(losses, START)
    line = contour(losses.train.where(losses.train[MESS] <= TOP, drop=True), ALPHA, CONTOUR).sortby(MESS)
    ends = float(line[0]), float(line[-1])
    rises = bool((line.values[1:] >= line.values[:-1]).all()) and ends[1] > ends[0]
    slope = TOP / np.log(ends[1] / ends[0]) if ends[0] < ends[1] < np.inf else np.inf
    return {"downhill": rises, f"w at m = {TOP:g}": ends[1], "w at m = 0": ends[0], "slope": slope}


CLAIMS = [
    Claim(
        "omnigrok/fig6/1",
        "train loss depends weakly on m, test loss strongly: at w >= 3 the range over m of the train loss is below a"
        " fifth of that of the test loss",
        "while the training loss depends weakly on m, the test loss depends strongly on m",
        _weak_and_strong,
    ),
    Claim(
        "omnigrok/fig6/2",
        "the path of Eq. 6 from the standard initialisation at m = .2: w rises, then falls, C to E takes 5 times as"
        " long as A to C or more, the test loss falls more than once, and E generalises",
        "A rolls to B and C, the slow dynamics from C to E is the origin of grokking; multiple descent of test loss",
        _path_shape,
    ),
    Claim(
        "omnigrok/fig6/3",
        "on that path the time from C to E goes as 1 / γ: slope -1 +- .15 over γ = 1e-4 .. 3e-3",
        "t = (L + h tan θ) / (ηD γ)",
        _inverse_to_decay,
    ),
    Claim(
        "omnigrok/fig6/4",
        "the contours of train loss .02 lead from m = .2 always toward smaller w down to m = 0 for 45 and 54 pairs, not"
        " for 25 and 35; and Δm / Δ log w is larger for 45 than for 54",
        "the contours of 45 and 55 connect to the green star, those of 35 and 25 do not; θ55 < θ45",
        _contours_reach,
    ),
]
