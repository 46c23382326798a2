"""Modular arithmetic."""

from itertools import permutations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax.errors import UserError
from grok_jax.tasks import Examples, ModularArithmetic
from grok_jax.tasks.modular_arithmetic import ALL_OPERATIONS, SYMBOLS

PLAIN = {
    "add": lambda a, b, p: (a + b) % p,
    "subtract": lambda a, b, p: (a - b) % p,
    "multiply": lambda a, b, p: (a * b) % p,
    "multiply_by_nonzero": lambda a, b, p: (a * b) % p,
    "divide": lambda a, b, p: next(c for c in range(p) if (c * b) % p == a),
    "divide_or_subtract": lambda a, b, p: PLAIN["divide"](a, b, p) if b in range(1, p, 2) else (a - b) % p,
    "polynomial": lambda a, b, p: (a * a + a * b + b * b) % p,
    "polynomial_plus_a": lambda a, b, p: (a * a + a * b + b * b + a) % p,
    "sum_of_squares": lambda a, b, p: (a * a + b * b) % p,
    "cubic": lambda a, b, p: (a * a * a + a * b) % p,
    "cubic_plus_b": lambda a, b, p: (a * a * a + a * b * b + b) % p,
    "square_plus_b": lambda a, b, p: (a * a + b) % p,
    "cube_plus_b": lambda a, b, p: (a * a * a + b) % p,
    "add_or_multiply": lambda a, b, p: a * b % p if a in range(1, p, 2) else (a + b) % p,
    "add_or_subtract": lambda a, b, p: (a - b) % p if a in range(1, p, 2) else (a + b) % p,
}
PRIMES_ONLY = ("divide", "divide_or_subtract")
THINGS = list(permutations(range(5)))


def after(x, y):
    return tuple(x[y[i]] for i in range(5))


def undone(x):
    return tuple(x.index(i) for i in range(5))


PLAIN_ON_PERMUTATIONS = {
    "permutation_product": after,
    "permutation_conjugate": lambda x, y: after(after(x, y), undone(x)),
    "permutation_sandwich": lambda x, y: after(after(x, y), x),
}


@pytest.mark.parametrize(
    ("operation", "p"), [(o, p) for o in PLAIN for p in (2, 12, 13) if p != 12 or o not in PRIMES_ONLY]
)
def test_every_pair_has_the_result_of_plain_python(operation, p):
    pairs = ModularArithmetic(p=p, operation=operation, train_fraction=0.5).load()
    first_b = 1 if operation in ("divide", "multiply_by_nonzero") else 0
    expected = {(a, b): PLAIN[operation](a, b, p) for a in range(p) for b in range(first_b, p)}
    assert len(pairs.targets) == len(expected)
    assert {(a, b): c for (a, b), c in zip(pairs.inputs.tolist(), pairs.targets.tolist(), strict=True)} == expected


@pytest.mark.parametrize("operation", PLAIN_ON_PERMUTATIONS)
def test_every_pair_of_permutations_has_the_result_of_plain_python(operation):
    pairs = ModularArithmetic(p=120, operation=operation).load()
    expected = [PLAIN_ON_PERMUTATIONS[operation](x, y) for x in THINGS for y in THINGS]
    assert [THINGS[i] for i in pairs.targets] == expected


def test_every_operation_is_tested():
    assert {*PLAIN, *PLAIN_ON_PERMUTATIONS} == set(ALL_OPERATIONS)


@pytest.mark.parametrize("symbol", sorted(SYMBOLS))
def test_a_symbol_is_another_name_of_its_word(symbol):
    p = 120 if symbol.startswith("s5") else 97
    by_symbol, by_word = (ModularArithmetic(p=p, operation=name) for name in (symbol, SYMBOLS[symbol]))
    assert jax.tree.structure(by_symbol) == jax.tree.structure(by_word)


@pytest.mark.parametrize("symbol", sorted(s for s in SYMBOLS if "_mod_" in s and "//" not in s))
def test_an_expression_in_x_and_y_is_what_its_word_computes(symbol):
    pairs = ModularArithmetic(p=97, operation=symbol).load()
    named = dict(zip("xy", pairs.inputs.T.astype(int), strict=True))
    np.testing.assert_array_equal(pairs.targets, eval(symbol.removesuffix("_mod_97"), named) % 97)


@pytest.mark.parametrize(
    ("symbol", "from_left"),
    [
        ("s5", lambda x, y: after(y, x)),
        ("s5conj", lambda x, y: after(undone(x), after(y, x))),
        ("s5aba", lambda x, y: after(x, after(y, x))),
    ],
)
def test_products_from_left_to_right_are_the_same_task_with_every_permutation_renamed_to_its_inverse(symbol, from_left):
    pairs = ModularArithmetic(p=120, operation=symbol).load()
    renamed = [undone(from_left(undone(THINGS[x]), undone(THINGS[y]))) for x, y in pairs.inputs]
    assert [THINGS[i] for i in pairs.targets] == renamed


def test_an_equation_is_a_number_the_operation_a_number_and_the_equals_sign():
    task = ModularArithmetic(p=5, encoding="equation")
    shown = task.present(Examples(jnp.array([[1, 4], [0, 2]]), jnp.array([0, 2])))
    np.testing.assert_array_equal(shown.inputs, [[1, 6, 4, 5], [0, 6, 2, 5]])
    assert task.vocabulary() == 7


def test_tokens_are_both_numbers_and_the_equals_sign():
    task = ModularArithmetic(p=5, encoding="tokens")
    shown = task.present(Examples(jnp.array([[1, 4], [0, 2]]), jnp.array([0, 2])))
    np.testing.assert_array_equal(shown.inputs, [[1, 4, 5], [0, 2, 5]])
    assert jnp.issubdtype(shown.inputs.dtype, jnp.integer)


def test_one_hot_inputs_are_two_unit_vectors_side_by_side():
    shown = ModularArithmetic(p=5).present(Examples(jnp.array([[1, 4], [0, 2]]), jnp.array([0, 2])))
    expected = [[0, 1, 0, 0, 0, 0, 0, 0, 0, 1], [1, 0, 0, 0, 0, 0, 0, 1, 0, 0]]
    np.testing.assert_array_equal(shown.inputs, np.array(expected, float))


def test_nandas_split_has_3830_training_pairs():
    rows = ModularArithmetic(p=113, train_fraction=0.3).rows()
    assert (rows.train, rows.test) == (3830, 12769 - 3830)


def test_outputs_are_p_unless_given():
    assert ModularArithmetic(p=113).output_size() == 113
    assert ModularArithmetic(p=113, outputs=114).output_size() == 114


def test_train_and_test_pairs_are_all_pairs(draw):
    task = ModularArithmetic(p=11, train_fraction=0.4)
    train, test = draw(task)
    assert sorted([*train.index.tolist(), *test.index.tolist()]) == list(range(121))


def test_no_label_noise_leaves_the_split_to_the_pool(draw):
    assert draw(ModularArithmetic(p=11)).train.examples is None


@pytest.mark.parametrize("noise", [0.0, 0.3, 1.0])
def test_label_noise_is_the_share_of_training_pairs_with_a_random_label(draw, rows_of, noise):
    task = ModularArithmetic(p=31, train_fraction=0.9, encoding="tokens", label_noise=noise)
    shown = rows_of(draw(task).train, task)
    wrong = np.mean(shown.targets != (shown.inputs[:, 0] + shown.inputs[:, 1]) % 31)
    assert wrong == pytest.approx(noise * 30 / 31, abs=0.05 * (noise > 0))


def test_label_noise_changes_labels_and_no_pair(draw, rows_of):
    clean, noisy = (ModularArithmetic(p=11, label_noise=noise) for noise in (None, 1.0))
    for a, b in zip(draw(clean), draw(noisy), strict=True):
        np.testing.assert_array_equal(rows_of(a, clean).inputs, rows_of(b, noisy).inputs)


def test_test_labels_are_true_whatever_the_label_noise(draw, rows_of):
    clean, noisy = (ModularArithmetic(p=11, label_noise=noise) for noise in (None, 1.0))
    np.testing.assert_array_equal(rows_of(draw(clean).test, clean).targets, rows_of(draw(noisy).test, noisy).targets)


def test_another_key_draws_other_random_labels(draw):
    task = ModularArithmetic(p=11, label_noise=1.0)
    a, b = (draw(task, seed).train.examples.targets for seed in (0, 1))
    assert np.mean(a == b) < 0.3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"p": 1}, "task.p is 1; it must be 2 or above"),
        ({"p": 12, "operation": "divide"}, "task.p is 12; task.operation='divide' needs a prime number"),
        ({"p": 9, "operation": "divide_or_subtract"}, "'divide_or_subtract' needs a prime number"),
        (
            {"operation": "permutation_product"},
            r"task.p is 113; .* the permutations of 5 elements .* task.p=120",
        ),
        ({"operation": "power"}, "task.operation is 'power'; it must be one of add, subtract, multiply, sum_of_"),
        ({"operation": "sort"}, "task.operation is 'sort'; it must be one of add, subtract, multiply, sum_of_"),
        ({"operation": "x**3+x*y_mod_97"}, r"task.operation is 'x\*\*3\+x\*y_mod_97' and task.p is 113; .* task.p=97"),
        ({"operation": ["+"]}, "task.operation is .*; it must be a word"),
        ({"encoding": "binary"}, "task.encoding is 'binary'; it must be one of one_hot, tokens, equation"),
        ({"outputs": 5}, r"task.outputs is 5; it must be None \(p outputs\) or at least p = 113"),
        ({"train_fraction": 1.0}, "task.train_fraction is 1.0; it must be above 0 and below 1"),
        ({"train_fraction": -0.2}, "task.train_fraction is -0.2; it must be above 0 and below 1"),
        ({"label_noise": 1.5}, "task.label_noise is 1.5; it must be from 0 to 1"),
        ({"p": 3, "train_fraction": 0.1}, "task.train_fraction is 0.1, which takes 0 of 9 pairs; 1 to 8 are allowed"),
    ],
)
def test_impossible_fields_are_user_errors(changes, message):
    with pytest.raises(UserError, match=message):
        ModularArithmetic(**changes)
