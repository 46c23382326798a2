"""The teacher-student task."""

import jax
import numpy as np
import pytest
import torch

from grok_jax.errors import UserError
from grok_jax.tasks import TASKS

TASK = TASKS["teacher_student"]


def draw(fields, seed=0):
    return TASK.draw(jax.random.key(seed), fields, None, TASK.rows(fields))


def test_targets_have_the_spread_of_a_pytorch_teacher(fields_of):
    # Over many teachers: one teacher's outputs are mostly its last bias, so their spread varies much.
    fields = fields_of("teacher_student")
    drawn = jax.vmap(lambda key: TASK.draw(key, fields, None, TASK.rows(fields)))(
        jax.random.split(jax.random.key(0), 200)
    )
    ours = np.asarray(drawn.train.examples.targets)
    torch.manual_seed(0)
    theirs = []
    for _ in range(200):
        layers = [torch.nn.Linear(5, 100), torch.nn.Tanh(), torch.nn.Linear(100, 100), torch.nn.Tanh()]
        theirs.append(torch.nn.Sequential(*layers, torch.nn.Linear(100, 5))(torch.randn(100, 5)).detach().numpy())
    for statistic in (lambda y: np.std(y), lambda y: np.mean(np.std(y, axis=1))):
        assert statistic(ours) == pytest.approx(statistic(np.stack(theirs)), rel=0.05)


def test_train_and_test_targets_come_from_one_teacher(fields_of):
    # A linear teacher is recovered exactly from the training rows, and must then predict the test rows.
    fields = fields_of("teacher_student", activation="identity")
    train, test = (split.examples for split in draw(fields))
    affine = lambda x: np.concatenate([x, np.ones((len(x), 1))], axis=1)  # noqa: E731
    solution, *_ = np.linalg.lstsq(affine(train.inputs), train.targets, rcond=None)
    np.testing.assert_allclose(affine(test.inputs) @ solution, test.targets, atol=1e-5)


def test_noise_is_on_the_training_targets_alone(fields_of):
    clean, noisy = draw(fields_of("teacher_student")), draw(fields_of("teacher_student", noise=0.5))
    np.testing.assert_array_equal(clean.test.examples.targets, noisy.test.examples.targets)
    np.testing.assert_array_equal(clean.train.examples.inputs, noisy.train.examples.inputs)
    difference = np.asarray(noisy.train.examples.targets - clean.train.examples.targets)
    assert np.std(difference) == pytest.approx(0.5, rel=0.1)


def test_data_keys_give_different_teachers(fields_of):
    fields = fields_of("teacher_student", activation="identity", widths=())
    slopes = [np.linalg.lstsq(*draw(fields, seed).train.examples, rcond=None)[0] for seed in (0, 1)]
    assert np.abs(slopes[0] - slopes[1]).max() > 0.1


def test_inputs_are_standard_normal(fields_of):
    inputs = np.asarray(draw(fields_of("teacher_student", train_size=5000)).train.examples.inputs)
    assert inputs.shape == (5000, 5)
    np.testing.assert_allclose(np.cov(inputs, rowvar=False), np.eye(5), atol=0.08)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train_size": 1.5}, "task.train_size is 1.5; it must be a whole number, 1 or above"),
        ({"test_size": 0}, "task.test_size is 0; it must be a whole number, 1 or above"),
        ({"features": 0}, "task.features is 0; it must be a whole number, 1 or above"),
        ({"widths": (100, -1)}, r"task.widths is \(100, -1\); it must be a tuple of whole numbers above 0"),
        ({"widths": 100}, "task.widths is 100; it must be a tuple of whole numbers above 0"),
        ({"activation": "tan"}, "task.activation is 'tan'; it must be one of"),
        ({"noise": -1.0}, "task.noise is -1.0; it must be 0 or above"),
    ],
)
def test_impossible_fields_are_user_errors(fields_of, changes, message):
    with pytest.raises(UserError, match=message):
        TASK.rows(fields_of("teacher_student", **changes))
