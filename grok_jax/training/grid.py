"""Grids of runs: axes from text or from a dict, their points, and the groups that compile together."""

import ast
import itertools
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Num

from grok_jax.errors import UserError, require
from grok_jax.tasks import Rows
from grok_jax.training.schedule import Schedule
from grok_jax.training.settings import RunSettings, Static, resolve, with_field

MOST_RUNS = 1_000_000  # more is a slip of the hand


class Axis(NamedTuple):
    """One dimension of a grid. Several fields on one axis change together."""

    name: str  # the fields as the user wrote them, e.g. "seed" or "model.init_scale,optimizer.weight_decay"
    fields: tuple[str, ...]
    values: tuple[tuple[Any, ...], ...]  # one tuple per point, one entry per field


class Group(NamedTuple):
    """Runs of a grid that share one compiled program."""

    static: Static
    schedule: Schedule
    capacity: Rows  # the most rows any of the runs uses
    hyper: dict[str, Num[np.ndarray, " runs"]]
    members: Num[np.ndarray, " runs"]  # their places in the flattened grid


def parse_grid(grid: str | Mapping[Any, Any]) -> tuple[Axis, ...]:
    """The axes of a grid.

    Text reads "axis = values; axis = values". Values are literals, separated by commas, or log(a, b, n),
    intlog(a, b, n) (whole numbers), lin(a, b, n), range(n), range(a, b). Several fields that change together are one
    axis: "a, b = (1, 2), (3, 4)", or {"a,b": [(1, 2), (3, 4)]}.

    Args:
      grid: such a text, or a mapping from axis to a sequence of values.

    Raises:
      UserError: an axis without values, with values that cannot be read, or named twice.
    """
    pairs = _split_text(grid) if isinstance(grid, str) else _read_mapping(grid)
    axes = tuple(_axis(name, values) for name, values in pairs)
    names = [field for axis in axes for field in axis.fields]
    twice = sorted({name for name in names if names.count(name) > 1})
    require(not twice, f"grid names {', '.join(twice)} twice; each field can be on one axis")
    return axes


def expand(config: Mapping[str, Any], axes: Sequence[Axis]) -> list[RunSettings]:
    """The settings of every point of the grid, the last axis fastest.

    Raises:
      UserError: a point that makes no sense, in the words of `settings.resolve`.
    """
    count = math.prod(len(axis.values) for axis in axes)
    require(count <= MOST_RUNS, f"the grid has {count:,} runs; it must have at most {MOST_RUNS:,}")
    points = []
    for values in itertools.product(*(axis.values for axis in axes)):
        run = config
        changes = [
            (f, v) for axis, point in zip(axes, values, strict=True) for f, v in zip(axis.fields, point, strict=True)
        ]
        # Names first: they bring the fields that other axes may set.
        for field, value in sorted(changes, key=lambda change: not change[0].endswith(".name")):
            run = with_field(run, field, value)
        points.append(resolve(run))
    return points


def group_runs(points: Sequence[RunSettings]) -> list[Group]:
    """Splits a grid's points into the fewest compiled programs, in order of first appearance."""
    members: dict[tuple[Static, Schedule], list[int]] = {}
    for place, point in enumerate(points):
        members.setdefault((point.static, point.schedule), []).append(place)
    groups = []
    for (static, schedule), places in members.items():
        runs = [points[place] for place in places]
        capacity = Rows(*(max(sizes) for sizes in zip(*(run.rows for run in runs), strict=True)))
        hyper = {name: np.array([run.hyper[name] for run in runs], dtype) for name, dtype in static.traced}
        groups.append(Group(static, schedule, capacity, hyper, np.array(places)))
    return groups


def _read_mapping(grid: Mapping[Any, Any]) -> list[tuple[str, list[Any]]]:
    pairs = []
    for name, values in grid.items():
        require(isinstance(name, str), f"grid axis {name!r} is no name; write the fields of one axis as 'a,b'")
        several = isinstance(values, Iterable) and not isinstance(values, str)
        require(several, f"grid axis {name!r} is {values!r}; it must be a sequence of values, such as [{values!r}]")
        pairs.append((name, list(values)))
    return pairs


def _split_text(text: str) -> list[tuple[str, list[Any]]]:
    pairs = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, equals, values = part.partition("=")
        require(bool(equals), f"grid part {part!r} has no '='; write axis=values, for example seed=range(3)")
        pairs.append((name.strip(), _values(name.strip(), values.strip())))
    return pairs


def _values(name: str, text: str) -> list[Any]:
    spaced = re.fullmatch(r"(intlog|log|lin|range)\(([^()]*)\)", text)
    try:
        if not spaced:
            read = ast.literal_eval(f"[{text}]")
            return read[0] if len(read) == 1 and isinstance(read[0], list) else read
        numbers = ast.literal_eval(f"[{spaced[2]}]")
        if spaced[1] == "range":
            return list(range(*numbers)[: MOST_RUNS + 1])
        start, stop, count = numbers
        space = np.geomspace if spaced[1] == "log" else np.linspace
        if spaced[1] == "intlog":
            return [int(value) for value in np.unique(np.geomspace(start, stop, count).round())]
        # Ten digits: log(.1, 10, 3) is .1, 1, 10 to every reader.
        return [float(f"{value:.10g}") for value in space(start, stop, count)]
    except (ValueError, SyntaxError, TypeError):
        raise UserError(
            f"grid axis {name!r} has values {text!r}; they must be literals such as 1, 2, 'adam', "
            "or log(a, b, n), intlog(a, b, n), lin(a, b, n), range(n)"
        ) from None


def _axis(name: str, values: list[Any]) -> Axis:
    fields = tuple(field.strip() for field in name.split(","))
    require(len(values) > 0, f"grid axis {name!r} has no values")
    if len(fields) == 1:
        return Axis(name, fields, tuple((_plain(value),) for value in values))
    fits = all(isinstance(value, list | tuple) and len(value) == len(fields) for value in values)
    require(fits, f"grid axis {name!r} sets {len(fields)} fields; each of its values must be a tuple of {len(fields)}")
    return Axis(",".join(fields), fields, tuple(tuple(map(_plain, value)) for value in values))


def _plain(value: Any) -> Any:
    """NumPy and JAX scalars as Python's, lists as tuples."""
    if isinstance(value, list):
        return tuple(value)
    return value.item() if getattr(value, "ndim", None) == 0 else value
