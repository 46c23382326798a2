"""The pieces that draws are made of."""

import re
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from grok_jax.errors import UserError
from grok_jax.tasks import Rows
from grok_jax.tasks.drawing import (
    divided,
    floor_share,
    normal_rows,
    portion_rows,
    portion_splits,
    shuffled_splits,
    uniform_rows,
    with_noise,
)


@pytest.fixture(scope="module")
def numbers():
    return np.asarray(normal_rows(jax.random.key(0), 4000, 5))


def test_normal_rows_pass_a_kolmogorov_smirnov_test(numbers):
    assert stats.kstest(numbers.ravel(), "norm").pvalue > 0.01


def test_normal_rows_are_uncorrelated_between_columns(numbers):
    np.testing.assert_allclose(np.corrcoef(numbers, rowvar=False), np.eye(5), atol=0.06)


def test_uniform_rows_pass_a_kolmogorov_smirnov_test():
    assert stats.kstest(np.asarray(uniform_rows(jax.random.key(0), 2000, 3)).ravel(), "uniform").pvalue > 0.01


def test_fewer_uniform_rows_are_the_first_of_more():
    few, many = (uniform_rows(jax.random.key(0), rows, 2) for rows in (3, 5))
    np.testing.assert_array_equal(few, many[:3])


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


@pytest.mark.parametrize("rows", [49, 100, 529, 9312, 12769])
def test_shares_are_the_whole_part_of_the_exact_product(rows):
    for percent in range(1, 200):
        fraction = Fraction(percent, 200)
        exact = fraction * rows
        assert int(floor_share(float(fraction), rows)) == exact.numerator // exact.denominator


@pytest.mark.parametrize("rows", [49, 529, 12769])
def test_a_fraction_of_k_in_n_rows_takes_k(rows):
    counts = np.arange(1, rows)
    np.testing.assert_array_equal(jax.vmap(lambda f: floor_share(f, rows))(jnp.asarray(counts / rows)), counts)


@pytest.mark.parametrize("subset", ["first", "random"])
def test_a_portion_is_split_without_overlap_by_its_fraction(subset):
    rows = portion_rows(20, 0.75, 50, "the rows")
    train, test = portion_splits(jax.random.key(0), 20, 0.75, 50, subset, rows)
    assert rows == (15, 5) == (int(train.size), int(test.size))
    used = np.concatenate([train.index, test.index])
    assert len(set(used.tolist())) == 20
    assert (sorted(used.tolist()) == list(range(20))) == (subset == "first")


@pytest.mark.parametrize("subset", ["first", "random"])
def test_a_traced_portion_with_more_capacity_has_the_rows_of_a_single_one(subset):
    @jax.jit
    def drawn(size, fraction):
        return portion_splits(jax.random.key(3), size, fraction, 50, subset, Rows(40, 30))

    single = portion_splits(jax.random.key(3), 20, 0.75, 50, subset, portion_rows(20, 0.75, 50, "the rows"))
    for alone, capable in zip(single, drawn(20, 0.75), strict=True):
        assert int(alone.size) == int(capable.size)
        np.testing.assert_array_equal(alone.index, capable.index[: len(alone.index)])


@pytest.mark.parametrize(
    ("size", "fraction", "message"),
    [
        (51, 0.75, "task.size is 51; the rows allow 1 to 50"),
        (3, 0.2, "which takes 0 of 3 rows; 1 to 2 are allowed"),
    ],
)
def test_a_portion_that_the_pool_does_not_have_is_a_user_error(size, fraction, message):
    with pytest.raises(UserError, match=re.escape(message)):
        portion_rows(size, fraction, 50, "the rows")


def test_rows_are_divided_inside_of_a_trace_too():
    seen = []
    jax.eval_shape(lambda: seen.append(divided(0.29, 100)))
    assert seen == [Rows(29, 71)]
