"""Turns the records of groups of runs into one labeled Dataset."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Int, Num

from grok_jax.training.grid import Axis, without_addresses
from grok_jax.training.metrics import Variable

ENDS = {"final_step": ("last step that was measured", "steps"), "diverged": ("whether the run diverged", "1")}


class GroupRecords(NamedTuple):
    """The records of one group of runs."""

    members: Int[np.ndarray, " runs"]  # positions in the flattened grid
    steps: Int[np.ndarray, " records"]
    values: dict[str, Num[np.ndarray, "runs records ..."]]
    final_step: Int[np.ndarray, " runs"]
    diverged: Bool[np.ndarray, " runs"]


def to_dataset(axes: Sequence[Axis], groups: Sequence[GroupRecords], described: Mapping[str, Variable]) -> xr.Dataset:
    """One Dataset over the whole grid.

    Args:
      axes: axes of the grid; each becomes a dimension of the same name. If an axis sets several fields, its coordinate
        is 0, 1, ... and each field is a coordinate along it.
      groups: together they cover every point. If groups have different steps, the Dataset has all of them, with NaN
        where a group has no record.
      described: meaning, units and dimensions of each variable.

    Returns:
      Variables over (*axes, step, *extra dimensions), with long_name and units; and, over the axes only, final_step,
      the step of each run's last measurement, and diverged.
    """
    shape = tuple(len(axis.values) for axis in axes)
    steps = np.unique(np.concatenate([group.steps for group in groups]))
    dims = (*(axis.name for axis in axes), "step")
    variables = {}
    for name in dict.fromkeys(name for group in groups for name in group.values):
        own = next(group.values[name].shape[2:] for group in groups if name in group.values)
        filled = np.full((int(np.prod(shape, dtype=int)), len(steps), *own), np.nan, np.float32)
        for group in groups:
            if name in group.values:
                filled[np.ix_(group.members, np.searchsorted(steps, group.steps))] = group.values[name]
        words = described[name]
        inner = words.dims or tuple(f"{name}_{i}" for i in range(len(own)))
        attributes = {"long_name": words.long_name, "units": words.units}
        variables[name] = xr.Variable((*dims, *inner), filled.reshape(*shape, len(steps), *own), attributes)
    for name, (long_name, units) in ENDS.items():
        ends = np.concatenate([getattr(group, name) for group in groups])
        filled = np.empty(ends.shape, ends.dtype)
        filled[np.concatenate([group.members for group in groups])] = ends
        variables[name] = xr.Variable(dims[:-1], filled.reshape(shape), {"long_name": long_name, "units": units})
    steps_of = {"step": ("step", steps, {"long_name": "optimizer steps", "units": "steps"})}
    return xr.Dataset(variables, steps_of | axis_coordinates(axes))


def axis_coordinates(axes: Sequence[Axis]) -> dict[str, tuple[str, np.ndarray]]:
    """The coordinates of a grid's axes; see to_dataset."""
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
    """Keeps numbers and words; turns anything else (None, a tuple of widths, a network) into text."""
    kinds = {type(value) for value in values}
    if kinds <= {int, float} or kinds == {str} or kinds == {bool}:
        return np.array(values)
    own = [str(value) for value in values]
    texts = [without_addresses(text) for text in own]
    if len(set(texts)) < len(set(own)):  # functions of one name
        texts = [f"{number}: {text}" for number, text in enumerate(texts, 1)]
    return np.array(texts)
