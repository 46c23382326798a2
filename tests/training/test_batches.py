"""Minibatches of shuffled epochs, with a traced amount of data."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from grok_jax.training.batches import full_batch, minibatch, shuffled

draw_batch = jax.jit(minibatch, static_argnums=(2, 3))


@jax.jit
def orders(keys, places, size):
    return jax.vmap(lambda key: shuffled(key, places, size))(keys)


def epoch(size: int, batch_size: int, capacity: int, number: int = 0) -> np.ndarray:
    batches = -(-size // min(batch_size, capacity))
    drawn = [
        draw_batch(jax.random.key(0), number * batches + turn, batch_size, capacity, size) for turn in range(batches)
    ]
    return np.concatenate([np.asarray(batch.positions)[np.asarray(batch.weights) > 0] for batch in drawn])


@pytest.mark.parametrize(("size", "batch_size"), [(1000, 200), (1000, 128), (37, 64), (1, 5), (1024, 100), (2, 2)])
def test_an_epoch_visits_every_row_once(size, batch_size):
    assert sorted(epoch(size, batch_size, capacity=1500)) == list(range(size))


def test_two_epochs_visit_the_rows_in_different_orders():
    assert not np.array_equal(epoch(100, 20, 100, 0), epoch(100, 20, 100, 1))


def test_rows_drawn_do_not_depend_on_the_capacity():
    np.testing.assert_array_equal(epoch(50, 10, 50), epoch(50, 10, 500))


def test_weights_of_a_short_last_batch_are_those_of_its_mean():
    batch = draw_batch(jax.random.key(0), 2, 40, 100, 100)
    np.testing.assert_allclose(batch.weights, np.r_[np.full(20, 1 / 20), np.zeros(20)])


def test_full_batch_counts_each_row_in_use_once():
    np.testing.assert_allclose(full_batch(8, jnp.int32(5)).weights, [0.2] * 5 + [0] * 3)


@pytest.mark.parametrize("size", [10, 16, 100])
def test_every_row_is_equally_likely_at_every_place(size):
    drawn = np.asarray(orders(jax.random.split(jax.random.key(1), 20 * size), jnp.arange(size), size))
    counts = np.stack([np.bincount(drawn[:, place], minlength=size) for place in range(size)])
    # size chi-square tests of size - 1 degrees of freedom: together close to normal.
    score = stats.chisquare(counts, axis=1).statistic.sum()
    degrees = size * (size - 1)
    assert abs(score - degrees) < 5 * np.sqrt(2 * degrees)


def test_neighbors_are_not_kept_together():
    size, draws = 64, 2000
    drawn = np.asarray(orders(jax.random.split(jax.random.key(2), draws), jnp.arange(size), size))
    steps = np.diff(drawn, axis=1) % size
    counts = np.bincount(steps.ravel(), minlength=size)[1:]
    assert counts.max() < 1.2 * counts.mean()
