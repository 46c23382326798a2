"""Kernel regression against linear algebra in float64."""

import warnings

import jax
import jax.numpy as jnp
import jaxtyping
import numpy as np
import pytest

from grok_jax.errors import UserError
from grok_jax.kernels import kernel_regression


def expected(problem, ridge=0.0, centered=False):
    kernel, test_kernel, targets, *starts = problem
    train_start, test_start = (np.zeros_like(start) if centered else start for start in starts)
    weights = np.linalg.solve(kernel + ridge * np.eye(len(kernel)), targets - train_start)
    return kernel @ weights + train_start, test_kernel @ weights + test_start


@pytest.mark.parametrize("ridge", [0.0, 0.1, 10.0])
def test_predictions_are_those_of_a_float64_solve(problem, ridge):
    kernel, test_kernel, targets, train_start, test_start = map(jnp.asarray, problem)
    found = kernel_regression(kernel, test_kernel, targets, ridge=ridge, train_start=train_start, test_start=test_start)
    for ours, solved in zip(found[:2], expected(problem, ridge), strict=True):
        np.testing.assert_allclose(ours, solved, rtol=1e-3, atol=1e-3)


def test_without_initial_outputs_they_are_zero(problem):
    found = kernel_regression(*map(jnp.asarray, problem[:3]))
    for ours, solved in zip(found[:2], expected(problem, centered=True), strict=True):
        np.testing.assert_allclose(ours, solved, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("ridge", [0.0, 0.5])
def test_condition_is_that_of_the_kernel_with_its_ridge(problem, ridge):
    kernel = problem[0]
    found = kernel_regression(*map(jnp.asarray, problem[:3]), ridge=ridge)
    assert float(found.condition) == pytest.approx(np.linalg.cond(kernel + ridge * np.eye(len(kernel))), rel=1e-3)


def twice_the_first_row(problem):
    """The problem with a training row, and its targets, given twice: a singular kernel."""
    kernel, test_kernel, targets, *_ = problem
    rows = [0, *range(len(kernel))]
    return tuple(map(jnp.asarray, (kernel[np.ix_(rows, rows)], test_kernel[:, rows], targets[rows])))


def test_a_singular_kernel_warns_in_words_that_help(problem):
    with pytest.warns(RuntimeWarning, match=r"the kernel is singular in float32 \(1 of 7 directions left out;"):
        found = kernel_regression(*twice_the_first_row(problem))
    assert np.isinf(found.condition)


def test_a_row_given_twice_changes_no_prediction(problem):
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        found = kernel_regression(*twice_the_first_row(problem))
    np.testing.assert_allclose(found.test, expected(problem, centered=True)[1], rtol=1e-3, atol=1e-3)


def test_a_ridge_makes_a_singular_kernel_regular(problem):
    assert np.isfinite(kernel_regression(*twice_the_first_row(problem), ridge=0.1).condition)


def test_a_compiled_regression_says_infinite_where_it_cannot_warn(problem):
    assert np.isinf(jax.jit(kernel_regression)(*twice_the_first_row(problem)).condition)


@pytest.mark.parametrize("name", ["kernel", "test_kernel", "targets"])
def test_numbers_that_are_not_finite_are_refused_in_one_line(problem, name):
    given = dict(zip(("kernel", "test_kernel", "targets"), map(jnp.asarray, problem[:3]), strict=True))
    given[name] = given[name].at[0, 1].set(jnp.nan)
    words = name.replace("_", " ")
    with pytest.raises(UserError, match=f"^{words} has 1 of {given[name].size} entries that are NaN") as caught:
        kernel_regression(**given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "rows", [(slice(0, 5), slice(None), slice(None)), (slice(None), slice(0, 5), slice(None))], ids=["kernel", "test"]
)
def test_kernels_that_do_not_fit_the_targets_are_refused_in_one_line(problem, rows, monkeypatch):
    kernel, test_kernel, targets = map(jnp.asarray, problem[:3])
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # Its checks, of tests alone, come first.
    with pytest.raises(UserError, match=r"do not fit targets of shape \(6, 2\)") as caught:
        kernel_regression(kernel[rows[0], rows[0]], test_kernel[:, rows[1]], targets)
    assert "\n" not in str(caught.value)


def test_a_negative_ridge_is_refused(problem):
    with pytest.raises(UserError, match=r"^ridge is -1\.0; it must be 0 or above$"):
        kernel_regression(*map(jnp.asarray, problem[:3]), ridge=-1.0)
