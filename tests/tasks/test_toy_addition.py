"""Addition of embedded digits."""

from types import SimpleNamespace

import jax
import numpy as np
import pytest

from grok_jax.errors import UserError
from grok_jax.tasks import ToyAddition


def all_rows(task, draw, rows_of, seed=0):
    """Inputs and targets of all pairs, training rows first."""
    data = draw(task, seed)
    splits = [rows_of(split, task) for split in (data.train, data.test)]
    return [np.concatenate(parts) for parts in zip(*splits, strict=True)]


def sorted_inputs(task, draw, rows_of, seed=0):
    inputs, _ = all_rows(task, draw, rows_of, seed)
    return inputs[np.lexsort(inputs.T)]


def test_every_unordered_pair_is_either_trained_or_tested_on(draw, rows_of):
    inputs, targets = all_rows(ToyAddition(messiness=1.0), draw, rows_of)
    assert inputs.shape == (55, 2)
    assert targets.shape == (55, 30)
    assert len(np.unique(inputs, axis=0)) == 55


def test_pairs_of_equal_sum_have_one_target_and_there_are_as_many_targets_as_sums(draw, rows_of):
    _, targets = all_rows(ToyAddition(messiness=1.0), draw, rows_of)
    _, counts = np.unique(targets, axis=0, return_counts=True)
    assert sorted(counts) == sorted([1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1])


@pytest.mark.parametrize(("line", "first", "last"), [("unit", -2.0, 2.0), ("digits", 0.0, 18.0)])
def test_without_messiness_the_inputs_are_the_sums_on_a_line(draw, rows_of, line, first, last):
    task = ToyAddition(line=line)
    inputs, targets = all_rows(task, draw, rows_of)
    np.testing.assert_allclose(np.unique(inputs[:, 0].round(4)), np.linspace(first, last, 19), atol=1e-3)
    np.testing.assert_array_equal(inputs[:, 1], 0)
    place = ((inputs[:, 0] - first) / (last - first) * 18).round().astype(int)
    for value in range(19):
        assert len(np.unique(targets[place == value], axis=0)) == 1


def test_messiness_interpolates_between_the_line_and_a_random_representation(draw, rows_of):
    none, half, full = (all_rows(ToyAddition(messiness=m), draw, rows_of)[0] for m in (0.0, 0.5, 1.0))
    np.testing.assert_allclose(half, (none + full) / 2, atol=1e-6)
    assert np.abs(full[:, 1]).max() > 0.1


def test_messiness_changes_neither_the_targets_nor_the_split(draw, rows_of):
    a, b = (rows_of(draw(task).train, task).targets for task in (ToyAddition(messiness=m) for m in (0.0, 1.0)))
    np.testing.assert_array_equal(a, b)


def test_random_embeddings_and_targets_are_standard_normal(draw, rows_of):
    task = ToyAddition(messiness=1.0, train_size=54)
    rows = [all_rows(task, draw, rows_of, seed) for seed in range(100)]
    # E_i + E_j has variance 2, and 4 for the 10 of 55 pairs with i = j.
    assert np.var([inputs for inputs, _ in rows]) == pytest.approx((45 * 2 + 10 * 4) / 55, rel=0.1)
    assert np.var([targets for _, targets in rows]) == pytest.approx(1, rel=0.05)


def test_the_smaller_training_set_is_part_of_the_larger(draw, rows_of):
    small, large = (
        rows_of(draw(task).train, task).inputs for task in (ToyAddition(messiness=1.0, train_size=n) for n in (25, 54))
    )
    np.testing.assert_allclose(small, large[:25], rtol=1e-6)


def test_other_keys_give_another_representation_and_another_split(draw, rows_of):
    messy = ToyAddition(messiness=1.0)
    assert not np.allclose(*(sorted_inputs(messy, draw, rows_of, seed) for seed in (0, 1)))
    linear = ToyAddition()
    trained = [np.sort(rows_of(draw(linear, seed).train, linear).inputs[:, 0]) for seed in (0, 1)]
    assert not np.allclose(*trained)


def test_a_uniform_representation_fills_the_square_of_side_two():
    tables = [
        np.asarray(ToyAddition(messiness=1.0, random="uniform").representation(jax.random.key(seed)))
        for seed in range(50)
    ]
    assert 0.98 < np.abs(tables).max() <= 1
    assert np.var(tables) == pytest.approx(1 / 3, rel=0.1)


def test_noise_of_the_line_is_uniform_in_its_second_coordinate_alone_and_drawn_once():
    task = [ToyAddition(line_noise=0.3, messiness=m, random="uniform") for m in (0.0, 0.5, 1.0)]
    line, half, random = (np.asarray(one.representation(jax.random.key(5))) for one in task)
    np.testing.assert_allclose(line[:, 0], np.linspace(-1, 1, 10), atol=1e-6)
    assert 0.1 < np.abs(line[:, 1]).max() <= 0.3
    np.testing.assert_allclose(half, (line + random) / 2, atol=1e-6)


def test_modular_targets_are_those_of_the_sum_modulo_p(draw, rows_of):
    task = ToyAddition(modular=True, encoding="tokens")
    tokens, targets = all_rows(task, draw, rows_of)
    classes = tokens.sum(axis=1) % 10
    assert len(np.unique(targets, axis=0)) == 10
    for value in range(10):
        assert len(np.unique(targets[classes == value], axis=0)) == 1


@pytest.mark.parametrize("train_size", [19, 25, 54])
def test_a_covering_split_has_every_sum_in_training_and_leaves_no_pair_out(draw, rows_of, train_size):
    task = ToyAddition(split="covering", encoding="tokens", train_size=train_size)
    for seed in range(5):
        data = draw(task, seed)
        train, test = (np.asarray(rows_of(split, task).inputs) for split in data)
        assert set(train.sum(axis=1)) == set(range(19))
        assert len(np.unique(np.concatenate([train, test]), axis=0)) == 55


def test_a_covering_split_takes_the_rest_in_the_random_order(draw, rows_of):
    def trained(split, size):
        task = ToyAddition(split=split, encoding="tokens", train_size=size)
        return [tuple(pair) for pair in np.asarray(rows_of(draw(task).train, task).inputs)]

    covering, plain = trained("covering", 54), trained("random", 54)
    rest = [pair for pair in plain if pair not in covering[:19]]
    assert [pair for pair in covering[19:] if pair in rest] == [pair for pair in rest if pair in covering[19:]]
    assert trained("covering", 25) == covering[:25]


def test_tokens_are_the_digits_whose_embeddings_are_otherwise_the_inputs(draw, rows_of):
    changes = {"messiness": 0.5}
    tokens, targets = all_rows(ToyAddition(encoding="tokens", **changes), draw, rows_of)
    sums, same_targets = all_rows(ToyAddition(**changes), draw, rows_of)
    table = np.asarray(ToyAddition(**changes).representation(jax.random.key(0)))
    np.testing.assert_allclose(table[tokens].sum(axis=1), sums, atol=1e-6)
    np.testing.assert_array_equal(targets, same_targets)


def test_the_task_sets_the_table_of_a_model_that_embeds_tokens_and_nothing_else():
    task = ToyAddition(encoding="tokens", messiness=0.3)
    params = {"representation": np.ones((10, 2)), "layer_0": np.full(3, 5.0)}
    started = task.start(jax.random.key(4), SimpleNamespace(name="any"), params)
    np.testing.assert_allclose(started["representation"], task.representation(jax.random.key(4)), rtol=1e-6)
    assert started["layer_0"] is params["layer_0"]
    embedded = ToyAddition(messiness=0.3)
    assert embedded.start(jax.random.key(4), SimpleNamespace(name="any"), params) is params


@pytest.mark.parametrize("params", [{}, {"representation": np.ones((10, 3))}])
def test_tokens_without_a_table_to_set_are_a_user_error(params):
    with pytest.raises(UserError, match=r"of shape \(10, 2\); the table of model.name='any' is (none|\(10, 3\))"):
        ToyAddition(encoding="tokens").start(jax.random.key(0), SimpleNamespace(name="any"), params)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train_size": 55}, "task.train_size is 55; the 55 pairs, one of them for testing, allow 1 to 54"),
        ({"p": 0}, "task.p is 0; it must be 1 or above"),
        ({"representation_dim": 0}, "task.representation_dim is 0; it must be 1 or above"),
        ({"target_dim": 2.5}, "task.target_dim is 2.5; it must be a whole number"),
        ({"line": "circle"}, "task.line is 'circle'; it must be one of"),
        ({"encoding": "one_hot"}, "task.encoding is 'one_hot'; it must be one of"),
        ({"messiness": 1.5}, "task.messiness is 1.5; it must be from 0 to 1"),
        ({"random": "cauchy"}, "task.random is 'cauchy'; it must be one of normal, uniform"),
        ({"split": "best"}, "task.split is 'best'; it must be one of random, covering"),
        ({"split": "covering", "train_size": 18}, "task.train_size is 18; .* it must be at least 19, one pair for"),
        ({"line_noise": -0.3}, "task.line_noise is -0.3; it must be 0 or above"),
        (
            {"line_noise": 0.3, "representation_dim": 1},
            "task.line_noise is 0.3, but task.representation_dim is 1",
        ),
    ],
)
def test_impossible_fields_are_user_errors(changes, message):
    with pytest.raises(UserError, match=message):
        ToyAddition(**changes)
