"""Rows picked from a table, and their gradient on each backend."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax.models.embedding import pick

TABLE = jax.random.normal(jax.random.key(0), (7, 3))
INDICES = jnp.array([[2, 2, 0], [6, 2, 5]])
COTANGENT = jax.random.normal(jax.random.key(1), (2, 3, 3))


def pulled_back(table):
    return jax.vjp(lambda table: pick(table, INDICES), table)[1](COTANGENT)[0]


def program(function, platform):
    return jax.export.export(jax.jit(function), platforms=[platform])(TABLE).mlir_module()


def test_rows_are_those_of_the_table():
    np.testing.assert_array_equal(pick(TABLE, INDICES), TABLE[INDICES])


def test_the_gradient_is_the_sum_over_the_places_of_each_row():
    expected = np.zeros_like(TABLE)
    np.add.at(expected, np.asarray(INDICES), np.asarray(COTANGENT))
    np.testing.assert_allclose(pulled_back(TABLE), expected, rtol=1e-6)


def test_the_change_of_rows_is_that_of_the_table():
    change = jnp.cos(TABLE)
    _, moved = jax.jvp(lambda table: pick(table, INDICES), (TABLE,), (change,))
    np.testing.assert_array_equal(moved, change[INDICES])


def test_many_tables_at_once_have_the_gradients_of_each():
    tables = jnp.stack([TABLE, 2 * TABLE])
    for found, table in zip(jax.vmap(pulled_back)(tables), tables, strict=True):
        np.testing.assert_allclose(found, pulled_back(table), rtol=1e-6)


@pytest.mark.parametrize(("platform", "scatters"), [("cpu", True), ("cuda", False), ("tpu", False)])
def test_the_gradient_is_a_scatter_on_cpu_alone(platform, scatters):
    assert ("stablehlo.scatter" in program(pulled_back, platform)) == scatters


def test_one_hot_vectors_are_not_part_of_the_program_of_a_cpu():
    assert "2x3x7x" not in program(pulled_back, "cpu")


@pytest.mark.parametrize("platform", ["cpu", "cuda"])
def test_rows_are_copied_on_every_backend(platform):
    found = program(lambda table: pick(table, INDICES), platform)
    assert "stablehlo.gather" in found
    assert "dot_general" not in found
