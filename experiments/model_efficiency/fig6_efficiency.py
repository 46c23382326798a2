"""Model efficiency, Figure 6: parameter norm against the correct logit, for several amounts of data.

Results: dims ('task.label_noise', 'task.train_fraction', 'seed', 'step'), with the probe "logits".
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from experiments.model_efficiency.critical_size import TRAIN_FRACTION, estimate
from experiments.model_efficiency.efficiency import (
    FEWEST,
    LOGIT,
    Norms,
    circuit_norms,
    critical_fraction,
    growth,
    is_fitted,
    is_generalizing,
    is_memorizing,
    norm_at_logit,
    norms_along,
    ways,
)
from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.power_law import rank_correlation
from grok_jax.analysis.selection import runs_at, with_axis
from grok_jax.plotting.curves import legend
from grok_jax.plotting.style import NORM, TEST, TRAIN, panel_label, style

LABEL_NOISE = "task.label_noise"
MONOTONE = 0.8
FLAT = 0.2  # largest growth of C_gen's norm over the growth of C_mem's


def plot(ds: xr.Dataset) -> Figure:
    """Plots norm against logit of (a) C_mem and (b) C_gen during training; (c) the norm at one logit."""
    random, true = _runs(ds)
    norms = circuit_norms(random, true)
    found = estimate(critical_fraction(norms))
    with style():
        figure = Figure(figsize=(14.0, 4.2), layout="constrained")
        left, middle, right = figure.subplots(1, 3)
        ways(left, random, is_fitted(random))
        ways(middle, true, is_generalizing(true))
        left.set_title("C_mem: random labels")
        middle.set_title("C_gen: from 95% test accuracy on")
        low, high = _shared_limits(left, middle)
        for ax in (left, middle):
            ax.set_ylim(low, high)
            legend(ax, loc="best", title="D / p²")
        norms_along(right, norms.memorizing, color=TRAIN, label="C_mem, random labels")
        below = norm_at_logit(true, is_memorizing(true))
        norms_along(right, below, color=NORM, label="C_mem, true labels", linestyle="--", marker="s")
        norms_along(right, norms.generalizing, color=TEST, label="C_gen")
        if np.isfinite(found.median):
            right.axvspan(found.low, found.high, color="0.5", alpha=0.2, linewidth=0)
            text = f"crossing: {found.median:.2f} ({found.low:.2f} to {found.high:.2f})"
            right.axvline(found.median, color="0.4", linestyle=":", label=text)
        right.set(ylabel=f"smallest weight norm at a correct logit of {LOGIT:g}", xlabel="train fraction D / p²")
        right.set_title("efficiency against data")
        legend(right, loc="best")
        for ax, letter in zip((left, middle, right), "abc", strict=True):
            panel_label(ax, letter)
    return figure


def _shared_limits(*panels: object) -> tuple[float, float]:
    limits = [ax.get_ylim() for ax in panels if ax.lines]
    return min((low for low, _ in limits), default=0.0), max((high for _, high in limits), default=1.0)


def _runs(ds: xr.Dataset) -> tuple[xr.Dataset, xr.Dataset]:
    """Returns the runs on random labels and the runs on true labels."""
    ds = with_axis(ds, TRAIN_FRACTION).sortby(TRAIN_FRACTION)
    return runs_at(ds, {LABEL_NOISE: 1.0}), runs_at(ds, {LABEL_NOISE: 0.0})


def _norms(ds: xr.Dataset) -> Norms:
    """Raises NotMeasured if too few fractions have C_mem."""
    norms = circuit_norms(*_runs(ds))
    if norms.memorizing.sizes[TRAIN_FRACTION] < FEWEST:
        raise NotMeasured(f"needs {FEWEST} or more values of {TRAIN_FRACTION}")
    return norms


def _memorizing_costs_more_with_data(ds: xr.Dataset) -> Measured:
    norm = _norms(ds).memorizing
    rise, order = growth(norm), rank_correlation(norm, TRAIN_FRACTION)
    return over_seeds(
        order > MONOTONE,
        {
            "rank correlation": order,
            "slope of log norm": rise,
            "norm at the smallest fraction": norm.isel({TRAIN_FRACTION: 0}, drop=True),
            "at the largest": norm.isel({TRAIN_FRACTION: -1}, drop=True),
        },
        decided=rise.notnull(),
    )


def _generalizing_costs_the_same(ds: xr.Dataset) -> Measured:
    norms = _norms(ds)
    steep, flat = growth(norms.memorizing), growth(norms.generalizing)
    return over_seeds(
        (steep > 0) & (abs(flat) < FLAT * steep),
        {"slope ratio": flat / steep, "slope of C_gen": flat, "norm of C_gen": norms.generalizing.mean(TRAIN_FRACTION)},
        decided=steep.notnull() & flat.notnull(),
    )


def _crossing(ds: xr.Dataset) -> Measured:
    critical = critical_fraction(_norms(ds))
    inside = np.isfinite(critical)
    found = estimate(critical)
    note = f"{found.low:.3g} to {found.high:.3g} of all pairs over seeds; the claim is only that the norms cross"
    return over_seeds(inside, {"critical fraction": critical}, decided=critical.notnull(), note=note)


CLAIMS = [
    Claim(
        "model_efficiency/fig6/1",
        f"C_mem (random labels): the smallest weight norm at a mean correct logit of {LOGIT:g} grows with "
        f"the train fraction (rank correlation above {MONOTONE:g})",
        "C_mem: a higher parameter norm is required as the dataset grows to generate the same logit",
        _memorizing_costs_more_with_data,
    ),
    Claim(
        "model_efficiency/fig6/2",
        "C_gen (95% test accuracy or more): the slope of log norm against log fraction is, in size, below "
        f"{FLAT:g} of C_mem's",
        "the parameter norm of C_gen remains relatively stable",
        _generalizing_costs_the_same,
    ),
    Claim(
        "model_efficiency/fig6/3",
        "within the measured fractions, C_mem's norm passes C_gen's; the fraction where it does is D_crit / p²",
        "there is a critical dataset size at which C_mem and C_gen have similar efficiency; no number is given",
        _crossing,
    ),
]
