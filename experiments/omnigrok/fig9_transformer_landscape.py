"""Omnigrok, Figure 9: reduced losses of a transformer on modular addition over the weight norm and the data.

Results: dims ('task.train_fraction', 'model.init_scale', 'seed', 'step').
"""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from configs.omnigrok.fig7_transformer import FRACTION as PAPER_FRACTION
from configs.omnigrok.fig7_transformer import P as PAPER_P
from configs.omnigrok.fig9_transformer_landscape import QUICK_FRACTION, QUICK_P
from experiments.omnigrok.shapes import FITTED, l_shape, u_shape
from experiments.omnigrok.size_landscape import INIT_SCALE, ROUNDING, critical_size, errors, is_between
from grok_jax.analysis.claims import NOT_MEASURED, Claim, Measured, NotMeasured, over_seeds, show_value
from grok_jax.analysis.landscape import minimized, reduced
from grok_jax.analysis.seeds import median_of_seeds
from grok_jax.analysis.selection import config_value, runs_at, with_axis
from grok_jax.plotting.curves import legend
from grok_jax.plotting.landscape import convergence, slice_along, train_and_test
from grok_jax.plotting.maps import heat_map
from grok_jax.plotting.style import NORM, TEST, panel_label, style

TRAIN_FRACTION = "task.train_fraction"
SHOWN = {PAPER_P: PAPER_FRACTION, QUICK_P: QUICK_FRACTION}  # train fractions: figure 7's; one that generalizes
RANGE = (0.1, 4.0)  # α for which the paper shows the shape
STANDARD = 1.0
GENERALIZED = 0.05  # test error
RISES = 3.0  # train loss at the largest α over the largest in RANGE, as at the ends of a "U"
CRITICAL, ABOUT = 0.25, (0.2, 0.3)
SCALE_NAME, FRACTION_NAME = "initialization scale α = w/w₀", "train fraction"


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a, b) losses over α and train fraction, (c) the critical one; (d, e) one fraction, (f) its convergence."""
    ds = with_axis(with_axis(ds, INIT_SCALE), TRAIN_FRACTION).sortby([INIT_SCALE, TRAIN_FRACTION])
    with style():
        figure = Figure(figsize=(14.0, 7.6), layout="constrained")
        panels = figure.subplots(2, 3)
        for ax, name in zip(panels[0], ("train_loss", "test_loss"), strict=False):
            label = f"reduced {name.replace('_', ' ')}"
            shown = median_of_seeds(reduced(ds[name])).median
            heat_map(ax, shown, INIT_SCALE, TRAIN_FRACTION, labels=(SCALE_NAME, FRACTION_NAME, label), log="xz")
            ax.set_title(label)
        _critical_panel(panels[0, 2], ds)
        at = ds.sel({TRAIN_FRACTION: _shown_fraction(ds)})
        losses = (reduced(at[name]) for name in ("train_loss", "test_loss"))
        train_and_test(panels[1, 0], *losses, INIT_SCALE, name=SCALE_NAME)
        errors_at = errors(at)
        train_and_test(panels[1, 1], *errors_at, INIT_SCALE, name=SCALE_NAME, log="x")
        convergence(panels[1, 2], at, INIT_SCALE, name=SCALE_NAME)
        panels[1, 0].set_ylabel("reduced loss")
        panels[1, 1].set(ylabel="reduced error", ylim=(-0.03, 1.03))
        for ax, what in zip(panels[1], ("losses", "errors", "convergence"), strict=True):
            ax.set_title(f"{what}, train fraction {at[TRAIN_FRACTION].item():.3g}")
        for ax in panels[1, :2]:
            ax.axvline(STANDARD, color="0.5", linestyle=":", linewidth=1.2, label="standard, α = 1")
            legend(ax, loc="lower left")
        for ax, letter in zip(panels.ravel(), "abcdef", strict=True):
            panel_label(ax, letter)
    return figure


def _critical_panel(ax: Axes, ds: xr.Dataset) -> None:
    for value, color in (("final", NORM), ("best", TEST)):
        lowest = errors(ds, value).test.min(INIT_SCALE)
        slice_along(ax, lowest, TRAIN_FRACTION, color=color, label=f"{value} value of each run", log="")
    ax.axhline(GENERALIZED, color="0.5", linestyle=":", linewidth=1.2, label=f"error {GENERALIZED:g}")
    critical = float(median_of_seeds(_critical_fraction(ds)).median)
    if np.isfinite(critical):
        ax.axvline(critical, color="0.3", linestyle="--", linewidth=1.2, label=f"critical fraction {critical:.3g}")
    ax.set(xlabel=FRACTION_NAME, ylabel="lowest test error over α", title="critical fraction")
    ax.set(ylim=(-0.03, 1.5), yticks=np.linspace(0, 1, 6))  # makes room for the legend, as curves fill every corner
    legend(ax, loc="upper right", frameon=True, framealpha=0.9, edgecolor="none")


def _shown_fraction(ds: xr.Dataset) -> float:
    """Returns the train fraction at which the shapes are judged, or the largest one if the results lack it."""
    wanted = SHOWN.get(config_value(ds, "task.p"), np.inf)
    fractions = ds[TRAIN_FRACTION].values
    close = np.isclose(fractions, wanted)
    return fractions[close.argmax()] if close.any() else fractions.max()


def _critical_fraction(ds: xr.Dataset, value: str = "best") -> xr.DataArray:
    return critical_size(errors(ds, value).test, GENERALIZED, TRAIN_FRACTION)


def _is_lu_shaped(ds: xr.Dataset) -> Measured:
    p = config_value(ds, "task.p")
    if p not in SHOWN:
        known = " and ".join(f"{fraction:g} for p = {p}" for p, fraction in SHOWN.items())
        raise NotMeasured(f"p = {p}: the train fraction to look at is {known}")
    if INIT_SCALE not in ds.dims:
        raise NotMeasured(f"needs several values of {INIT_SCALE}")
    ds = runs_at(ds, {TRAIN_FRACTION: SHOWN[p]}).sortby(INIT_SCALE)
    ds = ds.isel({INIT_SCALE: is_between(ds[INIT_SCALE], *RANGE).values})
    if not ds.sizes[INIT_SCALE] or ds[INIT_SCALE][0] > RANGE[0] * ROUNDING or ds[INIT_SCALE][-1] < RANGE[1] / ROUNDING:
        raise NotMeasured(f"needs values of {INIT_SCALE} from {RANGE[0]:g} to {RANGE[1]:g}")
    landscape = minimized(ds, INIT_SCALE, int(ds["step"][-1]))  # the paper states no number of steps
    test, train = u_shape(landscape, INIT_SCALE, RANGE), l_shape(landscape, INIT_SCALE, STANDARD)
    return over_seeds(test.holds & train.holds, {**test.values, **train.values})


def _rises_beyond(ds: xr.Dataset) -> Measured:
    p = config_value(ds, "task.p")
    if INIT_SCALE not in ds.dims or p not in SHOWN:
        raise NotMeasured(f"needs several values of {INIT_SCALE}, and p = {' or '.join(map(str, SHOWN))}")
    ds = runs_at(ds, {TRAIN_FRACTION: SHOWN[p]}).sortby(INIT_SCALE)
    train = reduced(ds["train_loss"])
    inside = train.where(is_between(train[INIT_SCALE], STANDARD, RANGE[1]), drop=True)
    if not inside.sizes[INIT_SCALE] or float(train[INIT_SCALE][-1]) <= RANGE[1] * ROUNDING:
        raise NotMeasured(f"needs values of {INIT_SCALE} from {STANDARD:g} to {RANGE[1]:g} and above")
    largest, last = inside.max(INIT_SCALE), train.isel({INIT_SCALE: -1}, drop=True)
    return over_seeds(
        (last > RISES * largest) & (last > FITTED),
        {
            f"train loss at α = {float(train[INIT_SCALE][-1]):.3g}": last,
            f"largest from {STANDARD:g} to {RANGE[1]:g}": largest,
        },
        decided=largest.notnull() & last.notnull(),
    )


def _has_a_critical_fraction(ds: xr.Dataset) -> Measured:
    if min(ds.sizes.get(INIT_SCALE, 1), ds.sizes.get(TRAIN_FRACTION, 1)) < 2:
        raise NotMeasured(f"needs several values of {INIT_SCALE} and of {TRAIN_FRACTION}")
    critical = _critical_fraction(ds)
    measured = over_seeds(
        (critical >= ABOUT[0]) & (critical <= ABOUT[1]),
        {"critical fraction": critical, "with final accuracies": _critical_fraction(ds, "final")},
        decided=critical.notnull(),
    )
    p = config_value(ds, "task.p")
    if p == PAPER_P:
        return measured
    found = f"here {show_value(measured.value['critical fraction'])}; fewer pairs need a larger share"
    return measured._replace(
        verdict=NOT_MEASURED, note=f"p = {p}, the paper's {CRITICAL:g} is for p = {PAPER_P}; {found}"
    )


CLAIMS = [
    Claim(
        "omnigrok/fig9/1",
        f"α from {RANGE[0]:g} to {RANGE[1]:g}, train fraction {SHOWN[PAPER_P]:g} (p = {PAPER_P}) or "
        f"{SHOWN[QUICK_P]:g} (p = {QUICK_P}): the reduced train loss falls with α below 1 (rank "
        "correlation < -.8) and is < 1e-4 at every α >= 1; the reduced test loss is at both ends at least "
        "3 times its minimum",
        "the LU shape holds for α in [0.1, 4]",
        _is_lu_shaped,
    ),
    Claim(
        "omnigrok/fig9/2",
        f"the smallest train fraction at which some α reaches {1 - GENERALIZED:.0%} test accuracy lies "
        f"between {ABOUT[0]:g} and {ABOUT[1]:g} (p = {PAPER_P})",
        f"the critical train set size is approximately {CRITICAL:g}",
        _has_a_critical_fraction,
    ),
    Claim(
        "omnigrok/fig9/3",
        f"at the fraction of claim 1 the reduced train loss rises beyond α = {RANGE[1]:g}: at the largest α it is above"
        f" {FITTED:g} and {RISES:g} times the largest from α = {STANDARD:g} to {RANGE[1]:g}",
        "for α > 4 the training loss increases due to optimization issues",
        _rises_beyond,
    ),
]
