"""How a kernel and a task fit, by their definitions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax.kernels import difficulty, eigenvector_labels, kernel_alignment, kernel_distance, pair_alignment

USED = np.array([True, False, True, True, False, True])


@pytest.fixture(scope="module")
def kernel(problem):
    return jnp.asarray(problem[0])


@pytest.fixture(scope="module")
def targets(problem):
    return jnp.asarray(problem[2])


def textbook_alignment(kernel, targets, centring):
    kernel, targets = np.asarray(kernel, np.float64), np.asarray(targets, np.float64)
    kernel, own = centring @ kernel @ centring, centring @ targets @ targets.T @ centring
    return np.sum(kernel * own) / (np.linalg.norm(kernel) * np.linalg.norm(own))


def test_alignment_with_one_output_is_the_papers_formula(kernel, targets):
    y = np.asarray(targets[:, 0])
    expected = y @ kernel @ y / (np.linalg.norm(kernel) * y @ y)
    assert float(kernel_alignment(kernel, targets[:, :1])) == pytest.approx(float(expected), rel=1e-5)


def test_alignment_with_several_outputs_is_that_of_the_gram_matrix(kernel, targets):
    expected = textbook_alignment(kernel, targets, np.eye(6))
    assert float(kernel_alignment(kernel, targets)) == pytest.approx(expected, rel=1e-5)


def test_centered_alignment_is_that_of_hkh(kernel, targets):
    expected = textbook_alignment(kernel, targets, np.eye(6) - np.ones((6, 6)) / 6)
    assert float(kernel_alignment(kernel, targets, centered=True)) == pytest.approx(expected, rel=1e-4)


def test_alignment_of_a_task_with_its_own_gram_matrix_is_one(targets):
    assert float(kernel_alignment(3 * targets @ targets.T, targets)) == pytest.approx(1, rel=1e-5)


@pytest.mark.parametrize("centered", [False, True])
def test_rows_out_of_use_count_as_if_they_were_left_out(kernel, targets, centered):
    within = kernel_alignment(kernel, targets, centered=centered, in_use=jnp.asarray(USED))
    alone = kernel_alignment(kernel[np.ix_(USED, USED)], targets[USED], centered=centered)
    assert float(within) == pytest.approx(float(alone), rel=1e-5)


@pytest.mark.parametrize("centered", [False, True])
def test_rows_out_of_use_may_hold_anything(kernel, targets, centered):
    spoilt = jnp.where(USED[:, None] & USED[None, :], kernel, jnp.nan)
    within = kernel_alignment(spoilt, targets.at[1].set(jnp.nan), centered=centered, in_use=jnp.asarray(USED))
    clean = kernel_alignment(kernel, targets, centered=centered, in_use=jnp.asarray(USED))
    assert float(within) == float(clean)


def test_alignment_over_pairs_is_its_definition(kernel, targets):
    y, k = np.asarray(targets[:, 0], np.float64), np.asarray(kernel, np.float64)
    i, j = np.nonzero(~np.eye(6, dtype=bool))
    expected = np.mean(y[i] * k[i, j] * y[j]) / np.sqrt(np.mean(k[i, j] ** 2)) / np.mean(y**2)
    assert float(pair_alignment(kernel, targets[:, :1])) == pytest.approx(expected, rel=1e-5)


def test_alignment_over_pairs_does_not_look_at_the_diagonal(kernel, targets):
    raised = kernel + 10 * jnp.eye(6)
    assert float(pair_alignment(raised, targets)) == pytest.approx(float(pair_alignment(kernel, targets)), rel=1e-5)


def test_alignment_over_pairs_leaves_out_rows_out_of_use(kernel, targets):
    spoilt = jnp.where(USED[:, None] & USED[None, :], kernel, jnp.nan)
    within = pair_alignment(spoilt, targets.at[1].set(jnp.nan), jnp.asarray(USED))
    alone = pair_alignment(kernel[np.ix_(USED, USED)], targets[USED])
    assert float(within) == pytest.approx(float(alone), rel=1e-5)


def test_kernel_distance_is_relative_to_the_start(kernel):
    assert float(kernel_distance(1.5 * kernel, kernel)) == pytest.approx(0.5, rel=1e-5)
    assert float(kernel_distance(kernel, kernel)) == 0


def test_difficulty_is_the_squared_distance_that_a_linear_model_moves(targets):
    features = np.random.default_rng(1).normal(size=(6, 9))
    moved = np.linalg.pinv(features) @ np.asarray(targets)  # the shortest way to the targets
    found = difficulty(jnp.asarray(features @ features.T), targets)
    assert float(found) == pytest.approx(np.sum(moved**2), rel=1e-3)


def test_difficulty_leaves_out_what_cannot_be_learned(targets):
    features = np.random.default_rng(1).normal(size=(6, 3))  # spans 3 of 6 directions
    moved = np.linalg.pinv(features) @ np.asarray(targets)
    found = difficulty(jnp.asarray(features @ features.T), targets)
    assert float(found) == pytest.approx(np.sum(moved**2), rel=1e-3)


@pytest.mark.parametrize("order", [1, 2, 6])
def test_labels_solve_the_eigenvalue_equation_of_their_order(kernel, order):
    labels = np.asarray(eigenvector_labels(kernel, order))
    eigenvalue = np.linalg.eigvalsh(np.asarray(kernel, np.float64))[6 - order]
    np.testing.assert_allclose(kernel @ labels, eigenvalue * labels, atol=1e-5)
    assert np.linalg.norm(labels) == pytest.approx(1, rel=1e-5)


def test_the_largest_component_of_labels_is_positive(kernel):
    for sign in (1, -1):
        mirrored = sign * np.array([1, -1, 1, 1, -1, 1])  # flips components of every eigenvector
        labels = np.asarray(eigenvector_labels(kernel * np.outer(mirrored, mirrored), 2))
        assert labels[np.argmax(np.abs(labels))] > 0


@pytest.mark.parametrize("order", [1, 3])
def test_labels_of_rows_in_use_are_those_of_the_kernel_without_the_others(kernel, order):
    within = np.asarray(eigenvector_labels(kernel, order, jnp.asarray(USED)))
    alone = np.asarray(eigenvector_labels(kernel[np.ix_(USED, USED)], order))
    np.testing.assert_allclose(within[USED], alone, atol=1e-5)
    np.testing.assert_array_equal(within[~USED], 0)


@pytest.mark.parametrize("order", [1, 3, 6])
def test_without_its_mean_labels_are_those_of_the_kernel_less_its_mean(kernel, order):
    left = np.asarray(kernel, np.float64) - np.mean(kernel)
    labels = np.asarray(eigenvector_labels(kernel, order, subtract_mean=True))
    np.testing.assert_allclose(left @ labels, np.linalg.eigvalsh(left)[6 - order] * labels, atol=1e-5)


def test_without_its_mean_rows_out_of_use_are_as_if_they_were_not_there(kernel):
    alone = kernel[np.ix_(USED, USED)]
    for order in range(1, int(USED.sum()) + 1):  # the last has a negative eigenvalue
        within = np.asarray(eigenvector_labels(kernel, order, jnp.asarray(USED), subtract_mean=True))
        expected = eigenvector_labels(alone, order, subtract_mean=True)
        np.testing.assert_allclose(within[USED], expected, atol=1e-4)
        np.testing.assert_array_equal(within[~USED], 0)


def test_orders_of_one_program_give_the_labels_of_each(kernel):
    orders = jnp.array([1, 4])
    together = jax.jit(jax.vmap(lambda order: eigenvector_labels(kernel, order)))(orders)
    for order, labels in zip(orders, together, strict=True):
        np.testing.assert_allclose(labels, eigenvector_labels(kernel, int(order)), atol=1e-5)
