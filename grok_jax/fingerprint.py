"""Fingerprints of values by content: equal code and equal values have equal fingerprints in every process.

Python's own tools do not do this: hash() and id() differ between processes, pickle stores functions by name, and
cloudpickle's bytes contain line numbers and file paths. Here, the fingerprint of a function covers its bytecode with
constants, its defaults, its closure and the globals that it reads, each by content in turn. Changes to comments,
docstrings, line numbers, file names or names of local variables do not affect it.
"""

import copyreg
import dataclasses
import functools
import hashlib
import importlib
import random
import sys
import types
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import numpy as np

from grok_jax.bytecode import code_text, imports_in, reads_in
from grok_jax.origins import PACKAGE, hash_of_files, origin_of_file, origin_of_module, own_source

PLAIN = (type(None), bool, int, float, complex, str, bytes)
# Entries of a class's __dict__ that Python keeps for itself, or that are text without effect.
SKIPPED = {
    *("__dict__", "__weakref__", "__doc__", "__module__", "__annotations__", "__qualname__", "__firstlineno__"),
    *("__static_attributes__", "__dataclass_fields__", "__dataclass_params__", "__match_args__", "__abstractmethods__"),
    *("_abc_impl", "__orig_bases__", "__parameters__", "__type_params__", "__annotate__", "__annotate_func__"),
    *("__annotations_cache__", "__replace__", "__classdictcell__"),
}
# Pickle stores these types by name or not at all; these attributes identify their values.
TOLD_BY = {
    types.MethodType: ("__func__", "__self__"),
    types.MemberDescriptorType: ("__name__",),
    types.GetSetDescriptorType: ("__name__",),
    property: ("fget", "fset", "fdel"),
    staticmethod: ("__func__",),
    classmethod: ("__func__",),
    functools.cached_property: ("func",),
    functools._lru_cache_wrapper: ("__wrapped__",),
    type(jax.jit(lambda: None)): ("__wrapped__",),
}
# Values without fixed content: the state of a generator changes with each draw.
UNREADABLE = (jax.core.Tracer, random.Random, np.random.Generator, np.random.BitGenerator, np.random.RandomState)
# What Python sets in each module: where the code is, which must not count.
OF_MODULES = ("__name__", "__file__", "__spec__", "__loader__", "__package__", "__doc__", "__builtins__")
BLIND = ("eval", "exec", "globals", "__import__")  # builtins that can read names missing from the bytecode

_KEPT: dict[int, Any] = {}  # values identified by id, kept alive so that no other value gets the same id


class Fingerprint(NamedTuple):
    """A fingerprint.

    Attributes:
      text: sha256 as hex.
      unsure: descriptions of the values that could not be read by content. They count by identity, so the text is
        valid in this process only.
    """

    text: str
    unsure: tuple[str, ...]


class _Walk(NamedTuple):
    """The memory of one walk. It keeps values alive, so that no id is reused while the walk lasts."""

    counted: tuple[str, ...]  # packages that count by name alone
    done: dict[int, tuple[bytes, Any]]
    open: dict[int, int]  # id -> depth, of the values that the walk is currently inside
    unsure: dict[str, None]
    origins: set[str]


def fingerprint(*values: Any, counted: tuple[str, ...] = ()) -> Fingerprint:
    """One fingerprint for several values together.

    Code of installed packages counts by name and version, the standard library by Python's version, and this package
    by the bytes of its files.

    Args:
      *values: functions, classes, modules, arrays, containers and instances, nested in any way.
      counted: names of packages (including "python", "grok_jax" and "jax") whose versions or files the caller accounts
        for separately; they count by name alone.

    Returns:
      The text, and descriptions of what could not be read.
    """
    walk = _Walk(counted, {}, {}, {}, set())
    digest = b"".join(_digest(value, walk, "") for value in values)
    source = own_source() if PACKAGE in walk.origins and PACKAGE not in counted else ""
    return Fingerprint(_sha(digest + source.encode()).hex(), tuple(walk.unsure))


def array_hash(array: Any) -> str:
    """sha256 of an array's dtype, shape and values, as hex."""
    values = np.asarray(array)
    head = f"{values.dtype!r} {values.shape} ".encode()
    return hashlib.sha256(head + _sha(np.ascontiguousarray(values).reshape(-1).view(np.uint8))).hexdigest()


def _digest(value: Any, walk: _Walk, where: str) -> bytes:
    """32 bytes that identify a value; `where` is its name for a reader."""
    if type(value) in PLAIN:
        return _sha(f"{type(value).__name__}:{value!r}".encode())
    key = id(value)
    if key in walk.done:
        return walk.done[key][0]
    if key in walk.open:  # the distance up a cycle does not depend on where the cycle is
        return _sha(f"circle {len(walk.open) - walk.open[key]}".encode())
    walk.open[key], pieces = len(walk.open), []
    try:
        for name, part in list(_pieces(value, walk)):
            pieces += [_sha(name.encode()), _digest(part, walk, ".".join(filter(None, (where, name))))]
    except Exception:  # a user's class may raise anything when inspected; values may also be nested too deeply
        _KEPT[key] = value
        kind = f"{type(value).__module__}.{type(value).__qualname__}"
        walk.unsure[f"{where} (a {kind})" if where else f"a {kind}"] = None
        pieces = [_sha(f"{kind} {key}".encode())]
    del walk.open[key]
    walk.done[key] = _sha(b"".join(pieces)), value
    return walk.done[key][0]


def _pieces(value: Any, walk: _Walk) -> Iterator[tuple[str, Any]]:
    """The contents of a value as pairs of a name and a part; the name is "" for parts without one."""
    kind = type(value)
    if kind in (list, tuple):
        yield kind.__name__, len(value)
        yield from (("", part) for part in value)
    elif kind in (dict, types.MappingProxyType):
        yield kind.__name__, len(value)
        for key, part in value.items():
            yield "", key
            yield key if isinstance(key, str) else "", part
    elif isinstance(value, set | frozenset):
        yield "set", kind
        # The order differs between processes, so each element starts from the same memory and digests are sorted.
        yield from (("", d) for d in sorted(_digest(v, walk._replace(done=dict(walk.done)), "") for v in value))
    elif named := _name_in_a_package(value, walk):
        yield "named", named
    elif isinstance(value, types.FunctionType):
        yield from _function(value, walk)
    elif isinstance(value, types.ModuleType):
        # A user's module counts as it is in memory, because its file may have been edited since the import.
        yield from sorted((name, part) for name, part in vars(value).items() if not name.startswith("__"))
        file = getattr(value, "__file__", None) or ""
        yield "compiled", file and not file.endswith((".py", ".pyc")) and hash_of_files(Path(file))
    elif isinstance(value, type):
        yield from _class(value)
    elif isinstance(value, UNREADABLE):
        raise TypeError(f"a {kind.__name__} has no content that stays")
    elif isinstance(value, jax.Array) or (isinstance(value, np.ndarray) and not value.dtype.hasobject):
        yield from _array(value)
    elif isinstance(value, weakref.ref):
        yield "weak", value()
    elif isinstance(value, nn.Module):
        fields = (field.name for field in dataclasses.fields(value) if field.name != "parent")
        yield from (("class", kind), *((name, getattr(value, name, None)) for name in fields))
    elif base := next((base for base in TOLD_BY if isinstance(value, base)), None):
        yield from (("class", kind), *((name, getattr(value, name)) for name in TOLD_BY[base]))
    else:
        yield from _as_pickle_sees_it(value)


def _function(value: types.FunctionType, walk: _Walk) -> Iterator[tuple[str, Any]]:
    code = value.__code__
    origin = origin_of_file(code.co_filename)
    checks_types = code.co_filename.startswith("<@beartype(") or (origin or "").startswith("jaxtyping ")
    if checks_types and hasattr(value, "__wrapped__"):  # the names in such a wrapper contain ids
        yield "", value.__wrapped__
        return
    yield from (("code", code_text(code)), ("attributes", value.__dict__))
    yield from (("defaults", value.__defaults__), ("keyword defaults", value.__kwdefaults__))
    cells = zip(code.co_freevars, value.__closure__ or (), strict=True)
    yield from ((name, "not set yet" if cell == types.CellType() else cell.cell_contents) for name, cell in cells)
    if origin is not None:
        yield "origin", _counted(origin, walk)
        return
    for chain in reads_in(code):
        if chain[0] in BLIND and chain[0] not in value.__globals__:
            walk.unsure[f"{value.__name__}, which calls {chain[0]}"] = None
        if chain[0] not in OF_MODULES:
            yield _resolve(chain, value.__globals__)
    for level, name, wanted in imports_in(code):
        yield from _imported("." * level + name, wanted, value.__globals__)


def _resolve(chain: tuple[str, ...], scope: dict[str, Any]) -> tuple[str, Any]:
    """The global that a.b.c reads: a; if it is a user's module, the attribute that is read from it."""
    # "not a global" stands for a builtin, a name inside a class body, or a name not yet defined.
    value, path = scope.get(chain[0], "not a global"), [chain[0]]
    for name in chain[1:]:
        is_own = isinstance(value, types.ModuleType) and origin_of_module(value.__name__) is None
        if not is_own or not hasattr(value, name):
            break
        value = getattr(value, name)
        path.append(name)
    return ".".join(path), value


def _imported(name: str, wanted: tuple[str, ...], scope: dict[str, Any]) -> list[tuple[str, Any]]:
    """The modules or names that an import inside a function loads."""
    try:
        module = importlib.import_module(name, scope.get("__package__"))
    except Exception:  # the function itself will raise this if it reaches the import
        return [(name, "cannot be imported")]
    parts: list[tuple[str, ...]] = [(part,) for part in wanted] or [()]
    return [_resolve((name, *part), {name: module}) for part in parts]


def _name_in_a_package(value: Any, walk: _Walk) -> str | None:
    """package version:module.name of a value that an installed package, or Python itself, exposes under that name."""
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if isinstance(value, types.ModuleType):
        module, name = value.__name__, ""
    if not isinstance(module, str) or not isinstance(name, str):
        return None
    origin = origin_of_module(module)
    found = sys.modules.get(module)
    for part in filter(None, name.split(".")):
        found = getattr(found, part, None)
    is_patch = isinstance(value, types.FunctionType) and origin_of_file(value.__code__.co_filename) != origin
    if origin is None or found is not value or is_patch:
        return None
    return f"{_counted(origin, walk)}:{module}.{name}"


def _counted(origin: str, walk: _Walk) -> str:
    """The text that an origin counts by."""
    walk.origins.add(origin)
    name = origin.partition(" ")[0]
    return name if name in walk.counted else origin


def _class(value: type) -> Iterator[tuple[str, Any]]:
    # The name counts because flax names parameters after it.
    yield from (("name", value.__name__), ("metaclass", type(value)), ("bases", value.__bases__))
    yield from ((name, part) for name, part in sorted(vars(value).items()) if name not in SKIPPED)


def _array(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, jax.Array):
        yield "jax array", getattr(value, "weak_type", False)
        if jax.dtypes.issubdtype(value.dtype, jax.dtypes.prng_key):
            yield "keys", str(jax.random.key_impl(value))
            value = jax.random.key_data(value)
    yield "values", array_hash(jax.device_get(value))


def _as_pickle_sees_it(value: Any) -> Iterator[tuple[str, Any]]:
    """The class and the state of an instance, one level deep, so that the walk meets each value inside on its own."""
    by_type = copyreg.dispatch_table.get(type(value))
    state = by_type(value) if by_type else value.__reduce_ex__(4)
    if isinstance(state, str) and origin_of_module(type(value).__module__) is None:
        raise TypeError(f"{state} is known by its name alone")
    yield "class", type(value)
    # Pickle reduces a value to a name, or to a tuple: constructor, arguments, state, list items, dict items.
    read = state if isinstance(state, str) else [list(part) if isinstance(part, Iterator) else part for part in state]
    yield "", read


def _sha(content: Any) -> bytes:
    return hashlib.sha256(content).digest()
