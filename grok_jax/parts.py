"""Parts of a run as values: frozen dataclasses that are pytrees, traced fields their leaves, static ones structure.

A task, a model, an optimizer, a loss, a metric is a Part. Outside of a program its fields are Python numbers; inside
they are tracers. Two parts of one tree structure run in one program.
"""

import dataclasses
import typing
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple, TypeVar

import flax.linen as nn
import jax

from grok_jax.errors import UserError, naming, require, written
from grok_jax.fields import Field, declared_fields, fields_of_class, fields_of_function, fit, host, static, traced

Self = TypeVar("Self", bound="Part")
PLAIN = (type(None), bool, int, float, str, tuple, list, dict, jax.Array)  # values, and no parts
FLAX = ("parent", "name")  # fields that every flax module has


class _Inner(NamedTuple):
    """The key of a Built inside a Part, whose fields count as the part's own."""

    name: str = ""


@typing.dataclass_transform(frozen_default=True, field_specifiers=(traced, static, host))
class Part:
    """Base of all parts: a subclass is a frozen dataclass, registered as a pytree.

    Declared fields are made by traced(), static() and host(); every other dataclass field holds parts in turn.
    Values are held to the fields' types and limits when a part is made, and check() to what they must be together;
    neither happens where a value is a tracer.

    Attributes:
      section: how messages and configs call the kind of part, such as "task".
      inner: the name of the field that holds a Built whose fields count as the part's own; "" for none.
    """

    section: ClassVar[str] = ""
    inner: ClassVar[str] = ""

    def __init_subclass__(cls, kw_only: bool = True, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=kw_only)(cls)
        declared = declared_fields(cls)
        cls._nodes = tuple(field.name for field in dataclasses.fields(cls) if field.name not in declared)
        for name, field in declared.items():
            if field.kind != "static" and name in vars(cls):
                delattr(cls, name)  # or a part without the value would show the default in its place
        jax.tree_util.register_pytree_with_keys(cls, Part._flatten_with_keys, cls._unflatten, Part._flatten)

    def __new__(cls, *args: Any, **fields: Any) -> "Part":
        """A part to be filled; raises UserError for a field that it does not have."""
        del args
        known = [field.name for field in dataclasses.fields(cls)]
        for name in fields:
            words = f"{cls.section} {_name(cls)!r} has no field {name!r}; it has {', '.join(known)}"
            require(name in known, words)
        return object.__new__(cls)

    def __post_init__(self) -> None:
        known = True
        for name, field in declared_fields(type(self)).items():
            value = getattr(self, name)
            known = known and not isinstance(value, jax.core.Tracer)
            object.__setattr__(self, name, fit(f"{self.section}.{name}", field, value))
        for name in self._nodes:
            require(
                isinstance(getattr(self, name), Named) or not isinstance(getattr(self, name), PLAIN),
                f"field {name!r} of {self.section} {self.name!r} is not declared; write {name} = gj.static(...) or "
                "gj.traced(...)",
            )
        if known and not any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(self)):
            with naming(f"{self.section} {self.name!r} (check)"):
                self.check()

    def __getattr__(self, name: str) -> Any:
        """A field of the inner Built, such as model.widths."""
        inner = vars(self).get(type(self).inner)
        if inner is None or name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        if hasattr(type(self), name):  # a property that failed: its own error says more
            return object.__getattribute__(self, name)
        return inner.value(name)

    def check(self) -> None:
        """Raises UserError where the fields make no sense together; they are Python's values."""

    @property
    def name(self) -> str:
        """How configs and messages call this part."""
        return getattr(self, self.inner).name if self.inner else _name(type(self))

    def fields(self) -> dict[str, Field]:
        """What is known of each field, by name; those of the inner Built among them."""
        own = declared_fields(type(self))
        return {**getattr(self, self.inner).schema, **own} if self.inner else dict(own)

    def shown(self) -> dict[str, Field]:
        """The fields that configs and lists show."""
        return self.fields()

    def values(self) -> dict[str, Any]:
        """The value of each field."""
        own = {name: getattr(self, name, None) for name in declared_fields(type(self))}
        return {**getattr(self, self.inner).values(), **own} if self.inner else own

    def replace(self: Self, **changes: Any) -> Self:
        """The same with other fields, checked anew.

        Raises:
          UserError: there is no such field, or it cannot have such a value.
        """
        names = {field.name for field in dataclasses.fields(self)}
        own = {name: value for name, value in changes.items() if name in names}
        others = {name: value for name, value in changes.items() if name not in names}
        if others:
            known = ", ".join([*self.fields()] or ["none"])
            for name in others:
                require(name in self.fields(), f"{self.section} {self.name!r} has no field {name!r}; it has {known}")
            own[self.inner] = own.get(self.inner, getattr(self, self.inner)).replace(**others)
        return dataclasses.replace(self, **own)

    def swapped(self: Self, **changes: Any) -> Self:
        """The same with other fields, unchecked: inside of a program."""
        other = object.__new__(type(self))
        other.__dict__.update({**vars(self), **changes})
        return other

    def __repr__(self) -> str:
        fields, inner = self.fields(), [name for name in self._nodes if name != self.inner]
        values = self.values().items()
        shown = [(name, value) for name, value in values if _is_worth_showing(value, fields[name].default)]
        words = [f"{name}={written(value)}" for name, value in shown]
        return f"{self.name}({', '.join([*words, *(f'{name}={getattr(self, name)!r}' for name in inner)])})"

    def _children(self) -> list[tuple[Any, Any]]:
        declared = declared_fields(type(self))
        names = [name for name, field in declared.items() if field.kind == "traced"]
        leaves = [(jax.tree_util.GetAttrKey(name), getattr(self, name, None)) for name in names]
        nodes = [
            (_Inner(name) if name == self.inner else jax.tree_util.GetAttrKey(name), getattr(self, name))
            for name in self._nodes
        ]
        return leaves + nodes

    def _statics(self) -> tuple[Any, ...]:
        declared = declared_fields(type(self))
        fixed = [getattr(self, name) for name, field in declared.items() if field.kind == "static"]
        kept = _Host({name: getattr(self, name, None) for name, field in declared.items() if field.kind == "host"})
        return tuple(map(_typed, fixed)), kept

    def _flatten_with_keys(self) -> tuple[list[tuple[Any, Any]], tuple[Any, ...]]:
        return self._children(), self._statics()

    def _flatten(self) -> tuple[list[Any], tuple[Any, ...]]:
        return [child for _, child in self._children()], self._statics()

    @classmethod
    def _unflatten(cls, statics: tuple[Any, ...], children: Any) -> "Part":
        self = object.__new__(cls)
        declared = declared_fields(cls)
        names = [name for name, field in declared.items() if field.kind == "traced"] + list(cls._nodes)
        fixed = [name for name, field in declared.items() if field.kind == "static"]
        values, kept = statics
        own = zip(fixed, (value for _, value in values), strict=True)
        for name, value in (*zip(names, children, strict=True), *own, *kept.items()):
            if value is not UNKNOWN:
                object.__setattr__(self, name, value)
        return self


def _typed(value: Any) -> tuple[type, Any]:
    """A static value beside its type: True and 1 are equal to Python."""
    return type(value), value


class _Host(dict):
    """Values of fields of the host, which go with a part and tell no program from another: equal to all others."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Host)

    def __hash__(self) -> int:
        return 0


class _Unknown:
    """Stands for a leaf whose value is not known: a part that is made of it lacks the attribute."""


UNKNOWN = _Unknown()


def _is_worth_showing(value: Any, default: Any) -> bool:
    """Whether a value is none of Python's own, such as a tracer, or is not the default."""
    return value is not default and (type(value) not in (type(None), bool, int, float, str, tuple) or value != default)


class Built:
    """Something to be called, and the fields that it will be called with: a flax module, a chain, a loss, a metric.

    Args:
      make: a flax module class, or a function.
      given: values of some of its fields.
      section: how messages call what it belongs to.
      skip: how many parameters of a function come from elsewhere (outputs and targets of a loss).
      traced, static: fields of a foreign class or function that are to be so, whatever their defaults are.

    Raises:
      UserError: no such field, or a value that it cannot have.
    """

    def __init__(
        self,
        make: Callable,
        given: Mapping[str, Any],
        section: str,
        *,
        skip: int = 0,
        traced: tuple[str, ...] = (),
        static: tuple[str, ...] = (),
    ) -> None:
        known = _schema(make, section, skip)
        for name in (*traced, *static, *given):
            words = ", ".join(known) or "none"
            require(name in known, f"{section} {_name(make)!r} has no field {written(name)}; it has {words}")
        for kind, names in (("traced", traced), ("static", static)):
            known |= {name: known[name]._replace(kind=kind) for name in names}
        for name, value in given.items():
            if not known[name].declared and name not in (*traced, *static):
                kind = "traced" if isinstance(value, float) or known[name].kind == "traced" else "static"
                known[name] = known[name]._replace(kind=kind)
        make = make if _has_hash(make) else Called(_name(make), make)
        self.make, self.section, self.schema = make, section, known
        values = {name: field.default for name, field in known.items() if field.declared} | dict(given)
        self.given = {name: fit(f"{section}.{name}", known[name], values[name]) for name in known if name in values}
        self._options = {"skip": skip, "traced": traced, "static": static}

    @property
    def name(self) -> str:
        """How messages call it."""
        return _name(self.make)

    def values(self) -> dict[str, Any]:
        """The value of each field, defaults of a foreign function included."""
        return {name: self.given.get(name, field.default) for name, field in self.schema.items()}

    def value(self, name: str) -> Any:
        """The value of one field; raises AttributeError where there is none."""
        if name in self.given:
            return self.given[name]
        if name not in self.schema or self.schema[name].kind == "traced":
            raise AttributeError(f"{self.name!r} has no field {name!r}")
        return self.schema[name].default

    def replace(self, **changes: Any) -> "Built":
        """The same with other fields."""
        return Built(self.make, {**self.given, **changes}, self.section, **self._options)

    def __call__(self, *args: Any, **others: Any) -> Any:
        """make(*args, **fields), fields that are given here in place of the own ones."""
        fields = {**self.given, **others}
        missing = [name for name, field in self.schema.items() if field.required and name not in fields]
        require(not missing, f"{self.section} {self.name!r} needs {', '.join(missing)}; give it as a field")
        return self.make(*args, **fields)

    def _leaves(self) -> list[str]:
        return [name for name in self.given if self.schema[name].kind == "traced"]

    def _flatten_with_keys(self) -> tuple[list[tuple[Any, Any]], tuple[Any, ...]]:
        leaves = self._leaves()
        fixed = tuple((name, _typed(value)) for name, value in self.given.items() if name not in leaves)
        kinds = tuple((name, field.kind) for name, field in self.schema.items())
        structure = (self.make, self.section, tuple(leaves), fixed, kinds, tuple(self._options.items()))
        return [(jax.tree_util.GetAttrKey(name), self.given[name]) for name in leaves], structure

    def _flatten(self) -> tuple[list[Any], tuple[Any, ...]]:
        pairs, structure = self._flatten_with_keys()
        return [value for _, value in pairs], structure

    @classmethod
    def _unflatten(cls, structure: tuple[Any, ...], children: Any) -> "Built":
        self = object.__new__(cls)
        self.make, self.section, leaves, fixed, kinds, options = structure
        self._options = dict(options)
        known = _schema(self.make, self.section, self._options["skip"])
        self.schema = {name: known[name]._replace(kind=kind) for name, kind in kinds}
        pairs = zip(leaves, children, strict=True)
        self.given = {name: value for name, (_, value) in fixed} | {
            name: value for name, value in pairs if value is not UNKNOWN
        }
        return self


jax.tree_util.register_pytree_with_keys(Built, Built._flatten_with_keys, Built._unflatten, Built._flatten)


class Called:
    """A function under a name of its own; equal to another of the same function and name."""

    def __init__(self, called: str, function: Callable) -> None:
        self.called, self.function = called, function

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Called) and (self.called, self.function) == (other.called, other.function)

    def __hash__(self) -> int:
        return hash((self.called, id(self.function)))  # a function of anybody's may have no hash

    def __call__(self, *args: Any, **fields: Any) -> Any:
        """What the function gives."""
        return self.function(*args, **fields)


class Named(dict):
    """Parts by name, in the order in which they were given (a dict would be sorted by JAX)."""


jax.tree_util.register_pytree_with_keys(
    Named,
    lambda named: ([(jax.tree_util.GetAttrKey(name), part) for name, part in named.items()], tuple(named)),
    lambda names, parts: Named(zip(names, parts, strict=True)),
    lambda named: (list(named.values()), tuple(named)),
)


def dotted_leaves(part: Any) -> dict[str, Any]:
    """The leaves of parts by their dotted names, such as "model.init_scale", in the order of the pytree."""
    pairs, _ = jax.tree_util.tree_flatten_with_path(part)
    return {".".join(key.name for key in path if not isinstance(key, _Inner)): leaf for path, leaf in pairs}


def as_built(make: Any, section: str, given: Mapping[str, Any], **options: Any) -> Built:
    """A Built of a class, a function, or of a flax module that is made already.

    Raises:
      UserError: it is none of these.
    """
    if isinstance(make, nn.Module):
        own = {name: getattr(make, name) for name in fields_of_class(type(make), skip=FLAX)}
        return Built(type(make), {**own, **given}, section, **options)
    require(callable(make), f"{section} is {written(make)}; it must be a class, a function or a flax module")
    return Built(make, given, section, **options)


def describe(part: Any) -> list[dict[str, Any]]:
    """One row for each field of a part, a class of parts, a flax module or its class, or a function with fields."""
    if isinstance(part, Part):
        known = part.shown()
    elif isinstance(part, type) and issubclass(part, Part):
        known = declared_fields(part)
    else:
        known = _schema(type(part) if isinstance(part, nn.Module) else part, "", 0)
    return rows_of(known)


def rows_of(fields: Mapping[str, Field]) -> list[dict[str, Any]]:
    """One row for each field, as describe gives them."""
    return [
        {
            "field": name,
            "kind": f.kind,
            "default": f.default,
            "allowed": "must be given" if f.required else f.limits,
            "meaning": f.help,
        }
        for name, f in fields.items()
    ]


def _schema(make: Any, section: str, skip: int) -> dict[str, Field]:
    if isinstance(make, type) and dataclasses.is_dataclass(make):
        return fields_of_class(make, skip=FLAX)
    return fields_of_function(make.function if isinstance(make, Called) else make, skip=skip)


def _has_hash(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _name(make: Any) -> str:
    own = vars(make).get("called") if isinstance(make, type) else getattr(make, "called", None)
    return own or getattr(make, "__name__", type(make).__name__)


def require_part(value: Any, kind: type, section: str) -> None:
    """Raises UserError unless a value is a part of a kind."""
    if not isinstance(value, kind):
        raise UserError(f"{section} is {written(value)}; it must be a {kind.__name__}")
