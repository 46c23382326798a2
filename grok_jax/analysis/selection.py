"""Selects runs of a grid by their settings."""

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from grok_jax.analysis.claims import NotMeasured
from grok_jax.errors import require_results

LINEARIZED = "model.linearized"


def config_value(ds: xr.Dataset, name: str) -> Any:
    """A setting shared by all runs, by its dotted name; None if it is unknown or differs between runs.

    It is the only value of its coordinate, or otherwise the value in the resolved config, ds.attrs['config'].
    """
    if name in ds.coords:
        return ds[name].item() if ds[name].size == 1 else None
    value = json.loads(ds.attrs.get("config", "{}"))
    for key in name.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def runs_at(ds: xr.Dataset, setting: Mapping[str, float | int | bool]) -> xr.Dataset:
    """The runs with the given settings, which may vary along an axis of the grid or be shared by all runs.

    An axis with only one point left is dropped.

    Raises:
      NotMeasured: no run has these settings.
    """
    for name, value in setting.items():
        if name in ds.coords and ds[name].ndim == 1:
            found = [i for i, held in enumerate(ds[name].values) if _is(held, value)]
            if not found:
                raise NotMeasured(f"no run with {name} = {value:g}")
            ds = ds.isel({ds[name].dims[0]: found if len(found) > 1 else found[0]})
        elif not _is(config_value(ds, name), value):
            raise NotMeasured(f"needs {name} = {value:g}; the results have {config_value(ds, name)}")
    return ds


def _is(held: Any, value: float | int | bool) -> bool:
    """Whether a coordinate or setting equals a number, even if it was rounded to float32 or stored as text."""
    try:
        return math.isclose(float(held), value, rel_tol=1e-6)
    except (TypeError, ValueError):
        return False


def with_axis(ds: xr.Dataset, name: str) -> xr.Dataset:
    """The results with a setting as an axis, of length 1 if all runs share it (NaN if unknown).

    An axis that sets several fields together is renamed to this one.
    """
    if name in ds.dims:
        return ds
    if name in ds.coords and ds[name].ndim == 1:
        return ds.swap_dims({ds[name].dims[0]: name})
    value = config_value(ds, name)
    return ds.assign_coords({name: np.nan if value is None else value}).expand_dims(name)


def sorted_along(ds: xr.Dataset, axis: str, fewest: int = 3) -> xr.Dataset:
    """The results sorted along an axis.

    Raises:
      NotMeasured: the axis has fewer points than a claim about it needs.
    """
    if ds.sizes.get(axis, 1) < fewest:
        raise NotMeasured(f"needs {fewest} or more values of {axis}")
    return ds.sortby(axis)


def fields_along(ds: xr.Dataset, axis: str) -> list[str]:
    """The fields of the config that change along an axis: one, or several that the axis sets together."""
    return [field.strip() for field in axis.split(",") if field.strip() in ds.coords]


def final(ds: xr.Dataset) -> xr.Dataset:
    """The last measurement of each run, at its final_step, which is earlier for runs that ended early.

    Args:
      ds: results with the axis 'step'.

    Returns:
      The same variables without 'step'.

    Raises:
      UserError: these are not results of a sweep.
    """
    require_results(ds, "step")
    steps = ds["final_step"] if "final_step" in ds else ds["step"][-1]
    return ds.sel(step=steps).drop_vars("step")
