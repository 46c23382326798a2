"""What a task, a model and an optimizer have in common: a name, and fields that are static or traced.

A static field changes shapes or code, so each of its values costs a compilation. A traced field is an
argument of the compiled program, so a whole grid over it is one program. A traced field whose default is
None is an optional part: None leaves the part out of the program, a number puts it in, traced.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, TypeVar

from grok_jax.errors import require, written

MOST_LAYERS = 1000  # more is a slip of the hand, and takes minutes to look at


@dataclass(frozen=True, eq=False)  # equal only to itself, so that programs compiled for one are not used for another
class Component:
    """A named choice of the config (a task, a model, an optimizer) with its fields.

    Attributes:
      name: how a config selects it.
      static: defaults of the fields that change shapes or code (str, bool, int, float, tuple, or None: a whole
        number or nothing).
      traced: defaults of the scalar fields that may differ between the runs of one compiled program.
      check: called with the fields of one run as concrete Python values; raises UserError where they
        make no sense.
    """

    name: str
    static: Mapping[str, Any] = field(default_factory=dict)
    traced: Mapping[str, float | int | None] = field(default_factory=dict)
    check: Callable[[SimpleNamespace], None] = lambda fields: None

    @property
    def defaults(self) -> dict[str, Any]:
        """Every field with its default, the name first."""
        return {"name": self.name, **self.static, **self.traced}


C = TypeVar("C", bound=Component)


def register(registry: dict[str, C], component: C, *, replace: bool = False) -> C:
    """Adds a component to its registry and returns it.

    Args:
      registry: name -> component.
      component: what to add.
      replace: take the place of a component of the same name, as when a notebook's cell is run again.

    Raises:
      UserError: the name is taken, or a field is both static and traced.
    """
    taken = component.name in registry and not replace
    require(not taken, f"{component.name!r} is registered already; give another name, or replace=True")
    both = sorted(set(component.static) & set(component.traced))
    require(not both, f"{component.name!r} has fields both static and traced: {', '.join(both)}")
    registry[component.name] = component
    return component


def require_positive(fields: SimpleNamespace, *names: str, section: str) -> None:
    """Raises UserError unless each of the named fields is above zero."""
    for name in names:
        value = getattr(fields, name)
        require(value > 0, f"{section}.{name} is {value}; it must be above 0")


def require_at_least_zero(fields: SimpleNamespace, *names: str, section: str) -> None:
    """Raises UserError unless each of the named fields is zero, above zero, or None."""
    for name in names:
        value = getattr(fields, name)
        require(value is None or value >= 0, f"{section}.{name} is {value}; it must be 0 or above")


def require_one_of(fields: SimpleNamespace, name: str, allowed: tuple[str, ...], *, section: str) -> None:
    """Raises UserError unless the named field is one of the allowed words."""
    value = getattr(fields, name)
    require(value in allowed, f"{section}.{name} is {written(value)}; it must be one of {', '.join(map(str, allowed))}")


def require_at_most(fields: SimpleNamespace, name: str, most: int, *, section: str) -> None:
    """Raises UserError where the named field is above a number."""
    value = getattr(fields, name)
    require(value is None or value <= most, f"{section}.{name} is {value}; it must be at most {most}")


def require_widths(fields: SimpleNamespace, *, section: str, example: tuple[int, ...] = (100, 100)) -> None:
    """Raises UserError unless the field "widths" is a tuple of whole numbers above 0."""
    widths = fields.widths
    require(
        isinstance(widths, tuple | list) and all(isinstance(w, int) and w > 0 for w in widths),
        f"{section}.widths is {written(widths)}; it must be a tuple of whole numbers above 0, such as {example}",
    )
    require(
        len(widths) <= MOST_LAYERS,
        f"{section}.widths has {len(widths):,} layers; it must have at most {MOST_LAYERS:,}",
    )
