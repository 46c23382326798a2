"""Which runs of a grid were made with which settings."""

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from grok_jax.analysis.claims import NotMeasured


def config_value(ds: xr.Dataset, name: str) -> Any:
    """A setting shared by all runs, by its dotted name; None where it is not known, or differs between runs.

    It is the only coordinate of its axis, or else what the resolved config in ds.attrs['config'] says.
    """
    if name in ds.coords:
        return ds[name].item() if ds[name].size == 1 else None
    value = json.loads(ds.attrs.get("config", "{}"))
    for key in name.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def runs_at(ds: xr.Dataset, setting: Mapping[str, float]) -> xr.Dataset:
    """The runs with the given settings, whether they are a point of the grid or the same for all runs.

    Raises:
      NotMeasured: there are none.
    """
    for name, value in setting.items():
        if name in ds.dims:
            found = np.flatnonzero(np.isclose(ds[name].astype(float), value, rtol=1e-6, atol=0))
            if not found.size:
                raise NotMeasured(f"no run with {name} = {value:g}")
            ds = ds.isel({name: int(found[0])})
        else:
            held = config_value(ds, name)
            if not isinstance(held, float | int) or not math.isclose(held, value, rel_tol=1e-6):
                raise NotMeasured(f"needs {name} = {value:g}; the results have {held}")
    return ds


def with_axis(ds: xr.Dataset, name: str) -> xr.Dataset:
    """The same results with that setting as an axis, of length 1 where all runs share it (NaN: not known)."""
    if name in ds.dims:
        return ds
    value = config_value(ds, name)
    return ds.assign_coords({name: np.nan if value is None else value}).expand_dims(name)
