"""Parses the axes of a grid from text or a dict."""

import ast
import itertools
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from grok_jax.errors import UserError, require, written
from grok_jax.values import as_whole, plain

MOST_RUNS = 100_000  # more is surely a mistake, and takes minutes to check
LARGEST = 1e300  # largest end of a spacing
DIGITS = 10  # significant digits of spaced numbers, so that log(0.1, 10, 3) is exactly 0.1, 1, 10
LONG = 3  # entries; from this length on, 0, 1, 2, ... is written as a range
MOST = f"a grid must have at most {MOST_RUNS:,} runs"


class Axis(NamedTuple):
    """One dimension of a grid. If an axis has several fields, they change together."""

    name: str  # the fields as the user wrote them, e.g. "seed" or "model.init_scale,optimizer.weight_decay"
    fields: tuple[str, ...]
    values: tuple[tuple[Any, ...], ...]  # one tuple per point, one entry per field


def values_at(axes: Sequence[Axis], point: Iterable[Any]) -> dict[str, Any]:
    """Field -> value at a point of a grid.

    Args:
      axes: of the grid.
      point: for each axis, the number of one of its values.
    """
    return {
        field: value
        for axis, at in zip(axes, point, strict=True)
        for field, value in zip(axis.fields, axis.values[at], strict=True)
    }


def parse_grid(grid: Any) -> tuple[Axis, ...]:
    """Parses the axes of a grid.

    As text a grid is "axis = values; axis = values". Values are literals separated by commas, or log(a, b, n),
    intlog(a, b, n) (whole numbers), lin(a, b, n), range(n), range(a, b). Fields that change together form one axis:
    "a, b = (1, 2), (3, 4)", or {"a,b": [(1, 2), (3, 4)]}.

    Args:
      grid: text in this form, or a mapping from axes to sequences of values.

    Raises:
      UserError: an axis has no values, its values cannot be read, or a field is named twice.
    """
    readable = isinstance(grid, str | Mapping)
    require(readable, f"the grid is {written(grid)}; it must be text such as 'seed=range(3)', or a dict of axes")
    pairs = _split_text(grid) if isinstance(grid, str) else _read_mapping(grid)
    axes = tuple(_axis(name, values) for name, values in pairs)
    names = [field for axis in axes for field in axis.fields]
    twice = sorted({name for name in names if names.count(name) > 1})
    require(not twice, f"grid names {', '.join(map(written, twice))} twice; each field can be on one axis")
    return axes


def as_text(axes: Sequence[Axis]) -> str:
    """Axes as text, which parse_grid can read back if their values are literals."""
    return "; ".join(f"{axis.name}={_values_text(axis)}" for axis in axes)


def without_addresses(text: str) -> str:
    """The text of a value without memory addresses, which differ between processes."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", text)


def grid_text(grid: Any) -> str:
    """A grid such as {"model.init_scale": (0.5, 2), "seed": range(3)} in the text form that a config holds.

    Raises:
      UserError: see parse_grid.
    """
    return as_text(parse_grid(grid))


def significant(value: float | int, digits: int) -> float:
    """A number rounded to the given number of significant digits."""
    return float(f"{value:.{digits}g}")


def log(start: float | int, stop: float | int, count: int) -> list[float]:
    """Logarithmically spaced numbers from start to stop, rounded to ten digits.

    Raises:
      UserError: the ends differ in sign or are too large, or there are too many numbers.
    """
    return [significant(value, DIGITS) for value in np.geomspace(*_spacing("log", start, stop, count))]


def intlog(start: float | int, stop: float | int, count: int) -> list[int]:
    """The nearest whole numbers to those of log, without repeats; raises UserError like log."""
    return [int(value) for value in np.unique(np.geomspace(*_spacing("intlog", start, stop, count)).round())]


def lin(start: float | int, stop: float | int, count: int) -> list[float]:
    """Linearly spaced numbers from start to stop, rounded to ten digits; raises UserError if too many or too large."""
    return [significant(value, DIGITS) for value in np.linspace(*_spacing("lin", start, stop, count))]


SPACINGS: dict[str, Callable[..., list[Any]]] = {"log": log, "intlog": intlog, "lin": lin}


def _spacing(kind: str, start: Any, stop: Any, count: Any) -> tuple[float | int, float | int, int]:
    numbers = all(isinstance(end, int | float) and math.isfinite(end) for end in (start, stop))
    asked = ", ".join(map(written, (start, stop, count)))
    require(
        numbers and isinstance(count, int) and count >= 0,
        f"{kind}({asked}) is not allowed; it takes two finite numbers and a whole number, 0 or above",
    )
    given = f"{kind}({start:.6g}, {stop:.6g}, {count})"
    require(count <= MOST_RUNS, f"{given} has {count:,} values; {MOST}")
    require(abs(start) <= LARGEST and abs(stop) <= LARGEST, f"{given} has an end above the limit of {LARGEST:g}")
    require(kind == "lin" or start * stop > 0, f"{given} has no logarithm; both ends must have the same sign")
    return start, stop, count


def _values_text(axis: Axis) -> str:
    values = [value[0] if len(axis.fields) == 1 else value for value in axis.values]
    if len(values) >= LONG and values == list(range(len(values))) and {*map(type, values)} == {int}:
        return f"range({len(values)})"
    return ", ".join(map(repr, values))


def _read_mapping(grid: Mapping[Any, Any]) -> list[tuple[str, list[Any]]]:
    pairs = []
    for name, values in grid.items():
        require(isinstance(name, str), f"grid axis {written(name)} is not a string; write several fields as 'a,b'")
        several = isinstance(values, Iterable) and not isinstance(values, str | bytes | Mapping)
        several = several and getattr(values, "ndim", 1) > 0  # a 0-d array is not a sequence
        given = written(values)
        require(several, f"grid axis {written(name)} is {given}; it must be a sequence of values, such as [{given}]")
        pairs.append((name, list(itertools.islice(values, MOST_RUNS + 1))))
    return pairs


def _split_text(text: str) -> list[tuple[str, list[Any]]]:
    pairs = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, equals, values = part.partition("=")
        require(bool(equals), f"grid part {written(part)} has no '='; write axis=values, such as seed=range(3)")
        pairs.append((name.strip(), _values(name.strip(), values.strip())))
    return pairs


def _values(name: str, text: str) -> list[Any]:
    spaced = re.fullmatch(r"(intlog|log|lin|range)\(([^()]*)\)", text)
    try:
        read = ast.literal_eval(f"[{spaced[2] if spaced else text}]")
        if spaced:
            numbers = map(as_whole, read)
            return list(range(*numbers)[: MOST_RUNS + 1]) if spaced[1] == "range" else SPACINGS[spaced[1]](*numbers)
        return read[0] if len(read) == 1 and isinstance(read[0], list) else read
    except UserError:
        raise
    except (ValueError, SyntaxError, TypeError, ArithmeticError, MemoryError, RecursionError):
        raise UserError(
            f"grid axis {written(name)} has values {written(text)}; they must be literals such as 1, 2, 'adam', "
            "or log(a, b, n), intlog(a, b, n), lin(a, b, n), range(n)"
        ) from None


def _axis(name: str, values: list[Any]) -> Axis:
    fields = tuple(field.strip() for field in name.split(","))
    require(len(values) > 0, f"grid axis {written(name)} has no values")
    require(len(values) <= MOST_RUNS, f"grid axis {written(name)} has more than {MOST_RUNS:,} values; {MOST}")
    if len(fields) == 1:
        return Axis(name, fields, tuple((plain(value),) for value in values))
    fits = all(isinstance(value, list | tuple) and len(value) == len(fields) for value in values)
    require(
        fits,
        f"grid axis {written(name)} sets {len(fields)} fields; each of its values must be a tuple of {len(fields)}",
    )
    return Axis(",".join(fields), fields, tuple(tuple(map(plain, value)) for value in values))
