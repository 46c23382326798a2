"""Compares any config with its lazy baseline: its linearized twin, whose limit is known. Makes a plot and a table."""

import math
from itertools import product
from typing import Any

import numpy as np
import xarray as xr
from ml_collections import ConfigDict

from experiments.figures import FigureOf
from grok_jax import lazy_limit
from grok_jax.analysis.claims import show_value
from grok_jax.analysis.lazy import LINEARIZED, averages_outputs, comparison, regression_averages_outputs
from grok_jax.analysis.selection import fields_along
from grok_jax.errors import UserError, require
from grok_jax.kernels import DoesNotFit
from grok_jax.plotting.lazy import lazy_overview
from grok_jax.training.config import complete, from_config
from grok_jax.training.grid import Axis, parse_grid
from grok_jax.training.plan import Group, plan_grid
from grok_jax.training.schedule import record_steps

AVERAGED = "averaged over outputs"  # of a kernel
PROBE_RECORDS = 8  # enough for a curve of the alignment


def beside_twin(config: ConfigDict, probe_records: int | None = None) -> ConfigDict:
    """Adds the axis model.linearized=False, True and the kernel probes to a config.

    Its figure is dropped. Its own probes stay, except those that cannot be measured on a twin. If every run of the grid
    uses the squared error, kernel regression is also tracked, with the kernel averaged over outputs.

    Args:
      config: any config; it may already have the axis model.linearized.
      probe_records: number of records at which to measure the probes; None: as the config says, or PROBE_RECORDS if
        the config has no probes.

    Returns:
      A new config; the given one is unchanged.

    Raises:
      UserError: the config is invalid, or its grid has only networks or only twins.
    """
    plain = complete(config)
    axes = parse_grid(plain["grid"])
    _require_both(axes)
    groups = plan_grid(plain).groups
    training = plain["training"]
    if training["record_steps"]:  # kernel regression uses the kernel at step 0
        training["record_steps"] = (0, *training["record_steps"])
    if probe_records is None and not training["probes"] and training["probe_every"] == 1:
        probe_records = PROBE_RECORDS
    if probe_records is not None:
        records = max(len(record_steps(schedule)) for schedule in {group.schedule for group in groups})
        training["probe_every"] = max(1, math.ceil((records - 1) / (probe_records - 1)))
    own = [name for name in training["probes"] if _takes_twins(name, plain)]
    ours = ["kernel", "kernel_regression"] if has_kernel_regression(groups) else ["kernel"]
    training["probes"] = tuple(dict.fromkeys([*ours, *own]))
    if not any(axis.name == LINEARIZED for axis in axes):
        plain["grid"] = "; ".join(filter(None, (f"{LINEARIZED}=False, True", plain["grid"])))
    return ConfigDict({**plain, "figure": ""})


def has_kernel_regression(groups: list[Group]) -> bool:
    """Returns whether every run uses the squared error, for which kernel regression has a closed form."""
    return {group.form.bare.loss.name for group in groups} == {"mse"}


def baseline_figure() -> FigureOf:
    """Returns the figure of a lazy baseline: a plot and a table, no claims."""
    return FigureOf(lazy_overview, [], table, extend=with_lazy_limit)


def with_lazy_limit(config: ConfigDict, ds: xr.Dataset) -> xr.Dataset:
    """Adds the limit of the linearized networks to the results, from the initial kernel over pairs of outputs.

    If that kernel does not fit in memory, a line says so, and the probe 'kernel_regression' replaces it if it was
    measured. If the kernel is singular, a line says so. If there is no closed form, nothing is added.

    Args:
      config: the config that was trained.
      ds: its results.

    Returns:
      The results, with the variables of grok_jax.lazy_limit if they could be measured.
    """
    if not has_kernel_regression(plan_grid(config).groups):
        return ds
    try:
        limit = lazy_limit(config)
    except DoesNotFit as error:
        print(f"kernel regression {AVERAGED}: {error}")
        return ds
    if singular := int(np.isinf(limit["lazy_limit_condition"]).sum()):
        print(
            f"the initial kernel of {singular} of {limit['lazy_limit_condition'].size} networks is singular up to "
            "rounding; kernel regression omits the directions in which it vanishes, which gradient descent learns very "
            "late or never"
        )
    return ds.assign(limit.data_vars)


def table(ds: xr.Dataset) -> list[dict[str, Any]]:
    """Returns one row per setting of the grid: its fields, and the columns of analysis.lazy.comparison.

    Kernel regression uses the full kernel over pairs of outputs. Column names say so if a kernel is averaged over
    several outputs: the columns tracked over training, and kernel regression if the full kernel was not available.
    """
    compared = comparison(ds)
    followed = ("alignment_start", "alignment_end", "kernel_distance") if averages_outputs(ds) else ()
    standing_in = ("kernel_regression_loss",) if regression_averages_outputs(ds) else ()
    compared = compared.rename({name: f"{name} ({AVERAGED})" for name in (*followed, *standing_in)})
    axes = [str(axis) for axis in compared.dims]
    rows = []
    for place in product(*(range(compared.sizes[axis]) for axis in axes)):
        at = dict(zip(axes, place, strict=True))
        setting = {field: ds[field].isel({axis: at[axis]}).item() for axis in axes for field in fields_along(ds, axis)}
        rows.append({**setting, **{name: x.isel(at).item() for name, x in compared.items()}})
    return rows


def format_table(rows: list[dict[str, Any]]) -> str:
    """Formats the table for a terminal: aligned columns, "never" if not reached, "-" if not measured."""
    titles = [key if "." in key else key.replace("_", " ") for key in rows[0]]
    cells = [titles, *([_cell(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _cell(value: Any) -> str:
    return str(value) if isinstance(value, bool | str) else show_value(value)


def _require_both(axes: tuple[Axis, ...]) -> None:
    for axis in axes:
        if LINEARIZED in axis.fields:
            both = axis.fields == (LINEARIZED,) and list(axis.values) in ([(False,), (True,)], [(True,), (False,)])
            require(
                both,
                f"grid axis {axis.name!r} must be {LINEARIZED}=False, True, or left out: both are compared",
            )


def _takes_twins(word: str, plain: dict[str, Any]) -> bool:
    """Returns whether a metric can be measured on linearized models."""
    network = from_config({**plain, "training": {**plain["training"], "probes": (word,)}})
    try:
        network.at(LINEARIZED, True)
    except UserError:
        return False
    return True
