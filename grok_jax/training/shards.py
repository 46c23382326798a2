"""Shards: slices of a grid that train on different machines, which never talk to each other.

A shard keeps the whole grid's axes and config, and of each program the whole grid's capacity and form. A run therefore
trains as it would in the whole grid. Which runs are in a shard follows from the plan alone, so every machine agrees.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from grok_jax.errors import require, written
from grok_jax.training.devices import RUN, chosen_mapping
from grok_jax.training.grid import Axis
from grok_jax.training.identity import device_of_runs
from grok_jax.training.metrics import Variable
from grok_jax.training.plan import Group, Plan
from grok_jax.training.records import GroupRecords, axis_coordinates, to_dataset
from grok_jax.training.validation import Found

ALLOWED = "it must be i/n with whole numbers and 1 <= i <= n, such as 1/8"
SLACK = 0.05  # share of a slice's cost by which a cut may move, so that runs that compile together stay together
DEVICE = "device"  # coordinate of results that come from several machines
PART = "part"  # attribute of results that are not of a whole grid


class Shard(NamedTuple):
    """One slice of a grid."""

    number: int  # from 1
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def shard_of(given: Any) -> Shard:
    """The shard that is given as text such as "3/8", or as a pair such as (3, 8).

    Raises:
      UserError: it is not of this form.
    """
    words = f"shard is {written(given)}; {ALLOWED}"
    if isinstance(given, str):
        found = re.fullmatch(r"\s*(\d{1,9})\s*/\s*(\d{1,9})\s*", given)
        given = tuple(map(int, found.groups())) if found else None
    pair = isinstance(given, tuple | list) and len(given) == 2 and all(type(entry) is int for entry in given)
    require(pair and 1 <= given[0] <= given[1], words)
    return Shard(*given)


def shard_identity(shard: Shard, plan: Plan) -> dict[str, Any]:
    """What determines the runs of a shard in addition to the identity of the whole sweep."""
    execution = plan.execution
    cuts = {} if execution.mapping == "map" else {"execution.chunk_runs": execution.chunk_runs}
    return {"shard": str(shard), **cuts}


def require_enough_runs(plan: Plan, shard: Shard) -> None:
    """Raises UserError if a plan has fewer runs, or chunks that stay together, than there are shards."""
    width, count = _width(plan), sum(_pieces(plan))
    what = "runs" if width == 1 else f"chunks of execution.chunk_runs={width} runs"
    require(shard.of <= count, f"shard {shard}: the grid has {count:,} {what}; there can be as many shards")


def run_costs(plan: Plan, found: Sequence[Found]) -> list[float]:
    """What a run of each group costs: steps times weights times the rows of a step.

    Args:
      plan: the runs.
      found: what validation found out about each group.
    """
    costs = []
    for group, each in zip(plan.groups, found, strict=True):
        moving, _ = each.state
        weights = sum(leaf.size for leaf in jax.tree.leaves(moving.params))
        rows = min(group.form.bare.training.batch_size or group.capacity.train, group.capacity.train)
        costs.append(float(max(group.schedule.steps, 1) * weights * rows))
    return costs


def slice_of(plan: Plan, shard: Shard, costs: Sequence[float]) -> Plan:
    """The runs of one shard.

    The runs of all groups form one line, which is cut into `shard.of` pieces of about equal cost. A cut that is near
    the end of a group moves there. If execution.chunk_runs is set and the mapping may be vmap, whose rounding depends
    on the runs beside each other, cuts lie between the chunks of the whole grid.

    Args:
      plan: the whole grid.
      shard: the slice.
      costs: what a run of each group costs, in any unit; see run_costs.

    Returns:
      A plan with those groups that have runs in the slice; it shares the whole plan's axes, capacities and config.

    Raises:
      UserError: there are more shards than runs, or than chunks.
    """
    require_enough_runs(plan, shard)
    width, pieces = _width(plan), _pieces(plan)
    counts = [len(group.members) for group in plan.groups]
    first, last = _cuts(counts, pieces, costs, width, shard.of)[shard.number - 1 : shard.number + 1]
    groups, before = [], 0
    for group, count, own in zip(plan.groups, counts, pieces, strict=True):
        start, stop = (min(max(cut - before, 0), own) * width for cut in (first, last))
        before += own
        if start < min(stop, count):
            groups.append(_some(plan, group, slice(start, min(stop, count))))
    return plan._replace(groups=groups, part=str(shard))


def chosen_runs(plan: Plan, places: Int[np.ndarray, " runs"], name: str) -> Plan:
    """The runs at some places of the flattened grid, as a plan that shares all else with the whole one.

    Args:
      plan: the whole grid.
      places: the runs.
      name: the name of this part in the results.
    """
    kept = [(group, np.isin(group.members, places)) for group in plan.groups]
    groups = [_some(plan, group, chosen) for group, chosen in kept if chosen.any()]
    return plan._replace(groups=groups, part=name)


def to_part(plan: Plan, groups: Sequence[GroupRecords], described: Mapping[str, Variable]) -> xr.Dataset:
    """The results of a part of a grid.

    Args:
      plan: the part, from slice_of or chosen_runs.
      groups, described: as for to_dataset.

    Returns:
      The variables of to_dataset, over ("run", step, ...). Coordinates along "run" are the run's place in the
      flattened grid, the fields of all axes and the device that trained it; the attribute "part" has the axes of the
      grid, and which part it is.
    """
    places = np.sort(np.concatenate([group.members for group in groups]))
    runs = Axis(RUN, (RUN,), tuple((place,) for place in places.tolist()))
    within = [group._replace(members=np.searchsorted(places, group.members)) for group in groups]
    dataset = to_dataset([runs], within, described)
    index = dict(zip((axis.name for axis in plan.axes), _indices(plan.axes, places), strict=True))
    labels = axis_coordinates(plan.axes)
    along = {name: (RUN, values[index[dim]]) for name, (dim, values) in labels.items()}
    names = {axis.name: dict.fromkeys((axis.name, *axis.fields)) for axis in plan.axes}
    axes = {axis: {name: labels[name][1].tolist() for name in own} for axis, own in names.items()}
    about = {"part": plan.part, "axes": axes, "capacity": plan.config["execution"]["capacity"]}
    along[DEVICE] = (RUN, np.full(len(places), device_of_runs()))
    return dataset.assign_coords(along).assign_attrs({PART: json.dumps(about)})


def _indices(axes: Sequence[Axis], places: Int[np.ndarray, " runs"]) -> tuple[Int[np.ndarray, " runs"], ...]:
    """Along each axis, the index of the runs at some places of the flattened grid."""
    return np.unravel_index(places, tuple(len(axis.values) for axis in axes)) if axes else ()


def _width(plan: Plan) -> int:
    """How many runs of a group stay together."""
    return 1 if plan.execution.mapping == "map" else plan.execution.chunk_runs or 1


def _pieces(plan: Plan) -> list[int]:
    """The number of pieces of each group that a cut does not divide."""
    return [math.ceil(len(group.members) / _width(plan)) for group in plan.groups]


def _some(plan: Plan, group: Group, chosen: Any) -> Group:
    """Some runs of a group, with the whole group's capacity and, if runs train in parallel, its chunk width."""
    hyper = {name: values[chosen] for name, values in group.hyper.items()}
    parallel = chosen_mapping(plan.execution.mapping) == "vmap"
    width = min(plan.execution.chunk_runs, len(group.members)) if parallel else 0
    return group._replace(hyper=hyper, members=group.members[chosen], width=width)


def _cuts(
    counts: Sequence[int], pieces: Sequence[int], costs: Sequence[float], width: int, slices: int
) -> Int[np.ndarray, " cuts"]:
    """Where the line of all pieces is cut: the number of pieces before each of slices + 1 cuts."""
    each = [
        cost * np.minimum(width, count - width * np.arange(own))
        for count, own, cost in zip(counts, pieces, costs, strict=True)
    ]
    line = np.concatenate([[0.0], np.cumsum(np.concatenate(each))])
    share = line[-1] / slices
    wanted = share * np.arange(slices + 1)
    ends = np.concatenate([[0], np.cumsum(pieces)])  # of groups, in pieces
    end = ends[_nearest(line[ends], wanted)]
    cuts = np.where(np.abs(line[end] - wanted) <= SLACK * share, end, _nearest(line, wanted))
    # Each slice has a piece, however the costs are spread.
    order = np.arange(slices + 1)
    return np.minimum(np.maximum.accumulate(cuts - order) + order, sum(pieces) - order[::-1])


def _nearest(points: Float[np.ndarray, " points"], wanted: Float[np.ndarray, " cuts"]) -> Int[np.ndarray, " cuts"]:
    """For each wanted value, the index of the nearest of some sorted points."""
    return np.searchsorted((points[1:] + points[:-1]) / 2, wanted)
