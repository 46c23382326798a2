"""What the tests of tasks share: a run's fields, its data, and its rows."""

import functools
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import pytest

from grok_jax.tasks import TASKS, fetch


def parts(fields):
    """The static fields, hashable, and the traced ones that are in use."""
    traced = {k: v for k, v in vars(fields).items() if k in TASKS[fields.name].traced and v is not None}
    return tuple((k, v) for k, v in vars(fields).items() if k not in traced), traced


@functools.cache
def draw_program(static, capacity):
    """The compiled draw of all runs with these static fields and this capacity: key, traced fields -> Data."""
    task = TASKS[dict(static)["name"]]
    return jax.jit(lambda key, traced: task.draw(key, SimpleNamespace(**dict(static), **traced), None, capacity))


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
def draw():
    """Fields of a run, seed of its data, capacity (its own rows unless given) -> its Data."""

    def run(fields, seed=0, capacity=None):
        static, traced = parts(fields)
        return draw_program(static, capacity or TASKS[fields.name].rows(fields))(jax.random.key(seed), traced)

    return run


@pytest.fixture
def rows_of():
    """A split of a run, its fields -> the rows in use, as the network sees them."""

    def read(split, fields):
        static, traced = parts(fields)
        return fetch_program(static, int(split.size))(split, TASKS[fields.name].load(fields), traced)

    return read
