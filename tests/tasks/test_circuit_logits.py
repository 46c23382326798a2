"""Logits of trained circuits as a task."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax.errors import UserError
from grok_jax.tasks import CircuitLogits, ModularArithmetic, Rows
from grok_jax.tasks.circuit_logits import save_circuits
from grok_jax.tasks.task import fetch_rows

P, SEEDS = 5, 2
SPLIT = {"p": P, "train_fraction": 0.4}


@pytest.fixture
def file(tmp_path):
    """Circuits that answer with numbers of their own: seed, pair and class."""
    memorizing = np.arange(SEEDS * P**2 * P, dtype=np.float32).reshape(SEEDS, P**2, P)
    save_circuits(tmp_path / "circuits.npz", memorizing, -memorizing)
    return str(tmp_path / "circuits.npz")


def test_the_split_is_that_of_the_circuits_training(draw, file):
    ours = CircuitLogits(**SPLIT, file=file, seeds=SEEDS, seed=0)
    for a, b in zip(draw(ours, 3), draw(ModularArithmetic(**SPLIT), 3), strict=True):
        np.testing.assert_array_equal(a.index, b.index)
        assert int(a.size) == int(b.size)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_run_reads_both_circuits_of_its_own_seed(draw, file, seed):
    task = CircuitLogits(**SPLIT, file=file, seeds=SEEDS, seed=seed)
    split = draw(task).train
    rows = fetch_rows(split, task.load(), jnp.arange(int(split.size)), task)
    pairs = np.asarray(split.index) - seed * P**2
    first = np.arange(SEEDS * P**2 * P).reshape(SEEDS, P**2, P)[seed][pairs]
    np.testing.assert_array_equal(rows.inputs, np.stack([first, -first], axis=1))
    np.testing.assert_array_equal(rows.targets, (pairs // P + pairs % P) % P)


def test_a_file_of_the_names_of_before_is_read(file, tmp_path):
    with np.load(file) as now:
        older = {"memorising": now["memorizing"], "generalising": now["generalizing"]}
    np.savez(tmp_path / "older.npz", **older)
    pools = [CircuitLogits(**SPLIT, file=each, seeds=SEEDS).load() for each in (file, str(tmp_path / "older.npz"))]
    np.testing.assert_array_equal(pools[0].inputs, pools[1].inputs)


def test_without_a_file_there_are_shapes_and_no_numbers():
    pool = CircuitLogits(**SPLIT).load()
    assert pool.inputs.shape == (P**2, 2, P)
    assert np.isnan(pool.inputs).all()


def test_train_and_test_rows_do_not_overlap_under_jit():
    task = CircuitLogits(**SPLIT, seed=0)
    train, test = jax.jit(lambda key: task.draw(key, None, Rows(10, 15)))(jax.random.key(0))
    assert sorted([*train.index.tolist(), *test.index.tolist()]) == list(range(P**2))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train_fraction": 0.01}, "task.train_fraction is 0.01, which takes 0 of 25 pairs"),
        ({"memorizing_steps": 0}, "task.memorizing_steps is 0"),
        ({"file": "x.npz", "seed": 1}, "task.seed is 1; there are circuits of seeds 0 to 0"),
    ],
)
def test_impossible_fields_are_user_errors(changes, message):
    with pytest.raises(UserError, match=message):
        CircuitLogits(**{**SPLIT, "seed": 0, **changes}).rows()


def test_a_missing_file_and_circuits_of_another_p_are_user_errors(file):
    with pytest.raises(UserError, match=r"task.file is 'none.npz'; it must be a file written by save_circuits"):
        CircuitLogits(**SPLIT, file="none.npz").load()
    with pytest.raises(UserError, match=r"holds circuits for 2 seeds and p = 5"):
        CircuitLogits(p=7, file=file, seeds=2).load()
