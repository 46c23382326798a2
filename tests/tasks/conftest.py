"""What the tests of tasks share: a run's fields, its data, and its rows."""

import functools
import os
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import pytest

from grok_jax.tasks import TASKS, fetch

READ_BY_DRAW = {"imdb"}  # whose draw reads the pool; the others' pools need not be there for it


def parts(fields):
    """The static fields, hashable, and the traced ones that are in use."""
    traced = {k: v for k, v in vars(fields).items() if k in TASKS[fields.name].traced and v is not None}
    return tuple((k, v) for k, v in vars(fields).items() if k not in traced), traced


@functools.lru_cache(maxsize=4)  # some are large
def load_pool(static, folder):
    """The pool of all runs with these static fields; the data folder tells calls apart."""
    del folder
    return jax.device_put(TASKS[dict(static)["name"]].load(SimpleNamespace(**dict(static))))


@functools.cache
def draw_program(static, capacity):
    """The compiled draw of all runs with these static fields and this capacity: key, traced fields, pool -> Data."""
    task = TASKS[dict(static)["name"]]
    return jax.jit(lambda key, traced, pool: task.draw(key, SimpleNamespace(**dict(static), **traced), pool, capacity))


@functools.cache
def fetch_program(static, rows):
    """The compiled reading of the first rows of a split: split, pool, traced fields -> Examples."""
    task = TASKS[dict(static)["name"]]
    return jax.jit(
        lambda split, pool, traced: fetch(
            split, pool, jnp.arange(rows), task, SimpleNamespace(**dict(static), **traced)
        )
    )


@pytest.fixture
def fields_of():
    """Name of a task, changed fields -> the fields of one run."""

    def build(name, **changes):
        return SimpleNamespace(**{**TASKS[name].defaults, **changes})

    return build


@pytest.fixture
def pool_of():
    """Fields of a run -> the pool, loaded once."""
    return lambda fields: load_pool(parts(fields)[0], os.environ.get("GROK_JAX_DATA"))


@pytest.fixture
def draw(pool_of):
    """Fields of a run, seed of its data, capacity (its own rows unless given) -> its Data."""

    def run(fields, seed=0, capacity=None):
        static, traced = parts(fields)
        program = draw_program(static, capacity or TASKS[fields.name].rows(fields))
        return program(jax.random.key(seed), traced, pool_of(fields) if fields.name in READ_BY_DRAW else None)

    return run


@pytest.fixture
def rows_of(pool_of):
    """A split of a run, its fields -> the rows in use, as the network sees them."""

    def read(split, fields):
        static, traced = parts(fields)
        return fetch_program(static, int(split.size))(split, pool_of(fields), traced)

    return read
