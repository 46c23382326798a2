"""Converts a user's value to the type of its field, in plain Python, or rejects it in one line."""

from collections.abc import Iterator, Mapping
from typing import Any

from ml_collections import ConfigDict

from grok_jax.errors import UserError, require, written

LARGEST_FLOAT = 3.4e38  # of 32 bits
MOST_ENTRIES = 100_000  # of a tuple; more is surely a mistake


class Config(ConfigDict):
    """A ConfigDict that accepts 1e5 as a whole number, and NumPy's and JAX's numbers as Python's.

    It is shown with one field on each line, with the fields of a section indented.
    """

    def __setitem__(self, key: str, value: Any) -> None:
        """Sets a field; if the field holds whole numbers, a float without a fraction becomes an int."""
        value = plain(value)
        super().__setitem__(key, as_whole(value) if key in self and self.get_type(key) is int else value)

    def __repr__(self) -> str:
        """The fields as text; the YAML of ConfigDict has tags such as !!python/tuple."""
        return "\n".join(_lines(self.to_dict()))

    __str__ = __repr__


def _lines(fields: Mapping[str, Any]) -> Iterator[str]:
    for name, value in fields.items():
        if isinstance(value, dict):
            yield f"{name}:"
            yield from (f"  {line}" for line in _lines(value))
        else:
            yield f"{name}: {' '.join(repr(value).split())}"


def plain(value: Any) -> Any:
    """Turns NumPy and JAX scalars into Python's, arrays and lists into tuples, also inside a dict."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if hasattr(value, "ndim") and hasattr(value, "tolist"):
        value = value.tolist()
    return tuple(map(plain, value)) if isinstance(value, list | tuple) else value


def as_whole(value: Any) -> Any:
    """Turns a float without a fraction, such as 1e5, into an int; leaves anything else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def coerce(name: str, value: Any, default: Any, *, optional_integer: bool = False) -> Any:
    """Converts the value of a field to the type of its default.

    Args:
      name: the field's dotted name, for the message.
      value: the value given.
      default: the field's default; None means a number or None; the first entry of a tuple sets the type of all.
      optional_integer: whether a number in a field with default None must be whole.

    Raises:
      UserError: the value has another type, or does not fit 32 bits.
    """
    if isinstance(value, list | tuple):
        require(len(value) <= MOST_ENTRIES, f"{name} has {len(value):,} entries; at most {MOST_ENTRIES:,} are allowed")
    value = plain(value)
    given = name, value
    number = isinstance(value, int | float) and not isinstance(value, bool)
    limit = 2**31 if isinstance(value, int) else LARGEST_FLOAT
    _require_is(given, not number or abs(value) < limit, "finite and fit 32 bits")
    whole = number and float(value).is_integer() and abs(value) < 2**31
    if isinstance(default, bool):
        _require_is(given, isinstance(value, bool), "True or False")
    elif isinstance(default, str):
        _require_is(given, isinstance(value, str), "a word")
    elif callable(default):
        _require_is(given, callable(value), "a function")
    elif isinstance(default, tuple):
        _require_is(given, isinstance(value, tuple), f"a tuple such as {default!r}")
        return tuple(coerce(name, entry, default[0]) if default else entry for entry in value)
    elif default is None:
        if value is None:
            return None
        wanted = "a whole number or None" if optional_integer else "a number or None"
        _require_is(given, whole if optional_integer else number, wanted)
        return int(value) if optional_integer else float(value)
    elif isinstance(default, int):
        _require_is(given, whole, "a whole number")
        return int(value)
    else:
        _require_is(given, number, "a number")
        return float(value)
    return value


def _require_is(given: tuple[str, Any], condition: bool, wanted: str) -> None:
    if not condition:  # formatting the value takes time
        name, value = given
        raise UserError(f"{name} is {written(value)}; it must be {wanted}")


def hashable(name: str, value: Any) -> Any:
    """The value of a static field that its class or function does not describe: plain, and one that can be compared.

    Raises:
      UserError: it is an array, or cannot be hashed.
    """
    is_array = getattr(value, "ndim", 0) > 0
    value = value if is_array else plain(value)
    if is_array or not has_hash(value):
        words = f"{name} is {written(value)}; a static field must be hashable: a word, number, tuple or function"
        raise UserError(f"{words}; give arrays as data or as parameters")
    return value


def has_hash(value: Any) -> bool:
    """Whether a value can be hashed; a frozen dataclass with an array inside has the method, and it raises."""
    try:
        hash(value)
    except TypeError:
        return False
    return True
