"""Joins the shards of a grid into the Dataset of the whole grid."""

import contextlib
import json
import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Int

from grok_jax.errors import require
from grok_jax.results import is_finished, opened, shard_in
from grok_jax.training.devices import RUN
from grok_jax.training.identity import differences
from grok_jax.training.shards import DEVICE, PART, Shard, shard_of

SUMMED = ("compile_seconds", "wall_seconds", "programs", "diverged_runs")  # attributes
SHARED = ("config", "experiment", "versions", "git_revision")
SHOWN = 8  # missing shards that a message names


class Extent(NamedTuple):
    """Where the values of a part belong in a grid."""

    places: Int[np.ndarray, " runs"]
    steps: xr.DataArray


class Head(NamedTuple):
    """What a part of a grid says about itself."""

    name: str  # in messages
    shard: Shard
    grid: Mapping[str, Mapping[str, list]]  # axis -> coordinates along it -> labels
    capacity: Sequence[int]
    experiment: Mapping[str, Any]
    extent: Extent


def merge(shards: Iterable[xr.Dataset | str | Path]) -> xr.Dataset:
    """The results of a grid, from those of all of its shards.

    Args:
      shards: results of sweep(shard=...), or folders that hold them, in any order. Folders are read one by one.

    Returns:
      The Dataset that sweep gives for the whole grid, where the coordinate "device" is the device of each run.
      compile_seconds, wall_seconds, programs and diverged_runs are sums over the shards.

    Raises:
      UserError: a shard is missing, unfinished or given twice; or they are not of one experiment and grid.
    """
    shards = [shards] if isinstance(shards, str | Path | xr.Dataset) else list(shards)
    require(len(shards) > 0, "merge takes the shards of a grid; none is given")
    folders = [Path(each).expanduser() for each in shards if not isinstance(each, xr.Dataset)]
    _require_finished(folders)
    heads = []
    for number, each in enumerate(shards, 1):
        with _open(each) as dataset:
            heads.append(_head(dataset, f"dataset {number}" if isinstance(each, xr.Dataset) else str(each)))
    require_one_experiment(heads)
    _require_all(heads)
    return _joined(heads[0].grid, shards, [head.extent for head in heads])


def require_one_experiment(heads: Sequence[Head]) -> None:
    """Raises UserError unless all parts are of one experiment, grid and capacity, cut into equally many shards."""
    first = heads[0]
    for head in heads[1:]:
        changed = differences(first.experiment, head.experiment)
        told = f"{first.name} and {head.name} are not of one experiment"
        require(not changed, f"{told}: {'; '.join(changed[:4])}")
        require(first.grid == head.grid, f"{first.name} and {head.name} are of different grids")
        caps = f"execution.capacity ({first.capacity} and {head.capacity})"
        require(first.capacity == head.capacity, f"{first.name} and {head.name} differ in {caps}")
        counts = f"of {first.shard.of} and of {head.shard.of} shards"
        require(first.shard.of == head.shard.of, f"{first.name} and {head.name} are of grids that were cut: {counts}")


def join(grid: Mapping[str, Mapping[str, list]], parts: Sequence[xr.Dataset | str | Path]) -> xr.Dataset:
    """Puts the runs of some parts into their places in a grid.

    Args:
      grid: axis -> coordinates along it -> labels.
      parts: Datasets over ("run", "step", ...), or folders that hold them, which together have every run once.

    Raises:
      UserError: runs are missing or in two parts.
    """
    extents = []
    for part in parts:
        with _open(part) as dataset:
            extents.append(_extent(dataset))
    return _joined(grid, parts, extents)


def _joined(
    grid: Mapping[str, Mapping[str, list]], parts: Sequence[xr.Dataset | str | Path], extents: Sequence[Extent]
) -> xr.Dataset:
    """As join, for parts whose extents are known; opening a file again would read it all for its checksum."""
    shape = tuple(len(labels[axis]) for axis, labels in grid.items())
    total = math.prod(shape)
    places, steps = zip(*extents, strict=True)
    counts = np.bincount(np.concatenate(places), minlength=total)
    words = f"{(counts == 0).sum():,} of {total:,} runs are missing, and {(counts > 1).sum():,} are there twice"
    require(bool((counts == 1).all()), f"{words}; give every part of one grid, cut in the same way, once")
    every = xr.DataArray(np.unique(np.concatenate(steps)), dims="step", attrs=steps[0].attrs)
    filled: dict[Hashable, xr.Variable] = {}
    inner: dict[Hashable, xr.DataArray] = {}
    attributes = []
    for part, own in zip(parts, places, strict=True):
        with _open(part) as dataset:
            at = np.searchsorted(every.values, dataset["step"].values)
            for name in [*dataset.data_vars, DEVICE]:
                _fill(filled, name, dataset[name], (total, len(every)), own, at)
            kept = {name: each for name, each in dataset.coords.items() if not {RUN, "step"} & {name, *each.dims}}
            inner |= {name: each.load() for name, each in kept.items()}
            attributes.append(dict(dataset.attrs))
    variables = {
        name: xr.Variable((*grid, *each.dims[1:]), each.values.reshape((*shape, *each.shape[1:])), each.attrs)
        for name, each in filled.items()
    }
    coordinates: dict[Hashable, Any] = {"step": every}
    coordinates |= {name: (axis, np.array(own)) for axis, names in grid.items() for name, own in names.items()}
    coordinates |= {**inner, DEVICE: variables.pop(DEVICE)}
    return xr.Dataset(variables, coordinates, _together(attributes))


def grid_of(part: xr.Dataset) -> dict[str, dict[str, list]]:
    """The grid that a part belongs to, as join takes it."""
    return json.loads(part.attrs[PART])["axes"]


def as_part(dataset: xr.Dataset, places: Int[np.ndarray, " runs"], names: Iterable[Hashable]) -> xr.Dataset:
    """The results of a whole grid as a part of a larger one.

    Args:
      dataset: the results.
      places: of its runs in the larger grid, in order.
      names: the variables to keep.
    """
    axes = dataset["final_step"].dims
    device = dataset.coords.get(DEVICE, xr.full_like(dataset["final_step"], dataset.attrs["devices"], object))
    kept = dataset[list(names)].drop_vars(DEVICE, errors="ignore").assign({DEVICE: device.variable.astype(str)})
    dims = {name: [dim for dim in each.dims if dim not in axes] for name, each in kept.variables.items()}
    runs = {
        name: (
            (RUN, *dims[name]),
            each.transpose(*axes, ...).values.reshape(len(places), *(kept.sizes[dim] for dim in dims[name])),
            each.attrs,
        )
        for name, each in kept.data_vars.items()
    }
    inner = {name: each for name, each in kept.coords.items() if not set(each.dims) & set(axes)}
    return xr.Dataset(runs, {RUN: places, **inner}, dataset.attrs).set_coords(DEVICE)


def _open(part: xr.Dataset | str | Path) -> contextlib.AbstractContextManager[xr.Dataset]:
    return contextlib.nullcontext(part) if isinstance(part, xr.Dataset) else opened(part)


def _require_finished(folders: Sequence[Path]) -> None:
    absent = [str(folder) for folder in folders if not folder.exists()]
    require(not absent, f"{', '.join(absent[:SHOWN])} do not exist; give the folders of all shards")
    waiting = [f"{folder} ({shard_in(folder) or 'no shard'})" for folder in folders if not is_finished(folder)]
    told = f"{', '.join(waiting[:SHOWN])}{', ...' if len(waiting) > SHOWN else ''}"
    require(not waiting, f"{len(waiting)} of {len(folders)} folders hold no finished shard: {told}; start these again")


def _head(dataset: xr.Dataset, name: str) -> Head:
    require(PART in dataset.attrs, f"{name} has the results of a whole grid; merge takes those of shards")
    about = json.loads(dataset.attrs[PART])
    known = json.loads(dataset.attrs["experiment"])
    return Head(name, shard_of(about["part"]), about["axes"], about["capacity"], known, _extent(dataset))


def _extent(part: xr.Dataset) -> Extent:
    return Extent(part[RUN].values, part["step"].load())


def _require_all(heads: Sequence[Head]) -> None:
    """Raises UserError unless every shard is there, once."""
    of = heads[0].shard.of
    counts = Counter(head.shard.number for head in heads)
    twice = [number for number in counts if counts[number] > 1]
    names = [head.name for head in heads if head.shard.number in twice[:1]]
    require(not twice, f"shard {twice and twice[0]}/{of} is given twice, in {' and '.join(names[:2])}; give each once")
    missing = [f"{number}/{of}" for number in range(1, of + 1) if number not in counts]
    told = f"{', '.join(missing[:SHOWN])}{', ...' if len(missing) > SHOWN else ''}"
    require(not missing, f"{len(missing)} of {of} shards are missing: {told}")


def _fill(
    filled: dict[Hashable, xr.Variable],
    name: Hashable,
    given: xr.DataArray,
    sizes: tuple[int, int],
    places: Int[np.ndarray, " runs"],
    steps: Int[np.ndarray, " records"],
) -> None:
    """Puts the values of some runs into an array of all runs, which is created when a variable is first seen."""
    values = given.values.astype(str) if given.dtype.kind == "O" else given.values  # words, as files give them
    along = given.dims[1:2] == ("step",)
    if name not in filled:
        shape = sizes[: 1 + along] + values.shape[1 + along :]
        empty = np.full(shape, np.nan, values.dtype) if values.dtype.kind == "f" else np.empty(shape, values.dtype)
        filled[name] = xr.Variable(given.dims, empty, given.attrs)
    whole = filled[name]
    if whole.dtype.itemsize < values.dtype.itemsize:  # longer words
        whole = filled[name] = whole.astype(values.dtype)
    whole.values[np.ix_(places, steps) if along else places] = values


def _together(attributes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The attributes of joined results."""
    first = attributes[0]
    return {
        **{name: first[name] for name in SHARED},
        **{name: sum(np.asarray(each[name]).item() for each in attributes) for name in SUMMED},
        "outputs": int(max(each["outputs"] for each in attributes)),
        "chunk_runs": [int(runs) for each in attributes for runs in np.atleast_1d(each["chunk_runs"])],
        "devices": ", ".join(dict.fromkeys(each["devices"] for each in attributes)),
    }
