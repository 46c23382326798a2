"""Arena, Figure 4: the delay against the weight norm and against the logit scale, and runs forked at memorization.

Results: dims (loss, scales and steps of a setting as one axis, 'seed', 'step'), with the probe "logits".
"""

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.grokking import LEVEL, delay, is_censored, t_fit, t_generalize, value_at
from grok_jax.analysis.selection import runs_at
from grok_jax.plotting.curves import curve, legend
from grok_jax.plotting.style import colors, panel_label, short_log_axes, style

LOSS, SCALE, OUTPUT = "training.loss", "model.init_scale", "model.output_scale"
NORM_FROM, DECAY_UNTIL = "optimizer.constant_norm_from", "optimizer.decay_until"
LOSSES = {"cross_entropy": "cross-entropy", "mse": "squared error"}
EXPLAINED, ADDED, UNEXPLAINED = 0.9, 0.05, 0.5  # R² of claims 1, 2 and 4
RECOVERED, NOTABLE = 0.8, 1.5  # claim 3: share of the delay, and the least factor by which the norm changes it
FEWEST = 6  # settings with a delay that a fit needs
MEMORIZED = 0.5  # test accuracy at the fork is below it
FORKS = ("goes on", "norm kept", "decay dropped")


def plot(ds: xr.Dataset) -> Figure:
    """Plots the delay (a, b) against the norm and the logit scale, (c) with squared error; (d) the forks."""
    with style():
        figure = Figure(figsize=(12.5, 7.4), layout="constrained")
        axes = figure.subplots(2, 2).flat
        (norm, logits), (_, logits_mse) = (_points(ds, loss) for loss in LOSSES)
        _scatter(axes[0], norm, ds, "cross_entropy", "weight norm, kept constant")
        _scatter(axes[1], logits, ds, "cross_entropy", "logit scale when 95% of training rows are fitted")
        _scatter(axes[2], logits_mse, ds, "mse", "logit scale when 95% of training rows are fitted")
        _draw_forks(axes[3], ds)
        titles = (
            "cross-entropy: delay and weight norm",
            "cross-entropy: delay and logit scale",
            "squared error: delay and logit scale",
            f"weight decay until step {_fork_step(ds)}, then three ways on",
        )
        for ax, title, letter in zip(axes, titles, "abcd", strict=True):
            ax.set_title(title, fontsize="medium")
            panel_label(ax, letter)
    return figure


def _scatter(ax: Axes, x: xr.DataArray, ds: xr.Dataset, loss: str, name: str) -> None:
    """Draws the delay of every run against x, a color for each norm.

    A cross is a run that did not generalize: its last step over t95(train), which the delay exceeds.
    """
    runs = _crossed(ds, loss)
    late, scales = delay(runs), runs[SCALE]
    missing = is_censored(late)
    least = runs["step"].max() / t_fit(runs)
    different = np.unique(scales.values)
    for scale, color in zip(different, colors(len(different)), strict=True):
        own = scales == scale
        ax.scatter(x.where(own), late.where(own & ~missing), color=color, s=26, label=f"α = {scale:.3g}")
        ax.scatter(x.where(own & missing), least.where(own & missing), color=color, s=26, marker="x")
    ax.set(xlabel=name, ylabel="t95(test) / t95(train)")
    if missing.any():
        ax.scatter([], [], color="gray", marker="x", label="not in these steps: later than this")
    short_log_axes(ax)
    legend(ax)


def _draw_forks(ax: Axes, ds: xr.Dataset) -> None:
    for (name, runs), color in zip(_forks(ds).items(), colors(len(FORKS)), strict=True):
        curve(ax, runs["test_accuracy"], color=color, label=name)
    ax.axvline(_fork_step(ds), color="gray", linestyle=":", label="fork")
    ax.set(xlabel="step", ylabel="test accuracy", ylim=(-0.02, 1.02))
    legend(ax)


def _crossed(ds: xr.Dataset, loss: str) -> xr.Dataset:
    """Returns the runs at constant norm with one loss, along the axis of settings."""
    if LOSS not in ds.coords or ds[LOSS].ndim != 1:
        raise NotMeasured(f"needs several values of {LOSS}")
    chosen = (ds[LOSS] == loss) & (ds[NORM_FROM] == 0)
    return ds.isel({ds[LOSS].dims[0]: np.flatnonzero(chosen)})


def _points(ds: xr.Dataset, loss: str) -> tuple[Float[xr.DataArray, "..."], Float[xr.DataArray, "..."]]:
    """Returns the norm and the logit scale of each run at constant norm, when it fits the training rows."""
    runs = _crossed(ds, loss)
    return runs["weight_norm"].isel(step=0, drop=True), value_at(runs["logit_scale"], t_fit(runs))


def _explained(ds: xr.Dataset, loss: str) -> dict[str, Float[xr.DataArray, " seed"]]:
    """Returns R² of ln(delay) in each seed, by least squares over the settings with a delay, and their number."""
    late = delay(_crossed(ds, loss))
    axis = str(ds[LOSS].dims[0])
    y, norm, logits = (np.log(x.where(x > 0)) for x in (late, *_points(ds, loss)))
    known = np.isfinite(y) & np.isfinite(norm) & np.isfinite(logits)
    count = known.sum(axis)
    fits = {"R² of the logit scale": (logits,), "of the norm": (norm,), "of both": (logits, norm)}
    explained = {
        name: xr.apply_ufunc(
            _r_squared, y.where(known), *xs, input_core_dims=[[axis]] * (1 + len(xs)), vectorize=True
        ).where(count >= FEWEST)
        for name, xs in fits.items()
    }
    return {**explained, "settings that generalize": count}


def _r_squared(y: np.ndarray, *xs: np.ndarray) -> float:
    """Returns 1 - residual / total sum of squares of a linear fit with a constant; NaN if y does not vary."""
    known = np.isfinite(y)
    if known.sum() <= len(xs) + 1 or np.ptp(y[known]) == 0:
        return np.nan
    columns = np.stack([np.ones(known.sum()), *(x[known] for x in xs)], axis=1)
    left = y[known] - columns @ np.linalg.lstsq(columns, y[known], rcond=None)[0]
    return 1 - float(left @ left) / float(np.sum((y[known] - y[known].mean()) ** 2))


def _logits_explain(ds: xr.Dataset) -> Measured:
    values = _explained(ds, "cross_entropy")
    share = values["R² of the logit scale"]
    return over_seeds(share >= EXPLAINED, values, decided=share.notnull())


def _norm_adds_little(ds: xr.Dataset) -> Measured:
    values = _explained(ds, "cross_entropy")
    added = values["of both"] - values["R² of the logit scale"]
    return over_seeds(added <= ADDED, {"R² that the norm adds": added, **values}, decided=added.notnull())


def _logits_do_not_explain(ds: xr.Dataset) -> Measured:
    values = _explained(ds, "mse")
    share = values["R² of the logit scale"]
    return over_seeds(share < UNEXPLAINED, values, decided=share.notnull())


def _matched_logits_recover(ds: xr.Dataset) -> Measured:
    runs = _crossed(ds, "cross_entropy")
    scales = np.unique(runs[SCALE].values)
    small = runs_at(runs, {SCALE: scales[0]})
    # At the smallest norm, the lowest temperature; the largest norm at this temperature, and with its initial logits.
    axis = str(ds[LOSS].dims[0])
    small = small.isel({axis: int(np.argmin(small[OUTPUT].values))})
    large = runs_at(runs, {SCALE: scales[-1]})
    same = runs_at(large, {OUTPUT: float(small[OUTPUT])})
    matched = large.isel({axis: int(np.argmin(large[OUTPUT].values))})
    first, second, third = (delay(each).reset_coords(drop=True) for each in (small, same, matched))
    share = np.log(second / third) / np.log(second / first)
    logits = [value_at(each["logit_scale"], t_fit(each)).reset_coords(drop=True) for each in (small, same, matched)]
    return over_seeds(
        share >= RECOVERED,
        {
            "share of the delay gone": share,
            "delay at the smallest norm": first,
            "at the largest": second,
            "there with matched logits": third,
            "logit scale over the smallest norm's, at the largest": logits[1] / logits[0],
            "with matched logits": logits[2] / logits[0],
        },
        decided=np.isfinite(first) & np.isfinite(second) & np.isfinite(third) & (second >= NOTABLE * first),
    )


def _fork_step(ds: xr.Dataset) -> int:
    """Returns the step at which the forks part."""
    return int(ds[NORM_FROM].where(ds[NORM_FROM] > 0).min())


def _forks(ds: xr.Dataset) -> dict[str, xr.Dataset]:
    """Returns the runs that go on, those with the norm kept, and those with the decay dropped."""
    if NORM_FROM not in ds.coords or ds[NORM_FROM].ndim != 1:
        raise NotMeasured(f"needs several values of {NORM_FROM}")
    fork, last = _fork_step(ds), int(ds[NORM_FROM].max())
    steps = ((last, last), (fork, fork), (last, fork))
    pairs = (runs_at(ds, {NORM_FROM: kept, DECAY_UNTIL: decayed}) for kept, decayed in steps)
    return {name: runs.reset_coords(drop=True) for name, runs in zip(FORKS, pairs, strict=True)}


def _fork(ds: xr.Dataset, name: str, generalizes: bool) -> Measured:
    forks, step = _forks(ds), _fork_step(ds)
    on, other = forks["goes on"], forks[name]
    train, test = (value_at(on[f"{split}_accuracy"], float(step)) for split in ("train", "test"))
    time, own = t_generalize(on), t_generalize(other)
    return over_seeds(
        np.isfinite(own) == generalizes,
        {
            f"t95(test), {name}": own,
            "t95(test), goes on": time,
            f"best test accuracy, {name}": other["test_accuracy"].max("step"),
            "test accuracy at the fork": test,
        },
        decided=(train >= LEVEL) & (test < MEMORIZED) & np.isfinite(time) & own.notnull(),
    )


CLAIMS = [
    Claim(
        "arena/fig4/1",
        f"cross-entropy at constant norm: the logit scale at t95(train) explains at least {EXPLAINED:g} of the "
        "variance of ln(delay) over all norms and temperatures",
        "the logit scale alone explains 97% of the delay's variance over a grid of norms and temperatures",
        _logits_explain,
    ),
    Claim(
        "arena/fig4/2",
        f"cross-entropy at constant norm: the norm adds at most {ADDED:g} to the share of the variance that the logit "
        "scale explains",
        "the norm adds 1 to 2%",
        _norm_adds_little,
    ),
    Claim(
        "arena/fig4/3",
        "cross-entropy: the largest norm delays generalization more than the smallest at the same temperature, and "
        f"at least {RECOVERED:g} of this delay (in ln) is gone at the temperature that restores the initial logits",
        "matching the logit scale back recovers .83 and .89 of the norm-induced delay at two moduli",
        _matched_logits_recover,
    ),
    Claim(
        "arena/fig4/4",
        f"squared error at constant norm: the logit scale explains less than {UNEXPLAINED:g} of the variance of "
        "ln(delay)",
        "under squared error none of this",
        _logits_do_not_explain,
    ),
    Claim(
        "arena/fig4/5",
        "a run that has memorized generalizes if its norm is kept from then on",
        "a law of the logit scale needs no falling norm",
        lambda ds: _fork(ds, "norm kept", True),
        own=True,
    ),
    Claim(
        "arena/fig4/6",
        "a run that has memorized does not generalize within its steps if its weight decay is dropped then",
        "without decay nothing bounds the logits",
        lambda ds: _fork(ds, "decay dropped", False),
        own=True,
    ),
]
