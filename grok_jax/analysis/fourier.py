"""What the frequencies of a network that adds modulo p say: which it uses, and since when (probe "fourier")."""

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Real

from grok_jax.analysis.grokking import last_value

PREFIX = "key_frequency_"


def recorded_keys(ds: xr.Dataset) -> Float[xr.DataArray, "key *grid step"]:
    """The key frequencies of the logits at each record, in ascending order; NaN where none were measured."""
    names = [name for name in ds.data_vars if str(name).startswith(PREFIX)]
    return xr.concat([ds[name] for name in names], "key").rename("key_frequencies")


def final_keys(ds: xr.Dataset) -> Float[xr.DataArray, "key *grid"]:
    """The key frequencies at the last record that has them; NaN where none has."""
    return last_value(recorded_keys(ds))


def keys_settle(ds: xr.Dataset) -> Float[xr.DataArray, "*grid"]:
    """First step from which on the key frequencies are those of the end; NaN where none were measured.

    From there on the restricted and excluded losses are those of Nanda et al., who take the frequencies of the end.
    """
    keys, last = recorded_keys(ds), final_keys(ds)
    measured = keys.notnull().all("key")
    other = (keys != last).any("key") & measured
    # A record is settled where neither it nor any later one has other keys.
    later = other.isel(step=slice(None, None, -1)).cumsum("step").isel(step=slice(None, None, -1))
    return ds["step"].where(measured & (later == 0)).min("step").rename("keys settle").assign_attrs(units="steps")


def largest_frequencies(
    power: Real[xr.DataArray, "*grid frequency"], count: int
) -> Bool[xr.DataArray, "*grid frequency"]:
    """Which frequencies are the `count` of largest power; never one beyond a run's own (NaN)."""
    smallest = xr.apply_ufunc(
        lambda shares: np.sort(shares, axis=-1)[..., -count], power.fillna(-np.inf), input_core_dims=[["frequency"]]
    )
    return (power >= smallest) & np.isfinite(power)
