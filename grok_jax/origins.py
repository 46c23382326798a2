"""Where code comes from: Python itself, an installed package, this package, or the user."""

import contextlib
import functools
import hashlib
import importlib.metadata
import sys
import sysconfig
from pathlib import Path

PACKAGE = "grok_jax"
HERE = Path(__file__).resolve().parent
INSTALLED = ("site-packages", "dist-packages")


@functools.cache
def origin_of_file(name: str) -> str | None:
    """The owner of a code file: "python 3.11", "optax 0.2.8", "grok_jax"; None for the user's own code.

    Code without a file (a notebook cell, exec, a C module built into Python) counts as the user's own unless Python
    marks it as frozen.
    """
    python = f"python {sys.version_info.major}.{sys.version_info.minor}"
    if name.startswith("<"):
        return python if name.startswith("<frozen ") else None
    path = Path(name).resolve()
    if path.is_relative_to(HERE):
        return PACKAGE
    for place, part in enumerate(path.parts[:-1]):
        if part in INSTALLED:
            return _version_of(path.parts[place + 1].partition(".")[0], Path(*path.parts[: place + 2]))
    standard = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    return python if any(path.is_relative_to(Path(folder).resolve()) for folder in standard) else None


def origin_of_module(name: str) -> str | None:
    """The owner of a module, given its name; a module that is not loaded counts as the user's own."""
    module = sys.modules.get(name)
    file = getattr(module, "__file__", None)
    if file:
        return origin_of_file(file)
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names and top != "__main__":
        return f"python {sys.version_info.major}.{sys.version_info.minor}"
    paths = list(getattr(module, "__path__", ()))  # a package without __init__.py
    if paths:
        return origin_of_file(str(Path(paths[0]) / "__init__.py"))
    # A C module may have no file of its own (jaxlib's submodules). It belongs to the enclosing package.
    parent = name.rpartition(".")[0]
    return origin_of_module(parent) if parent else None


def own_source() -> str:
    """A hash of all .py files of this package at the time it was imported.

    If the files have changed since, code of both versions may be in memory; the hash then covers both.
    """
    stamps = _stamps()
    return _AT_IMPORT[1] if stamps == _AT_IMPORT[0] else _both(stamps)


def hash_of_files(folder: Path, pattern: str = "**/*.py") -> str:
    """sha256 of the names and contents of the files in a folder (or of a single file)."""
    files = sorted(folder.glob(pattern)) if folder.is_dir() else [folder]
    total = hashlib.sha256()
    for file in files:
        name = file.relative_to(folder).as_posix() if folder.is_dir() else file.name
        total.update(f"{name}\n{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def _version_of(top: str, place: Path) -> str:
    """The distribution of a top-level module with its version, or with the hash of its files if it has no version."""
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        return f"{top} {importlib.metadata.version(top)}"
    for name in _distributions().get(top, ()):  # slow, so tried last
        return f"{name} {importlib.metadata.version(name)}"
    version = getattr(sys.modules.get(top), "__version__", None)
    return f"{top} {version if isinstance(version, str) else hash_of_files(place)}"


@functools.cache
def _distributions() -> dict[str, list[str]]:
    return {top: sorted(names) for top, names in importlib.metadata.packages_distributions().items()}


def _stamps() -> tuple[tuple[str, int, int], ...]:
    stats = ((str(path), path.stat()) for path in sorted(HERE.glob("**/*.py")))
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)


@functools.lru_cache(maxsize=2)
def _both(stamps: tuple[tuple[str, int, int], ...]) -> str:
    del stamps  # only a cache key: it distinguishes versions of the files
    now = hash_of_files(HERE)
    return now if now == _AT_IMPORT[1] else hashlib.sha256((_AT_IMPORT[1] + now).encode()).hexdigest()


_AT_IMPORT = (_stamps(), hash_of_files(HERE))
