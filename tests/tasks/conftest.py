"""What the tests of tasks share: a run's fields, its data, and its rows."""

import functools
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import pytest

from grok_jax.tasks import TASKS, fetch


@functools.cache
def draw_program(static, capacity):
    """The compiled draw of all runs with these static fields and this capacity: key, traced fields -> Data."""
    task = TASKS[dict(static)["name"]]

    def draw(key, traced):
        return task.draw(key, SimpleNamespace(**dict(static), **traced), None, capacity)

    return jax.jit(draw)


@pytest.fixture
def fields_of():
    """Name of a task, changed fields -> the fields of one run."""

    def build(name, **changes):
        return SimpleNamespace(**{**TASKS[name].defaults, **changes})

    return build


@pytest.fixture
def draw():
    """Fields of a run, seed of its data, capacity (its own rows unless given) -> its Data."""

    def run(fields, seed=0, capacity=None):
        task = TASKS[fields.name]
        traced = {k: v for k, v in vars(fields).items() if k in task.traced and v is not None}
        static = tuple((k, v) for k, v in vars(fields).items() if k not in traced)
        return draw_program(static, capacity or task.rows(fields))(jax.random.key(seed), traced)

    return run


@pytest.fixture
def rows_of():
    """A split of a run, its fields -> the rows in use, as the network sees them."""

    def read(split, fields):
        task = TASKS[fields.name]
        pool = jax.tree.map(jnp.asarray, task.load(fields))
        return fetch(split, pool, jnp.arange(int(split.size)), task, fields)

    return read
