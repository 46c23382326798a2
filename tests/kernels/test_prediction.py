"""The linearized model's training in closed form against a plain loop."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax.errors import UserError
from grok_jax.kernels import gradient_descent, gradient_flow, kernel_regression
from grok_jax.kernels.compat import neural_tangents

STEPS = np.array([0, 1, 2, 7, 40])


def largest(kernel):
    return np.linalg.eigvalsh(kernel)[-1]


def rate_of(problem, per_step):
    """The learning rate at which the largest eigenvalue's direction shrinks by 1 - per_step in each step."""
    return float(per_step * problem[2].size / 2 / largest(problem[0]))


def plain_loop(problem, learning_rate):
    """Gradient descent on the mean squared error in function space, step by step in float64."""
    kernel, test_kernel, targets, train, test = problem
    train_outputs, test_outputs = [train], [test]
    for _ in range(STEPS[-1]):
        descent = 2 * learning_rate / targets.size * (targets - train_outputs[-1])
        test_outputs.append(test_outputs[-1] + test_kernel @ descent)
        train_outputs.append(train_outputs[-1] + kernel @ descent)
    return np.array(train_outputs)[STEPS], np.array(test_outputs)[STEPS]


def with_null_direction(problem):
    """The problem with its last training row a copy of the first."""
    kernel, test_kernel, *others = problem
    rows = [*range(len(kernel) - 1), 0]
    return kernel[np.ix_(rows, rows)], test_kernel[:, rows], *others


@pytest.mark.parametrize("per_step", [1e-4, 0.3, 1.0, 1.9])
def test_gradient_descent_is_a_plain_loop(problem, per_step):
    rate = rate_of(problem, per_step)
    found = gradient_descent(*map(jnp.asarray, problem), steps=jnp.asarray(STEPS), learning_rate=rate)
    for ours, loop in zip(found, plain_loop(problem, rate), strict=True):
        np.testing.assert_allclose(ours, loop, rtol=1e-3, atol=1e-4)


def test_gradient_descent_on_a_singular_kernel_is_a_plain_loop(problem):
    singular = with_null_direction(problem)
    rate = rate_of(singular, 0.5)
    found = gradient_descent(*map(jnp.asarray, singular), steps=jnp.asarray(STEPS), learning_rate=rate)
    for ours, loop in zip(found, plain_loop(singular, rate), strict=True):
        np.testing.assert_allclose(ours, loop, rtol=1e-3, atol=1e-4)


def test_gradient_descent_without_end_is_kernel_regression(problem):
    kernel, test_kernel, targets, train_start, test_start = map(jnp.asarray, problem)
    _, test = gradient_descent(
        *map(jnp.asarray, problem), steps=jnp.array([10**7]), learning_rate=rate_of(problem, 1.5)
    )
    end = kernel_regression(kernel, test_kernel, targets, train_start=train_start, test_start=test_start)
    np.testing.assert_allclose(test[0], end.test, rtol=1e-3, atol=1e-3)


def test_a_learning_rate_at_which_descent_diverges_is_refused_with_the_largest_that_does_not(problem):
    limit = rate_of(problem, 2)
    with pytest.raises(UserError, match=f"diverges at {limit:.3g}") as caught:
        gradient_descent(*map(jnp.asarray, problem), steps=jnp.asarray(STEPS), learning_rate=1.001 * limit)
    assert "\n" not in str(caught.value)


def test_gradient_descent_may_be_compiled(problem):
    arrays = tuple(map(jnp.asarray, problem))
    when = {"steps": jnp.asarray(STEPS), "learning_rate": rate_of(problem, 0.5)}
    compiled = jax.jit(functools.partial(gradient_descent, **when))(*arrays)
    for one, two in zip(compiled, gradient_descent(*arrays, **when), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-5)


def test_gradient_flow_is_gradient_descent_in_the_limit_of_small_steps(problem):
    rate = rate_of(problem, 1e-3)
    steps = jnp.array([0, 100, 3000])
    arrays = tuple(map(jnp.asarray, problem))
    descent = gradient_descent(*arrays, steps=steps, learning_rate=rate)
    flow = gradient_flow(*arrays, times=rate * steps)
    for ours, small in zip(flow, descent, strict=True):
        np.testing.assert_allclose(ours, small, atol=2e-3)


def test_gradient_flow_is_what_neural_tangents_predicts_at_twice_its_learning_rate(problem):
    kernel, test_kernel, targets, train_start, test_start = map(jnp.asarray, problem)
    predict = neural_tangents().predict.gradient_descent_mse(kernel, targets)
    times = jnp.array([0.0, 0.5, 8.0])
    theirs = predict(2 * times, train_start, test_start, test_kernel)
    ours = gradient_flow(kernel, test_kernel, targets, train_start, test_start, times=times)
    for one, two in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("predict", [gradient_descent, gradient_flow])
def test_a_kernel_that_is_not_finite_is_refused_in_one_line(problem, predict):
    kernel, *others = map(jnp.asarray, problem)
    when = {"steps": jnp.array([1]), "learning_rate": 0.1} if predict is gradient_descent else {"times": jnp.array([1])}
    with pytest.raises(UserError, match=r"^kernel has 1 of 36 entries that are NaN") as caught:
        predict(kernel.at[0, 0].set(jnp.inf), *others, **when)
    assert "\n" not in str(caught.value)
