"""Panels of the figures about networks of coordinates; losses are in units of the level."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter

from experiments.questions.coordinates import (
    DECAY,
    LEVEL,
    OUTPUT,
    SCALE,
    Study,
    at,
    map_of,
    over_amounts,
    over_norms,
    over_outputs,
)
from experiments.questions.occurrence import DELAYED, delay_map, least_delay
from grok_jax.analysis.grokking import is_censored, last_value, loss_delay
from grok_jax.analysis.landscape import reduced
from grok_jax.analysis.seeds import median_of_seeds
from grok_jax.plotting.curves import curve, legend, log_values
from grok_jax.plotting.landscape import slice_along
from grok_jax.plotting.style import NORM, OKABE_ITO, TEST, TRAIN

ERROR = "squared error / level"
RATIO = "t(test) / t(train)"


def draw_curves(ax: Axes, ds: xr.Dataset, study: Study, name: str) -> None:
    """Draws the errors of one network at the standard scale, and at the large one without and with decay."""
    decay = study.decay[name]
    settings = ((study.standard, 0.0), (study.large, 0.0), (study.large, decay))
    for (scale, decay_of), color in zip(settings, OKABE_ITO, strict=False):
        runs = at(ds, study, scale, decay_of)
        curve(ax, runs["train_loss"], color=color, linestyle="--")
        words = f"decay {decay_of:g}" if decay_of else "no decay"
        curve(ax, runs["test_loss"], color=color, label=f"α = {scale:g}, {words}")
    ax.axhline(LEVEL, color="0.4", linewidth=1, linestyle=":")
    log_values(ax)
    ax.set_ylabel(f"{ERROR} (dashed: train)")
    legend(ax)


def draw_map(ax: Axes, ds: xr.Dataset, study: Study) -> None:
    """Draws the delay over the initial scale and the decay."""
    delay_map(ax, map_of(ds, study), LEVEL, SCALE, DECAY, labels=("initial scale α", "weight decay"), name=RATIO)
    ax.set_title("delay (in cells: seeds that grok)")
    if ax.get_legend_handles_labels()[1]:
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2)


def draw_landscape(ax: Axes, ds: xr.Dataset) -> None:
    """Draws the errors at the end of runs at constant norm."""
    runs = over_norms(ds)
    for split, color in (("train", TRAIN), ("test", TEST)):
        slice_along(ax, reduced(runs[f"{split}_loss"]), SCALE, color=color, label=split, log="xy")
    ax.axhline(LEVEL, color="0.4", linewidth=1, linestyle=":", label="level")
    _ticks(ax, runs[SCALE])
    ax.set(xlabel="constant weight norm / standard norm α", ylabel=ERROR, title="at constant norm")
    legend(ax)


def draw_outputs(ax: Axes, ds: xr.Dataset) -> None:
    """Draws the delay of the centered network over the output scale."""
    _draw_delays(ax, over_outputs(ds), OUTPUT, "output scale α")
    ax.set_title("centered: the delay")


def draw_kernel(ax: Axes, ds: xr.Dataset) -> None:
    """Draws how the kernel of the centered network is aligned with the targets, and how far it has moved."""
    runs = over_outputs(ds)
    if "kernel_alignment" not in runs:
        return
    alignment, distance = runs["kernel_alignment"], runs["kernel_distance"]
    lines = (
        ("alignment (CKA), start", alignment.isel(step=0), TRAIN, ":"),
        ("alignment (CKA), end", last_value(alignment), TRAIN, "-"),
        ("distance moved, end", last_value(distance), NORM, "--"),
    )
    for label, x, color, linestyle in lines:
        slice_along(ax, x, OUTPUT, color=color, label=label, linestyle=linestyle, log="xy")
    _plain_numbers(ax)
    _ticks(ax, runs[OUTPUT])
    ax.set(xlabel="output scale α", ylabel="kernel: alignment, distance", title="centered: the kernel")
    legend(ax)


def draw_amounts(ax: Axes, ds: xr.Dataset, study: Study, name: str, label: str) -> None:
    """Draws the delay at the large scale with decay over the amount of data."""
    _draw_delays(ax, over_amounts(ds, study, name), study.data, label)
    ax.set_title(f"α = {study.large:g}, decay {study.decay[name]:g}")


def _draw_delays(ax: Axes, runs: xr.Dataset, axis: str, label: str) -> None:
    """Draws the delay of each run and the median of the seeds; a run that never generalizes is an open triangle."""
    late, least = loss_delay(runs, LEVEL), least_delay(runs, LEVEL)
    never = is_censored(late)
    across = runs[axis].broadcast_like(late).transpose(*late.dims)
    look = {"linestyle": "none", "markersize": 5, "color": TEST}
    if bool(np.isfinite(late).any()):
        ax.plot(np.ravel(across), np.ravel(late.where(~never)), marker="o", alpha=0.6, **look)
        median = median_of_seeds(late).median
        ax.plot(runs[axis], median.where(np.isfinite(median)), color=TEST, label="delay (median)")
    if bool(never.any()):
        kept = np.ravel(least.transpose(*late.dims).where(never))
        ax.plot(np.ravel(across), kept, marker="^", markerfacecolor="none", label="never: later than this", **look)
    ax.axhline(DELAYED, color="0.4", linewidth=1, linestyle=":", label=f"groks: {DELAYED:g} or more")
    if bool((np.isfinite(late) | never).any()):
        ax.set(xscale="log", yscale="log")
        low, high = ax.get_ylim()
        ax.set_ylim(min(low, 0.9), max(high, 11))  # a decade or more
        _plain_numbers(ax)
    _ticks(ax, runs[axis])
    ax.set(xlabel=label, ylabel=RATIO)
    legend(ax)


def _plain_numbers(ax: Axes) -> None:
    """Labels a logarithmic y axis with plain numbers: 1, 2, 5, 10, ..., or only powers of ten if it is long."""
    low, high = ax.get_ylim()
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 100 * low else (1,)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())


def _ticks(ax: Axes, at_values: xr.DataArray) -> None:
    """Puts a tick at each point of an axis."""
    ax.set_xticks(at_values.values, [f"{value:g}" for value in at_values.values])
    ax.set_xticks([], minor=True)
