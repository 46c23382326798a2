"""The teacher-student task."""

import numpy as np
import pytest

from grok_jax.errors import UserError
from grok_jax.tasks import TeacherStudent


def affine(inputs):
    return np.concatenate([inputs, np.ones((len(inputs), 1))], axis=1)


def test_targets_have_the_spread_of_a_pytorch_teacher(draw):
    # Over many teachers: most of an output is the last bias, so one teacher tells little.
    torch = pytest.importorskip("torch", reason="a teacher of PyTorch needs torch")
    task = TeacherStudent()
    ours = np.stack([draw(task, seed).train.examples.targets for seed in range(200)])
    torch.manual_seed(0)
    theirs = np.empty((200, 100, 5))
    for targets in theirs:
        layers = [torch.nn.Linear(5, 100), torch.nn.Tanh(), torch.nn.Linear(100, 100), torch.nn.Tanh()]
        targets[...] = torch.nn.Sequential(*layers, torch.nn.Linear(100, 5))(torch.randn(100, 5)).detach()
    assert np.std(ours) == pytest.approx(np.std(theirs), rel=0.05)
    assert np.mean(np.std(ours, axis=1)) == pytest.approx(np.mean(np.std(theirs, axis=1)), rel=0.05)


def test_train_and_test_targets_come_from_one_teacher(draw):
    # A linear teacher is recovered exactly from the training rows, and must then predict the test rows.
    task = TeacherStudent(activation="identity")
    train, test = (split.examples for split in draw(task))
    solution, *_ = np.linalg.lstsq(affine(train.inputs), train.targets, rcond=None)
    np.testing.assert_allclose(affine(test.inputs) @ solution, test.targets, atol=1e-5)


def test_a_linear_teacher_of_normal_weights_has_slopes_of_their_products_and_no_offset(draw):
    # Of a product of N(0, 1) matrices of 100 rows between, an entry has the variance 100.
    task = TeacherStudent(activation="identity", widths=(100,), initializer="normal", use_bias=False)
    solutions = []
    for seed in range(40):
        examples = draw(task, seed).train.examples
        solutions.append(np.linalg.lstsq(affine(examples.inputs), examples.targets, rcond=None)[0])
    slopes, offsets = np.array(solutions)[:, :-1], np.array(solutions)[:, -1]
    assert np.var(slopes) == pytest.approx(100, rel=0.15)
    np.testing.assert_allclose(offsets, 0, atol=1e-3)


def test_noise_is_on_the_training_targets_alone(draw):
    clean, noisy = draw(TeacherStudent()), draw(TeacherStudent(noise=0.5))
    np.testing.assert_array_equal(clean.test.examples.targets, noisy.test.examples.targets)
    np.testing.assert_array_equal(clean.train.examples.inputs, noisy.train.examples.inputs)
    difference = np.asarray(noisy.train.examples.targets - clean.train.examples.targets)
    assert np.std(difference) == pytest.approx(0.5, rel=0.1)


def test_data_keys_give_different_teachers(draw):
    task = TeacherStudent(activation="identity")
    drawn = [draw(task, seed).train.examples for seed in (0, 1)]
    slopes = [np.linalg.lstsq(affine(x), y, rcond=None)[0] for x, y in drawn]
    assert np.abs(slopes[0] - slopes[1]).max() > 0.1


def test_inputs_are_standard_normal(draw):
    task = TeacherStudent()
    inputs = np.concatenate([draw(task, seed).train.examples.inputs for seed in range(50)])
    assert inputs.shape == (5000, 5)
    np.testing.assert_allclose(np.cov(inputs, rowvar=False), np.eye(5), atol=0.08)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train_size": 1.5}, "task.train_size is 1.5; it must be a whole number"),
        ({"test_size": 0}, "task.test_size is 0; it must be 1 or above"),
        ({"features": 0}, "task.features is 0; it must be 1 or above"),
        ({"widths": (100, -1)}, r"task.widths is \(100, -1\); it must be a tuple of whole numbers 1 or above"),
        ({"widths": 100}, "task.widths is 100; it must be a tuple such as"),
        ({"activation": "tan"}, "task.activation is 'tan'; it must be one of"),
        ({"initializer": "he"}, "task.initializer is 'he'; it must be one of pytorch, normal"),
        ({"noise": -1.0}, "task.noise is -1.0; it must be 0 or above"),
    ],
)
def test_impossible_fields_are_user_errors(changes, message):
    with pytest.raises(UserError, match=message):
        TeacherStudent(**changes)
