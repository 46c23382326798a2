"""A test file can be collected with the `test` extra alone: what needs more is skipped test by test."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
FILES = sorted((REPOSITORY / "tests").rglob("*.py"))
OWN = {"grok_jax", "experiments", "configs", "benchmarks", "examples", "setup"}
DISTRIBUTIONS = packages_distributions()  # the name that is imported -> the names that are installed


def normalized(requirement: str) -> str:
    """ "torch_geometric>=2.6" -> torch-geometric"""
    return re.match(r"[A-Za-z0-9._-]+", requirement)[0].lower().replace("_", "-")


def given() -> set[str]:
    """The distributions that setup.py asks for with the `test` extra, and neural-tangents, which comes by itself."""
    source = (REPOSITORY / "setup.py").read_text(encoding="utf-8")
    call = next(node for node in ast.walk(ast.parse(source)) if getattr(node, "keywords", None))
    fields = {keyword.arg: keyword.value for keyword in call.keywords}
    extras = ast.literal_eval(fields["extras_require"])
    listed = [*ast.literal_eval(fields["install_requires"]), *extras["test"]]
    return {normalized(requirement) for requirement in listed} | {"neural-tangents"}


def imported_at_the_top(source: str) -> Iterator[str]:
    """Packages that are imported, or asked for with importorskip, whenever the file is read."""
    waiting = list(ast.parse(source).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.split(".")[0]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "importorskip":
            yield ast.literal_eval(node.args[0]).split(".")[0]
        waiting += ast.iter_child_nodes(node)


def not_given(source: str) -> set[str]:
    known = given()
    packages = set(imported_at_the_top(source)) - OWN - sys.stdlib_module_names
    return {name for name in packages if known.isdisjoint(map(normalized, DISTRIBUTIONS.get(name, [name])))}


def test_no_test_file_imports_at_its_top_what_the_test_extra_does_not_give():
    wrong = {str(path.relative_to(REPOSITORY)): not_given(path.read_text(encoding="utf-8")) for path in FILES}
    assert {path: names for path, names in wrong.items() if names} == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import torch", {"torch"}),
        ("from torch.nn import functional", {"torch"}),
        ("if True:\n  import rdkit.Chem, os", {"rdkit"}),
        ("try:\n  import torch_geometric\nexcept ImportError:\n  pass", {"torch_geometric"}),
        ("import pytest\nqm9 = pytest.importorskip('qm9pack')", {"qm9pack"}),
        ("class Test:\n  import torch", {"torch"}),
        ("def test():\n  import torch", set()),
        ("import jax, numpy, pytest, neural_tangents, grok_jax", set()),
    ],
)
def test_what_a_file_imports_at_its_top_is_found(source, found):
    assert not_given(source) == found
