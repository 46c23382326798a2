"""What the tests of kernels share: small networks, and their kernel by the definition."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest


@pytest.fixture(scope="session")
def two_outputs():
    """A network of two outputs, its parameters, and rows to look at it with."""
    keys = jax.random.split(jax.random.key(0), 4)
    params = {"first": jax.random.normal(keys[0], (3, 6)), "second": jax.random.normal(keys[1], (6, 2))}
    inputs, others = jax.random.normal(keys[2], (5, 3)), jax.random.normal(keys[3], (4, 3))
    return lambda w, x: jnp.tanh(x @ w["first"]) @ w["second"], params, inputs, others


@pytest.fixture(scope="session")
def plain_kernel():
    """Network, parameters, inputs, others -> the mean over outputs of the products of whole Jacobians, in float64."""

    def jacobian(network, params, inputs):
        leaves = jax.tree.leaves(jax.jit(jax.jacobian(network))(params, inputs))
        return np.concatenate([np.asarray(x, np.float64).reshape(*x.shape[:2], -1) for x in leaves], axis=-1)

    def kernel(network, params, inputs, others):
        one, two = (jacobian(network, params, rows) for rows in (inputs, others))
        return np.einsum("iop,jop->ij", one, two) / one.shape[1]

    return kernel


@pytest.fixture(scope="session")
def problem():
    """A kernel over 6 training rows, one of 4 test rows with them, targets and initial outputs of both: numpy."""
    numbers = np.random.default_rng(0)
    features = numbers.normal(size=(10, 12))
    kernel = features @ features.T / 12
    start = 0.3 * numbers.normal(size=(10, 2))
    return kernel[:6, :6], kernel[6:, :6], numbers.normal(size=(6, 2)), start[:6], start[6:]
