"""Omnigrok, Figure 6a to c: the full trajectory of decoder and representation, compared with the reduced one.

Results: dims (one axis that sets several fields, 'seed', 'step'); runs with optimizer.constant_norm are the points of
the landscape, the others full trajectories. w is in units of w_0, the decoder's norm at the standard initialization.

Both use the time of gradient flow in the weights: t = steps · η_D / (1 - μ), μ the momentum. In w and m the flow is
dw/dt = -(∂l/∂w / w_0² + γ w),  dm/dt = -(η_R / η_D) ∂l/∂m / |R_random - R_linear|², which is Eq. 6 at these two rates.
"""

from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.omnigrok.fig6_toy_addition import DIVIDING, GENERAL
from experiments.omnigrok.reduced_flow import Path, Walk, mark_times, walk
from experiments.omnigrok.reduced_landscape import Losses, generalizing_loss, landscape_map, reduced_losses
from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.optim import Momentum
from grok_jax.plotting.curves import legend
from grok_jax.plotting.style import colors, panel_label, style

INIT_SCALE, MESSINESS = "model.init_scale", "task.messiness"
MOMENTUM = Momentum().momentum
MOST = 5 / 6  # share of the runs
INSIDE = 0.1  # largest share of the table's squared norm outside the plane
RISES, FALLS = 1.1, 0.98  # as in fig. 6: largest w over the first, last w over the largest
FACTOR = 3.0  # largest factor between two times
LABELS = ("weight norm w of the decoder [initial norm]", "messiness m")


class Case(NamedTuple):
    """The full run and the path of Eq. 6 for one start and one ratio of rates."""

    messiness: float
    rate: float  # η_R / η_D
    full: Path
    reduced: Walk
    generalizes: bool  # whether the full run does
    residual_share: Float[np.ndarray, " records"]
    unevenness: Float[np.ndarray, " records"]


class Seed(NamedTuple):
    """The landscape of one seed, and the cases on it."""

    losses: Losses
    cases: list[Case]


def seeds_of(ds: xr.Dataset) -> list[Seed]:
    """Splits the runs of the one axis by seed; a seed with a diverged run has no cases.

    Raises:
      NotMeasured: the results have other axes, no full run, or too few points of a landscape.
    """
    axis = ds[INIT_SCALE].dims[0] if INIT_SCALE in ds.coords and ds[INIT_SCALE].ndim == 1 else ""
    if axis == INIT_SCALE or "optimizer.constant_norm" not in ds.coords or set(ds.sizes) - {axis, "seed", "step"}:
        raise NotMeasured("needs one axis with the points of a landscape and the full runs, and no other but seed")
    ds = ds if "seed" in ds.dims else ds.expand_dims("seed")
    on_sphere = ds["optimizer.constant_norm"].values.astype(bool)
    points, runs = ds.isel({axis: on_sphere}), ds.isel({axis: ~on_sphere})
    keep = [INIT_SCALE, MESSINESS]
    flat = points[["train_loss", "test_loss"]].dropna("step", how="all")
    flat = flat.drop_vars([name for name in flat.coords if name not in (*keep, "seed", "step")])
    landscape = flat.set_index({axis: keep}).unstack(axis)
    if runs.sizes[axis] == 0 or min(landscape.sizes[name] for name in keep) < 3:
        raise NotMeasured(f"needs a full run, and 3 or more values of {INIT_SCALE} and of {MESSINESS} in the landscape")
    return [_seed(landscape.isel(seed=i, drop=True), runs.isel(seed=i), str(axis)) for i in range(ds.sizes["seed"])]


def _seed(landscape: xr.Dataset, runs: xr.Dataset, axis: str) -> Seed:
    losses = reduced_losses(landscape)
    finite = bool(np.isfinite(runs["train_loss"].dropna("step", how="all")).all())
    if not (losses.are_finite and finite):
        return Seed(losses, [])
    return Seed(losses, [_case(losses, runs.isel({axis: i})) for i in range(runs.sizes[axis])])


def _case(losses: Losses, run: xr.Dataset) -> Case:
    run = run.dropna("step", subset=["train_loss", "messiness"])
    scale, rate = float(run[INIT_SCALE]), float(run["optimizer.apart_learning_rate"])
    norm, span = float(run["decoder_norm"][0]) / scale, float(run["representation_span"][0])
    time = run["step"].values * float(run["optimizer.learning_rate"]) / (1 - MOMENTUM)
    parts = (run[name].values.astype(np.float64) for name in ("decoder_norm", "messiness", "train_loss", "test_loss"))
    w, *others = parts
    full = Path(time, w / norm, *others)
    reduced = walk(
        losses,
        (INIT_SCALE, MESSINESS),
        (scale, float(run[MESSINESS])),
        float(run["optimizer.weight_decay"]) * norm**2,
        level=DIVIDING,
        enough=GENERAL,
        decoder_rate=norm**-2,
        representation_rate=rate / span**2,
        duration=float(time[-1]),
    )
    generalizes = bool(full.test_loss.min() <= generalizing_loss(losses.test, GENERAL))
    further = (run[name].values for name in ("residual_share", "unevenness"))
    return Case(float(run[MESSINESS]), rate, full, reduced, generalizes, *further)


# --- the figure ---


def plot(ds: xr.Dataset) -> Figure:
    """Plots the first seed, one row per ratio of rates: full runs solid and filled, Eq. 6 dashed and hollow.

    At ratio 0 the representation does not move, so only the direction of the weights can make the two differ.
    """
    seed = seeds_of(ds)[0]
    rates = sorted({case.rate for case in seed.cases}) or [1.0]
    starts = sorted({case.messiness for case in seed.cases})
    color = dict(zip(starts, colors(len(starts)), strict=True))
    names = "train loss", "test loss"
    with style():
        figure = Figure(figsize=(23.0, 4.9 * len(rates)), layout="constrained")
        rows = figure.subplots(len(rates), 5, squeeze=False)
        for rate, row in zip(rates, rows, strict=True):
            cases = [case for case in seed.cases if case.rate == rate]
            for ax, z, name in zip(row, seed.losses, names, strict=False):
                landscape_map(ax, z, seed.losses, (INIT_SCALE, MESSINESS), labels=(*LABELS, name), level=DIVIDING)
                _paths(ax, cases, color)
                ax.set_title(f"ηR = {rate:g} ηD")
            _against_time(row[2], cases, color, "test_loss", "test loss")
            _against_time(row[3], cases, color, "w", LABELS[0])
            _representation(row[4], cases, color)
        figure.legend(*rows[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=6)
        for letter, ax in zip("abcdefghijklmno", rows.flat, strict=False):
            panel_label(ax, letter)
    return figure


def _paths(ax: Axes, cases: list[Case], color: dict[float, str]) -> None:
    end = max((float(case.full.time[-1]) for case in cases), default=1.0)
    marks = 10.0 ** np.arange(2, np.floor(np.log10(max(end, 100.0))) + 1)
    for i, case in enumerate(cases):
        own = {"color": color[case.messiness]}
        for path, linestyle, full in ((case.reduced.path, "--", False), (case.full, "-", True)):
            ax.plot(path.w, path.m, color="white", linewidth=3.6, alpha=0.8)
            ax.plot(
                path.w, path.m, linestyle, linewidth=2.0, label=f"full, m = {case.messiness:g}" if full else "", **own
            )
            mark_times(ax, path.time, path.w, path.m, marks, color=own["color"], filled=full, named=full and i == 0)
    ax.plot([], [], "k--", label="Eq. 6; dots: the same times")


def _against_time(ax: Axes, cases: list[Case], color: dict[float, str], name: str, label: str) -> None:
    for case in cases:
        for path, linestyle in ((case.full, "-"), (case.reduced.path, "--")):
            shown = path.time > 0
            own = {"color": color[case.messiness], "label": f"m = {case.messiness:g}" if linestyle == "-" else ""}
            ax.plot(path.time[shown], getattr(path, name)[shown], linestyle, **own)
    ax.plot([], [], "k--", label="Eq. 6")
    ax.set(xscale="log", xlabel="time [1 / ηD]", ylabel=label, xlim=(1, None))
    if "loss" in name:
        ax.set_yscale("log")
    legend(ax, loc="best")


def _representation(ax: Axes, cases: list[Case], color: dict[float, str]) -> None:
    for case in cases:
        shown = case.full.time > 0
        for values, linestyle in ((case.residual_share, "-"), (case.unevenness, ":")):
            label = f"m = {case.messiness:g}" if linestyle == "-" else ""
            own = {"color": color[case.messiness], "label": label}
            ax.plot(case.full.time[shown], values[shown], linestyle, **own)
    ax.axhline(INSIDE, color="0.5", linewidth=0.8, label=f"share {INSIDE:g}")
    ax.plot([], [], "k-", label="outside of the plane")
    ax.plot([], [], "k:", label="off an evenly spaced line")
    ax.set(xscale="log", xlabel="time [1 / ηD]", ylabel="share of the table's square", xlim=(1, None), ylim=(0, 1))
    legend(ax, loc="upper left")


# --- the claims: this project's own, about assumptions that the paper states ---


def _over_cases(ds: xr.Dataset, measure: str) -> Measured:
    moving = [[case for case in seed.cases if case.rate > 0] for seed in seeds_of(ds)]
    rows = [MEASURES[measure](cases) if cases else None for cases in moving]
    fits = [any(np.isfinite(_time_to_fit(case.full)) for case in cases) for cases in moving]
    known = next((row for row in rows if row), None)
    if known is None:
        raise NotMeasured("needs a full run whose representation moves; or one of every seed diverged")
    nothing = (False, dict.fromkeys(known[1], np.nan))
    holds, values = zip(*(row or nothing for row in rows), strict=True)
    by_seed = {name: xr.DataArray([float(value[name]) for value in values], dims="seed") for name in known[1]}
    decided = xr.DataArray(fits, dims="seed")  # runs that learn nothing say nothing about how they learn
    return over_seeds(xr.DataArray(list(holds), dims="seed"), by_seed, decided)


Found = tuple[bool, dict[str, float]]


def _agree(cases: list[Case]) -> Found:
    agree = float(np.mean([case.generalizes == case.reduced.generalizes for case in cases]))
    full, reduced = (sum(flags) for flags in zip(*((c.generalizes, c.reduced.generalizes) for c in cases), strict=True))
    best = min(float(case.full.test_loss.min()) for case in cases)
    found = {
        "share of runs": agree,
        "full runs that generalize": full,
        "reduced": reduced,
        "least test loss of a full run": best,
    }
    return agree >= MOST, {**found, "runs": len(cases)}


def _in_plane(cases: list[Case]) -> Found:
    largest = [float(case.residual_share.max()) for case in cases]
    found = {"largest residual share (median)": float(np.median(largest)), "smallest": min(largest)}
    for rate in sorted({case.rate for case in cases}):
        own = [value for case, value in zip(cases, largest, strict=True) if case.rate == rate]
        found[f"ηR = {rate:g} ηD"] = float(np.median(own))
    return float(np.median(largest)) < INSIDE, found


def _rises_and_falls(cases: list[Case]) -> Found:
    tops = [(case.full.w.max() / case.full.w[0], case.full.w[-1] / case.full.w.max()) for case in cases]
    share = float(np.mean([top >= RISES and end <= FALLS for top, end in tops]))
    rise, fall = np.median(tops, axis=0)
    reduced = float(np.median([case.reduced.path.w.max() / case.reduced.path.w[0] for case in cases]))
    found = {"share of runs": share, "largest w over the first": rise, "last over the largest": fall}
    return share >= MOST, {**found, "largest over the first, Eq. 6": reduced}


def _time_to_fit(path: Path) -> float:
    fitted = path.train_loss <= DIVIDING
    return float(path.time[fitted.argmax()]) if fitted.any() else np.inf


def _clocks(cases: list[Case]) -> Found:
    times = np.array([[_time_to_fit(path) for path in (case.full, case.reduced.path)] for case in cases])
    full, reduced = np.maximum(times, 1.0).T
    both = np.isfinite(full) & np.isfinite(reduced)
    apart = np.where(both, np.abs(np.log(np.where(both, full, 1.0) / np.where(both, reduced, 1.0))), np.inf)
    apart[np.isinf(full) & np.isinf(reduced)] = 0.0
    factor = float(np.exp(np.median(apart)))
    return factor <= FACTOR, {"factor": factor, "full": float(np.median(full)), "reduced": float(np.median(reduced))}


MEASURES = {"agree": _agree, "plane": _in_plane, "norm": _rises_and_falls, "clock": _clocks}
CLAIMS = [
    Claim(
        "omnigrok/fig6abc/1",
        "the full trajectory and that of Eq. 6 agree on whether a start generalizes, in at least 5 of 6 runs",
        "no number: the reduced trajectory may deviate from the full one, but it can shed light on it",
        lambda ds: _over_cases(ds, "agree"),
        own=True,
    ),
    Claim(
        "omnigrok/fig6abc/2",
        "the full trajectory stays in the plane of the random and the linear representation: in the "
        "median run, less than a tenth of the table's square ever lies outside it",
        "no number; assumption 2: representation evolution is linear",
        lambda ds: _over_cases(ds, "plane"),
        own=True,
    ),
    Claim(
        "omnigrok/fig6abc/3",
        "in at least 5 of 6 runs, the weight norm of the full trajectory rises by a tenth or more, then "
        "falls by at least .02 of its largest value",
        "the weight norm first increases and then decreases",
        lambda ds: _over_cases(ds, "norm"),
        own=True,
    ),
    Claim(
        "omnigrok/fig6abc/4",
        "the direction of the weights is fast: the full and the reduced trajectory reach train loss .05 "
        "at times within a factor of 3 of each other (median run)",
        "no number; assumption 1: the dynamics of the direction is much faster than that of w and m",
        lambda ds: _over_cases(ds, "clock"),
        own=True,
    ),
]
