"""What no memory holds is refused before it is made: each test may fill 2 GiB more than it has."""

import itertools
import resource

import numpy as np
import psutil
import pytest

from grok_jax import UserError, check, default_config
from grok_jax.memory import free_memory
from grok_jax.tasks import TASKS
from grok_jax.tasks.toy_addition import count_pairs, pairs
from grok_jax.training.grid import parse_grid

HUGE = 2**31 - 1


@pytest.fixture(autouse=True)
def little_memory():
    """What is made nevertheless fails with a MemoryError."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (psutil.Process().memory_info().vms + 2 * 2**30, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def refusal(fields, **names):
    config = default_config(**names).to_dict()
    for name, value in fields.items():
        section, key = name.split(".")
        config[section][key] = value
    with pytest.raises(UserError) as raised:
        check(config)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 400
    return str(raised.value)


def test_the_limit_of_these_tests_bounds_what_may_be_filled():
    assert free_memory() <= 2 * 2**30
    with pytest.raises(MemoryError):
        np.ones(3 * 2**30, np.int8)


@pytest.mark.parametrize("p", [10007, 30011])
def test_all_pairs_of_a_large_p_are_not_made(p):
    assert "the examples of task 'modular_arithmetic' take" in refusal({"task.p": p}, task="modular_arithmetic")


@pytest.mark.parametrize("p", [10007, 30011])
def test_all_sums_of_a_large_p_are_not_made(p):
    assert "the examples of task 'toy_addition' take" in refusal({"task.p": p}, task="toy_addition")


@pytest.mark.parametrize("fields", [{"task.p": 3001}, {"task.p": 30011}, {"task.seeds": 100_000}])
def test_logits_of_many_circuits_are_not_made(fields):
    assert "the examples of task 'circuit_logits' take" in refusal(fields, task="circuit_logits", model="mixture")


@pytest.mark.parametrize("p", [1, 2, 10])
def test_pairs_are_counted_without_being_made(p):
    assert count_pairs(p) == len(pairs(p))


@pytest.mark.parametrize("name", ["modular_arithmetic", "toy_addition", "circuit_logits"])
def test_a_pool_takes_no_more_than_was_said(name):
    task = TASKS[name](p=11)
    pool, said = task.load(), task.pool_bytes()
    assert said >= sum(array.nbytes for array in (pool or [pairs(11)]))


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"task.features": HUGE}, {}),
        ({"task.outputs": HUGE}, {}),
        ({"task.train_size": 2 * 10**9}, {}),
        ({"task.test_size": 2 * 10**9}, {}),
        ({"task.features": HUGE}, {"task": "single_index"}),
        ({"task.train_size": 2 * 10**9}, {"task": "single_index"}),
        ({"task.features": HUGE}, {"task": "kernel_eigenvector"}),
        ({"task.train_size": 2 * 10**9}, {"task": "kernel_eigenvector"}),
        ({"task.outputs": HUGE}, {"task": "modular_arithmetic"}),
        ({"task.representation_dim": HUGE}, {"task": "toy_addition"}),
        ({"task.target_dim": HUGE}, {"task": "toy_addition"}),
        ({"model.widths": (HUGE, HUGE)}, {}),
        ({"model.width": HUGE}, {"task": "single_index", "model": "committee"}),
        ({"task.encoding": "tokens", "model.width": 10**8}, {"task": "modular_arithmetic", "model": "transformer"}),
        ({"task.encoding": "tokens", "model.mlp_width": HUGE}, {"task": "modular_arithmetic", "model": "transformer"}),
        ({"task.encoding": "tokens", "model.width": 10**8}, {"task": "modular_arithmetic", "model": "lstm"}),
        ({"task.encoding": "tokens", "model.embedding_width": HUGE}, {"task": "modular_arithmetic", "model": "lstm"}),
    ],
    ids=str,
)
def test_a_run_that_no_memory_holds_is_refused_by_its_shapes(fields, names):
    assert "one run's data and parameters take" in refusal(fields, **names)


@pytest.mark.parametrize(
    ("fields", "names", "words"),
    [
        ({"model.widths": (5,) * 5000}, {}, "model.widths has 5,000 entries"),
        ({"task.widths": (5,) * 5000}, {}, "task.widths has 5,000 entries"),
        ({"model.layers": HUGE}, {"task": "modular_arithmetic", "model": "lstm"}, "model.layers is 2147483647"),
        ({"model.layers": HUGE}, {"task": "modular_arithmetic", "model": "transformer"}, "model.layers is 2147483647"),
        ({"task.degree": HUGE}, {"task": "single_index"}, "task.degree is 2147483647"),
        ({"model.hermite_degree": HUGE}, {"task": "single_index", "model": "committee"}, "model.hermite_degree is"),
        ({"task.train_size": HUGE}, {}, "2,147,483,747 rows; it must have fewer than"),
        ({"task.p": HUGE}, {"task": "modular_arithmetic"}, "rows; it must have fewer than"),
        ({"task.p": HUGE}, {"task": "toy_addition"}, "rows; it must have fewer than"),
        ({"training.records": 10**9}, {}, "training.records is 1000000000"),
        ({"training.record_steps": (1,) * 1_000_001}, {}, "training.record_steps has 1,000,001 entries"),
        ({"training.probes": ("nope",) * 5000}, {}, "there are curvature"),
    ],
    ids=lambda given: str(given)[:40],
)
def test_what_would_take_long_to_look_at_is_refused_by_its_number(fields, names, words):
    assert words in refusal(fields, **names)


@pytest.mark.parametrize(
    "text",
    [
        "seed=lin(0, 1, 10000000000)",
        "seed=log(1, 2, 10000000000)",
        "seed=intlog(1, 2, 1e10)",
        "seed=range(10000000000)",
        "seed=lin(0, 1, 10**10)",
        {"seed": range(10**10)},
        {"seed": itertools.count()},  # without an end
    ],
    ids=str,
)
def test_a_grid_of_very_many_values_is_not_written_out(text):
    with pytest.raises(UserError, match=r"100,000|literals") as raised:
        parse_grid(text)
    assert "\n" not in str(raised.value)


def test_more_runs_than_can_be_planned_are_refused(monkeypatch):
    monkeypatch.setattr("grok_jax.training.plan.free_memory", lambda: 2**26)
    with pytest.raises(UserError, match="a grid of 90,000 runs takes"):
        check(default_config(), "seed=range(90); task.seed=range(1000)")


def test_more_programs_than_can_be_looked_at_are_refused():
    with pytest.raises(UserError, match="the grid has 1,001 programs"):
        check(default_config(), "model.widths=" + ", ".join(f"({width},)" for width in range(1, 1002)))


def test_more_records_than_fit_are_refused():
    config = default_config()
    config.training.update(steps=2_000_000_000, records=1_000_000)
    with pytest.raises(UserError, match=r"500 runs of \d+,\d+ records of 6 numbers take .* GiB"):
        check(config, "seed=range(500)")
