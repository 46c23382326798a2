"""Omnigrok, Figure 6: the reduced landscape of toy addition over weight norm and messiness, and the paths on it.

Results: dims ('model.init_scale', 'task.messiness', 'task.train_size', 'seed', 'step'). The weight norm w is in units
of the standard initialization's norm, so w = init_scale.
"""

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from configs.omnigrok.fig6_toy_addition import LOW, SIZES, TOP
from experiments.omnigrok import toy_addition_numbers
from experiments.omnigrok.reduced_flow import (
    Walk,
    count_descents,
    losses_along,
    name_points,
    name_start,
    slow_time,
    slow_times,
    walk,
)
from experiments.omnigrok.reduced_landscape import (
    Losses,
    contour,
    decades_along,
    descent_arrows,
    generalizing_loss,
    landscape_map,
    lean,
    mark_smallest,
    not_rising,
    reduced_losses,
    regions,
    relative_dependence,
    surface,
)
from experiments.omnigrok.toy_addition import (
    FEWEST,
    INIT_SCALE,
    MAIN,
    MESSINESS,
    TRAIN_SIZE,
    by_seed,
    over_landscapes,
    seeds_of,
)
from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.landscape import still_falling
from grok_jax.analysis.power_law import fit_power_law
from grok_jax.analysis.seeds import median_of_seeds
from grok_jax.analysis.selection import runs_at, with_axis
from grok_jax.plotting.curves import legend
from grok_jax.plotting.landscape import convergence
from grok_jax.plotting.maps import heat_map
from grok_jax.plotting.style import NORM, TEST, colors, panel_label, style

DIVIDING, CONTOUR = 0.05, 0.02  # train losses: between regions I and II; the contours of (e)
# The public code plots messiness from 0 to TOP but labels it 0 to 1; its equal rates are 1 and 1/25 here.
RATE = TOP**2
# Starts of its six hand-drawn paths, its A to F: 1 and 2 are fast, 4 and 5 are slow, 3 and 6 overfit.
STARTS = {1: (0.45, 0.06), 2: (1.35, 0.1), 3: (0.9, 0.195), 4: (7.65, 0.045), 5: (7.65, 0.12), 6: (7.65, 0.19)}
FAST, SLOW, OVERFITTING = (1, 2), (4, 5), (3, 6)
BASIN = (1.0, TOP)  # the standard initialization at the top of the code's plot
DECAY, DECAYS = 1e-3, (1e-4, 3e-4, 1e-3, 3e-3)
LARGE = 3.0  # w is "large" from this init_scale on
WEAK = 0.2  # range of the train loss over range of the test loss
GENERAL = 0.05  # generalizes: test loss at most this, or at most 1.5 times the smallest
LONGER = 5.0  # time of the slow part over the fast part
STRONG = 2 / 3  # range of the test loss over m for each range over w; fig. 8 calls half of it weak
SLOPE = 0.15  # largest distance of the slope from -1
MEET = 0.15  # spread of w: two cells of the fine grid
LEAST_SHOWN = 0.3  # lowest w on a logarithmic axis, which cannot show 0
LABELS = ("weight norm w [initial norm]", "messiness m")


def follow(losses: Losses, start: tuple[float, float], decay: float = DECAY) -> Walk:
    """Eq. 6 on the landscape of one seed and size."""
    return walk(losses, (INIT_SCALE, MESSINESS), start, decay, level=DIVIDING, enough=GENERAL, representation_rate=RATE)


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) to (f) the paper's panels; (g) the time from C to E against γ; (h) whether the minima were found."""
    for axis in (INIT_SCALE, MESSINESS, TRAIN_SIZE):
        ds = with_axis(ds, axis)
    losses = Losses(*(median_of_seeds(x).median for x in reduced_losses(ds, "final")))
    size = MAIN if MAIN in ds[TRAIN_SIZE] else ds[TRAIN_SIZE].values[-1]
    main = Losses(*(x.sel({TRAIN_SIZE: size}, drop=True) for x in losses))
    going = follow(main, STARTS[SLOW[-1]])
    with style():
        figure = Figure(figsize=(19.0, 8.8), layout="constrained")
        panels = dict(zip("abcdefgh", figure.subplots(2, 4).flat, strict=True))
        _map(panels["a"], main.train, main, "train loss")
        _map(panels["b"], main.test, main, "test loss")
        below = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.16)}
        legend(panels["b"], **below, ncols=2)
        losses_along(panels["c"], going.path, going.points)
        panels["c"].set_title(f"along path {SLOW[-1]}")
        _boundary(panels["d"], main)
        _contours(panels["e"], losses.train, main)
        _mechanism(panels["f"], main, going)
        times = {f"path {number}": _slow_times(main, STARTS[number]) for number in SLOW}
        slow_times(panels["g"], np.array(DECAYS), times)
        convergence(panels["h"], ds.sel({TRAIN_SIZE: ds[TRAIN_SIZE].values[-1]}), INIT_SCALE, name=LABELS[0], log="")
        legend(panels["h"], figure.axes[-1], **below, ncols=2)
        for letter, ax in panels.items():
            panel_label(ax, letter)
    return figure


def _map(ax: Axes, z: Float[xr.DataArray, "..."], main: Losses, name: str) -> None:
    """Draws a loss over the plane with the paths of Eq. 6 from the six starts; paths that overfit are dashed."""
    landscape_map(ax, z, main, (INIT_SCALE, MESSINESS), labels=(*LABELS, name), level=DIVIDING)
    for number, start in STARTS.items():
        path = follow(main, start).path
        linestyle = "--" if number in OVERFITTING else "-"
        label = {1: f"Eq. 6, γ = {DECAY:g}", 3: "the same, overfitting in the public plot"}.get(number, "")
        ax.plot(path.w, path.m, linestyle, color=TEST, linewidth=1.8, label=label)
        name_start(ax, str(number), start)


def _boundary(ax: Axes, main: Losses) -> None:
    """Draws the train loss near the contour, with the direction in which its gradient pushes."""
    near = main.train.where(main.train[MESSINESS] <= LOW, drop=True)
    several = min(near.sizes.values()) > 1
    heat_map(
        ax,
        near,
        INIT_SCALE,
        MESSINESS,
        labels=(*LABELS, "train loss"),
        log="z",
        contours=(DIVIDING,) if several else (),
    )
    s = surface(main.train, INIT_SCALE, MESSINESS)
    descent_arrows(ax, s, LOW, representation_rate=RATE, above=CONTOUR / 2)
    ax.set(xlim=s.w, ylim=(0, LOW), title="arrows: Eq. 6 without decay")


def _contours(ax: Axes, train: Float[xr.DataArray, "..."], main: Losses) -> None:
    for size, color in zip(train[TRAIN_SIZE].values, colors(train.sizes[TRAIN_SIZE]), strict=True):
        place = contour(train.sel({TRAIN_SIZE: size}), INIT_SCALE, CONTOUR)
        ax.plot(
            place.where(np.isfinite(place)), place[MESSINESS], color=color, marker="o", markersize=3.5, label=str(size)
        )
    mark_smallest(ax, main.test, INIT_SCALE, MESSINESS)
    ax.set(xlabel=LABELS[0], ylabel=LABELS[1], title=f"contours of train loss {CONTOUR:g}", ylim=(0, TOP))
    legend(ax, title="training pairs", loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=3)


def _mechanism(ax: Axes, main: Losses, going: Walk) -> None:
    """Draws regions I and II, the pull of decay and the path along their boundary, over log w as in the paper."""
    s = surface(main.train, INIT_SCALE, MESSINESS)
    regions(ax, s, TOP, DIVIDING)
    path, left = going.path, max(s.w[0], LEAST_SHOWN)
    w = np.maximum(path.w, left)
    ax.plot(w, path.m, color=TEST)
    name_points(ax, w, path.m, going.points)
    mark_smallest(ax, main.test, INIT_SCALE, MESSINESS, top=TOP)
    top, right = 1.15 * TOP, s.w[1]
    pull = {"arrowstyle": "->", "color": NORM, "lw": 2}
    ax.annotate("", (0.8 * right, 0.93 * top), (right, 0.93 * top), arrowprops=pull)
    ax.text(0.78 * right, 0.93 * top, "decay, v = ηD γ", color=NORM, ha="right", va="center")
    ax.set(xscale="log", xlabel=LABELS[0], ylabel=LABELS[1], ylim=(0, top), title="regions of large and small loss")
    whole = np.unique(np.round(main.train[INIT_SCALE].values))
    ax.set(xlim=(left, right), xticks=whole[whole > 0])
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter("")


def _slow_times(losses: Losses, start: tuple[float, float]) -> Float[np.ndarray, " decays"]:
    walks = (follow(losses, start, decay) for decay in DECAYS)
    return np.array([slow_time(going.path, going.points) for going in walks])


# --- the claims ---


def _ranges(seed: Losses) -> dict[str, float]:
    """Returns ranges over m at large w, averaged over w: absolute, and relative to the mean over m."""
    large = [x.where(x[INIT_SCALE] >= LARGE, drop=True) for x in seed]
    if large[0].sizes[INIT_SCALE] == 0:
        raise NotMeasured(f"needs {INIT_SCALE} of {LARGE:g} or more")
    spans = [x.max(MESSINESS) - x.min(MESSINESS) for x in large]
    absolute = [float(span.mean()) for span in spans]
    relative = [float((span / x.mean(MESSINESS)).mean()) for span, x in zip(spans, large, strict=True)]
    found = {"range of train loss": absolute[0], "range of test loss": absolute[1]}
    found |= {"relative range of train loss": relative[0], "relative range of test loss": relative[1]}
    return {**found, "decades of the test loss over m": float(decades_along(large[1], MESSINESS).median())}


def _weak_and_strong(ds: xr.Dataset, kind: str, most: float) -> Measured:
    values = over_landscapes(ds, (), _ranges)
    train, test = (values[f"{kind}range of {name} loss"] for name in ("train", "test"))
    main = runs_at(ds, {TRAIN_SIZE: float(MAIN)})
    lost = still_falling(main["train_loss"]).median([INIT_SCALE, MESSINESS])
    return over_seeds(
        train < most * test,
        {**values, "train loss lost in the last tenth (median)": lost},
        decided=np.isfinite(train) & np.isfinite(test) & (test > 0),
    )


def _regimes(seed: Losses) -> dict[str, float]:
    fast, slow = ([follow(seed, STARTS[number]) for number in numbers] for numbers in (FAST, SLOW))
    up = max(np.inf if going.points.b is None else float(going.path.time[going.points.b]) for going in fast)
    at_boundary = [np.nan if going.points.b is None else going.path.w[going.points.b] for going in fast]
    down = slow[0]
    time, e = slow_time(down.path, down.points), down.points.e
    return {
        "time to the boundary from small w": up,
        f"time to E from {STARTS[SLOW[0]]}": time,
        "slow over fast": time / up if up > 0 else np.inf,
        "w at the boundary over w at the start": at_boundary[0] / STARTS[FAST[0]][0],
        "w at E over w at the start": np.nan if e is None else down.path.w[e] / STARTS[SLOW[0]][0],
        "test loss at E": np.nan if e is None else down.path.test_loss[e],
        "generalizes": down.generalizes,
    }


def _fast_and_slow(ds: xr.Dataset) -> Measured:
    values = over_landscapes(ds, STARTS.values(), _regimes)
    rises, falls = values["w at the boundary over w at the start"] > 1, values["w at E over w at the start"] < 1
    holds = rises & falls & (values["slow over fast"] > LONGER) & (values["generalizes"] == 1)
    return over_seeds(holds, values, values["generalizes"].notnull())


def _inverse(seed: Losses) -> dict[str, float]:
    start = STARTS[SLOW[0]]
    gammas, times = (xr.DataArray(x, dims="decay") for x in (np.array(DECAYS), _slow_times(seed, start)))
    ends = all(follow(seed, start, decay).generalizes for decay in DECAYS)
    slope = fit_power_law(gammas, times.where(times > 0)).slope
    exact = fit_power_law(gammas, times.copy(data=_slow_times(not_rising(seed, INIT_SCALE), start))).slope
    return {
        "slope": slope,
        "slope where no train loss rises with w": exact,
        f"time at γ = {DECAY:g}": float(times[DECAYS.index(DECAY)]),
        "reaches E": ends,
    }


def _inverse_to_decay(ds: xr.Dataset) -> Measured:
    values = over_landscapes(ds, STARTS.values(), _inverse)
    decided = (values["reaches E"] == 1) & np.isfinite(values["slope"])
    return over_seeds(np.abs(values["slope"] + 1) <= SLOPE, values, decided)


def _contours_meet(ds: xr.Dataset) -> Measured:
    lines = {size: by_seed([_boundary_of(seed) for seed in seeds_of(ds, size)]) for size in SIZES}
    values = {f"{name} of {size}": x for size, line in lines.items() for name, x in line.items()}
    at_line = {size: line["w at m = 0"] for size, line in lines.items()}
    near = {size: np.abs(place - at_line[SIZES[-1]]) <= MEET for size, place in at_line.items()}
    tilt = {size: line["Δ log w / Δm"] for size, line in lines.items()}
    *few, main, most = SIZES
    meets = near[main] & ~near[few[0]] & ~near[few[1]]
    flatter = (tilt[most] > tilt[main]) & (tilt[main] > 0)
    known = np.isfinite(at_line[main]) & np.isfinite(at_line[most]) & tilt[main].notnull() & tilt[most].notnull()
    return over_seeds(meets & flatter, values, known & at_line[few[0]].notnull() & at_line[few[1]].notnull())


def _boundary_of(losses: Losses) -> dict[str, float]:
    """Returns where the contour meets m = 0, and its slope up to m = LOW from a least-squares line."""
    line = contour(losses.train.where(losses.train[MESSINESS] <= LOW, drop=True), INIT_SCALE, CONTOUR).sortby(MESSINESS)
    line = line.where(losses.train.notnull().all())
    if float(line[MESSINESS][0]) > 0 or line.sizes[MESSINESS] < FEWEST:
        raise NotMeasured(f"needs {MESSINESS} = 0 and {FEWEST} or more values up to {LOW:g}")
    ends = {"w at m = 0": float(line[0]), f"at m = {float(line[MESSINESS][-1]):g}": float(line[-1])}
    return {**ends, "Δ log w / Δm": lean(line, MESSINESS)}


def _basins(seed: Losses) -> dict[str, float]:
    going = {start: follow(seed, start) for start in (BASIN, *(STARTS[number] for number in OVERFITTING))}
    values = {"fits": float(all(one.points.e is not None for one in going.values()))}
    for (w, m), one in going.items():
        values[f"test loss at the end from ({w:g}, {m:g})"] = one.path.test_loss[-1]
    most = generalizing_loss(seed.test, GENERAL)
    fitted = [one.path for one in going.values() if one.points.e is not None]
    values["of these generalize"] = sum(path.test_loss[-1] <= most for path in fitted)
    return {**values, "what generalizes": most, "m at the end from the first": going[BASIN].path.m[-1]}


def _overfits(ds: xr.Dataset) -> Measured:
    values = over_landscapes(ds, (BASIN, *STARTS.values()), _basins)
    refuted, fits = values["of these generalize"] > 0, values["fits"] == 1
    return over_seeds(~refuted & fits, values, refuted | fits)


def _descents(seed: Losses) -> dict[str, float]:
    most, values = 0, {}
    for number in (*FAST, *SLOW):
        going = follow(seed, STARTS[number])
        e = going.points.e
        values[f"descents on path {number}"] = 0 if e is None else count_descents(going.path.test_loss[: e + 1])
        if going.generalizes:
            most = max(most, values[f"descents on path {number}"])
            values["paths that generalize"] = values.get("paths that generalize", 0) + 1
    return {"paths that generalize": 0, **values, "most descents on one that does": most}


def _several_descents(ds: xr.Dataset) -> Measured:
    values = over_landscapes(ds, STARTS.values(), _descents)
    return over_seeds(values["most descents on one that does"] >= 2, values, values["paths that generalize"] > 0)


def _critical(seed: Losses) -> dict[str, float]:
    line = contour(seed.train, INIT_SCALE, CONTOUR)
    if not (float(line[MESSINESS].min()) == 0 and float(line[MESSINESS].max()) >= TOP):
        raise NotMeasured(f"needs {MESSINESS} = 0 and {TOP:g}")
    return {f"w_c at m = {m:g}": float(line.sel({MESSINESS: m}, method="nearest")) for m in (0.0, LOW, TOP)}


def _bad_needs_more_norm(ds: xr.Dataset) -> Measured:
    values = over_landscapes(ds, (), _critical)
    good, bad = values["w_c at m = 0"], values[f"w_c at m = {TOP:g}"]
    return over_seeds(bad > good, values, np.isfinite(good) & bad.notnull())


def _dependence(seed: Losses) -> dict[str, float]:
    """Measures as in fig. 8: cube roots, over the whole plane."""
    values = {
        f"{name} loss: range over m / range over w": float(relative_dependence(np.cbrt(x), MESSINESS, INIT_SCALE))
        for name, x in (("train", seed.train), ("test", seed.test))
    }
    return {**values, "least train loss": float(seed.train.min())}


def _strong_in_messiness(ds: xr.Dataset) -> Measured:
    values = over_landscapes(ds, (), _dependence)
    test = values["test loss: range over m / range over w"]
    return over_seeds(test >= STRONG, values, decided=test.notnull() & (values["least train loss"] <= DIVIDING))


CLAIMS = [
    Claim(
        "omnigrok/fig6/1",
        "the train loss depends weakly on m, the test loss strongly: at w >= 3 the train loss ranges over "
        "m less than a fifth as far as the test loss",
        "while the training loss depends weakly on m, the test loss depends strongly on m",
        lambda ds: _weak_and_strong(ds, "", WEAK),
    ),
    Claim(
        "omnigrok/fig6/2",
        "on paths of Eq. 6, w rises from small w to the boundary of region I (train loss .05); from large "
        "w and small m it falls to a solution that generalizes, which takes at least 5 times as long",
        "large loss small w: fast dynamics; small loss large w: slow dynamics, the origin of grokking",
        _fast_and_slow,
    ),
    Claim(
        "omnigrok/fig6/3",
        "on the slow path, from large w and small m, the time to E goes as 1 / γ: slope -1 ± .15 over γ = 1e-4 .. 3e-3",
        "t = (L + h tan θ) / (ηD γ)",
        _inverse_to_decay,
    ),
    Claim(
        "omnigrok/fig6/4",
        "of the contours of train loss .02, those of 45 and 54 pairs meet m = 0 at the same w, within "
        ".15, and those of 25 and 35 meet it elsewhere; up to m = .1 the first two lean toward larger w, "
        "that of 54 more than that of 45 (least squares)",
        "the contours of 45 and 55 connect to the green star, those of 35 and 25 do not; θ55 < θ45",
        _contours_meet,
    ),
    Claim(
        "omnigrok/fig6/5",
        "as claim 1, but with ranges relative to the mean over m: the train loss has a smaller range than "
        "the test loss",
        "while the training loss depends weakly on m, the test loss depends strongly on m",
        lambda ds: _weak_and_strong(ds, "relative ", 1.0),
    ),
    Claim(
        "omnigrok/fig6/6",
        "paths from (w, m) = (1, .2), (.9, .195) and (7.65, .19) fit and do not generalize",
        "in the public plot the paths from (.9, .195) and (7.65, .19) end at an overfitting solution",
        _overfits,
    ),
    Claim(
        "omnigrok/fig6/7",
        "on some path that generalizes, the test loss falls at least twice, by a tenth or more each time",
        "the path manifests intriguing multiple descent of test loss",
        _several_descents,
    ),
    Claim(
        "omnigrok/fig6/8",
        "the norm w_c at which the train loss falls to .02 is larger for a bad representation (m = .2) than for a good"
        " one (m = 0)",
        "Eq. 2: w_c(bad representation) > w_c(good representation)",
        _bad_needs_more_norm,
    ),
    Claim(
        "omnigrok/fig6/9",
        "the test loss depends strongly on m: its cube root ranges over m at least two thirds as far as "
        "over w; fig. 8 calls the dependence weak below half of that, a third",
        "Sec. 5.2, comparing figs. 6 and 8: the dependence of test performance on the representation is strong for"
        " algorithmic datasets, weak for MNIST",
        _strong_in_messiness,
    ),
]
CHECKS = toy_addition_numbers.CHECKS
