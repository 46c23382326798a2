"""Says how two results differ: in their fields, in the points they have, and in their curves."""

import json
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Int, Num

from grok_jax.results import flat
from grok_jax.training.identity import differences

SHOWN = 4  # labels that a line names


class _Common(NamedTuple):
    """The points and records that two results share.

    Attributes:
      one, other: dimension -> where the first and the second results have them.
    """

    one: dict[Hashable, Int[np.ndarray, " shared"]]
    other: dict[Hashable, Int[np.ndarray, " shared"]]


def difference(one: xr.Dataset, other: xr.Dataset) -> list[str]:
    """How two results differ; nothing if they are bitwise the same. NaN equals NaN.

    Curves are compared at the points of the grid and the steps that both have, one variable at a time.

    Args:
      one, other: results of sweep, as it returns them or as grok_jax.results.opened reads them.

    Returns:
      A line for each field that differs, each axis along which one has more points, and each variable that differs:
      in how many runs, the first step and run, and the largest relative difference.
    """
    lines = _fields(one, other)
    axes, others = ([dim for dim in each["train_loss"].dims if dim != "step"] for each in (one, other))
    if set(axes) != set(others):
        return [*lines, f"axes: {', '.join(map(str, axes))}; and {', '.join(map(str, others))}"]
    common, more = _common(one, other, [*axes, "step"])
    lines += more
    if not all(map(len, common.one.values())):
        return [*lines, "there is no point that both have"]
    shared = [name for name in one.data_vars if name in other]
    for place, names in (("first", set(one) - set(other)), ("second", set(other) - set(one))):
        lines += [f"only the {place} has {', '.join(sorted(map(str, names)))}"] if names else []
    return lines + [line for name in shared if (line := _curve(str(name), one, other, axes, common))]


def _fields(one: xr.Dataset, other: xr.Dataset) -> list[str]:
    """The fields, versions, code and data that differ."""
    found = [_described(each.attrs) for each in (one, other)]
    return differences(*found)


def _described(attributes: Mapping[str, Any]) -> dict[str, Any]:
    config = flat(json.loads(attributes["config"]))
    return {**json.loads(attributes.get("experiment", "{}")), **{n: v for n, v in config.items() if n != "grid"}}


def _common(one: xr.Dataset, other: xr.Dataset, dims: Sequence[Hashable]) -> tuple[_Common, list[str]]:
    """What both have, and a line for each dimension along which one has more."""
    common, lines = _Common({}, {}), []
    for dim in dims:
        ours, theirs = _labels(one, dim), _labels(other, dim)
        both = [label for label in ours if label in theirs]
        common.one[dim] = np.array([ours[label] for label in both], int)
        common.other[dim] = np.array([theirs[label] for label in both], int)
        for place, own, others in (("first", ours, theirs), ("second", theirs, ours)):
            only = [_label(label) for label in own if label not in others]
            told = f"{', '.join(only[:SHOWN])}{', ...' if len(only) > SHOWN else ''}"
            lines += [f"only the {place} has {dim} = {told}"] if only else []
    return common, lines


def _labels(dataset: xr.Dataset, dim: Hashable) -> dict[tuple, int]:
    """The values of a dimension's fields at each point -> the point's index."""
    names = [name for name in str(dim).split(",") if name in dataset.coords]
    return {
        label: place for place, label in enumerate(zip(*(dataset[name].values.tolist() for name in names), strict=True))
    }


def _label(label: tuple) -> str:
    return str(label[0]) if len(label) == 1 else str(label)


def _curve(name: str, one: xr.Dataset, other: xr.Dataset, axes: Sequence[Hashable], common: _Common) -> str:
    """How a variable differs; "" if it does not."""
    ours = _at(one[name], axes, common.one)
    theirs = _at(other[name], axes, common.other)
    if ours.shape != theirs.shape:
        return f"{name}: it has the shape {ours.shape} and {theirs.shape}"
    differs = ours.values != theirs.values
    if ours.dtype.kind == "f":
        differs &= ~(np.isnan(ours.values) & np.isnan(theirs.values))
    if not differs.any():
        return ""
    in_runs = differs.any(axis=tuple(range(len(axes), differs.ndim)))
    said = f"{name} differs in {in_runs.sum():,} of {in_runs.size:,} runs"
    along_steps = "step" in ours.dims
    at = _first(differs, len(axes)) if along_steps else _index(differs)
    said += f", first at step {ours['step'].values[at[len(axes)]]}" if along_steps else ""
    where = [
        f"{dim}={_label(list(_labels(one, dim))[common.one[dim][place]])}"
        for dim, place in zip(axes, at, strict=False)  # further places are of steps and inner dimensions
    ]
    said += f" (in {', '.join(where)})" if where else ""
    pair = [f"{each.values[at]:.9g}" if each.dtype.kind == "f" else str(each.values[at]) for each in (ours, theirs)]
    return f"{said}: {' and '.join(pair)}{_largest(ours.values, theirs.values)}"


def _at(variable: xr.DataArray, axes: Sequence[Hashable], places: Mapping[Hashable, Any]) -> xr.DataArray:
    """A variable at some points, its axes first, then its steps."""
    dims = [*axes, *(["step"] if "step" in variable.dims else []), ...]
    return variable.isel({dim: at for dim, at in places.items() if dim in variable.dims}).transpose(*dims).compute()


def _first(differs: Bool[np.ndarray, "..."], axes: int) -> tuple[int, ...]:
    """The index of the first difference: at the first step that has any, in the first run that has it there."""
    steps = differs.any(axis=tuple(i for i in range(differs.ndim) if i != axes))
    step = int(np.argmax(steps))
    index = _index(differs.take(step, axis=axes))
    return (*index[:axes], step, *index[axes:])


def _index(chosen: Bool[np.ndarray, "..."]) -> tuple[int, ...]:
    """The index of the first entry that is true."""
    return tuple(map(int, np.unravel_index(np.argmax(chosen), chosen.shape)))


def _largest(ours: Num[np.ndarray, "..."], theirs: Num[np.ndarray, "..."]) -> str:
    """The largest relative difference of finite values, in words; "" if there is none."""
    if ours.dtype.kind != "f":
        return ""
    both = np.isfinite(ours) & np.isfinite(theirs)
    one, other = ours[both].astype(float), theirs[both].astype(float)
    size = np.maximum(np.abs(one), np.abs(other))
    relative = np.divide(np.abs(one - other), size, out=np.zeros_like(size), where=size > 0)
    largest = relative.max(initial=0)
    return f"; largest relative difference {largest:.2g}" if largest else ""
