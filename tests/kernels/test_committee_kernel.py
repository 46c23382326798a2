"""The committee's kernels in closed form against its Jacobians, many neurons, and exact averages over inputs."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax.kernels import tangent_kernel
from grok_jax.kernels.committee import (
    committee_alignment,
    committee_kernel,
    wide_committee_eigenvalues,
    wide_committee_kernel,
)
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


def exact_alignment(gaussian, mean, second, betas):
    """What committee_alignment says, with its averages taken by quadrature."""
    points, weights = gaussian
    kernel = np.asarray(committee_kernel(points, points, mean, second, EPSILON, 1), np.float64)
    targets = np.sum((np.asarray(points) @ np.asarray(betas).T) ** 2, axis=1)
    own, pairs = weights * targets, np.outer(weights, weights)
    return own @ kernel @ own / np.sqrt(np.sum(pairs * kernel**2)) / np.sum(weights * targets**2)


@pytest.mark.parametrize("directions", [1, 2])
def test_the_alignment_is_that_averaged_over_all_inputs(gaussian, directions):
    weights = 1.5 * jax.random.normal(jax.random.key(3), (FEATURES, 5)) + 0.3
    moments = summary_statistics({"kernel": weights})
    betas = jax.random.normal(jax.random.key(4), (directions, FEATURES))
    found = committee_alignment(*moments, betas, EPSILON)
    assert float(found) == pytest.approx(exact_alignment(gaussian, *moments, betas), rel=1e-4)


def test_the_alignment_with_one_direction_has_the_papers_numerator():
    weights, beta = jax.random.normal(jax.random.key(3), (FEATURES, 5)), jnp.array([1.0, -2.0, 0.5])
    mean, second = summary_statistics({"kernel": weights})
    other = jnp.eye(FEATURES) * jnp.trace(second) / FEATURES

    def numerator(moment):
        length = beta @ beta
        return length**2 * jnp.trace(moment) + 8 * length * beta @ moment @ beta

    def found(moment):
        """The numerator alone: the linear part of the kernel is all of ⟨K²⟩ at so small an ε."""
        return committee_alignment(0 * mean, moment, beta[None], 1e-3)

    assert float(found(second) / found(other)) == pytest.approx(float(numerator(second) / numerator(other)), rel=1e-4)
