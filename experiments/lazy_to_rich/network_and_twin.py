"""Compares a network with its linearized twin: how long they agree, when they part, and a plot of both."""

from collections.abc import Callable

import numpy as np
import xarray as xr
from jaxtyping import Float, Real
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grok_jax.analysis.claims import Measured, over_seeds
from grok_jax.analysis.grokking import first_crossing, is_censored, last_value, relative, value_at
from grok_jax.analysis.lazy import TOLERANCE, Pair, network_and_twin, t_part, t_peak
from grok_jax.analysis.seeds import axes_of_seeds, median_of_seeds
from grok_jax.plotting.curves import curve, legend, mark_time
from grok_jax.plotting.lazy import ALIGNMENT, NETWORK, NORM, TWIN, alignment_label, curves_against_twin
from grok_jax.plotting.style import panel_labels, style

EARLY = 0.1  # share of the training loss
LEARNED = 0.5  # share of its peak below which the test loss of a network that learns ends


def first_of_seeds(pair: Pair) -> Pair:
    """Returns one run of each, with the first seed, for plots of a single trajectory."""
    return Pair(*(runs.isel(dict.fromkeys(axes_of_seeds(runs), 0)) for runs in pair))


def t_fall(x: Real[xr.DataArray, "*grid step"], factor: float) -> Float[xr.DataArray, "*grid"]:
    """Returns the step at which a curve first is `factor` times below its peak, after the peak; see first_crossing."""
    below = first_crossing(x.where(x["step"] >= t_peak(x)) / x.max("step"), 1 / factor, "down")
    below.attrs["long_name"] = f"first step with {x.name} {factor:g} times below its peak"
    return below


def agree_until(ds: xr.Dataset, time: Callable[[xr.Dataset], xr.DataArray], name: str) -> Measured:
    """Judges whether the test losses of network and twin part only after some event.

    Args:
      ds: results of one setting, with and without linearization.
      time: function from the networks' results to the step of the event; a run with inf (not within the budget) is
        undecided, a run with NaN (no such event) fails.
      name: name of the event in the output, such as "test loss peaks at".

    Returns:
      Measured, with the steps at which the test losses and the training losses part.

    Raises:
      NotMeasured: networks or twins are missing.
    """
    pair = network_and_twin(ds)
    event, part = time(pair.network), t_part(pair)
    return over_seeds(
        part > event,
        {
            "network and twin part at": part,
            name: event,
            "train losses part at": t_part(pair, "train_loss"),
        },
        decided=~is_censored(event),
    )


def agree_early(ds: xr.Dataset) -> Measured:
    """Judges whether the test losses of network and twin part only after the network's train loss has fallen by EARLY.

    Returns:
      Measured, with the step at which they part and the training loss at that step.

    Raises:
      NotMeasured: networks or twins are missing.
    """
    pair = network_and_twin(ds)
    loss = relative(pair.network["train_loss"])
    measured = agree_until(
        ds,
        lambda runs: first_crossing(relative(runs["train_loss"]), 1 - EARLY, "down"),
        f"train loss down by {EARLY:.0%} at",
    )
    then = float(median_of_seeds(value_at(loss, t_part(pair))).median.squeeze())
    return measured._replace(value={**measured.value, "train loss / its start when they part": then})


def part_before_the_fall(ds: xr.Dataset, factor: float, share: float = 1.0) -> Measured:
    """Judges whether network and twin part before the network's test loss falls, or within a share of the steps to it.

    Args:
      ds: results of one setting, with and without linearization.
      factor: the test loss has fallen when it is this many times below its peak; a run in which it never falls within
        the budget is undecided, and so is one in which the network does not learn.
      share: share of the steps to the fall.

    Returns:
      Measured, with both steps and the share.

    Raises:
      NotMeasured: networks or twins are missing.
    """
    pair = network_and_twin(ds)
    part, fall = t_part(pair), t_fall(pair.network["test_loss"], factor)
    # Losses that only fluctuate part at once, and fall below any peak sooner or later.
    train, test = pair.network["train_loss"], pair.network["test_loss"]
    learns = (last_value(train) < train.isel(step=0, drop=True)) & (last_value(test) < LEARNED * test.max("step"))
    twin_loss = pair.twin["test_loss"] / pair.twin["test_loss"].isel(step=0, drop=True)
    return over_seeds(
        np.isfinite(fall) & (part < share * fall),
        {
            "network and twin part at": part,
            f"test loss {factor:g} times below its peak at": fall,
            "share of these steps": part / fall.where(np.isfinite(fall)),
            "twin's test loss / its start, at the end": last_value(twin_loss),
        },
        decided=~is_censored(fall) & learns,
    )


def network_and_twin_figure(ds: xr.Dataset, factor: float, letter: str) -> Figure:
    """Draws losses, accuracies and weight norms of networks and their linearized twins, over all seeds.

    Args:
      ds: results of one setting, with and without linearization.
      factor: the test loss has fallen when it is this many times below its peak; the median step is marked.
      letter: letter of the figure in the paper; the panels are (b1), (b2), (b3).

    Returns:
      A matplotlib Figure.

    Raises:
      NotMeasured: networks or twins are missing.
    """
    pair = network_and_twin(ds)
    with style():
        figure = Figure(figsize=(13.2, 3.9), layout="constrained")
        losses, accuracies, norms = figure.subplots(1, 3, width_ratios=(1.5, 1, 1), sharex=True)
        curves_against_twin(losses, pair)
        mark_time(losses, t_part(pair), color="0.5", label=f"test losses {TOLERANCE:.0%} apart")
        fall = t_fall(pair.network["test_loss"], factor)
        mark_time(losses, fall, color=NETWORK, label=f"test loss {factor:g} times below its peak")
        legend(losses, loc="lower left")
        curves_against_twin(accuracies, pair, "accuracy")
        for runs, color in ((pair.twin, TWIN), (pair.network, NETWORK)):
            curve(norms, runs["weight_norm"], color=color)
        norms.set_ylabel("weight norm")
        panel_labels((losses, accuracies, norms), letter)
    return figure


def norm_and_alignment(ax: Axes, runs: xr.Dataset) -> Axes:
    """Draws the weight norm (dashed) and, on a second vertical axis, the alignment of kernel and targets.

    Returns:
      The second axis.
    """
    curve(ax, runs["weight_norm"], color=NORM, label="weight norm", linestyle="--")
    ax.set_ylabel("weight norm", color=NORM)
    ax.tick_params(axis="y", labelcolor=NORM)
    return alignment_axis(ax, runs)


def alignment_axis(ax: Axes, runs: xr.Dataset) -> Axes:
    """Draws the alignment of the kernel with the targets on a second vertical axis, and returns that axis."""
    second, label = ax.twinx(), alignment_label(runs)
    curve(second, runs["kernel_alignment"], color=ALIGNMENT, label=label)
    second.set_ylabel(label, color=ALIGNMENT)
    second.tick_params(axis="y", labelcolor=ALIGNMENT)
    second.grid(False)
    return second
