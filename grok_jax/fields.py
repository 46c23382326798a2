"""Fields of the parts of a run: declared once, with a default, a meaning and limits; static, traced or the host's.

A traced field is an argument of the compiled program, so that a whole grid over it is one program. A static field
changes shapes or code, so each of its values costs a compilation. A field of the host is no part of the program. A
traced field that is None has no leaf in a pytree: None leaves what it stands for out of the program.
"""

import dataclasses
import functools
import inspect
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

import jax

from grok_jax.errors import UserError, require, written
from grok_jax.values import coerce, plain

KEY = "grok_jax"  # of a dataclass field's metadata


class Field(NamedTuple):
    """What is known of a field.

    Attributes:
      kind: "static", "traced" or "host".
      default: its value where none is given; decides its type.
      help: what it means, with its unit.
      whole: whether an optional field (default None) takes whole numbers.
      above, at_least, below, at_most: limits of a number, or of each entry of a tuple; None for no limit.
      most: the most entries of a tuple.
      one_of: the words that are allowed, or a dict of them that may grow; () allows all.
      declared: whether its author declared it, so that values are held to the default's type.
      required: whether a foreign class or function has no default for it.
    """

    kind: str
    default: Any
    help: str = ""
    whole: bool = False
    above: float | None = None
    at_least: float | None = None
    below: float | None = None
    at_most: float | None = None
    most: int | None = None
    one_of: Collection[str] = ()
    declared: bool = True
    required: bool = False

    @property
    def limits(self) -> str:
        """What is allowed, in words: "above 0 and at most 1", or ""."""
        if self.one_of:
            return f"one of {', '.join(map(str, self.one_of))}"
        low, high = self.above, self.below
        if self.at_least is not None and self.at_most is not None:
            return f"from {self.at_least:g} to {self.at_most:g}"
        if self.at_least is not None and high is None:
            return f"{self.at_least:g} or above"
        words = [f"above {low:g}"] if low is not None else []
        words += [f"at least {self.at_least:g}"] if self.at_least is not None else []
        words += [f"below {high:g}"] if high is not None else []
        words += [f"at most {self.at_most:g}"] if self.at_most is not None else []
        return " and ".join(words)

    def allows(self, number: float | int) -> bool:
        """Whether a number lies within the limits."""
        return (
            (self.above is None or number > self.above)
            and (self.at_least is None or number >= self.at_least)
            and (self.below is None or number < self.below)
            and (self.at_most is None or number <= self.at_most)
        )


def traced(default: Any, help: str = "", **limits: Any) -> Any:
    """A dataclass or flax field that may differ between the runs of one compiled program: a number, or None.

    Args:
      default: its default; None makes it a part that can be left out.
      help: what it means, with its unit.
      **limits: above, at_least, below, at_most; whole=True where an optional field takes whole numbers.
    """
    return _declared("traced", default, help, limits)


def static(default: Any, help: str = "", **limits: Any) -> Any:
    """A dataclass or flax field that changes shapes or code: a word, number, tuple, True or False, or None.

    Args:
      default: its default.
      help: what it means.
      **limits: as for traced; one_of=(words), and most=<entries of a tuple>.
    """
    return _declared("static", default, help, limits)


def host(default: Any, help: str = "", **limits: Any) -> Any:
    """A dataclass field that only the host reads, such as how often to measure; no part of a program."""
    return _declared("host", default, help, limits)


def _declared(kind: str, default: Any, words: str, limits: dict[str, Any]) -> Any:
    return dataclasses.field(default=default, metadata={KEY: Field(kind, default, words, **limits)})


def fit(name: str, field: Field, value: Any) -> Any:
    """The value of a field as its default's type, within its limits; a tracer as it is.

    Args:
      name: the field's dotted name, for the message.
      field: what is known of it.
      value: what was given.

    Raises:
      UserError: it is of another type, or outside of the limits.
    """
    if isinstance(value, jax.core.Tracer):
        return value
    if not field.declared:
        return _plain_or_refused(name, field, value)
    value = coerce(name, value, field.default, optional_integer=field.whole)
    if value is None or isinstance(value, bool):
        return value
    if field.one_of:
        require(value in field.one_of, f"{name} is {written(value)}; it must be {field.limits}")
    elif isinstance(value, tuple):
        _require_entries(name, field, value)
    elif isinstance(value, int | float):
        require(field.allows(value), f"{name} is {value}; it must be {field.limits}")
    return value


def _require_entries(name: str, field: Field, entries: tuple[Any, ...]) -> None:
    whole = "whole numbers" if all(isinstance(entry, int) for entry in field.default) else "numbers"
    require(
        not field.limits or all(isinstance(e, int | float) and field.allows(e) for e in entries),
        f"{name} is {written(entries)}; it must be a tuple of {whole} {field.limits}, such as {field.default}",
    )
    require(
        field.most is None or len(entries) <= field.most,
        f"{name} has {len(entries):,} entries; it must have at most {field.most or 0:,}",
    )


def _plain_or_refused(name: str, field: Field, value: Any) -> Any:
    """The value of a field of a foreign class or function: a number where it is traced, else what can be compared."""
    if field.kind == "traced":
        return coerce(name, value, None)
    if getattr(value, "ndim", 0) > 0 or isinstance(value, jax.Array):
        raise UserError(f"{name} is an array; a static field decides code, give arrays as data or as parameters")
    value = plain(value)
    try:
        hash(value)
    except TypeError:
        raise UserError(
            f"{name} is {written(value)}; a static field must be hashable: a word, number, tuple or function"
        ) from None
    return value


@functools.lru_cache(maxsize=1024)
def declared_fields(cls: type) -> dict[str, Field]:
    """The declared fields of a dataclass, by name."""
    return {field.name: field.metadata[KEY] for field in dataclasses.fields(cls) if KEY in field.metadata}


def fields_of_class(cls: type, *, skip: tuple[str, ...] = ()) -> dict[str, Field]:
    """The fields of anybody's dataclass (a flax module): a float's default makes a field traced, all else is static."""
    found = {}
    for field in dataclasses.fields(cls):
        if not field.init or field.name in skip:
            continue
        made = field.default_factory is not dataclasses.MISSING
        default = field.default_factory() if made else field.default
        found[field.name] = field.metadata.get(KEY) or _undeclared(default)
    return found


def fields_of_function(function: Callable, *, skip: int = 0) -> dict[str, Field]:
    """The parameters of a function beyond the first `skip`, read in the same way.

    Raises:
      UserError: Python does not know its parameters.
    """
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        raise UserError(f"{written(function)} has no signature; give a function of Python") from None
    named = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY, p.POSITIONAL_ONLY)]
    return {p.name: _undeclared(p.default) for p in named[skip:]}


def _undeclared(default: Any) -> Field:
    nothing = (dataclasses.MISSING, inspect.Parameter.empty)
    kind = "traced" if isinstance(default, float) else "static"
    missing = any(default is each for each in nothing)
    return Field(kind, None if missing else default, declared=False, required=missing)
