"""Lazy to rich, Equations 19 and 20: how the alignment of kernel and target depends on ε and on the weights.

Results: dims ('model.epsilon', 'seed', 'step').
"""

import jax.numpy as jnp
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.grokking import relative
from grok_jax.analysis.power_law import rank_correlation
from grok_jax.analysis.selection import config_value, sorted_along, with_axis
from grok_jax.kernels.committee import committee_alignment
from grok_jax.plotting.curves import legend
from grok_jax.plotting.style import OKABE_ITO, colors, panel_label, style
from grok_jax.plotting.times import marks_along

EPSILON = "model.epsilon"
ROWS, PAIRS, FORMULA = "kernel_alignment", "pair_alignment", "population_alignment"
CLOSE = 0.15  # largest relative difference
STRONG = 0.8  # rank correlation
SEEN = 0.5  # smallest ε whose alignment 1000 rows can distinguish from 0
TRAINED = 0.25  # smallest ε at which training moves the weights
SMALL = 0.1  # largest ε for claim 4
FEWEST = 3  # values of ε above SEEN, or records


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) alignment at the start over ε, (b) formula against measurement, (c) alignment against misalignment."""
    ds = with_axis(ds, EPSILON).sortby(EPSILON)
    ds = ds if "seed" in ds.dims else ds.expand_dims("seed")
    with style():
        figure = Figure(figsize=(13.2, 4.1), layout="constrained")
        start, formula, training = figure.subplots(1, 3)
        _at_start(start, ds)
        _formula(formula, ds)
        _over_training(training, ds)
        for ax, letter in zip((start, formula, training), "abc", strict=True):
            panel_label(ax, letter)
    return figure


def _at_start(ax: Axes, ds: xr.Dataset) -> None:
    first = ds.isel(step=0)
    rows = ((ROWS, "CKA over test rows", "o"), (PAIRS, "over pairs of different rows", "x"))
    for (name, label, marker), color in zip(rows, OKABE_ITO, strict=False):
        marks_along(ax, first[name], EPSILON, marker, color=color, label=label)
    features = config_value(ds, "task.features")
    if features:
        low, high = float(ds[EPSILON].min()), float(ds[EPSILON].max())
        epsilons = np.geomspace(max(low, 1e-3), max(high, 1e-2), 50)
        moments = jnp.zeros(features), jnp.eye(features), jnp.ones((1, features))
        ax.plot(
            epsilons, [float(committee_alignment(*moments, e)) for e in epsilons], color="0.3", label="formula, N → ∞"
        )
    ax.set(xscale="log", yscale="log", xlabel="strength of the nonlinear part ε", ylabel="alignment of K₀ and y")
    legend(ax)


def _formula(ax: Axes, ds: xr.Dataset) -> None:
    largest = 0.0
    for epsilon, color in zip(ds[EPSILON].values, colors(ds.sizes[EPSILON]), strict=True):
        one = ds.sel({EPSILON: epsilon})
        ax.plot(np.ravel(one[FORMULA]), np.ravel(one[PAIRS]), "o", markersize=4, color=color, label=f"ε = {epsilon:g}")
        largest = max(largest, float(one[FORMULA].max()))
    ax.plot([0, largest], [0, largest], color="0.3", linestyle="--")
    ax.set(xlabel="alignment by the formula", ylabel="alignment over pairs of different test rows")
    legend(ax)


def _over_training(ax: Axes, ds: xr.Dataset) -> None:
    for epsilon, color in zip(ds[EPSILON].values, colors(ds.sizes[EPSILON]), strict=True):
        one = _probed(ds.sel({EPSILON: epsilon}))
        for i in range(one.sizes["seed"]):
            run = one.isel(seed=i)
            label = f"ε = {epsilon:g}" if i == 0 else None
            ax.plot(relative(run["misalignment_error"]), run[ROWS], ".-", linewidth=0.8, color=color, label=label)
    ax.set(xlabel="misalignment error / its start", ylabel="kernel alignment (CKA) over test rows", yscale="log")
    legend(ax)


def _probed(ds: xr.Dataset) -> xr.Dataset:
    """Returns the records at which the kernel was measured."""
    return ds.isel(step=np.flatnonzero(ds[ROWS].notnull().any([d for d in ds[ROWS].dims if d != "step"])))


def _from(ds: xr.Dataset, least: float) -> xr.Dataset:
    """Returns the runs with at least the given ε."""
    ds = with_axis(ds, EPSILON)
    ds = ds.isel({EPSILON: np.flatnonzero(ds[EPSILON] > 0.999 * least)})
    if ds.sizes[EPSILON] < FEWEST:
        raise NotMeasured(f"needs {FEWEST} or more values of {EPSILON} from {least:g} on")
    return ds.sortby(EPSILON)


def _formula_is_measured(ds: xr.Dataset) -> Measured:
    runs = _probed(_from(ds, SEEN))
    off = np.abs(runs[PAIRS] / runs[FORMULA] - 1)
    along = [EPSILON, "step"]
    values = {
        "largest relative difference": off.max(along),
        "median": off.median(along),
        "formula, smallest": runs[FORMULA].min(along),
        "largest": runs[FORMULA].max(along),
    }
    return over_seeds(off.max(along) <= CLOSE, values, decided=off.notnull().any(along))


def _rises_with_epsilon(ds: xr.Dataset) -> Measured:
    start = sorted_along(ds, EPSILON).isel(step=0, drop=True)
    rising = rank_correlation(start[ROWS], EPSILON)
    values = {"rank correlation of CKA and ε": rising}
    values |= {f"CKA at ε = {e:g}": start[ROWS].sel({EPSILON: e}, drop=True) for e in start[EPSILON].values}
    return over_seeds(rising > STRONG, values, decided=rising.notnull())


def _follows_misalignment(ds: xr.Dataset) -> Measured:
    runs = _probed(_from(ds, TRAINED))
    if runs.sizes["step"] < FEWEST:
        raise NotMeasured(f"needs {FEWEST} or more records of the kernel")
    together = rank_correlation(runs[ROWS], "step", runs["misalignment_error"])
    values = {"rank correlation, weakest": together.max(EPSILON)}
    for e in together[EPSILON].values:
        values[f"at ε = {e:g}"] = together.sel({EPSILON: e}, drop=True)
    falls = relative(runs["misalignment_error"]).isel(step=-1)
    values["misalignment error at the end / start, largest"] = falls.max(EPSILON)
    return over_seeds(together.max(EPSILON) < -STRONG, values, decided=together.notnull().all(EPSILON))


def _rows_with_themselves(ds: xr.Dataset) -> Measured:
    ds = with_axis(ds, EPSILON)
    start = ds.isel({EPSILON: np.flatnonzero(ds[EPSILON] < 1.001 * SMALL)}).isel(step=0, drop=True)
    if not start.sizes[EPSILON]:
        raise NotMeasured(f"needs {EPSILON} of {SMALL:g} or less")
    share = start[FORMULA] / start[ROWS]
    values = {"formula / CKA over rows, largest": share.max(EPSILON)}
    values |= {f"formula at ε = {e:g}": start[FORMULA].sel({EPSILON: e}, drop=True) for e in start[EPSILON].values}
    values |= {f"CKA at ε = {e:g}": start[ROWS].sel({EPSILON: e}, drop=True) for e in start[EPSILON].values}
    return over_seeds(share.max(EPSILON) < 0.5, values, decided=share.notnull().all(EPSILON))


CLAIMS = [
    Claim(
        "lazy_to_rich/eq19/1",
        "ε >= .5: at every record, the alignment over pairs of different test rows is within 15% of Eq. "
        "19 with the numerator of Eq. 20",
        "⟨y K y'⟩ = (ε²/D⁴) (|β|⁴ Tr M + 8 |β|² βᵀMβ), over √⟨K²⟩ ⟨y²⟩",
        _formula_is_measured,
    ),
    Claim(
        "lazy_to_rich/eq19/2",
        "CKA of the initial kernel rises with ε (rank correlation > .8)",
        "we derive a relationship between ε and the CKA, finding they are strongly correlated",
        _rises_with_epsilon,
    ),
    Claim(
        "lazy_to_rich/eq19/3",
        "at every ε >= .25, CKA rises as the misalignment error falls in training (rank correlation < -.8)",
        "the second term is closely related and strongly correlated to its general counterpart, the CKA",
        _follows_misalignment,
    ),
    Claim(
        "lazy_to_rich/eq19/4",
        "ε <= .1: the CKA of the initial kernel over all inputs is less than half of its CKA over the test rows",
        "the paper reads CKA off 1000 test rows at ε = .02 to .25",
        _rows_with_themselves,
        own=True,
    ),
]
