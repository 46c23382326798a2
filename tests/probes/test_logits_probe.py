"""Logits of the right class."""

import jax.numpy as jnp
import numpy as np
import pytest

import grok_jax
from grok_jax.errors import UserError
from grok_jax.probes.logits import correct_logits, logit_margins, squared_logits

LOGITS = jnp.array([[1.0, 4.0, -2.0], [0.0, 3.0, 6.0]])
LABELS = jnp.array([1, 1])


def run(**fields):
    config = grok_jax.default_config("modular_arithmetic", "mlp", "gd")
    config.task.p, config.task.train_fraction, config.model.widths = 5, 0.6, (6,)
    config.training.probes, config.training.records = ("logits",), 2
    config.update_from_flattened_dict({"training.loss": "cross_entropy", "training.steps": 0, **fields})
    return config


def test_a_correct_logit_counts_from_the_mean_of_its_row():
    np.testing.assert_allclose(correct_logits(LOGITS, LABELS), [3.0, 0.0], atol=1e-6)


def test_a_margin_counts_from_the_largest_other_logit():
    np.testing.assert_allclose(logit_margins(LOGITS, LABELS), [3.0, -3.0], atol=1e-6)


def test_squared_logits_count_from_the_mean_of_their_row():
    np.testing.assert_allclose(squared_logits(LOGITS), [6.0, 6.0], atol=1e-6)


def test_a_number_added_to_a_row_changes_nothing():
    for measure in (correct_logits, logit_margins):
        np.testing.assert_allclose(measure(LOGITS + 7.0, LABELS), measure(LOGITS, LABELS), atol=1e-5)


def test_the_probe_is_the_mean_over_the_training_rows_in_use():
    config = run(**{"model.output_scale": 3.0})

    def read(probed):
        rows = probed.train_weights > 0
        return probed.train_outputs, probed.train.targets, rows

    grid = "task.train_fraction=0.3, 0.6"  # one program with room for 15 rows, of which the first run has 7
    measured = grok_jax.sweep(config, grid, progress=False).isel(step=-1)
    for place, (_, (logits, labels, rows)) in enumerate(grok_jax.observe(read, config, grid)):
        own = np.flatnonzero(rows)
        assert len(own) == (7, 15)[place]
        expected = np.mean([logits[i, labels[i]] - logits[i].mean() for i in own])
        margin = np.mean([logits[i, labels[i]] - np.delete(logits[i], labels[i]).max() for i in own])
        centered = logits[own] - logits[own].mean(axis=1, keepdims=True)
        assert float(measured["logit_scale"][place]) == pytest.approx(np.sqrt(np.mean(centered**2)), rel=1e-4)
        assert float(measured["correct_logit"][place]) == pytest.approx(expected, rel=1e-4)
        assert float(measured["logit_margin"][place]) == pytest.approx(margin, rel=1e-4)


def test_a_regression_is_a_user_error():
    config = grok_jax.default_config("teacher_student", "mlp", "gd")
    config.training.probes = ("logits",)
    with pytest.raises(UserError, match="probe 'logits' needs classes; task 'teacher_student' is a regression"):
        grok_jax.sweep(config, progress=False)
