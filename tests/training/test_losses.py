"""Losses and correctness of single rows."""

import jax.numpy as jnp
import numpy as np

from grok_jax.training.losses import row_correct, row_losses

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


def test_a_label_is_right_when_its_output_is_the_largest():
    assert row_correct(OUTPUTS, LABELS, jnp.float32(0)).tolist() == [True, False]


def test_values_are_right_when_their_mean_squared_error_is_below_the_threshold():
    targets = OUTPUTS + jnp.array([[0.03], [0.04]])
    assert row_correct(OUTPUTS, targets, jnp.float32(1e-3)).tolist() == [True, False]
