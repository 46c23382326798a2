"""What base.py asks of every task."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax.errors import UserError
from grok_jax.tasks import TASKS, Rows, fetch

# Each task small, with a smaller and a larger value of the field that sets its amount of training data.
CASES = {
    "teacher_student": ("teacher_student", {"noise": 0.1}, "train_size", 20, 30),
    "single_index": ("single_index", {"features": 7, "test_size": 25}, "train_size", 20, 30),
    "hermite": ("single_index", {"features": 7, "target": "hermite", "directions": 2}, "train_size", 20, 30),
    "one_hot": ("modular_arithmetic", {"p": 7}, "train_fraction", 0.3, 0.7),
    "tokens": ("modular_arithmetic", {"p": 7, "operation": "divide", "encoding": "tokens"}, "train_fraction", 0.3, 0.7),
    "embedded": ("mnist", {"messiness": 0.5}, "train_size", 20, 30),
    "embedded_test_size": ("mnist", {"test_size": 40}, "train_size", 20, 30),
}
pytestmark = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


@pytest.fixture
def run(case, fields_of):
    """Value of the amount of data -> the fields of that run."""
    name, changes, amount, _, _ = case
    return lambda value: fields_of(name, **changes, **{amount: value})


def same(a, b):
    """Whether two trees are equal: integers exactly, floats to rounding."""
    jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-5), a, b)


def test_sizes_drawn_are_the_rows_announced(case, run, pool_of):
    fields = run(case[3])
    rows = TASKS[fields.name].rows(fields)
    data = TASKS[fields.name].draw(jax.random.key(0), fields, pool_of(fields), rows)
    assert (int(data.train.size), int(data.test.size)) == rows
    assert (data.train.index.shape[0], data.test.index.shape[0]) == rows


def test_rows_do_not_depend_on_the_capacity(case, run, pool_of, rows_of):
    fields, larger = run(case[3]), run(case[4])
    task, pool = TASKS[fields.name], pool_of(fields)
    alone, other = task.rows(fields), task.rows(larger)
    shared = Rows(max(alone.train, other.train), max(alone.test, other.test))
    a = task.draw(jax.random.key(0), fields, pool, alone)
    b = task.draw(jax.random.key(0), fields, pool, shared)
    assert shared != alone
    same(rows_of(a.train, pool, fields), rows_of(b.train, pool, fields))
    same(rows_of(a.test, pool, fields), rows_of(b.test, pool, fields))


def test_train_and_test_rows_are_disjoint(case, run, pool_of):
    fields = run(case[3])
    task, pool = TASKS[fields.name], pool_of(fields)
    train, test = task.draw(jax.random.key(0), fields, pool, task.rows(fields))
    if pool is None:
        rows = np.concatenate([train.examples.inputs, test.examples.inputs])
    else:
        rows = np.concatenate([train.index, test.index])[:, None]
    assert len(np.unique(rows, axis=0)) == sum(task.rows(fields))


def test_two_data_keys_give_two_training_sets(case, run, pool_of, rows_of):
    fields = run(case[3])
    task, pool = TASKS[fields.name], pool_of(fields)
    a, b = (task.draw(jax.random.key(seed), fields, pool, task.rows(fields)).train for seed in (0, 1))
    assert not np.array_equal(rows_of(a, pool, fields).inputs, rows_of(b, pool, fields).inputs)


def test_draws_under_jit_and_vmap_with_traced_amounts_equal_single_draws(case, run, pool_of, rows_of):
    fields, larger = run(case[3]), run(case[4])
    task, pool = TASKS[fields.name], pool_of(fields)
    capacity = Rows(*(max(pair) for pair in zip(task.rows(fields), task.rows(larger), strict=True)))

    @jax.jit
    def grid(keys, amounts, pool):
        draw = lambda key, amount: task.draw(key, run(amount), pool, capacity)  # noqa: E731
        return jax.vmap(draw)(keys, amounts)

    keys = jax.vmap(jax.random.key)(jnp.arange(2))
    drawn = grid(keys, jnp.array(case[3:5]), pool)
    for i, one in enumerate((fields, larger)):
        alone = task.draw(keys[i], one, pool, task.rows(one))
        of_grid = jax.tree.map(lambda x, i=i: x[i], drawn)
        for a, b in zip(alone, of_grid, strict=True):
            assert int(a.size) == int(b.size)
            same(rows_of(a, pool, one), rows_of(b, pool, one))


def test_one_program_serves_every_amount_of_data(case, run, pool_of):
    task = TASKS[case[0]]
    larger = run(case[4])
    pool, capacity = pool_of(larger), Rows(*(max(a, b) for a, b in zip(task.rows(run(case[3])), task.rows(larger))))
    draw = jax.jit(lambda key, amount, pool: task.draw(key, run(amount), pool, capacity))
    for amount in case[3:5]:
        draw(jax.random.key(0), amount, pool)
    assert draw._cache_size() == 1


def test_targets_fit_the_number_of_outputs(case, run, pool_of):
    fields = run(case[3])
    task, pool = TASKS[fields.name], pool_of(fields)
    data = task.draw(jax.random.key(0), fields, pool, task.rows(fields))
    shown = fetch(data.train, pool, jnp.arange(5), task, fields)
    outputs = task.outputs(fields)
    if jnp.issubdtype(shown.targets.dtype, jnp.integer):
        assert shown.targets.shape == (5,)
        assert 0 <= shown.targets.min() and shown.targets.max() < outputs
    else:
        assert shown.targets.shape == (5, outputs)


def test_amounts_of_training_data_that_make_no_sense_are_user_errors(case, run):
    fields = run(0)
    with pytest.raises(UserError, match=rf"^task\.{case[2]} is 0; [^\n]+$"):
        TASKS[fields.name].rows(fields)


def test_every_field_has_a_value_a_config_can_hold(case, run):
    assert isinstance(run(case[3]), SimpleNamespace)
    for value in TASKS[case[0]].defaults.values():
        assert value is None or isinstance(value, str | bool | int | float | tuple)
