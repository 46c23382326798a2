"""Runs of several networks on one axis of a grid."""

import xarray as xr

from grok_jax.analysis.claims import NotMeasured

MODEL = "model.name"
NAMES = {"transformer": "transformer", "lstm": "LSTM", "token_mlp": "MLP"}  # display names


def networks_along(ds: xr.Dataset) -> tuple[str, list[str]]:
    """Returns the axis on which networks differ, and the display name of each network.

    Raises:
      NotMeasured: the results have no such axis.
    """
    if MODEL not in ds.coords or ds[MODEL].ndim != 1:
        raise NotMeasured(f"needs several values of {MODEL}")
    return str(ds[MODEL].dims[0]), [NAMES.get(name, name) for name in ds[MODEL].values.tolist()]


def runs_by_network(ds: xr.Dataset) -> dict[str, xr.Dataset]:
    """Returns the runs of transformer, LSTM and MLP by display name.

    Raises:
      NotMeasured: one of these is missing.
    """
    axis, names = networks_along(ds)
    missing = [name for name in NAMES.values() if name not in names]
    if missing:
        raise NotMeasured(f"needs runs of {', '.join(missing)}")
    return {name: ds.isel({axis: names.index(name)}).reset_coords(drop=True) for name in NAMES.values()}
