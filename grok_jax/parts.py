"""Parts of a run: frozen dataclasses that are pytrees. Traced fields are leaves, static fields are structure.

A task, a model, an optimizer, a loss and a metric are Parts. Outside a program their fields are Python numbers; inside
they are tracers. Parts with the same tree structure share one program.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar, dataclass_transform

import flax.linen as nn
import jax
from jax.tree_util import GetAttrKey

from grok_jax.errors import UserError, naming, require, written
from grok_jax.fields import Field, declared_fields, fields_of_class, fields_of_function, fit
from grok_jax.values import has_hash

PLAIN = (type(None), bool, int, float, str, tuple, list, dict, jax.Array)  # values rather than parts
FLAX = ("parent", "name")  # fields that every flax module has
UNKNOWN = object()  # placeholder for a leaf without a value: a part built from it lacks the attribute
Self = TypeVar("Self", bound="Part")
Names = tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class _Aside:
    """Data stored with a tree structure but ignored when structures are compared: equal to every other _Aside."""

    held: Any = dataclasses.field(compare=False)


@dataclass_transform(kw_only_default=True, eq_default=False, frozen_default=True)
class Part:
    """Base of all parts: a subclass is a frozen dataclass, registered as a pytree.

    traced(), static() and host() declare fields; every other dataclass field holds parts. When a part is made, each
    value is checked against its field's type and limits, and check() checks the values together. Tracers are not
    checked, and check() does not run on a part that holds one.

    Attributes:
      section: the name of this kind of part in messages and configs, such as "task".
      inner: the name of the field that holds a Built whose fields count as the part's own; "" for none.
      called: the name in configs; if it is missing, the class's own name.
    """

    section: ClassVar[str] = ""
    inner: ClassVar[str] = ""
    called: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]  # every subclass is a dataclass
    _nodes: ClassVar[list[str]]
    _children: ClassVar[list[str]]
    _static: ClassVar[list[str]]
    _host: ClassVar[list[str]]
    _keys: ClassVar[list[GetAttrKey]]

    def __init_subclass__(cls, kw_only: bool = True, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=kw_only)(cls)
        declared = declared_fields(cls)
        kinds = {
            kind: [name for name, field in declared.items() if field.kind == kind]
            for kind in ("traced", "static", "host")
        }
        cls._nodes = [field.name for field in dataclasses.fields(cls) if field.name not in declared]
        cls._children, cls._static, cls._host = kinds["traced"] + cls._nodes, kinds["static"], kinds["host"]
        # Dotted names leave out the inner Built, whose fields count as the part's own.
        cls._keys = [GetAttrKey("" if name == cls.inner else name) for name in cls._children]
        for name in (*kinds["traced"], *kinds["host"]):
            if name in vars(cls):
                delattr(cls, name)  # otherwise a part without the value would show the default instead
        jax.tree_util.register_pytree_with_keys(cls, Part._flatten, cls._unflatten)

    def __new__(cls: type[Self], *_: Any, **fields: Any) -> Self:
        """An empty part, which __init__ fills; raises UserError for an unknown field."""
        known = [field.name for field in dataclasses.fields(cls)]
        for name in fields:
            if name not in known:
                raise UserError(f"{cls.section} {_name(cls)!r} has no field {name!r}; it has {', '.join(known)}")
        return object.__new__(cls)

    def __post_init__(self) -> None:
        for name, field in declared_fields(type(self)).items():
            object.__setattr__(self, name, fit(f"{self.section}.{name}", field, getattr(self, name)))
        for name in self._nodes:
            is_plain = isinstance(getattr(self, name), PLAIN) and not isinstance(getattr(self, name), Named)
            words = f"{self.section}.{name} is not declared; write {name} = gj.static(...) or gj.traced(...)"
            require(not is_plain, words)
        if not any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(self)):
            with naming(f"{self.section} {self.name!r} (check)"):
                self.check()

    def __getattr__(self, name: str) -> Any:
        """A field of the inner Built, such as model.widths."""
        inner = vars(self).get(type(self).inner)
        if hasattr(type(self), name):  # a property of this class, which failed: Python asks here in its place
            return object.__getattribute__(self, name)  # fails again, with its own message
        if inner is None or name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return inner.value(name)

    def check(self) -> None:
        """Raises UserError if the fields do not fit together; their values are Python values, never tracers."""

    @property
    def name(self) -> str:
        """The name of this part in configs and messages."""
        return getattr(self, self.inner).name if self.inner else _name(type(self))

    def fields(self) -> dict[str, Field]:
        """The declaration of each field by name, including those of the inner Built."""
        own = declared_fields(type(self))
        return {**getattr(self, self.inner).schema, **own} if self.inner else dict(own)

    def shown(self) -> dict[str, Field]:
        """The fields shown in configs and lists."""
        return self.fields()

    def values(self) -> dict[str, Any]:
        """The value of each field."""
        own = {name: getattr(self, name, None) for name in declared_fields(type(self))}
        return {**getattr(self, self.inner).values(), **own} if self.inner else own

    def replace(self: Self, **changes: Any) -> Self:
        """A copy with some fields changed; it is checked again.

        Raises:
          UserError: a field does not exist, or does not allow its new value.
        """
        own = {field.name for field in dataclasses.fields(self)}
        inner = {name: changes.pop(name) for name in changes.keys() - own}
        for name in inner:
            known = ", ".join(self.fields()) or "none"
            require(name in self.fields(), f"{self.section} {self.name!r} has no field {name!r}; it has {known}")
        if inner:
            changes[self.inner] = changes.get(self.inner, getattr(self, self.inner)).replace(**inner)
        return dataclasses.replace(self, **changes)

    def swapped(self: Self, **changes: Any) -> Self:
        """A copy with some fields changed, without checks; for use inside a program."""
        other = object.__new__(type(self))
        other.__dict__.update({**vars(self), **changes})
        return other

    def __repr__(self) -> str:
        values = self.values()
        texts = {name: (written(values[name]), written(field.default)) for name, field in self.shown().items()}
        words = [f"{name}={text}" for name, (text, default) in texts.items() if text != default]
        parts = [f"{name}={getattr(self, name)!r}" for name in self._nodes if name != self.inner]
        return f"{self.name}({', '.join(words + parts)})"

    def _flatten(self) -> tuple[list[tuple[Any, Any]], tuple[Any, ...]]:
        held = vars(self)
        fixed = tuple(held[name] for name in self._static)
        # The types count too, because True equals 1 in Python.
        structure = fixed, tuple(map(type, fixed)), _Aside({name: held.get(name) for name in self._host})
        return [(key, held.get(name)) for key, name in zip(self._keys, self._children, strict=True)], structure

    @classmethod
    def _unflatten(cls, structure: tuple[Any, ...], children: Any) -> "Part":
        fixed, _, aside = structure
        self = object.__new__(cls)
        known = {name: value for name, value in zip(cls._children, children, strict=True) if value is not UNKNOWN}
        vars(self).update(aside.held, **known, **dict(zip(cls._static, fixed, strict=True)))
        return self


class Built:
    """A callable and the fields to call it with: a flax module, an optax chain, a loss or a metric.

    Args:
      make: a flax module class, a flax module instance, or a function.
      given: values of some of its fields.
      section: the name in messages of the kind of part that it belongs to.
      skip: how many leading parameters of a function are not fields (outputs and targets of a loss).
      traced, static: fields of a third-party class or function to treat as such, whatever their defaults.

    Raises:
      UserError: `make` has another type, or a field does not exist or does not allow its value.
    """

    def __init__(
        self, make: Any, given: dict[str, Any], section: str, *, skip: int = 0, traced: Names = (), static: Names = ()
    ) -> None:
        if isinstance(make, nn.Module):
            given = {name: getattr(make, name) for name in schema_of(type(make))} | given
            make = type(make)
        require(callable(make), f"{section} is {written(make)}; it must be a class, a function or a flax module")
        make = make if has_hash(make) else Called(_name(make), make)
        known = schema_of(make, skip)
        for name in (*traced, *static, *given):
            words = ", ".join(known) or "none"
            require(name in known, f"{section} {_name(make)!r} has no field {written(name)}; it has {words}")
        floats = [name for name, value in given.items() if isinstance(value, float) and not known[name].declared]
        kinds = dict.fromkeys((*floats, *traced), "traced") | dict.fromkeys(static, "static")
        self.make, self.section = make, section
        self.schema = {name: field._replace(kind=kinds.get(name, field.kind)) for name, field in known.items()}
        values = {name: field.default for name, field in known.items() if field.declared} | given
        names = [name for name in known if name in values]
        self.given = {name: fit(f"{section}.{name}", self.schema[name], values[name]) for name in names}
        self._options: dict[str, Any] = {"skip": skip, "traced": traced, "static": static}

    @property
    def name(self) -> str:
        """Its name in messages."""
        return _name(self.make)

    def values(self) -> dict[str, Any]:
        """The value of each field, including the defaults of a third-party function."""
        return {name: self.given.get(name, field.default) for name, field in self.schema.items()}

    def value(self, name: str) -> Any:
        """The value of one field; raises AttributeError if it has none."""
        known = {key: field.default for key, field in self.schema.items() if field.kind != "traced"} | self.given
        if name not in known:
            raise AttributeError(f"{self.name!r} has no field {name!r}")
        return known[name]

    def replace(self, **changes: Any) -> "Built":
        """A copy with some fields changed."""
        return Built(self.make, {**self.given, **changes}, self.section, **self._options)

    def __call__(self, *args: Any, **others: Any) -> Any:
        """make(*args, **fields); fields given here override the stored ones."""
        fields = {**self.given, **others}
        missing = [name for name, field in self.schema.items() if field.required and name not in fields]
        require(not missing, f"{self.section} {self.name!r} needs {', '.join(missing)}; give it as a field")
        return self.make(*args, **fields)

    def _flatten(self) -> tuple[list[tuple[Any, Any]], tuple[Any, ...]]:
        leaves = tuple(name for name in self.given if self.schema[name].kind == "traced")
        fixed = tuple((name, type(value), value) for name, value in self.given.items() if name not in leaves)
        kinds = tuple((name, field.kind) for name, field in self.schema.items())
        structure = self.make, self.section, leaves, fixed, kinds, _Aside((self.schema, self._options))
        return [(GetAttrKey(name), self.given[name]) for name in leaves], structure

    @classmethod
    def _unflatten(cls, structure: tuple[Any, ...], children: Any) -> "Built":
        self = object.__new__(cls)
        self.make, self.section, leaves, fixed, _, aside = structure
        self.schema, self._options = aside.held
        known = {name: value for name, value in zip(leaves, children, strict=True) if value is not UNKNOWN}
        self.given = {name: value for name, _, value in fixed} | known
        return self


jax.tree_util.register_pytree_with_keys(Built, Built._flatten, Built._unflatten)


@dataclasses.dataclass(frozen=True)
class Called:
    """A function under a custom name; equal to another Called with the same function and name."""

    called: str
    function: Callable

    def __hash__(self) -> int:
        return hash((self.called, id(self.function)))  # a user's callable may not be hashable

    def __call__(self, *args: Any, **fields: Any) -> Any:
        """Calls the function."""
        return self.function(*args, **fields)


class Named(dict):
    """Parts by name, in the order given (JAX would sort a dict)."""


jax.tree_util.register_pytree_with_keys(
    Named,
    lambda named: ([(GetAttrKey(name), part) for name, part in named.items()], tuple(named)),
    lambda names, parts: Named(zip(names, parts, strict=True)),
)


def dotted_leaves(part: Any) -> dict[str, Any]:
    """The leaves of parts by dotted name, such as "model.init_scale", in pytree order."""
    pairs, _ = jax.tree_util.tree_flatten_with_path(part)
    return {".".join(key.name for key in path if key.name): leaf for path, leaf in pairs}


def schema_of(make: Any, skip: int = 0) -> Mapping[str, Field]:
    """The fields of a flax module class, or of a function after its first `skip` parameters, by name."""
    if isinstance(make, type) and dataclasses.is_dataclass(make):
        return fields_of_class(make, skip=FLAX)
    return fields_of_function(make.function if isinstance(make, Called) else make, skip=skip)


def _name(make: Any) -> str:
    own: Any = vars(make).get("called") if isinstance(make, type) else getattr(make, "called", None)
    return own or getattr(make, "__name__", type(make).__name__)
