"""A network beside its linearized twin: until when they agree, when they part, and a picture of both."""

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
from grok_jax.plotting.style import panel_label, style

EARLY = 0.1  # part of the training loss


def first_of_seeds(pair: Pair) -> Pair:
    """One run of each, with the first of the seeds: what a picture of a single trajectory shows."""
    return Pair(*(runs.isel(dict.fromkeys(axes_of_seeds(runs), 0)) for runs in pair))


def t_fall(x: Real[xr.DataArray, "*grid step"], factor: float) -> Float[xr.DataArray, "*grid"]:
    """Step at which a curve, after its highest record, first is `factor` times lower than that: see first_crossing."""
    below = first_crossing(x.where(x["step"] >= t_peak(x)) / x.max("step"), 1 / factor, "down")
    below.attrs["long_name"] = f"first step with {x.name} {factor:g} times below its peak"
    return below


def agree_until(ds: xr.Dataset, time: Callable[[xr.Dataset], xr.DataArray], name: str) -> Measured:
    """Whether the test losses of network and twin part only after some event.

    Args:
      ds: results of one setting, with and without linearization.
      time: the networks' results -> step of the event; inf, not within the budget, leaves a run undecided, and NaN,
        no such event, fails it.
      name: of the event, for the reader, such as "test loss peaks at".

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
    """Whether the test losses of network and twin part only after the network's training loss has lost EARLY of itself.

    Returns:
      Measured, with the steps at which they part, and the training loss then.

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
    """Whether network and twin part before the test loss of the network falls, or within a share of the steps to it.

    Args:
      ds: results of one setting, with and without linearization.
      factor: the test loss has fallen when it is that many times below its peak; where it never is within the budget,
        a run is undecided.
      share: of the steps to the fall.

    Returns:
      Measured, with both steps and the share.

    Raises:
      NotMeasured: networks or twins are missing.
    """
    pair = network_and_twin(ds)
    part, fall = t_part(pair), t_fall(pair.network["test_loss"], factor)
    twin_loss = pair.twin["test_loss"] / pair.twin["test_loss"].isel(step=0, drop=True)
    return over_seeds(
        np.isfinite(fall) & (part < share * fall),
        {
            "network and twin part at": part,
            f"test loss {factor:g} times below its peak at": fall,
            "share of these steps": part / fall.where(np.isfinite(fall)),
            "twin's test loss / its start, at the end": last_value(twin_loss),
        },
        decided=~is_censored(fall),
    )


def network_and_twin_figure(ds: xr.Dataset, factor: float, letter: str) -> Figure:
    """Draws losses, accuracies and weight norms of networks and their linearized twins, over all seeds.

    Args:
      ds: results of one setting, with and without linearization.
      factor: the test loss has fallen when it is that many times below its peak; the median step is marked.
      letter: of the panel of losses, which is the paper's.

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
        panel_label(losses, letter)
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
