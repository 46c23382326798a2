"""From what groups of runs recorded to one labelled Dataset."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Int, Num

from grok_jax.training.grid import Axis
from grok_jax.training.probes import variable_attributes


class GroupRecords(NamedTuple):
    """What the runs of one group recorded."""

    members: Int[np.ndarray, " runs"]  # places in the flattened grid
    steps: Int[np.ndarray, " records"]
    values: dict[str, Num[np.ndarray, "runs records"]]


def to_dataset(axes: Sequence[Axis], groups: Sequence[GroupRecords]) -> xr.Dataset:
    """One Dataset over the whole grid.

    Args:
      axes: the grid's; each becomes a dimension of its name. Where one axis sets several fields, its coordinate
        is 0, 1, ... and each field is a coordinate along it.
      groups: together they hold every point. Where groups have different steps, the Dataset has all of them,
        and NaN where a group did not record.

    Returns:
      Variables over (*axes, step), with long_name and units.
    """
    shape = tuple(len(axis.values) for axis in axes)
    steps = np.unique(np.concatenate([group.steps for group in groups]))
    dims = (*(axis.name for axis in axes), "step")
    variables = {}
    for name in dict.fromkeys(name for group in groups for name in group.values):
        filled = np.full((int(np.prod(shape, dtype=int)), len(steps)), np.nan, np.float32)
        for group in groups:
            if name in group.values:
                filled[np.ix_(group.members, np.searchsorted(steps, group.steps))] = group.values[name]
        long_name, units = variable_attributes(name)
        variables[name] = xr.Variable(dims, filled.reshape(*shape, -1), {"long_name": long_name, "units": units})
    steps_of = {"step": ("step", steps, {"long_name": "optimiser steps", "units": "steps"})}
    return xr.Dataset(variables, steps_of | axis_coordinates(axes))


def axis_coordinates(axes: Sequence[Axis]) -> dict[str, tuple[str, np.ndarray]]:
    """The coordinates of a grid's axes, as to_dataset describes them."""
    coordinates = {}
    for axis in axes:
        if len(axis.fields) == 1:
            coordinates[axis.name] = (axis.name, labels([value for (value,) in axis.values]))
        else:
            columns = zip(axis.fields, zip(*axis.values, strict=True), strict=True)
            coordinates |= {field: (axis.name, labels(list(column))) for field, column in columns}
            coordinates[axis.name] = (axis.name, np.arange(len(axis.values)))
    return coordinates


def labels(values: list) -> np.ndarray:
    """Numbers and words as they are; anything else (None, a tuple of widths) as its text."""
    kinds = {type(value) for value in values}
    plain = kinds <= {int, float} or kinds == {str} or kinds == {bool}
    return np.array(values if plain else [str(value) for value in values])
