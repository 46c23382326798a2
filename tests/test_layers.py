"""The house rules that imports and file sizes can break."""

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import resolve_name
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
FOLDERS = ("grok_jax", "experiments", "configs", "benchmarks", "examples", "tests")
MODULES = sorted(path for folder in FOLDERS for path in (REPOSITORY / folder).rglob("*.py"))

# What a layer may import of grok_jax, beside itself and what belongs to everybody.
LAYERS = {
    "models": set(),
    "kernels": {"models"},
    "tasks": {"models", "kernels"},
    "optim": set(),
    "training": {"tasks", "models", "optim"},
    "probes": {"training", "tasks", "models", "kernels"},
    "analysis": set(),
    "plotting": {"analysis"},
}
EVERYBODYS = {
    "errors",
    "files",
    "memory",
    "fingerprint",
    "bytecode",
    "origins",
    "fields",
    "parts",
    "values",
    "environment",
}


def dotted(path: Path) -> str:
    """grok_jax/tasks/examples.py -> grok_jax.tasks.examples"""
    return ".".join(path.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__")


BY_NAME = {dotted(path): path for path in MODULES}


def imports(source: str, package: str) -> Iterator[str]:
    """Dotted names that a module of the package imports, anywhere in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = resolve_name("." * node.level + (node.module or ""), package)
            yield from (f"{origin}.{alias.name}" for alias in node.names)


@cache
def imports_of(path: Path) -> list[str]:
    return list(imports(path.read_text(encoding="utf-8"), dotted(path.parent)))


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_only_the_layers_below_it(layer):
    allowed = {layer} | LAYERS[layer] | EVERYBODYS
    wrong = [
        f"{dotted(path)} imports {name}"
        for path in MODULES
        if dotted(path).startswith(f"grok_jax.{layer}")
        for name in imports_of(path)
        if name.split(".")[0] == "grok_jax" and f"{name}.".split(".")[1] not in allowed
    ]
    assert wrong == []


def test_every_folder_of_grok_jax_is_a_layer():
    folders = {path.parent.name for path in MODULES if path.parent.parent == REPOSITORY / "grok_jax"}
    assert folders == set(LAYERS)


def test_the_library_knows_nothing_of_papers():
    wrong = [
        f"{dotted(path)} imports {name}"
        for path in MODULES
        if dotted(path).startswith("grok_jax")
        for name in imports_of(path)
        if name.split(".")[0] in {"experiments", "configs", "benchmarks", "tests"}
    ]
    assert wrong == []


def _imported_modules(path: Path) -> set[str]:
    """Modules of this repository that a module imports: of `from a import b`, a.b if that is one, else a."""
    return {name if name in BY_NAME else name.rpartition(".")[0] for name in imports_of(path)} & set(BY_NAME)


def _reached_from(starts: Iterable[str]) -> set[str]:
    """The modules of grok_jax that are imported by some modules, or by what these import, and so on.

    What an __init__ names to users counts for nobody: else a package would vouch for all its modules.
    """
    reached, waiting = set(), list(starts)
    while waiting:
        for name in _imported_modules(BY_NAME[waiting.pop()]) - reached:
            if name.startswith("grok_jax.") and BY_NAME[name].name != "__init__.py":
                reached.add(name)
                waiting.append(name)
    return reached


def _only_of_one_paper(modules: Iterable[str]) -> set[str]:
    """Those of some modules of the library that no command and no figure of two papers reaches."""
    papers, users = {path.name for path in (REPOSITORY / "configs").iterdir() if path.is_dir()}, {}
    for path in MODULES:
        if path.is_relative_to(REPOSITORY / "experiments") and path.name != "__init__.py":
            paper = path.relative_to(REPOSITORY / "experiments").parts[0]
            users.setdefault(paper if paper in papers else "no paper", []).append(dotted(path))
    of_none = _reached_from(users.pop("no paper"))
    times = Counter(name for of_paper in users.values() for name in _reached_from(of_paper))
    return {name for name in modules if name not in of_none and times[name] < 2}


def test_what_serves_one_paper_alone_is_not_in_the_library():
    shared = [
        dotted(path)
        for path in MODULES
        if path.name != "__init__.py" and dotted(path).startswith(("grok_jax.analysis", "grok_jax.plotting"))
    ]
    assert len(shared) > 10
    assert _only_of_one_paper(shared) == set()


def test_importing_grok_jax_does_not_import_plotting_or_statistics():
    heavy = ("matplotlib", "scipy.stats", "grok_jax.analysis", "grok_jax.plotting")
    code = f"import sys, grok_jax; print([name for name in sys.modules if name.startswith({heavy})])"
    found = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_neural_tangents_is_imported_only_under_kernels():
    wrong = [
        dotted(path)
        for path in MODULES
        if any(name.split(".")[0] == "neural_tangents" for name in imports_of(path))
        and not dotted(path).startswith("grok_jax.kernels")
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("source", "imported"),
    [
        ("import grok_jax.tasks.examples", "grok_jax.tasks.examples"),
        ("from grok_jax import tasks", "grok_jax.tasks"),
        ("def f():\n    from ..tasks import examples", "grok_jax.tasks.examples"),
    ],
)
def test_no_way_of_importing_is_overlooked(source, imported):
    assert list(imports(source, "grok_jax.models")) == [imported]


def test_no_module_is_longer_than_400_lines():
    lengths = {dotted(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: length for name, length in lengths.items() if length > 400} == {}


def test_no_module_is_named_utils():
    assert [path for path in MODULES if path.stem == "utils"] == []
