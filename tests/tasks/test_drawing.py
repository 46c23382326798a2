"""The pieces that draws are made of."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from grok_jax.errors import UserError
from grok_jax.tasks.base import Rows
from grok_jax.tasks.drawing import normal_rows, require_count, shuffled_splits, with_noise


@pytest.fixture(scope="module")
def numbers():
    return np.asarray(normal_rows(jax.random.key(0), 4000, 5))


def test_normal_rows_pass_a_kolmogorov_smirnov_test(numbers):
    assert stats.kstest(numbers.ravel(), "norm").pvalue > 0.01


def test_normal_rows_are_uncorrelated_between_columns(numbers):
    np.testing.assert_allclose(np.corrcoef(numbers, rowvar=False), np.eye(5), atol=0.06)


def test_fewer_normal_rows_are_the_first_of_more(numbers):
    np.testing.assert_array_equal(normal_rows(jax.random.key(0), 3, 5), numbers[:3])


def test_noise_has_its_standard_deviation_and_none_leaves_the_targets_alone():
    targets = jnp.ones((4000, 5))
    assert with_noise(targets, None, jax.random.key(0)) is targets
    assert np.std(with_noise(targets, 0.3, jax.random.key(0)) - targets) == pytest.approx(0.3, rel=0.05)


def test_full_splits_use_every_row_once():
    train, test = shuffled_splits(jax.random.key(0), 50, 20, 30, Rows(20, 30))
    assert sorted([*train.index.tolist(), *test.index.tolist()]) == list(range(50))


def test_training_and_test_rows_of_a_smaller_run_are_the_first_of_a_larger_one():
    small = shuffled_splits(jax.random.key(0), 50, 10, 5, Rows(10, 5))
    large = shuffled_splits(jax.random.key(0), 50, 20, 30, Rows(20, 30))
    np.testing.assert_array_equal(small.train.index, large.train.index[:10])
    np.testing.assert_array_equal(small.test.index, large.test.index[:5])


@pytest.mark.parametrize("value", [0, -3, 1.5, float("nan"), float("inf"), 8])
def test_counts_that_are_no_whole_number_within_the_limit_are_user_errors(value):
    with pytest.raises(UserError, match=rf"task.n is {value}; the rows allow 1 to 7$"):
        require_count(SimpleNamespace(n=value), "n", 7, "the rows")


@pytest.mark.parametrize("value", [1, 7, 3.0])
def test_counts_within_the_limit_come_back_as_ints(value):
    counted = require_count(SimpleNamespace(n=value), "n", 7, "the rows")
    assert isinstance(counted, int)
    assert counted == value
