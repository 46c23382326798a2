"""Errors of single rows."""

import jax.numpy as jnp
import numpy as np
import pytest

import grok_jax
from grok_jax.errors import UserError
from grok_jax.probes.row_errors import error_of_most


@pytest.mark.parametrize(("rows", "largest"), [(100, 95), (20, 19), (7, 7), (1, 1)])
def test_95_percent_of_the_rows_in_use_do_not_exceed_it(rows, largest):
    errors = np.random.default_rng(0).permutation(rows) + 1.0
    unused = np.array([0.5, 1000.0])  # neither small nor large rows out of use count
    weights = np.append(np.full(rows, 1 / rows), [0.0, 0.0])
    assert float(error_of_most(jnp.asarray(np.append(errors, unused)), jnp.asarray(weights))) == largest


def test_accuracy_reaches_95_percent_where_it_falls_below_the_threshold():
    config = grok_jax.default_config("teacher_student", "mlp", "adamw")
    config.task.train_size, config.task.test_size, config.model.widths = 40, 40, (10,)
    config.optimizer.learning_rate, config.training.steps = 1e-2, 500
    config.training.accuracy_threshold, config.training.probes = 0.02, ("row_errors",)
    ds = grok_jax.sweep(config, progress=False)
    for split in ("train", "test"):
        right = ds[f"{split}_accuracy"].values >= 0.95
        assert 0 < right.sum() < right.size
        np.testing.assert_array_equal(ds[f"{split}_row_error"].values < 0.02, right)


def test_a_classification_is_a_user_error():
    config = grok_jax.default_config("modular_arithmetic", "mlp", "gd")
    config.training.probes = ("row_errors",)
    with pytest.raises(UserError, match="probe 'row_errors' needs a regression; task 'modular_arithmetic' has classes"):
        grok_jax.sweep(config, progress=False)
