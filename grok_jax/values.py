"""What a user gives as a value, as the value of a field: plain Python, of the field's type, or refused in one line."""

from typing import Any

from ml_collections import ConfigDict

from grok_jax.errors import UserError, require, written

LARGEST_FLOAT = 3.4e38  # of 32 bits
MOST_ENTRIES = 100_000  # of a tuple; more is a slip of the hand


class Config(ConfigDict):
    """A ConfigDict in which 1e5 and NumPy's and JAX's numbers are the numbers they stand for."""

    def __setitem__(self, key: str, value: Any) -> None:
        """Sets a field; where it holds whole numbers, a float that is one becomes an int."""
        value = plain(value)
        super().__setitem__(key, as_whole(value) if key in self and self.get_type(key) is int else value)


def plain(value: Any) -> Any:
    """NumPy's and JAX's scalars as Python's, arrays and lists as tuples, also in a dict; anything else as it is."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if hasattr(value, "ndim") and hasattr(value, "tolist"):
        value = value.tolist()
    return tuple(map(plain, value)) if isinstance(value, list | tuple) else value


def as_whole(value: Any) -> Any:
    """A float without a fraction, such as 1e5, as an int; anything else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def coerce(name: str, value: Any, default: Any, *, optional_integer: bool = False) -> Any:
    """The value of a field as its default's type.

    Args:
      name: the field's dotted name, for the message.
      value: what was given.
      default: of the field; None is that of a number or nothing, and a tuple's first entry is what its entries are.
      optional_integer: whether such a number is a whole one.

    Raises:
      UserError: it is of another type, or does not fit 32 bits.
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
    if not condition:  # only then the value is written, which takes time
        name, value = given
        raise UserError(f"{name} is {written(value)}; it must be {wanted}")
