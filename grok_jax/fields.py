"""Fields of the parts of a run. Each is declared once as static, traced or host, with a default, meaning and limits.

A traced field is an argument of the compiled program, so a whole grid over it is one program. A static field changes
shapes or code, so each of its values costs a compilation. A host field is not part of the program. A traced field that
is None has no leaf in the pytree: the program is compiled without the feature that it controls.
"""

import dataclasses
import functools
import inspect
import operator
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

import jax

from grok_jax.errors import UserError, require, written
from grok_jax.values import coerce, hashable

KEY = "grok_jax"  # key in the metadata of a dataclass field
# name of a limit -> the comparison that a value must pass, and its wording
LIMITS = {
    "above": (operator.gt, "above {:g}"),
    "at_least": (operator.ge, "at least {:g}"),
    "below": (operator.lt, "below {:g}"),
    "at_most": (operator.le, "at most {:g}"),
}


class Field(NamedTuple):
    """The declaration of a field.

    Attributes:
      kind: "static", "traced" or "host".
      default: the default value, which also sets the type.
      help: the meaning, with the unit.
      whole: whether an optional field (default None) takes whole numbers.
      above, at_least, below, at_most: limits of a number, or of each entry of a tuple; None for no limit.
      most: the maximum number of entries of a tuple.
      one_of: the allowed words, or a dict of them that may grow; () allows all.
      declared: whether its author declared it; values must then have the type of the default.
      required: whether a third-party class or function has no default for it.
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
        """The allowed values in words: "above 0 and at most 1", or ""."""
        if self.one_of:
            return f"one of {', '.join(map(str, self.one_of))}"
        if self.at_least is not None and self.below is None:
            low, high = self.at_least, self.at_most
            return f"{low:g} or above" if high is None else f"from {low:g} to {high:g}"
        given = {words: getattr(self, name) for name, (_, words) in LIMITS.items()}
        return " and ".join(words.format(limit) for words, limit in given.items() if limit is not None)

    def allows(self, value: Any) -> bool:
        """Whether a word is one of the allowed words, or a number is within the limits."""
        if self.one_of:
            return value in self.one_of
        limits = ((lies, getattr(self, name)) for name, (lies, _) in LIMITS.items())
        return not isinstance(value, int | float) or all(limit is None or lies(value, limit) for lies, limit in limits)


def traced(default: Any, help: str = "", **limits: Any) -> Any:
    """A dataclass or flax field that may differ between the runs of one compiled program: a number, or None.

    Args:
      default: the default; None makes the field optional.
      help: the meaning, with the unit.
      **limits: above, at_least, below, at_most; whole=True if an optional field takes whole numbers.
    """
    return _declared("traced", default, help, limits)


def static(default: Any, help: str = "", **limits: Any) -> Any:
    """A dataclass or flax field that changes shapes or code: a word, number, tuple, True or False, or None.

    Args:
      default: the default.
      help: the meaning.
      **limits: as for traced, plus one_of=(words) and most=<entries of a tuple>.
    """
    return _declared("static", default, help, limits)


def host(default: Any, help: str = "", **limits: Any) -> Any:
    """A dataclass field that only the host reads, such as how often to measure; it is not part of a program."""
    return _declared("host", default, help, limits)


def _declared(kind: str, default: Any, words: str, limits: dict[str, Any]) -> Any:
    return dataclasses.field(default=default, metadata={KEY: Field(kind, default, words, **limits)})


def fit(name: str, field: Field, value: Any) -> Any:
    """Converts a value to the type of the field's default and checks its limits; returns a tracer unchanged.

    Args:
      name: the field's dotted name, for the message.
      field: the field.
      value: the given value.

    Raises:
      UserError: the value has the wrong type, or is outside the limits.
    """
    if isinstance(value, jax.core.Tracer):
        return value
    if not field.declared:
        return coerce(name, value, None) if field.kind == "traced" else hashable(name, value)
    value = coerce(name, value, field.default, optional_integer=field.whole)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, tuple) and not field.one_of:
        _require_entries(name, field, value)
    elif not field.allows(value):
        raise UserError(f"{name} is {written(value)}; it must be {field.limits}")
    return value


def _require_entries(name: str, field: Field, entries: tuple[Any, ...]) -> None:
    whole = "whole numbers" if all(isinstance(entry, int) for entry in field.default) else "numbers"
    words = f"{name} is {written(entries)}; it must be a tuple of {whole} {field.limits}, such as {field.default}"
    require(not field.limits or all(isinstance(e, int | float) and field.allows(e) for e in entries), words)
    words = f"{name} has {len(entries):,} entries; it must have at most {field.most or 0:,}"
    require(field.most is None or len(entries) <= field.most, words)


def declared_fields(cls: type) -> dict[str, Field]:
    """The declared fields of a dataclass, by name."""
    return _declared_fields(cls)


@functools.lru_cache(maxsize=1024)
def _declared_fields(cls: type) -> dict[str, Field]:
    return {field.name: field.metadata[KEY] for field in dataclasses.fields(cls) if KEY in field.metadata}


@functools.lru_cache(maxsize=1024)
def fields_of_class(cls: type, *, skip: tuple[str, ...] = ()) -> dict[str, Field]:
    """The fields of any dataclass (a flax module): those with a float as default are traced, all others static."""
    found = {}
    for field in dataclasses.fields(cls):
        if field.init and field.name not in skip:
            make = field.default_factory
            default = field.default if make is dataclasses.MISSING else make()
            found[field.name] = field.metadata.get(KEY) or _undeclared(default)
    return found


def fields_of_function(function: Callable, *, skip: int = 0) -> dict[str, Field]:
    """The parameters of a function after the first `skip`, as fields; kinds as in fields_of_class.

    Raises:
      UserError: Python cannot determine its parameters.
    """
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        raise UserError(f"{written(function)} has no signature; give a Python function") from None
    named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    return {p.name: _undeclared(p.default) for p in named[skip:]}


def _undeclared(default: Any) -> Field:
    missing = default is dataclasses.MISSING or default is inspect.Parameter.empty
    kind = "traced" if isinstance(default, float) else "static"
    return Field(kind, None if missing else default, declared=False, required=missing)
