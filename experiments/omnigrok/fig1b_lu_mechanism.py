"""Omnigrok, Figure 1b: over the weight norm, train loss is an "L" and test loss a "U"; how runs move along them.

Results: an axis that sets constant_norm, weight_decay, init_scale and steps together, 'seed' and 'step'.
"""

from itertools import cycle
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from configs.omnigrok.fig1b_lu_mechanism import LARGE, MINIMIZING_STEPS, SMALL, STEPS, STRONG, TOO_LARGE, WEAK
from configs.omnigrok.fig2b_teacher_student import CODE_THETA
from experiments.omnigrok.fig2a_teacher_student_landscape import GOLDILOCKS, STANDARD
from experiments.omnigrok.fig2b_teacher_student import THETA, code_theta, times
from experiments.omnigrok.shapes import l_shape, u_shape
from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.grokking import LEVEL, is_censored, last_value, t_fit, t_generalize, value_at
from grok_jax.analysis.landscape import error, minimized, place_of_minimum, reduced
from grok_jax.analysis.seeds import median_of_seeds
from grok_jax.analysis.selection import config_value, runs_at
from grok_jax.analysis.zone import Zone, goldilocks
from grok_jax.plotting.curves import curve, legend
from grok_jax.plotting.landscape import train_and_test, way_over
from grok_jax.plotting.style import NORM, OKABE_ITO, panel_label, style

CONSTANT_NORM, WEIGHT_DECAY, INIT_SCALE = "optimizer.constant_norm", "optimizer.weight_decay", "model.init_scale"
ENTERED = 0.1  # decades of the norm
TOGETHER = 2.0
WITHIN = 2.0  # largest factor between a measured and a predicted time
ROUNDING = 1e-6  # with 95 of 100 right, the computed error is .0500001
LOWEST = 1e-6  # lower losses are zero up to Adam's noise; they are drawn here
NORM_NAME = "weight norm w over the standard w₀"
ZONE = {"color": NORM, "alpha": 0.15, "linewidth": 0, "label": "Goldilocks zone"}
RUN_COLORS = ("k", *OKABE_ITO[3:], "0.55")  # the other colors are for train, test and norm
MARKERS = {"s": "start", "o": "95% train accuracy", "*": "95% test accuracy"}


class Times(NamedTuple):
    """When runs fit and generalize, and their weight norm over the standard norm at the start and at these times."""

    fit: Float[xr.DataArray, "*runs"]
    late: Float[xr.DataArray, "*runs"]
    start: Float[xr.DataArray, "*runs"]
    at_fit: Float[xr.DataArray, "*runs"]
    at_late: Float[xr.DataArray, "*runs"]


def plot(ds: xr.Dataset) -> Figure:
    """Plots runs on the landscape of (a) train and (b) test loss, and (c) their weight norm against the step."""
    landscape, free = _landscape(ds), _free(ds)
    zone = [float(median_of_seeds(end).median) for end in _zone(landscape)[:2]]
    critical = float(median_of_seeds(place_of_minimum(reduced(landscape["test_loss"]), INIT_SCALE)).median)
    runs = (
        [free.isel({free[INIT_SCALE].dims[0]: i}) for i in range(free[INIT_SCALE].size)]
        if free[INIT_SCALE].ndim
        else [free]
    )
    losses = [reduced(landscape[name]).clip(min=LOWEST) for name in ("train_loss", "test_loss")]
    with style():
        figure = Figure(figsize=(14.4, 4.9), layout="constrained")
        panels = figure.subplots(1, 3)
        for ax, letter, name in zip(panels, "ab", ("train_loss", "test_loss"), strict=False):
            train_and_test(ax, *losses, INIT_SCALE, name=NORM_NAME)
            for run, color in zip(runs, cycle(RUN_COLORS)):
                way_over(ax, _norm(run), run[name].clip(min=LOWEST), color=color, marks=_marks(run))
            ax.axvspan(*zone, **ZONE)
            ax.axvline(critical, color=NORM, linestyle=":", label=r"$w_c$: lowest test loss")
            ax.set_ylabel(
                f"loss ($10^{{{np.log10(LOWEST):.0f}}}$: or less; arrows: {name.replace('_', ' ')} of the runs)"
            )
            panel_label(ax, letter)
        _norms(panels[2], runs, zone)
        panel_label(panels[2], "c")
        legend(panels[0], loc="upper left")
        for marker, label in MARKERS.items():
            size = 10 if marker == "*" else 6
            panels[1].plot([], [], marker, color="w", markeredgecolor="k", markersize=size, label=label)
        handles, labels = panels[1].get_legend_handles_labels()
        panels[1].legend(handles[-len(MARKERS) :], labels[-len(MARKERS) :], loc="upper left")
    return figure


def _norms(ax: Axes, runs: list[xr.Dataset], zone: list[float]) -> None:
    for run, color in zip(runs, cycle(RUN_COLORS)):
        decay, scale = run[WEIGHT_DECAY].item(), run[INIT_SCALE].item()
        curve(ax, _norm(run), color=color, label=f"from α = {scale:g}, decay γ = {decay:g}")
        for marker, step in _marks(run).items():
            if 1 <= step <= run["step"].max():
                at = float(value_at(_norm(run).median([d for d in run.dims if d != "step"]), step))
                ax.plot(step, at, marker, color=color, markeredgecolor="k", markersize=13 if marker == "*" else 7)
    ax.axhspan(*zone, **ZONE)
    ax.set(ylim=(0, None), ylabel=NORM_NAME)
    legend(ax, loc="center left")


def _landscape(ds: xr.Dataset) -> xr.Dataset:
    """Returns the runs on spheres, over INIT_SCALE."""
    spheres = runs_at(ds, {CONSTANT_NORM: True}).dropna("step", how="all")
    return (
        spheres.swap_dims({spheres[INIT_SCALE].dims[0]: INIT_SCALE}).sortby(INIT_SCALE)
        if spheres[INIT_SCALE].ndim
        else spheres
    )


def _free(ds: xr.Dataset) -> xr.Dataset:
    """Returns the unconstrained runs."""
    return runs_at(ds, {CONSTANT_NORM: False}).dropna("step", how="all")


def _norm(run: xr.Dataset) -> Float[xr.DataArray, "*runs step"]:
    """Returns the weight norm over that of the standard initialization; it is α at the start."""
    norm = run[INIT_SCALE] * run["weight_norm"] / run["weight_norm"].isel(step=0)
    return norm.rename("weight norm")


def _zone(landscape: xr.Dataset) -> Zone:
    """Returns the Goldilocks zone: the scales at which the solution on the sphere generalizes."""
    return goldilocks(error(reduced(landscape["test_accuracy"])), INIT_SCALE, 1 - LEVEL + ROUNDING)


def _times(run: xr.Dataset) -> Times:
    fit, late, norm = t_fit(run), t_generalize(run), _norm(run)
    return Times(fit, late, norm.isel(step=0, drop=True), value_at(norm, fit), value_at(norm, late))


def _marks(run: xr.Dataset) -> dict[str, float]:
    """Draws where a run begins, fits and generalizes, at median steps."""
    steps = (0.0, *(float(median_of_seeds(time).median) for time in (t_fit(run), t_generalize(run))))
    return dict(zip(MARKERS, steps, strict=True))


def _has_l_and_u(ds: xr.Dataset) -> Measured:
    found = minimized(_landscape(ds), INIT_SCALE, MINIMIZING_STEPS)
    l_like, u_like = l_shape(found, INIT_SCALE, STANDARD), u_shape(found, INIT_SCALE, GOLDILOCKS)
    return over_seeds(l_like.holds & u_like.holds, {**u_like.values, **l_like.values})


def _is_full(ds: xr.Dataset) -> bool:
    return bool(ds["step"][-1] >= STEPS)


def _slides_into_the_zone(ds: xr.Dataset) -> Measured:
    zone, free = _zone(_landscape(ds)), _free(ds)
    run = _times(runs_at(free, {INIT_SCALE: LARGE, WEIGHT_DECAY: WEAK}))
    away = np.log10(run.at_late / zone.high)
    return over_seeds(
        (run.at_fit > zone.high) & (abs(away) <= ENTERED),
        {
            "zone from w/w₀": zone.low,
            "to": zone.high,
            "w/w₀ at the start": run.start,
            "at t95(train)": run.at_fit,
            "at t95(test)": run.at_late,
            "decades above the zone": away,
            "t95(train)": run.fit,
            "t95(test)": run.late,
        },
        decided=~zone.is_cut & zone.high.notnull() & (np.isfinite(run.late) | _is_full(free)),
    )


def _small_generalizes_at_once(ds: xr.Dataset) -> Measured:
    zone, free = _zone(_landscape(ds)), _free(ds)
    runs = runs_at(free, {INIT_SCALE: SMALL, WEIGHT_DECAY: WEAK})
    run, (fit, late, ratio), theta = _times(runs), times(runs), code_theta(ds)
    return over_seeds(
        np.isfinite(late) & (ratio <= TOGETHER),
        {
            "delay": ratio,
            "t95(train)": fit,
            "t95(test)": late,
            f"delay at θ = {theta:g}": times(runs, theta).delay,
            "w/w₀ at the start": run.start,
            "at t95(test), that θ": run.at_late,
            "zone from w/w₀": zone.low,
        },
        decided=~is_censored(late) | _is_full(free),
    )


def _time_is_that_of_the_decay(ds: xr.Dataset) -> Measured:
    zone, free = _zone(_landscape(ds)), _free(ds)
    rate = config_value(ds, "optimizer.learning_rate")
    at_large = runs_at(free, {INIT_SCALE: LARGE})
    decays = sorted({float(gamma) for gamma in np.atleast_1d(at_large[WEIGHT_DECAY]) if 0 < gamma < TOO_LARGE})
    if rate is None or len(decays) < 2:
        raise NotMeasured(
            f"needs optimizer.learning_rate, and 2 values of {WEIGHT_DECAY} above 0 and moderate at α = {LARGE:g}"
        )
    values, ratios = {}, []
    for gamma in decays:
        run = _times(runs_at(at_large, {WEIGHT_DECAY: gamma}))
        said = np.log(run.start / zone.high) / (rate * gamma)
        ratios.append(run.late / said.where(said > 0))
        values |= {f"t95(test) at γ = {gamma:g}": run.late, f"over ln(w₀/w_c)/(ηγ), γ = {gamma:g}": ratios[-1]}
    ratio = xr.concat(ratios, "decay")
    within = ((ratio <= WITHIN) & (ratio >= 1 / WITHIN)).all("decay")
    known = (ratio.notnull() & (np.isfinite(ratio) | _is_full(free))).all("decay")
    return over_seeds(within, {**values, "w_c over the standard norm": zone.high}, decided=known & ~zone.is_cut)


def _too_large_a_decay(ds: xr.Dataset) -> Measured:
    zone, runs = _zone(_landscape(ds)), runs_at(_free(ds), {INIT_SCALE: LARGE, WEIGHT_DECAY: TOO_LARGE})
    runs = runs.dropna("step", how="all")
    end, best = last_value(_norm(runs)), {name: runs[f"{name}_accuracy"].max("step") for name in ("train", "test")}
    return over_seeds(
        (end < zone.low) & (best["test"] < LEVEL),
        {
            "w/w₀ at the end": end,
            "zone from w/w₀": zone.low,
            **{f"best {name} accuracy": value for name, value in best.items()},
        },
        decided=zone.low.notnull() & end.notnull(),
    )


CLAIMS = [
    Claim(
        "omnigrok/fig1b/1",
        "the reduced train loss is L-shaped and the reduced test loss U-shaped over the weight norm, as in fig. 2a",
        "the training loss and test loss have the shape of L and U, respectively",
        _has_l_and_u,
    ),
    Claim(
        "omnigrok/fig1b/2",
        f"α = {LARGE:g}, weight decay {WEAK:g}: at t95(train) the norm is above the Goldilocks zone (where "
        f"the landscape has a test accuracy >= {LEVEL:.0%}); at t95(test) it is within {ENTERED:g} decade "
        f"of the zone's upper edge (θ = {CODE_THETA:g})",
        "first quickly moves to a nearby overfitting solution; decay drives the weight vector towards the zone",
        _slides_into_the_zone,
    ),
    Claim(
        "omnigrok/fig1b/3",
        f"α = {SMALL:g}, weight decay {WEAK:g}: the network fits and generalizes together, t95(test) <= "
        f"{TOGETHER:g} t95(train) at θ = {THETA:g}",
        "small initializations w < w_c can always generalize fast",
        _small_generalizes_at_once,
    ),
    Claim(
        "omnigrok/fig1b/4",
        f"α = {LARGE:g}: ln(w₀/w_c) / (ηγ) is t95(test) within a factor of {WITHIN:g} at every weight "
        f"decay from {WEAK:g} to {STRONG:g}; w₀ is the norm at the start, w_c the upper edge of the Goldilocks zone "
        f"(θ = {CODE_THETA:g})",
        "it takes time t ≈ ln(w₀/w_c) / γ to generalize",
        _time_is_that_of_the_decay,
    ),
    Claim(
        "omnigrok/fig1b/5",
        f"α = {LARGE:g}, weight decay {TOO_LARGE:g}: the norm ends below the Goldilocks zone, and test accuracy never"
        f" reaches {LEVEL:.0%} (θ = {CODE_THETA:g})",
        "γ should not be too large, otherwise it will bring the weights to a trivial solution w = 0",
        _too_large_a_decay,
    ),
]
