"""Lazy to rich, Figure 5: labels that are eigenvectors of the initial kernel are learned immediately, late or never.

Results: dims ('task.order', 'seed', 'step') and, with linearized twins, 'model.linearized'.
"""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from configs.lazy_to_rich.fig5_eigenvector_labels import EASY, HARD, MIDDLE
from experiments.checks import Check, at_steps
from experiments.lazy_to_rich.relative_loss import networks, relative_loss_panel, relative_losses, same_losses, twins
from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.grokking import last_value, loss_delay
from grok_jax.analysis.lazy import LINEARIZED
from grok_jax.analysis.power_law import rank_correlation
from grok_jax.analysis.selection import runs_at, with_axis
from grok_jax.plotting.curves import legend
from grok_jax.plotting.style import OKABE_ITO, panel_label, style

ORDER = "task.order"
LEARNED = 0.5  # share of the loss of predicting 0, where a centered network begins
WELL_LEARNED = 0.2  # reported only
TOGETHER, LATE = 2.0, 10.0  # ratios of steps, test loss over training loss
FALLING = -0.8  # rank correlation
MARGIN = 0.1  # least difference of two losses; our choice, as in the other figures


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a)-(c) losses for an easy, a medium and a hard j, (d) kernel alignment at the start and at the end."""
    ds = with_axis(ds, ORDER).sortby(ORDER)
    shown = [j for j in (EASY, MIDDLE, HARD) if j in ds[ORDER]] or list(ds[ORDER].values[:3])
    with style():
        figure = Figure(figsize=(14.0, 3.5), layout="constrained")
        *panels, last = figure.subplots(1, len(shown) + 1)
        for ax, order in zip(panels, shown, strict=True):
            relative_loss_panel(ax, ds.sel({ORDER: order}), LEARNED)
            ax.set_title(f"j = {order}")
        same_losses(panels)
        legend(panels[0], loc="lower left")
        _alignments(last, networks(ds)["kernel_alignment"])
        for ax, letter in zip((*panels, last), "abcd", strict=False):
            panel_label(ax, letter)
    return figure


def _alignments(ax: Axes, alignment: xr.DataArray) -> None:
    for values, name, color, marker in (
        (alignment.isel(step=0), "at the start", OKABE_ITO[2], "o"),
        (last_value(alignment), "at the end", OKABE_ITO[3], "x"),
    ):
        repeats = [d for d in values.dims if d != ORDER]
        median = values.median(repeats)
        spread = (median - values.min(repeats), values.max(repeats) - median)
        ax.errorbar(
            values[ORDER], median, spread, color=color, marker=marker, linestyle="-", capsize=3, label=name, ms=6
        )
    ax.set_xlabel("eigenvector j that gives the labels")
    ax.set_ylabel("kernel alignment (CKA)")
    ax.set_ylim(bottom=0)
    legend(ax)


def _values(ds: xr.Dataset, order: int) -> tuple[xr.DataArray, dict[str, xr.DataArray]]:
    """Returns how much later the networks' test loss reaches LEARNED, and other numbers to report."""
    chosen = runs_at(ds, {ORDER: float(order)})
    runs = relative_losses(networks(chosen))
    ratio = loss_delay(runs, LEARNED)
    values = {
        f"delay at {LEARNED:g} of the start": ratio,
        f"at {WELL_LEARNED:g}": loss_delay(runs, WELL_LEARNED),
        "largest test loss / start": runs["test_loss"].max("step"),
        "final test loss / start": last_value(runs["test_loss"]),
    }
    if LINEARIZED in ds.dims:
        values["of the linearized twin"] = last_value(relative_losses(twins(chosen))["test_loss"])
    return ratio, values


def _learned_together(ds: xr.Dataset) -> Measured:
    ratio, values = _values(ds, EASY)
    return over_seeds(ratio < TOGETHER, values)


def _learned_late(ds: xr.Dataset) -> Measured:
    ratio, values = _values(ds, MIDDLE)
    return over_seeds(np.isfinite(ratio) & (ratio > LATE), values)


def _never_learned(ds: xr.Dataset) -> Measured:
    ratio, values = _values(ds, HARD)
    return over_seeds(np.isposinf(ratio), values)


def _features_help(ds: xr.Dataset) -> Measured:
    if LINEARIZED not in ds.dims:
        raise NotMeasured("needs linearized twins")
    chosen = runs_at(ds, {ORDER: float(MIDDLE)})
    own, twin = (last_value(relative_losses(runs)["test_loss"]) for runs in (networks(chosen), twins(chosen)))
    fitted = last_value(relative_losses(networks(chosen))["train_loss"]) < LEARNED
    values = {"final test loss / start": own, "of the linearized twin": twin, "one over the other": own / twin}
    return over_seeds(own < (1 - MARGIN) * twin, values, decided=fitted & np.isfinite(twin))


def _alignment_falls(ds: xr.Dataset) -> Measured:
    start = networks(ds)["kernel_alignment"].isel(step=0)
    if start.sizes.get(ORDER, 1) < 3:
        raise NotMeasured(f"needs 3 or more values of {ORDER}")
    values = {f"CKA at j = {order}": start.sel({ORDER: order}, drop=True) for order in np.sort(start[ORDER].values)}
    correlation = rank_correlation(start, ORDER)
    return over_seeds(correlation < FALLING, {"rank correlation of CKA and j": correlation} | values)


CLAIMS = [
    Claim(
        "lazy_to_rich/fig5/1",
        f"j = {EASY}: the test loss falls to half of its start less than 2 times later than the train loss",
        "learning curves move together",
        _learned_together,
    ),
    Claim(
        "lazy_to_rich/fig5/2",
        f"j = {MIDDLE}: the test loss falls to half of its start, more than 10 times later than the train loss",
        "in the middle the network groks",
        _learned_late,
    ),
    Claim(
        "lazy_to_rich/fig5/3",
        f"j = {HARD}: the train loss falls to half of its start, the test loss never does",
        "the network cannot generalize",
        _never_learned,
    ),
    Claim(
        "lazy_to_rich/fig5/4",
        "the alignment of the initial kernel with the labels (CKA) falls with j (rank correlation < -.8)",
        "CKA is high by construction for small j, low for large j",
        _alignment_falls,
    ),
    Claim(
        "lazy_to_rich/fig5/5",
        f"j = {MIDDLE}: the network's test loss ends below .9 of its linearized twin's",
        "in the middle a linearized model will not perform well, but learning features reduces the test loss",
        _features_help,
    ),
]

# One draw of the authors' code: test losses at the start and at the end, by j.
THEIRS = {
    1: (0.0054, 5e-5),
    5: (0.0049, 1.5e-4),
    70: (0.0045, 0.0015),
    75: (0.0043, 0.0016),
    100: (0.0052, 0.0060),
    150: (0.0049, 0.056),
}


def _checks() -> list[Check]:
    checks = []
    for order, (start, end) in THEIRS.items():
        checks += at_steps("test_loss", {"model.linearized": False, ORDER: order}, {0: start, 25_000: end})
    return checks


CHECKS = _checks()
