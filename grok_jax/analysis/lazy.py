"""What is read off a network beside its linearized twin: where they part, and what the kernel had foretold.

Results of both have the axis 'model.linearized', or 'model.linearized' as a coordinate along an axis.
"""

from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float, Real

from grok_jax.analysis.claims import NotMeasured
from grok_jax.analysis.grokking import first_crossing, last_value
from grok_jax.analysis.seeds import axes_of_seeds, median_of_seeds
from grok_jax.analysis.selection import LINEARIZED, runs_at

LIMIT = "lazy_limit_loss"  # of the linearized networks: see grok_jax.lazy_limit
TOLERANCE = 0.1  # two losses that differ by more than this part of the larger have parted


class Pair(NamedTuple):
    """The runs of the network, and those of its linearized twin with otherwise the same settings."""

    network: xr.Dataset
    twin: xr.Dataset


def network_and_twin(ds: xr.Dataset) -> Pair:
    """Splits results into those of networks and those of their linearized twins.

    Raises:
      NotMeasured: one of the two is missing.
    """
    return Pair(runs_at(ds, {LINEARIZED: False}), runs_at(ds, {LINEARIZED: True}))


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


def kernel_regression_loss(ds: xr.Dataset) -> Float[xr.DataArray, "*grid"]:
    """Test loss of kernel regression with the initial kernel: where gradient descent on the twin would end.

    It is the limit of the linearized networks (lazy_limit), where the results have it; else what probe
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
    of the linearized networks.
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
