"""What the tests of tasks share: a task by its name, its data, and its rows."""

import functools
import os

import jax
import jax.numpy as jnp
import pytest

from grok_jax.parts import UNKNOWN
from grok_jax.tasks.task import fetch_rows

READ_BY_DRAW = {"imdb"}  # whose draw reads the pool; the others' pools need not be there for it

compiled_draw = jax.jit(lambda task, key, pool, capacity: task.draw(key, pool, capacity), static_argnums=3)
compiled_rows = jax.jit(
    lambda task, split, pool, rows: fetch_rows(split, pool, jnp.arange(rows), task), static_argnums=3
)


@functools.lru_cache(maxsize=4)  # some are large
def load_pool(structure, folder):
    """The pool of all tasks with these static fields; the data folder tells calls apart."""
    del folder
    return jax.device_put(jax.tree.unflatten(structure, [UNKNOWN] * structure.num_leaves).load())


@pytest.fixture
def pool_of():
    """A task -> its pool, loaded once."""
    return lambda task: load_pool(jax.tree.structure(task), os.environ.get("GROK_JAX_DATA"))


@pytest.fixture
def draw(pool_of):
    """A task, seed of its data, capacity (its own rows unless given) -> its Data."""

    def run(task, seed=0, capacity=None):
        pool = pool_of(task) if task.name in READ_BY_DRAW else None
        return compiled_draw(task, jax.random.key(seed), pool, capacity or task.rows())

    return run


@pytest.fixture
def rows_of(pool_of):
    """A split of a task's data, the task -> the rows in use, as the network sees them."""
    return lambda split, task: compiled_rows(task, split, pool_of(task), int(split.size))
