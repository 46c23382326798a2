"""Losses and correctness of single rows."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax.training.losses import brier, cross_entropy, row_correct, row_losses

OUTPUTS = jnp.array([[2.0, 0.0, -1.0], [0.0, 1.0, 3.0]])
LABELS = jnp.array([0, 1])


def test_mse_averages_over_the_outputs_with_labels_as_one_hot():
    np.testing.assert_allclose(row_losses(OUTPUTS, LABELS, "mse"), [(1 + 0 + 1) / 3, (0 + 0 + 9) / 3])


def test_mse_of_values_equals_numpy():
    targets = jnp.array([[1.0, 1.0, 1.0], [0.0, 0.5, 2.0]])
    np.testing.assert_allclose(row_losses(OUTPUTS, targets, "mse"), ((OUTPUTS - targets) ** 2).mean(1), rtol=1e-6)


def test_cross_entropy_is_minus_log_softmax_of_the_label():
    x = np.asarray(OUTPUTS, np.float64)
    expected = np.log(np.exp(x).sum(1)) - x[[0, 1], [0, 1]]
    np.testing.assert_allclose(row_losses(OUTPUTS, LABELS, "cross_entropy"), expected, rtol=1e-6)


def test_one_output_is_the_logit_of_class_1_under_cross_entropy():
    z = jnp.array([[-3.0], [0.5], [40.0]])
    labels = jnp.array([1, 1, 0])
    sigmoid = 1 / (1 + np.exp(-np.asarray(z[:, 0], np.float64)))
    expected = -np.log(np.where(np.asarray(labels) == 1, sigmoid, 1 - sigmoid + 1e-300))
    expected[2] = 40.0
    np.testing.assert_allclose(row_losses(z, labels, "cross_entropy"), expected, rtol=1e-6)


def test_one_output_has_the_values_minus_1_and_1_under_mse():
    np.testing.assert_allclose(row_losses(jnp.array([[0.5], [0.5]]), LABELS, "mse"), [2.25, 0.25])


def test_one_output_is_right_where_its_sign_is_the_labels():
    outputs, labels = jnp.array([[-1.0], [-1.0], [2.0], [2.0]]), jnp.array([0, 1, 0, 1])
    assert row_correct(outputs, labels, jnp.array(0.1)).tolist() == [True, False, False, True]


def exact(logits, labels):
    """Cross-entropies and their gradients in float64, each from the sum over the other classes."""
    z, rows = np.asarray(logits, np.float64), np.arange(len(labels))
    others = np.exp(z - z[rows, labels][:, None])
    others[rows, labels] = 0
    total = others.sum(1)
    gradient = others / (1 + total)[:, None]
    gradient[rows, labels] = -total / (1 + total)
    return np.log1p(total), gradient


def with_margin(margin, classes):
    """A row whose label is ahead of (behind, where negative) the next logit by a margin, and of all others by more."""
    others = -margin - np.linspace(0, 3, classes - 1)
    return np.float32(2.5) + np.concatenate([others[:1], [0], others[1:]]).astype(np.float32)


def gradients(logits, labels):
    return jax.grad(lambda z: jnp.sum(row_losses(z, labels, "cross_entropy")))(logits)


@pytest.mark.parametrize("classes", [2, 114])
def test_cross_entropy_and_its_gradient_are_right_from_1e_12_to_100(classes):
    values = np.geomspace(1e-14, 100, 57)
    margins = np.where(values < 30, -np.log(np.expm1(np.minimum(values, 30))), -values)
    logits, labels = jnp.asarray(np.stack([with_margin(m, classes) for m in margins])), jnp.full(57, 1)
    losses, gradient = exact(logits, labels)
    assert losses.min() < 1e-12
    assert losses.max() > 99
    # A logit of 30 has an error of 2e-6, and so has its exponential.
    np.testing.assert_allclose(row_losses(logits, labels, "cross_entropy"), losses, rtol=5e-6)
    np.testing.assert_allclose(gradients(logits, labels), gradient, rtol=5e-6, atol=1e-38)


def test_ties_with_the_label_give_the_logarithm_of_their_number():
    logits, labels = jnp.array([[3.0, 3.0, 3.0, -90.0], [7.0, 7.0, 7.0, 7.0]]), jnp.array([1, 3])
    np.testing.assert_allclose(row_losses(logits, labels, "cross_entropy"), np.log([3, 4]), rtol=1e-6)
    np.testing.assert_allclose(gradients(logits, labels), exact(logits, labels)[1], rtol=1e-6, atol=1e-38)


def test_the_mean_over_rows_of_all_sizes_is_that_of_float64():
    margins = np.linspace(-20, 40, 97)
    logits = jnp.asarray(np.stack([with_margin(m, 114) for m in margins]))
    labels, weights = jnp.full(97, 1), jnp.full(97, 1 / 97)
    mean = weights @ row_losses(logits, labels, "cross_entropy")
    np.testing.assert_allclose(mean, exact(logits, labels)[0].mean(), rtol=2e-6)


def test_second_derivatives_of_a_tiny_loss_are_those_of_a_softmax():
    logits = jnp.asarray(with_margin(20.0, 4))
    found = jax.hessian(lambda z: cross_entropy(z[None], jnp.array([1]))[0])(logits)
    z = np.asarray(logits, np.float64)
    p = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
    expected = -np.outer(p, p)
    np.fill_diagonal(expected, [q * np.delete(p, k).sum() for k, q in enumerate(p)])
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_forward_and_backward_derivatives_agree():
    labels, along = jnp.array([0, 1]), jnp.array([[1.0, -2.0, 0.5], [0.3, 1.0, 2.0]])
    _, slope = jax.jvp(lambda z: jnp.sum(cross_entropy(z, labels)), (OUTPUTS,), (along,))
    np.testing.assert_allclose(slope, jnp.sum(gradients(OUTPUTS, labels) * along), rtol=1e-5)


def test_brier_and_its_gradient_equal_pytorchs_squared_error_of_softmax():
    torch = pytest.importorskip("torch")
    z = torch.tensor(np.asarray(OUTPUTS), dtype=torch.float64, requires_grad=True)
    one_hot = torch.nn.functional.one_hot(torch.tensor([0, 1]), 3)
    expected = ((torch.softmax(z, 1) - one_hot) ** 2).sum(1)
    expected.sum().backward()
    np.testing.assert_allclose(row_losses(OUTPUTS, LABELS, "brier"), expected.detach(), rtol=1e-6)
    gradient = jax.grad(lambda logits: jnp.sum(row_losses(logits, LABELS, "brier")))(OUTPUTS)
    np.testing.assert_allclose(gradient, z.grad, rtol=1e-5)


def test_a_tiny_brier_loss_is_that_of_float64():
    logits = with_margin(25.0, 114)
    z = np.asarray(logits, np.float64)
    others = np.delete(np.exp(z - z.max()) / np.exp(z - z.max()).sum(), 1)
    found = brier(jnp.asarray(logits)[None], jnp.array([1]))[0]
    np.testing.assert_allclose(found, others.sum() ** 2 + (others**2).sum(), rtol=1e-5)
    assert 0 < found < 1e-18


def test_brier_of_one_output_is_that_of_two_classes():
    z, labels = jnp.array([[0.5], [-1.0]]), jnp.array([1, 1])
    sigmoid = 1 / (1 + np.exp(-np.asarray(z[:, 0], np.float64)))
    np.testing.assert_allclose(row_losses(z, labels, "brier"), 2 * (1 - sigmoid) ** 2, rtol=1e-6)


@pytest.mark.parametrize("loss", ["cross_entropy", "brier", "stablemax", "naive_cross_entropy"])
@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_logit_that_is_no_number_gives_a_loss_that_is_none(value, place, loss):
    logits = OUTPUTS.at[0, place].set(value)
    losses = jax.jit(lambda z: row_losses(z, jnp.array([0, 1]), loss))(logits)
    assert not np.isfinite(losses[0])
    assert np.isfinite(losses[1])


def test_a_label_is_right_when_its_output_is_the_largest():
    assert row_correct(OUTPUTS, LABELS, jnp.float32(0)).tolist() == [True, False]


def test_values_are_right_when_their_mean_squared_error_is_below_the_threshold():
    targets = OUTPUTS + jnp.array([[0.03], [0.04]])
    assert row_correct(OUTPUTS, targets, jnp.float32(1e-3)).tolist() == [True, False]
