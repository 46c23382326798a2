"""Compares a network with its linearized twin: where they part, and what the initial kernel predicts.

The results must hold both, with 'model.linearized' as an axis or as a coordinate along an axis.
"""

from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float, Real

from grok_jax.analysis.claims import NotMeasured
from grok_jax.analysis.grokking import first_crossing, last_value
from grok_jax.analysis.seeds import axes_of_seeds, median_of_seeds
from grok_jax.analysis.selection import LINEARIZED, runs_at

LIMIT = "lazy_limit_loss"  # where the linearized networks end; see grok_jax.lazy_limit
TOLERANCE = 0.1  # two losses have parted when they differ by this fraction of the larger one


class Pair(NamedTuple):
    """The runs of the network and those of its linearized twin, with otherwise equal settings."""

    network: xr.Dataset
    twin: xr.Dataset


def network_and_twin(ds: xr.Dataset) -> Pair:
    """Splits results into networks and their linearized twins.

    Raises:
      NotMeasured: the networks or the twins are missing.
    """
    return Pair(runs_at(ds, {LINEARIZED: False}), runs_at(ds, {LINEARIZED: True}))


def t_part(pair: Pair, variable: str = "test_loss", tolerance: float = TOLERANCE) -> Float[xr.DataArray, "*grid"]:
    """Step at which a curve of the network parts from its twin's, interpolated between records.

    This is the first step with |a - b| / max(|a|, |b|) >= tolerance.

    Args:
      pair: network and twin, started from the same weights on the same data.
      variable: test_loss, train_loss, or any other curve.
      tolerance: the relative difference.

    Returns:
      The time of each run in steps: inf if the two never part, NaN if the records of either stop before that.
    """
    a, b = pair.network[variable], pair.twin[variable]
    larger: Any = np.maximum(np.abs(a), np.abs(b))
    difference = (np.abs(a - b) / larger.where(larger > 0, 1.0)).drop_vars(LINEARIZED, errors="ignore")
    time = first_crossing(difference, tolerance)
    name = variable.replace("_", " ")
    time.attrs["long_name"] = f"first step at which the {name} of network and twin differ by {tolerance:.0%}"
    return time


def t_peak(x: Real[xr.DataArray, "*grid step"]) -> Float[xr.DataArray, "*grid"]:
    """Step of the record at which a curve is highest: 0 if it only falls, NaN if it has no finite record."""
    finite = x.where(np.isfinite(x))
    known = finite.notnull().any("step")
    time = finite.fillna(-np.inf).idxmax("step").where(known).astype(np.float64)
    time.attrs = {"units": "steps", "long_name": f"step with the largest {x.name}"}
    return time


def kernel_regression_loss(ds: xr.Dataset) -> Float[xr.DataArray, "*grid"]:
    """Test loss of kernel regression with the initial kernel, where gradient descent on the twin would end.

    This is the limit of the linearized networks (lazy_limit) if the results have it. Otherwise it is the value of probe
    'kernel_regression' at the start, whose kernel is averaged over outputs: an approximation for several outputs.

    Raises:
      NotMeasured: the results have neither.
    """
    if LIMIT in ds:
        return ds[LIMIT]
    if "kernel_regression_loss" not in ds:
        raise NotMeasured("needs 'kernel_regression' among training.probes")
    if 0 not in ds["step"]:
        raise NotMeasured("needs a record at step 0")
    return ds["kernel_regression_loss"].sel(step=0, drop=True)


def averages_outputs(ds: xr.Dataset) -> bool:
    """Whether kernels recorded during training are averaged over several outputs.

    True if the results do not say how many outputs there are.
    """
    return ds.attrs.get("outputs") != 1


def regression_averages_outputs(ds: xr.Dataset) -> bool:
    """Whether the kernel of kernel_regression_loss is averaged over several outputs.

    True only if the results lack the limit of the linearized networks.
    """
    return LIMIT not in ds and averages_outputs(ds)


def comparison(ds: xr.Dataset) -> xr.Dataset:
    """Compares network, twin and kernel regression: medians over seeds for each setting of the grid.

    Returns:
      The final test losses of network and twin (last finite record); kernel_regression_loss (see the function of that
      name; NaN without a record at step 0); t_part of the test losses, in steps; and alignment_start, alignment_end
      and the final kernel_distance of the network's kernel, averaged over outputs. NaN if a probe is missing.

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
    """x at step 0; NaN if step 0 was not recorded."""
    return x.reindex(step=[0]).isel(step=0, drop=True)
