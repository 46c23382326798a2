"""Plans a sweep: checks a run and a grid over its fields, and splits the grid into as few programs as possible.

Each combination of values that can change the structure is examined once; values of traced fields become columns. Each
part is checked at every combination of the axes that it reads, not at every run of the grid.
"""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from flax.traverse_util import flatten_dict
from jaxtyping import Num
from ml_collections import ConfigDict

from grok_jax.errors import require
from grok_jax.memory import free_memory, in_words
from grok_jax.parts import dotted_leaves
from grok_jax.tasks import Rows
from grok_jax.training.config import Execution, as_json, read_config, read_run
from grok_jax.training.grid import MOST, MOST_RUNS, Axis, values_at
from grok_jax.training.naming import SECTIONS, Draft, with_changes
from grok_jax.training.run import Form, Run, finished
from grok_jax.training.schedule import Schedule
from grok_jax.values import coerce

MOST_PROGRAMS = 1000  # more is surely a mistake, and takes minutes to check
BYTES_OF_A_RUN = 1024  # slightly more than its values need
BESIDE = ("figure", "execution", "grid")  # parts of a config that do not determine a run
FOLLOWING = ("task.seed", "model.seed", "training.seed")  # fields that follow the run's seed if they are None


class Group(NamedTuple):
    """Runs of a grid that share one compiled program."""

    form: Form
    schedule: Schedule
    capacity: Rows  # the most rows any of the runs uses
    hyper: dict[str, Num[np.ndarray, " runs"]]  # dotted name -> values of each leaf
    members: Num[np.ndarray, " runs"]  # their places in the flattened grid
    width: int = 0  # runs of a chunk, padded if there are fewer; 0 follows from the plan and the memory


class Plan(NamedTuple):
    """A resolved grid."""

    axes: tuple[Axis, ...]
    groups: list[Group]
    execution: Execution
    config: dict[str, Any]  # describes the whole grid, in types that JSON can hold
    part: str = ""  # which part of the grid the groups are, such as "3/8"; "" is all of it


class _Block(NamedTuple):
    """Runs with the same structure, which differ only along traced axes."""

    run: Run  # at the first point of these axes
    form: Form
    rows: Rows  # the maximum over its runs
    hyper: dict[str, Num[np.ndarray, " runs"]]
    members: Num[np.ndarray, " runs"]


def plan_grid(
    given: Run | ConfigDict | Mapping[str, Any],
    grid: str | Mapping[Any, Any] | None = None,
    execution: Mapping[str, Any] | None = None,
) -> Plan:
    """Resolves and checks a run or a config, and its grid.

    Args:
      given: the run; or a config, which includes its own grid and execution section.
      grid: axes; None takes those of the config.
      execution: how a Run's grid runs; None takes the defaults.

    Raises:
      UserError: the run, config, grid or execution is invalid.
    """
    if isinstance(given, Run):
        read = read_run(given, grid or {}, execution or {})
    else:
        require(execution is None, "execution= goes with a Run; a config has its own execution section")
        read = read_config(given, grid)
    groups = _groups(list(_blocks(read.draft, read.axes)))
    pinned = [_pinned(group, read.execution.capacity) for group in groups]
    return Plan(read.axes, pinned, read.execution, as_json(read.config))


def unvaried(plan: Plan) -> dict[str, Any]:
    """Dotted name -> value, for each field of a plan's config that affects its runs and that no axis sets."""
    varied = tuple(f"{field}." for axis in plan.axes for field in axis.fields)  # may include whole parts
    flat = flatten_dict({name: own for name, own in plan.config.items() if name not in BESIDE}, sep=".")
    return {name: value for name, value in flat.items() if not f"{name}.".startswith(varied)}


def _blocks(draft: Draft, axes: Sequence[Axis]) -> Iterator[_Block]:
    shape = tuple(len(axis.values) for axis in axes)
    count = math.prod(shape)
    require(count <= MOST_RUNS, f"the grid has {count:,} runs; {MOST}")
    needed, room = BYTES_OF_A_RUN * count, free_memory()
    require(needed <= room, f"a grid of {count:,} runs takes {in_words(needed)} to plan; {in_words(room)} are free")
    for axis in axes:
        if "seed" in axis.fields:
            for value in axis.values:
                coerce("seed", value[axis.fields.index("seed")], 0)
    first = with_changes(draft, values_at(axes, [0] * len(axes)))
    leaves = dotted_leaves(finished(first))
    moving = [_is_traced(axis, leaves, axes) for axis in axes]
    places = np.arange(count).reshape(shape)
    structural = [range(1 if is_moving else len(axis.values)) for axis, is_moving in zip(axes, moving, strict=True)]
    for point in itertools.product(*structural):
        inside = tuple(slice(None) if free else at for at, free in zip(point, moving, strict=True))
        own = [axis for axis, free in zip(axes, moving, strict=True) if free]
        yield _block(with_changes(draft, values_at(axes, point)), own, places[*inside, ...])


def _is_traced(axis: Axis, leaves: Mapping[str, Any], axes: Sequence[Axis]) -> bool:
    """Whether an axis only sets traced fields to numbers, and no other axis can replace the part they belong to."""
    others = {other for each in axes for other in each.fields}
    for field, values in zip(axis.fields, zip(*axis.values, strict=True), strict=True):
        section = field.partition(".")[0]
        if any(isinstance(value, bool) or not isinstance(value, int | float) for value in values):
            return False
        if field not in leaves or others & {f"{section}.name", section} - {"seed"}:
            return False
    return True


def _block(draft: Draft, axes: Sequence[Axis], places: Num[np.ndarray, "..."]) -> _Block:
    """The runs of one structure; checks each part at the points of the axes that it reads."""
    run = finished(draft)
    seeded = run.seeded()
    form, leaves = Form(seeded), dotted_leaves(seeded)
    rows = [run.rows()]
    for section in (*SECTIONS, "loss"):
        reads = [axis for axis in axes if _reads(section, axis, run)]
        for changes in itertools.islice(_points(section, reads), 1, None):  # the first point is the run itself
            there = run.swapped(**{section: getattr(run, section).replace(**changes)})
            there.check()
            if section == "task":
                rows.append(there.rows())
    grid = np.meshgrid(*(np.arange(len(axis.values)) for axis in axes), indexing="ij")
    columns = {
        name: np.full(places.shape, leaves[name], dtype) for name, dtype in zip(form.names, form.dtypes, strict=True)
    }
    for axis, at in zip(axes, grid, strict=True):
        for field, values in zip(axis.fields, zip(*axis.values, strict=True), strict=True):
            names = [field] if field != "seed" else ["seed", *_following(run)]
            for name in names:
                columns[name] = np.asarray(values, columns[name].dtype)[at]
    hyper = {name: column.ravel() for name, column in columns.items()}
    return _Block(run, form, Rows(*map(max, zip(*rows, strict=True))), hyper, places.ravel())


def _following(run: Run) -> list[str]:
    """The seed fields that follow the run's seed."""
    return [name for name in FOLLOWING if getattr(run, name.partition(".")[0]).seed is None]


def _reads(section: str, axis: Axis, run: Run) -> bool:
    follows = "seed" in axis.fields and f"{section}.seed" in _following(run) and section == "task"
    return follows or any(field.startswith(f"{section}.") for field in axis.fields)


def _points(section: str, axes: Sequence[Axis]) -> Iterator[dict[str, Any]]:
    """The values of a section's fields at each point of the axes; only the ends of seed axes, which affect no size."""
    for values in itertools.product(*(_ends(axis) if _is_of_seeds(axis) else axis.values for axis in axes)):
        pairs = [
            (f, v) for axis, point in zip(axes, values, strict=True) for f, v in zip(axis.fields, point, strict=True)
        ]
        yield {
            "seed" if field == "seed" else field.partition(".")[2]: value
            for field, value in pairs
            if field == "seed" or field.startswith(f"{section}.")
        }


def _is_of_seeds(axis: Axis) -> bool:
    return len(axis.fields) == 1 and axis.fields[0].split(".")[-1] == "seed"


def _ends(axis: Axis) -> tuple[tuple[Any, ...], ...]:
    """The first value, the smallest and the largest."""
    return tuple(dict.fromkeys((axis.values[0], min(axis.values), max(axis.values))))


def _groups(blocks: Sequence[_Block]) -> list[Group]:
    """Groups blocks of equal structure and schedule, in the order of their first runs.

    Raises:
      UserError: there are too many groups.
    """
    alike: dict[tuple[Form, Schedule], list[_Block]] = {}
    for block in blocks:
        alike.setdefault((block.form, block.run.training.schedule), []).append(block)
    require(
        len(alike) <= MOST_PROGRAMS,
        f"the grid has {len(alike):,} programs, one for each value that changes code, shapes or times; it must "
        f"have at most {MOST_PROGRAMS:,}",
    )
    groups = []
    for (form, schedule), own in alike.items():
        members = np.concatenate([block.members for block in own])
        order = np.argsort(members)
        hyper = {name: np.concatenate([block.hyper[name] for block in own])[order] for name in form.names}
        capacity = Rows(*map(max, zip(*(block.rows for block in own), strict=True)))
        groups.append(Group(form, schedule, capacity, hyper, members[order]))
    return sorted(groups, key=lambda group: group.members[0])


def _pinned(group: Group, capacity: Rows | tuple[()]) -> Group:
    """A group with room for the given rows, so that its runs are the same in any grid; () leaves it unchanged.

    Raises:
      UserError: a run of the group has more rows.
    """
    if not capacity:
        return group
    require(
        capacity.train >= group.capacity.train and capacity.test >= group.capacity.test,
        f"execution.capacity is {tuple(capacity)}; runs of the grid need {group.capacity.train} training and "
        f"{group.capacity.test} test rows",
    )
    return group._replace(capacity=capacity)
