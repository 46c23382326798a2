"""What the tests of tasks share: a run's fields, its pool, and its rows."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import pytest

from grok_jax.tasks import TASKS, fetch


@pytest.fixture
def fields_of():
    """Name of a task, changed fields -> the fields of one run."""

    def build(name, **changes):
        return SimpleNamespace(**{**TASKS[name].defaults, **changes})

    return build


@pytest.fixture
def pool_of():
    """Fields of a run -> the pool of its task, on the device."""
    return lambda fields: jax.tree.map(jnp.asarray, TASKS[fields.name].load(fields))


@pytest.fixture
def rows_of():
    """A split, its pool, fields -> the rows in use, as the network sees them."""

    def read(split, pool, fields):
        return fetch(split, pool, jnp.arange(int(split.size)), TASKS[fields.name], fields)

    return read
