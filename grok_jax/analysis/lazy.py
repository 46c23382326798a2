"""What is read off a network beside its linearised twin: where they part, and what the kernel had foretold.

Results of both have the axis 'model.linearized', or 'model.linearized' as a coordinate along an axis.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float, Real

from grok_jax.analysis.claims import Measured, NotMeasured, over_seeds
from grok_jax.analysis.grokking import first_crossing, is_censored, last_value, value_at
from grok_jax.analysis.relative_loss import relative
from grok_jax.analysis.seeds import axes_of_seeds, median_of_seeds
from grok_jax.analysis.selection import LINEARIZED, runs_at

EARLY = 0.1  # part of the training loss
LIMIT = "lazy_limit_loss"  # of the linearised networks: see grok_jax.lazy_limit
TOLERANCE = 0.1  # two losses that differ by more than this part of the larger have parted


class Pair(NamedTuple):
    """The runs of the network, and those of its linearised twin with otherwise the same settings."""

    network: xr.Dataset
    twin: xr.Dataset


def network_and_twin(ds: xr.Dataset) -> Pair:
    """Splits results into those of networks and those of their linearised twins.

    Raises:
      NotMeasured: one of the two is missing.
    """
    return Pair(runs_at(ds, {LINEARIZED: False}), runs_at(ds, {LINEARIZED: True}))


def first_of_seeds(pair: Pair) -> Pair:
    """One run of each, with the first of the seeds: what a picture of a single trajectory shows."""
    return Pair(*(runs.isel(dict.fromkeys(axes_of_seeds(runs), 0)) for runs in pair))


def t_part(pair: Pair, variable: str = "test_loss", tolerance: float = TOLERANCE) -> Float[xr.DataArray, "*grid"]:
    """Step at which a curve of the network parts from its twin's, interpolated between records.

    The first step with |a - b| / max(|a|, |b|) >= tolerance.

    Args:
      pair: network and twin, from the same weights on the same data.
      variable: test_loss, train_loss, or any other curve.
      tolerance: the relative difference.

    Returns:
      The time of each run in steps: inf where they never part, NaN where the records of either break off before.
    """
    a, b = pair.network[variable], pair.twin[variable]
    larger = np.maximum(np.abs(a), np.abs(b))
    difference = (np.abs(a - b) / larger.where(larger > 0, 1.0)).drop_vars(LINEARIZED, errors="ignore")
    time = first_crossing(difference, tolerance)
    name = variable.replace("_", " ")
    time.attrs["long_name"] = f"first step at which the {name} of network and twin differ by {tolerance:.0%}"
    return time


def t_peak(x: Real[xr.DataArray, "*grid step"]) -> Float[xr.DataArray, "*grid"]:
    """Step of the record at which a curve is highest: 0 where it only falls, NaN where it has no finite record."""
    finite = x.where(np.isfinite(x))
    known = finite.notnull().any("step")
    time = finite.fillna(-np.inf).idxmax("step").where(known).astype(np.float64)
    time.attrs = {"units": "steps", "long_name": f"step with the largest {x.name}"}
    return time


def t_fall(x: Real[xr.DataArray, "*grid step"], factor: float) -> Float[xr.DataArray, "*grid"]:
    """Step at which a curve, after its highest record, first is `factor` times lower than that: see first_crossing."""
    below = first_crossing(x.where(x["step"] >= t_peak(x)) / x.max("step"), 1 / factor, "down")
    below.attrs["long_name"] = f"first step with {x.name} {factor:g} times below its peak"
    return below


def agree_until(ds: xr.Dataset, time: Callable[[xr.Dataset], xr.DataArray], name: str) -> Measured:
    """Whether the test losses of network and twin part only after some event.

    Args:
      ds: results of one setting, with and without linearisation.
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
      ds: results of one setting, with and without linearisation.
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


def kernel_regression_loss(ds: xr.Dataset) -> Float[xr.DataArray, "*grid"]:
    """Test loss of kernel regression with the initial kernel: where gradient descent on the twin would end.

    It is the limit of the linearised networks (lazy_limit), where the results have it; else what probe
    'kernel_regression' measured at the start, with a kernel averaged over outputs: with several outputs only near.

    Raises:
      NotMeasured: neither is there.
    """
    if LIMIT in ds:
        return ds[LIMIT]
    if "kernel_regression_loss" not in ds:
        raise NotMeasured("needs 'kernel_regression' among training.probes")
    if 0 not in ds["step"]:
        raise NotMeasured("needs a record at step 0")
    return ds["kernel_regression_loss"].sel(step=0, drop=True)


def averages_outputs(ds: xr.Dataset) -> bool:
    """Whether kernels that are followed over training are averaged over several outputs.

    True where the results do not say how many outputs there are.
    """
    return ds.attrs.get("outputs") != 1


def regression_averages_outputs(ds: xr.Dataset) -> bool:
    """Whether the kernel of kernel_regression_loss is averaged over several outputs: where the results lack the limit
    of the linearised networks.
    """
    return LIMIT not in ds and averages_outputs(ds)


def comparison(ds: xr.Dataset) -> xr.Dataset:
    """What a network did beside its twin and kernel regression: the median over seeds for each setting of the grid.

    Returns:
      Final test losses of both (the last finite record), kernel_regression_loss (see there; NaN without a record at
      step 0), t_part (of the test losses, in steps), alignment_start, alignment_end and kernel_distance (at the end)
      of the network's kernel, averaged over outputs. NaN where a probe was not asked for.

    Raises:
      NotMeasured: networks or twins are missing.
    """
    pair = network_and_twin(ds)
    network = pair.network.drop_vars(LINEARIZED, errors="ignore")
    loss = last_value(network["test_loss"])
    nothing = xr.full_like(network["test_loss"], np.nan, np.float64)
    alignment, distance = (network.get(name, nothing) for name in ("kernel_alignment", "kernel_distance"))
    regression = network.get(LIMIT, _at_start(network.get("kernel_regression_loss", nothing)))
    values = {
        "network_test_loss": loss,
        "twin_test_loss": last_value(pair.twin["test_loss"].drop_vars(LINEARIZED, errors="ignore")),
        "kernel_regression_loss": regression,
        "t_part": t_part(pair),
        "alignment_start": _at_start(alignment),
        "alignment_end": last_value(alignment),
        "kernel_distance": last_value(distance),
    }
    repeats = axes_of_seeds(ds)
    return xr.Dataset(
        {
            name: median_of_seeds(x.stack(repeat=repeats, create_index=False), "repeat").median
            for name, x in values.items()
        }
    )


def _at_start(x: xr.DataArray) -> xr.DataArray:
    """x at step 0; NaN where that was not recorded."""
    return x.reindex(step=[0]).isel(step=0, drop=True)
