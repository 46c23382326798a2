"""How many runs a device probes side by side."""

import jax
import jax.numpy as jnp
import pytest
import xarray as xr

import grok_jax.probes  # noqa: F401  registers the probe
from grok_jax import sweep
from grok_jax.training import program
from grok_jax.training.blocks import LARGEST_ARRAYS, compiled_in_blocks, largest_array

RUNS, SIZE = 12, 64
MATRIX = 4 * SIZE**2  # bytes


def blocks_tried(room):
    """The blocks that are traced for a function with a matrix for each run, and the executable."""
    tried = []

    def of_one(x):
        return jnp.sort(jnp.outer(x, x), axis=0)[0]

    def trace(block):
        tried.append(block)
        return jax.jit(lambda xs: jax.lax.map(of_one, xs, batch_size=block)).trace(jnp.ones((RUNS, SIZE)))

    return compiled_in_blocks(trace, RUNS, room), tried


def test_all_runs_are_side_by_side_where_they_fit():
    _, tried = blocks_tried(100 * RUNS * MATRIX)
    assert tried == [RUNS]


def test_fewer_runs_are_side_by_side_until_they_fit():
    room = 8 * MATRIX
    executable, tried = blocks_tried(room)
    assert 1 < tried[-1] < RUNS
    assert executable.memory_analysis().temp_size_in_bytes <= room


def test_one_run_is_compiled_whatever_it_takes():
    _, tried = blocks_tried(1)
    assert tried[-1] == 1


def test_a_program_with_an_array_that_cannot_fit_is_not_compiled():
    class Large:
        jaxpr = jax.make_jaxpr(lambda: jnp.zeros(10**9))()

        def lower(self):
            pytest.fail("compiled")

    small = jax.jit(lambda x: x + 1).trace(1.0)
    room = LARGEST_ARRAYS * 4 * 10**9 - 1
    assert compiled_in_blocks(lambda block: Large() if block > 1 else small, RUNS, room)(1.0) == 2


def test_the_largest_array_is_found_inside_loops():
    def function(xs):
        return jax.lax.map(lambda x: jnp.outer(x, x).sum(), xs)

    assert largest_array(jax.make_jaxpr(function)(jnp.ones((3, SIZE)))) == MATRIX


def test_a_function_that_prints_has_a_largest_array_too():
    def function(x):
        jax.debug.print("{}", x[0])
        return jnp.outer(x, x)

    assert largest_array(jax.make_jaxpr(function)(jnp.ones(SIZE))) == MATRIX


@pytest.mark.slow
def test_probes_in_blocks_of_runs_give_what_they_give_run_by_run(small_config, monkeypatch):
    def measured(mapping):
        config = small_config(**{"training.probes": ("kernel",), "training.steps": 2, "execution.mapping": mapping})
        program._compile.cache_clear()
        return sweep(config, {"seed": range(10)}, progress=False).drop_attrs()

    one_by_one = measured("map")
    # Three runs on each of four devices: a block of two, and a block of one.
    monkeypatch.setattr(program, "compiled_in_blocks", lambda trace, runs, room: trace(2).lower().compile())
    xr.testing.assert_allclose(measured("vmap"), one_by_one, rtol=1e-4, atol=1e-6)
    program._compile.cache_clear()
