"""The linearized twin against its definition, and against the plainest loops that train it."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax.flatten_util import ravel_pytree

from grok_jax.kernels.compat import neural_tangents
from grok_jax.models import init_params, outputs
from grok_jax.models.mlp import MLP
from grok_jax.optim import OPTIMIZERS

MODULE = MLP((6,), 2, activation="tanh")
INPUTS = jax.random.normal(jax.random.key(1), (5, 3))
INITIAL = init_params(MODULE, jax.random.key(0), INPUTS)
MOVED = jax.tree.map(lambda w: 1.3 * w + 0.1, INITIAL)
SCALE = 3.0
OFFSET = outputs(MODULE, INITIAL, INPUTS)


def network(params, inputs):
    return MODULE.apply({"params": params}, inputs)


@pytest.fixture(scope="module")
def gradients():
    """Of every output of every row at the start, with respect to all parameters as one vector."""
    flat, unravel = ravel_pytree(INITIAL)
    return jax.jit(jax.jacobian(lambda w: network(unravel(w), INPUTS)))(flat)


@pytest.mark.parametrize("offset", [None, OFFSET], ids=["plain", "centered"])
def test_twin_is_the_first_order_expansion(gradients, offset):
    step = ravel_pytree(MOVED)[0] - ravel_pytree(INITIAL)[0]
    start = OFFSET if offset is None else 0
    twin = outputs(MODULE, MOVED, INPUTS, SCALE, offset, around=INITIAL)
    np.testing.assert_allclose(twin, SCALE * (start + gradients @ step), rtol=1e-5, atol=1e-5)


def test_twin_is_that_of_neural_tangents():
    theirs = neural_tangents().linearize(network, INITIAL)(MOVED, INPUTS)
    np.testing.assert_allclose(outputs(MODULE, MOVED, INPUTS, around=INITIAL), theirs, rtol=1e-5, atol=1e-6)


def test_twin_starts_as_the_network():
    twin = outputs(MODULE, INITIAL, INPUTS, SCALE, around=INITIAL)
    np.testing.assert_allclose(twin, outputs(MODULE, INITIAL, INPUTS, SCALE), rtol=1e-6)


def test_gradients_of_the_twin_are_those_of_the_network_at_the_start_everywhere():
    def gradient(params, around):
        return jax.grad(lambda w: jnp.sum(outputs(MODULE, w, INPUTS, SCALE, around=around)))(params)

    expected = gradient(INITIAL, None)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), gradient(MOVED, INITIAL), expected)


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_twin_trains_as_a_linear_model_of_the_initial_gradients(gradients, name):
    targets = jnp.ones((5, 2))
    optimizer = OPTIMIZERS[name](learning_rate=0.01, weight_decay=0.1).build(SCALE)
    start = ravel_pytree(INITIAL)[0]

    def train(predict, params):
        @jax.jit
        def step(params, state):
            gradient = jax.grad(lambda w: jnp.mean((predict(w) - targets) ** 2))(params)
            updates, state = optimizer.update(gradient, state, params, initial_params=params)
            return optax.apply_updates(params, updates), state

        state = optimizer.init(params)
        for _ in range(20):
            params, state = step(params, state)
        return params

    linear = train(lambda w: OFFSET + gradients @ (ravel_pytree(w)[0] - start), INITIAL)
    twin = train(lambda w: outputs(MODULE, w, INPUTS, around=INITIAL), INITIAL)
    twin, linear = ravel_pytree(twin)[0], ravel_pytree(linear)[0]
    assert np.abs(linear - start).max() > 1e-3
    np.testing.assert_allclose(twin, linear, rtol=1e-3, atol=1e-4)
