"""Sparse parity."""

import jax
import numpy as np
import pytest

from grok_jax.errors import UserError
from grok_jax.tasks import SparseParity


@pytest.mark.parametrize("places", ["first", "random"])
def test_the_label_is_the_sign_of_the_product_of_the_relevant_signs(draw, rows_of, places):
    task = SparseParity(bits=12, relevant=4, places=places)
    relevant = np.asarray(task.relevant_bits(jax.random.key(0)))
    for split in draw(task):
        inputs, targets = rows_of(split, task)
        np.testing.assert_array_equal(np.prod(inputs[:, relevant], axis=1), 1 - 2 * targets)


def test_bits_are_the_same_rows_written_with_0_and_1(draw, rows_of):
    signs, bits = (SparseParity(bits=12, places="random", numbers=numbers) for numbers in ("signs", "bits"))
    for of_signs, of_bits in zip(draw(signs), draw(bits), strict=True):
        one, other = rows_of(of_signs, signs), rows_of(of_bits, bits)
        np.testing.assert_array_equal(one.inputs, 1 - 2 * other.inputs)
        np.testing.assert_array_equal(one.targets, other.targets)


def test_bits_are_fair_and_independent(draw, rows_of):
    task = SparseParity(bits=8, train_size=20_000)
    signs = rows_of(draw(task).train, task).inputs
    np.testing.assert_allclose(signs.T @ signs / len(signs), np.eye(8), atol=0.03)
    np.testing.assert_allclose(signs.mean(axis=0), np.zeros(8), atol=0.03)


def test_random_places_are_different_bits_and_each_may_be_relevant():
    task = SparseParity(bits=5, relevant=3, places="random")
    drawn = np.array([task.relevant_bits(jax.random.key(seed)) for seed in range(30)])
    assert all(len(set(row)) == 3 for row in drawn.tolist())
    assert set(drawn.ravel().tolist()) == set(range(5))


def test_the_places_do_not_change_the_rows(draw, rows_of):
    first, random = (SparseParity(bits=12, places=places) for places in ("first", "random"))
    for a, b in zip(draw(first), draw(random), strict=True):
        np.testing.assert_array_equal(rows_of(a, first).inputs, rows_of(b, random).inputs)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bits": 2}, "task.relevant is 3; with task.bits=2 it must be from 1 to 2"),
        ({"relevant": 0}, "task.relevant is 0; it must be 1 or above"),
        ({"places": "last"}, "task.places is 'last'; it must be one of first, random"),
        ({"numbers": "tokens"}, "task.numbers is 'tokens'; it must be one of signs, bits"),
        ({"outputs": 3}, "task.outputs is 3; it must be from 1 to 2"),
        ({"train_size": -2}, "task.train_size is -2; it must be 1 or above"),
    ],
)
def test_impossible_fields_are_user_errors(changes, message):
    with pytest.raises(UserError, match=message):
        SparseParity(**changes)
