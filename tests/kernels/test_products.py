"""Products with the full kernel, and conjugate gradients, against the kernel itself."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax.errors import UserError
from grok_jax.kernels import conjugate_gradients, full_tangent_kernel, solve_full_kernel, tangent_operator


def test_products_are_those_with_the_full_kernel_and_its_transpose(two_outputs):
    network, params, inputs, others = two_outputs
    kernel, operator = (made(network, params, inputs, others) for made in (full_tangent_kernel, tangent_operator))
    assert operator.shape == kernel.shape == (10, 8)
    numbers = np.random.default_rng(0)
    for vector in numbers.normal(size=(2, 8)):
        np.testing.assert_allclose(operator @ vector, kernel @ vector, rtol=1e-4, atol=1e-4)
    vector = numbers.normal(size=10)
    np.testing.assert_allclose(operator.T @ vector, kernel.T @ vector, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("ridge", [0.0, 0.1])
def test_conjugate_gradients_solve_what_the_dense_kernel_solves(two_outputs, ridge):
    network, params, inputs, _ = two_outputs
    with jax.enable_x64(True):
        params, inputs = jax.tree.map(lambda x: jnp.asarray(np.asarray(x), "float64"), (params, inputs))
        missing = np.random.default_rng(0).normal(size=(5, 2))
        dense = solve_full_kernel(full_tangent_kernel(network, params, inputs), missing, ridge=ridge)
        found = conjugate_gradients(tangent_operator(network, params, inputs), missing, ridge=ridge, tolerance=1e-9)
    np.testing.assert_allclose(found.weights, dense.weights, rtol=1e-6)
    assert found.residual < 2e-9
    assert 0 < found.steps <= 20


def test_too_few_steps_warn_with_what_was_reached(two_outputs):
    network, params, inputs, _ = two_outputs
    with pytest.warns(RuntimeWarning, match=r"^conjugate gradients reached a residual of \d\.\d+ in 1 steps; the"):
        conjugate_gradients(tangent_operator(network, params, inputs), np.ones((5, 2)), tolerance=1e-6, most_steps=1)


def test_nothing_missing_has_weights_of_zero(two_outputs):
    network, params, inputs, _ = two_outputs
    found = conjugate_gradients(tangent_operator(network, params, inputs), np.zeros((5, 2)))
    assert (found.residual, np.abs(found.weights).max()) == (0, 0)


def test_targets_that_do_not_fit_are_refused_in_one_line(two_outputs):
    network, params, inputs, _ = two_outputs
    with pytest.raises(UserError, match=r"^an operator of shape \(10, 10\) does not fit targets of shape \(4, 2\)"):
        conjugate_gradients(tangent_operator(network, params, inputs), np.zeros((4, 2)))
