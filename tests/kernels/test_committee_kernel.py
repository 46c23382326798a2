"""The committee's kernels in closed form against its Jacobians, many neurons, and exact averages over inputs."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax.kernels import tangent_kernel
from grok_jax.kernels.committee import committee_kernel, wide_committee_eigenvalues, wide_committee_kernel
from grok_jax.models.committee import Committee, summary_statistics

INPUTS, OTHERS = jax.random.normal(jax.random.key(7), (6, 4)), jax.random.normal(jax.random.key(8), (5, 4))
EPSILON = 0.5
FEATURES = 3


def network_of(module):
    return lambda w, x: module.apply({"params": w}, x)


def test_kernel_at_any_weights_is_that_of_two_moments():
    module = Committee(9, EPSILON)
    params = {"kernel": 1.5 * jax.random.normal(jax.random.key(0), (4, 9)) + 0.3}  # a mean and a spread of their own
    closed = committee_kernel(INPUTS, OTHERS, *summary_statistics(params), EPSILON, 9)
    np.testing.assert_allclose(closed, tangent_kernel(network_of(module), params, INPUTS, OTHERS), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("train_readout", [False, True])
def test_kernel_of_very_many_neurons_is_the_wide_limit(train_readout):
    module = Committee(100_000, EPSILON, train_readout=train_readout)
    params = jax.jit(module.init)(jax.random.key(0), INPUTS)["params"]
    kernel = module.width * tangent_kernel(network_of(module), params, INPUTS, OTHERS)
    limit = wide_committee_kernel(INPUTS, OTHERS, EPSILON, train_readout=train_readout)
    # Deviations are about 1/sqrt(width) of the largest entries.
    np.testing.assert_allclose(kernel, limit, atol=0.03 * np.abs(limit).max())


def test_wide_limit_is_the_closed_form_at_the_mean_moments():
    limit = committee_kernel(INPUTS, OTHERS, jnp.zeros(4), jnp.eye(4), EPSILON, 1)
    np.testing.assert_allclose(limit, wide_committee_kernel(INPUTS, OTHERS, EPSILON), rtol=1e-4, atol=1e-5)


@pytest.fixture(scope="module")
def gaussian():
    """Points and weights that average polynomials up to degree 7 in each x_i over x ~ N(0, I/D) exactly."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(4)
    points = np.array(list(itertools.product(nodes, repeat=FEATURES))) / FEATURES**0.5
    products = np.prod(list(itertools.product(weights / weights.sum(), repeat=FEATURES)), axis=1)
    return jnp.asarray(points), products


POLYNOMIALS = {
    "x_i": ("linear", lambda x: x[:, 1]),
    "x_i x_j": ("quadratic", lambda x: x[:, 0] * x[:, 2]),
    "x_i² - |x|²/D": ("quadratic", lambda x: x[:, 1] ** 2 - np.sum(x**2, axis=1) / FEATURES),
    "|x|²": ("radial", lambda x: np.sum(x**2, axis=1)),
}


@pytest.mark.parametrize(("kind", "function"), POLYNOMIALS.values(), ids=POLYNOMIALS)
def test_polynomials_are_eigenfunctions_of_the_wide_kernel(gaussian, kind, function):
    points, weights = gaussian
    at = INPUTS[:, :FEATURES]
    averaged = weights @ (function(np.asarray(points))[:, None] * wide_committee_kernel(points, at, EPSILON))
    eigenvalue = getattr(wide_committee_eigenvalues(FEATURES, EPSILON), kind)
    np.testing.assert_allclose(averaged, eigenvalue * function(np.asarray(at)), rtol=1e-4, atol=1e-5)


def test_each_eigenvalue_has_as_many_eigenfunctions_as_it_says(gaussian):
    points, weights = gaussian
    kernel = np.asarray(wide_committee_kernel(points, points, EPSILON), np.float64)
    found = np.linalg.eigvalsh(np.sqrt(weights)[:, None] * kernel * np.sqrt(weights)[None, :])[::-1]
    of = wide_committee_eigenvalues(FEATURES, EPSILON)
    quadratics = FEATURES * (FEATURES + 1) // 2 - 1
    expected = sorted([of.linear] * FEATURES + [of.quadratic] * quadratics + [of.radial], reverse=True)
    np.testing.assert_allclose(found[: len(expected)], expected, rtol=1e-4)
    assert np.abs(found[len(expected) :]).max() < 1e-6
