"""Scaled initialization, the scaled and centered predictor, and distances in weight space."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax.models import MODELS, init_params, outputs, relative_distance, weight_norm
from grok_jax.models.mlp import MLP
from grok_jax.models.model import model

pytestmark = pytest.mark.optimized  # as the parameters below are, which are made while tests are collected
MODULE = MLP((16,), 3, activation="tanh")
INPUTS = jax.random.normal(jax.random.key(1), (8, 5))
INITIAL = init_params(MODULE, jax.random.key(0), INPUTS)
MOVED = jax.tree.map(lambda w: 1.3 * w + 0.1, INITIAL)
OFFSET = outputs(MODULE, INITIAL, INPUTS)


@pytest.mark.parametrize("scale", [0.0, 0.5, 8.0])
def test_init_scale_multiplies_every_parameter_exactly(scale):
    scaled = init_params(MODULE, jax.random.key(0), INPUTS, scale)
    jax.tree.map(lambda ours, standard: np.testing.assert_array_equal(ours, scale * standard), scaled, INITIAL)


def test_init_scale_multiplies_the_norm_exactly():
    scaled = init_params(MODULE, jax.random.key(0), INPUTS, 8.0)
    assert float(weight_norm(scaled)) == 8 * float(weight_norm(INITIAL))  # Exact: a power of two.


def test_initial_parameters_equal_those_of_flax():
    theirs = MODULE.init(jax.random.key(0), INPUTS)["params"]
    jax.tree.map(np.testing.assert_array_equal, INITIAL, theirs)


def test_initial_parameters_need_only_the_shape_of_the_inputs():
    shaped = init_params(MODULE, jax.random.key(0), jax.ShapeDtypeStruct((1, 5), jnp.float32))
    jax.tree.map(np.testing.assert_array_equal, shaped, INITIAL)


def test_initial_parameters_of_many_runs_equal_those_of_each():
    keys, scales = jax.random.split(jax.random.key(3)), jnp.array([0.5, 4.0])
    together = jax.jit(jax.vmap(lambda key, scale: init_params(MODULE, key, INPUTS, scale)))(keys, scales)
    for i in range(2):
        one = init_params(MODULE, keys[i], INPUTS, scales[i])
        jax.tree.map(lambda a, b: np.testing.assert_array_equal(a[i], b), together, one)  # noqa: B023


def test_without_offset_the_predictor_is_the_scaled_network():
    expected = 4.0 * MODULE.apply({"params": MOVED}, INPUTS)
    np.testing.assert_array_equal(outputs(MODULE, MOVED, INPUTS, 4.0), expected)


def test_centred_predictor_is_zero_at_the_start():
    assert not np.any(outputs(MODULE, INITIAL, INPUTS, 100.0, OFFSET))


def test_centred_predictor_is_linear_in_output_scale():
    one, eight = (outputs(MODULE, MOVED, INPUTS, scale, OFFSET) for scale in (1.0, 8.0))
    assert np.any(one)
    np.testing.assert_array_equal(eight, 8 * one)


def test_gradient_of_the_centred_predictor_is_output_scale_times_that_of_the_network():
    centered = jax.jit(jax.jacobian(lambda p: outputs(MODULE, p, INPUTS, 4.0, OFFSET)))(MOVED)
    network = jax.jit(jax.jacobian(lambda p: MODULE.apply({"params": p}, INPUTS)))(MOVED)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, 4 * b, rtol=1e-6, atol=1e-7), centered, network)


def test_weight_norm_is_that_of_all_parameters_as_one_vector():
    flat = np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(INITIAL)]).astype(np.float64)
    assert float(weight_norm(INITIAL)) == pytest.approx(np.linalg.norm(flat), rel=1e-6)


def test_relative_distance_is_zero_at_the_start():
    assert float(relative_distance(INITIAL, INITIAL)) == 0


def test_relative_distance_of_a_small_step_survives_float32():
    stepped = jax.tree.map(lambda w: w * (1 + 2**-20), INITIAL)
    assert float(relative_distance(stepped, INITIAL)) == pytest.approx(2**-20, rel=0.05)


def test_relative_distances_of_many_runs_equal_those_of_each():
    scales = jnp.array([0.5, 1.0, 3.0])
    moved = jax.vmap(lambda scale: jax.tree.map(lambda w: scale * w, INITIAL))(scales)
    distances = jax.jit(jax.vmap(relative_distance, in_axes=(0, None)))(moved, INITIAL)
    np.testing.assert_allclose(distances, [0.5, 0.0, 2.0], rtol=1e-6)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_what_the_task_decides_is_no_field_of_a_config_unless_it_is_given(name):
    assert not {"outputs", "vocabulary"} & set(model(name).shown())
    for field in {"outputs", "vocabulary"} & set(model(name).fields()):
        assert field in model(name, **{field: 3}).shown()
