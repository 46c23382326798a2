"""What a value is, by content: equal code and equal values have equal fingerprints, in every process.

Python's own ways fall short here: hash() and id() differ between processes, pickle stores functions by name, and
cloudpickle's bytes hold line numbers and file paths. A function here is its bytecode with constants, its defaults, its
closure, and the globals that it reads, each by content in turn. A change of comments, docstrings, line numbers, file
names or names of local variables changes nothing.
"""

import copyreg
import dataclasses
import enum
import functools
import hashlib
import importlib
import importlib.util
import logging
import random
import sys
import types
import weakref
from collections.abc import Iterator
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import numpy as np

from grok_jax.bytecode import code_text, imports_in, reads_in
from grok_jax.origins import PACKAGE, hash_of_files, origin_of_file, origin_of_module, own_source

PLAIN = (type(None), bool, int, float, complex, str, bytes, type(...), type(NotImplemented))
# In a class's own dictionary: what Python keeps for itself, and text that decides nothing.
SKIPPED = {
    *("__dict__", "__weakref__", "__doc__", "__module__", "__annotations__", "__qualname__", "__firstlineno__"),
    *("__static_attributes__", "__dataclass_fields__", "__dataclass_params__", "__match_args__", "__abstractmethods__"),
    *("_abc_impl", "__orig_bases__", "__parameters__", "__type_params__", "__annotate__", "__annotate_func__"),
    *("__annotations_cache__", "__replace__", "__classdictcell__"),
}
GENERATORS = (random.Random, np.random.Generator, np.random.BitGenerator, np.random.RandomState)
BY_NAME = ("__name__", "__qualname__", "__file__", "__spec__", "__loader__", "__package__", "__doc__", "__builtins__")
BLIND = ("eval", "exec", "globals", "__import__")  # what reads names that the bytecode does not have

_KEPT: dict[int, Any] = {}  # what counts by its id stays alive: an id that came back would be another's


class Fingerprint(NamedTuple):
    """A fingerprint.

    Attributes:
      text: sha256 as hex.
      unsure: what could not be read by content, in words. It counts by its identity, so the text holds in this process
        only.
    """

    text: str
    unsure: tuple[str, ...]


@dataclasses.dataclass
class _Walk:
    """The memory of one walk. Values stay alive while it lasts: an id that came back would stand for another."""

    done: dict[int, bytes] = dataclasses.field(default_factory=dict)
    open: dict[int, int] = dataclasses.field(default_factory=dict)  # id -> depth, of what the walk is inside of
    alive: list[Any] = dataclasses.field(default_factory=list)
    unsure: list[str] = dataclasses.field(default_factory=list)
    origins: set[str] = dataclasses.field(default_factory=set)
    counted: tuple[str, ...] = ()  # packages that count by their names alone


def fingerprint(*values: Any, counted: tuple[str, ...] = ()) -> Fingerprint:
    """The fingerprint of some values together.

    Code of installed packages counts by name and version, the standard library's by that of Python, this package's by
    the bytes of its files.

    Args:
      *values: functions, classes, modules, arrays, containers, instances, nested in any way.
      counted: names of packages ("python", "grok_jax" and "jax" too) that the caller counts beside it, so that they
        count by their names alone.

    Returns:
      The text, and what could not be read.
    """
    walk = _Walk(counted=counted)
    try:
        digest = b"".join(_digest(value, walk, "") for value in values)
    except RecursionError:
        _KEPT.update((id(value), value) for value in values)
        return Fingerprint(_sha(repr([id(value) for value in values]).encode()).hex(), ("too many levels of values",))
    source = own_source() if PACKAGE in walk.origins and PACKAGE not in counted else ""
    return Fingerprint(_sha(digest + source.encode()).hex(), tuple(dict.fromkeys(walk.unsure)))


def array_hash(array: Any) -> str:
    """sha256 of an array's dtype, shape and values, as hex."""
    values = np.asarray(array)
    head = f"{values.dtype!r} {values.shape} ".encode()
    return hashlib.sha256(head + _sha(np.ascontiguousarray(values).reshape(-1).view(np.uint8))).hexdigest()


def _digest(value: Any, walk: _Walk, where: str) -> bytes:
    """32 bytes that stand for a value; `where` is how a reader would name it."""
    if type(value) in PLAIN:
        text = value.encode("utf-8", "surrogatepass") if type(value) is str else repr(value).encode()
        return _sha(type(value).__name__.encode() + b":" + text)
    key = id(value)
    if key in walk.done:
        return walk.done[key]
    if key in walk.open:  # how far up is the same wherever the circle hangs
        return _sha(f"circle {len(walk.open) - walk.open[key]}".encode())
    walk.alive.append(value)
    walk.open[key] = len(walk.open)
    if isinstance(value, set | frozenset):
        # Each element with the same memory, so that their order, which differs between processes, cannot matter.
        elements = sorted(_digest(v, dataclasses.replace(walk, done=dict(walk.done)), where) for v in value)
        pieces = [b"set", _digest(type(value), walk, where), *elements]
    else:
        pieces = []
        for name, child in _guarded(value, walk, where):
            pieces += [
                _sha(name.encode()),
                _digest(child, walk, f"{where}.{name}" if where and name else where or name),
            ]
    del walk.open[key]
    walk.done[key] = _sha(b"".join(pieces))
    return walk.done[key]


def _guarded(value: Any, walk: _Walk, where: str) -> list[tuple[str, Any]]:
    """_pieces of a value; one that raises when it is looked at counts as one that cannot be read."""
    try:
        return list(_pieces(value, walk, where))
    except RecursionError:
        raise
    except Exception:
        return list(_unread(value, walk, where))


def _pieces(value: Any, walk: _Walk, where: str) -> Iterator[tuple[str, Any]]:
    """What a value is made of: names and parts. A part without a name of its own has ""."""
    kind = type(value)
    if kind in (list, tuple):
        yield kind.__name__, len(value)
        yield from (("", part) for part in value)
    elif kind in (dict, types.MappingProxyType):
        yield kind.__name__, len(value)
        for key, part in value.items():
            yield "", key
            yield key if isinstance(key, str) else "", part
    elif isinstance(value, types.FunctionType):
        yield from _function(value, walk)
    elif isinstance(value, types.CodeType):
        yield "code", code_text(value)
    elif isinstance(value, types.ModuleType):
        yield from _module(value, walk)
    elif named := _name_in_a_package(value, walk):
        yield "named", named
    elif isinstance(value, type):
        yield from _class(value)
    elif isinstance(value, jax.core.Tracer):
        yield from _unread(value, walk, where)
    elif isinstance(value, np.ndarray | np.generic | jax.Array):
        yield from _array(value)
    elif isinstance(value, types.MethodType):
        yield from (("method", value.__func__), ("self", value.__self__))
    elif isinstance(value, property):
        yield from (("get", value.fget), ("set", value.fset), ("delete", value.fdel))
    elif isinstance(value, staticmethod | classmethod):
        yield kind.__name__, value.__func__
    elif isinstance(value, functools.cached_property):
        yield "cached", value.func
    elif isinstance(value, types.MemberDescriptorType | types.GetSetDescriptorType):
        yield "descriptor", value.__name__
    elif isinstance(value, weakref.ref):
        yield "weak", value()
    elif isinstance(value, logging.Logger):
        yield "logger", value.name
    elif isinstance(value, nn.Module):
        fields = (field.name for field in dataclasses.fields(value) if field.name != "parent")
        yield from (("class", kind), *((name, getattr(value, name, None)) for name in fields))
    elif isinstance(value, int | float | complex | str | bytes):  # of a class of its own
        base = next(base for base in PLAIN if isinstance(value, base))
        yield from (("class", kind), ("value", base(value)), ("own", getattr(value, "__dict__", {})))
    else:
        yield from _as_pickle_sees_it(value, walk, where)


def _function(value: types.FunctionType, walk: _Walk) -> Iterator[tuple[str, Any]]:
    code = value.__code__
    origin = origin_of_file(code.co_filename)
    checks_types = code.co_filename.startswith("<@beartype(") or (origin or "").startswith("jaxtyping ")
    if checks_types and hasattr(value, "__wrapped__"):  # such a wrapper has ids among its names
        yield "", value.__wrapped__
        return
    if code.co_filename == "<string>" and code.co_qualname.startswith("__create_fn__"):
        yield "written by dataclasses", value.__name__  # follows from the fields, which count
        return
    yield "code", code
    yield "defaults", value.__defaults__
    yield "keyword defaults", value.__kwdefaults__
    if not _name_in_a_package(value, walk):  # there, other packages leave marks: PyTorch does on Enum.__new__
        yield "attributes", value.__dict__
    for name, cell in zip(code.co_freevars, value.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:
            yield "not set yet", None
    if origin is not None:
        yield "origin", _counted(origin, walk)
        return
    for chain in reads_in(code):
        if chain[0] in BLIND and chain[0] not in value.__globals__:
            _note(walk, f"{value.__name__}, which calls {chain[0]}")
        if chain[0] not in BY_NAME:
            yield _resolve(chain, value.__globals__)
    for level, name, wanted in imports_in(code):
        yield from _imported(level, name, wanted, value.__globals__)


def _resolve(chain: tuple[str, ...], scope: dict[str, Any]) -> tuple[str, Any]:
    """The global that a.b.c reads: of a user's module what is taken from it, else the first."""
    if chain[0] not in scope:
        return chain[0], "not a global"  # a builtin, a name inside a class's body, or one not defined yet
    value, path = scope[chain[0]], [chain[0]]
    for name in chain[1:]:
        if not _is_own(value) or not hasattr(value, name):
            break
        value = getattr(value, name)
        path.append(name)
    return ".".join(path), value


def _imported(level: int, name: str, wanted: tuple[str, ...], scope: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What an import inside a function brings."""
    try:
        full = importlib.util.resolve_name("." * level + name, scope.get("__package__")) if level else name
        module = importlib.import_module(full)
    except Exception:  # the function is going to say so itself, if it ever gets there
        yield name, "cannot be imported"
        return
    if not _is_own(module) or not wanted or "*" in wanted:
        yield name, module
    else:
        yield from ((f"{name}.{part}", getattr(module, part, None)) for part in wanted)


def _is_own(value: Any) -> bool:
    return isinstance(value, types.ModuleType) and origin_of_module(value.__name__) is None


def _module(value: types.ModuleType, walk: _Walk) -> Iterator[tuple[str, Any]]:
    origin = origin_of_module(value.__name__)
    file = getattr(value, "__file__", None) or ""
    if origin is not None:
        yield from (("module", value.__name__), ("origin", _counted(origin, walk)))
    elif file and not file.endswith((".py", ".pyc")):
        yield "module of C", hash_of_files(importlib.util.find_spec(value.__name__).origin)
    else:
        # As it is in memory: its file may have been edited since.
        yield from sorted((name, part) for name, part in vars(value).items() if not name.startswith("__"))


def _name_in_a_package(value: Any, walk: _Walk) -> str | None:
    """package version:module.name of what an installed package, or Python itself, has under its own name."""
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str):
        return None
    origin = origin_of_module(module)
    found = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    if origin is None or found is not value:
        return None
    return f"{_counted(origin, walk)}:{module}.{name}"


def _counted(origin: str, walk: _Walk) -> str:
    """What an origin counts by."""
    walk.origins.add(origin)
    name = origin.partition(" ")[0]
    return name if name in walk.counted else origin


def _class(value: type) -> Iterator[tuple[str, Any]]:
    yield "name", value.__name__  # flax names parameters by it
    yield "metaclass", type(value)
    yield "bases", value.__bases__
    for name, field in vars(value).get("__dataclass_fields__", {}).items():
        yield name, (field.default, field.default_factory, field.init, field.kw_only)
    if issubclass(value, enum.Enum):
        yield "members", {name: member.value for name, member in value.__members__.items()}
        own = {name: part for name, part in vars(value).items() if isinstance(part, types.FunctionType | property)}
    else:
        own = vars(value)
    yield from ((name, own[name]) for name in sorted(own) if name not in SKIPPED)


def _array(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, jax.Array):
        yield "jax array", getattr(value, "weak_type", False)
        if jax.dtypes.issubdtype(value.dtype, jax.dtypes.prng_key):
            yield "keys", str(jax.random.key_impl(value))
            value = jax.random.key_data(value)
        yield "values", array_hash(jax.device_get(value))
    else:
        yield "numpy", isinstance(value, np.ndarray)
        if value.dtype.hasobject:
            yield from (("shape", value.shape), ("objects", value.tolist()))
        else:
            yield "values", array_hash(value)


def _as_pickle_sees_it(value: Any, walk: _Walk, where: str) -> Iterator[tuple[str, Any]]:
    """The class and the state of an instance, one level deep, so that what pickle cannot store is met by itself."""
    if isinstance(value, GENERATORS):  # their state moves with each draw: they are no constants
        yield from _unread(value, walk, where)
        return
    wrapped = getattr(value, "__wrapped__", None)
    if isinstance(value, functools._lru_cache_wrapper) or (callable(wrapped) and isinstance(value, type(_JITTED))):
        yield from (("class", type(value).__name__), ("wrapped", wrapped))
        return
    try:
        by_type = copyreg.dispatch_table.get(type(value))
        state = by_type(value) if by_type else value.__reduce_ex__(4)
    except Exception:  # whatever a class of anybody's raises there: it cannot be stored
        yield from _unread(value, walk, where)
        return
    if isinstance(state, str):
        if origin_of_module(type(value).__module__) is None:
            yield from _unread(value, walk, where)
        yield from (("class", type(value)), ("name", state))
        return
    make, arguments, inside, items, pairs = (*state, None, None, None)[:5]
    yield from (("made by", make), ("from", arguments))
    if isinstance(inside, dict):
        yield from ((str(name), part) for name, part in inside.items())
    else:
        yield "state", inside
    yield from (("items", list(items or ())), ("pairs", list(pairs or ())))


_JITTED = jax.jit(lambda: None)


def _unread(value: Any, walk: _Walk, where: str) -> Iterator[tuple[str, Any]]:
    _KEPT[id(value)] = value
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    _note(walk, f"{where} (a {kind})" if where else f"a {kind}")
    yield kind, id(value)


def _note(walk: _Walk, words: str) -> None:
    walk.unsure.append(words)


def _sha(content: Any) -> bytes:
    return hashlib.sha256(content).digest()
