"""A number of a figure's setting stands in its config, from which the experiment has it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import experiments
from experiments.catalogue import all_figures
from experiments.settings import measured_presets, preset_config
from grok_jax.results import flat
from grok_jax.training.grid import parse_grid

# Sizes, steps and moduli. Smaller numbers are as often thresholds of claims, which meet a setting by chance.
LEAST = 20
THEIRS = ("CHECKS", "THEIRS")  # numbers of the authors' runs, which are no settings of ours
OWN = {
    ("arena/fig2_numerical_edge", 200): "steps within which the replication groks; the config has that width",
    ("omnigrok/fig3abc_mnist_landscape", 200): "digits that the claims call few; the config has that width",
    ("omnigrok/fig4abc_imdb_landscape", 1000): "reviews that the paper calls few, 'say 1k'",
    ("omnigrok/fig4abc_imdb_landscape", 50_000): "reviews of 'the full dataset', of which claim 2 speaks",
    ("omnigrok/fig4d_imdb_grokking", 1000): "steps after which the paper has generalization begin",
    ("omnigrok/fig5abc_qm9_landscape", 100): "molecules that the claims call few",
    ("omnigrok/fig5d_qm9_grokking", 30_000): "the paper's 1e4 steps, a factor of 3 more",
}


def numbers(value: object) -> Iterator[float]:
    """The numbers in nested tuples and lists."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from numbers(item)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


def stated(source: str) -> set[float]:
    """The numbers of LEAST or more in a module's constants, but for those that it computes."""
    values = [
        node.value
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) not in THEIRS
    ]
    plain = [value for value in values if not any(isinstance(node, ast.Call) for node in ast.walk(value))]
    constants = [node.value for value in plain for node in ast.walk(value) if isinstance(node, ast.Constant)]
    return {number for number in numbers(constants) if number >= LEAST}


def configured(figure: str) -> set[float]:
    """All numbers of its measured presets, in fields and on the axes of the grid."""
    found = set()
    for config in (preset_config(figure, preset) for preset in measured_presets(figure)):
        found |= {number for value in flat(config.to_dict()).values() for number in numbers(value)}
        found |= {number for axis in parse_grid(config.grid) for number in numbers(axis.values)}
    return found


@pytest.mark.parametrize("figure", all_figures())
def test_an_experiment_repeats_no_number_of_its_config(figure):
    source = (Path(experiments.__file__).parent / f"{figure}.py").read_text("utf-8")
    assert stated(source) & configured(figure) == {number for name, number in OWN if name == figure}


def test_constants_are_seen_and_what_is_computed_is_not():
    assert stated("A, B = 50, (0.5, 1e5)\nC = {X: 20_000}\nD = range(30)\nTHEIRS = 40\n") == {50, 1e5, 20_000}
