"""What every task has to hold."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax.errors import UserError
from grok_jax.tasks import TASKS, Rows

# Small tasks, each with the field that sets its amount of training data, a smaller and a larger value of it.
CASES = {
    "teacher_student": ("teacher_student", {"widths": (), "test_size": 25}, "train_size", 20, 30),
    "single_index": ("single_index", {"features": 7, "test_size": 25, "noise": 0.1}, "train_size", 20, 30),
    "sparse_parity": ("sparse_parity", {"places": "random", "test_size": 25}, "train_size", 20, 30),
    "kernel_eigenvector": (
        "kernel_eigenvector",
        {"features": 7, "order": 3, "test_size": 25},
        "train_size",
        20,
        30,
    ),
    "one_hot": ("modular_arithmetic", {"p": 7}, "train_fraction", 0.3, 0.7),
    "tokens": ("modular_arithmetic", {"p": 7, "operation": "divide", "encoding": "tokens"}, "train_fraction", 0.3, 0.7),
    "equation": ("modular_arithmetic", {"p": 7, "operation": "+*", "encoding": "equation"}, "train_fraction", 0.3, 0.7),
    "mislabeled": ("modular_arithmetic", {"p": 7, "label_noise": 0.5}, "train_fraction", 0.3, 0.7),
    "all_left": ("mnist", {"messiness": 0.5}, "train_size", 20, 30),
    "test_size": ("mnist", {"test_size": 40}, "train_size", 20, 30),
    "toy_addition": ("toy_addition", {"messiness": 0.5}, "train_size", 20, 30),
    "qm9": ("qm9", {}, "size", 20, 30),
    "image_field": ("image_field", {"size": 6}, "train_fraction", 0.3, 0.7),
    "radiance_field": ("radiance_field", {"views": 6, "size": 3}, "train_views", 2, 4),
    "pinn": ("pinn", {"boundary_points": 6, "test_size": 25}, "points", 20, 30),
    "digits": ("toy_addition", {"encoding": "tokens"}, "train_size", 20, 30),
    "imdb": ("imdb", {"source": "csv", "file": "reviews.csv", "length": 6, "words": 9}, "size", 20, 30),
}
pytestmark = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


@pytest.fixture(scope="module")
def small_data(tmp_path_factory):
    """A folder with 40 reviews of 5 to 13 words, of which there are ten; no two begin alike."""
    folder = tmp_path_factory.mktemp("data")
    texts = [" ".join("xyz"[i // 3**k % 3] * (1 + k // 2) for k in range(5 + i % 9)) for i in range(40)]
    rows = "".join(f"{text},{i % 2}\n" for i, text in enumerate(texts))
    (folder / "reviews.csv").write_text(f"text,label\n{rows}")
    return folder


@pytest.fixture(autouse=True)
def data(small_data, monkeypatch):
    """What tasks read is small, and what they keep is apart."""
    monkeypatch.setenv("GROK_JAX_DATA", str(small_data))
    monkeypatch.setenv("GROK_JAX_CACHE", str(small_data / "cache"))


@pytest.fixture
def run_with(case):
    """An amount of data -> the task with it."""
    name, changes, amount, _, _ = case
    return lambda value: TASKS[name](**changes, **{amount: value})


@pytest.fixture
def task(case, run_with):
    """The smaller one."""
    return run_with(case[3])


@pytest.fixture
def larger(case, run_with):
    """The larger one."""
    return run_with(case[4])


@pytest.fixture
def shared(task, larger):
    """The capacity of a program for both runs."""
    return Rows(*(max(pair) for pair in zip(task.rows(), larger.rows(), strict=True)))


def assert_same(a, b):
    """Two trees are equal to rounding: compiled forms of one draw may differ in the last digit."""
    jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-5), a, b)


def test_sizes_drawn_are_the_rows_announced(task, draw):
    rows = task.rows()
    train, test = draw(task)
    assert (int(train.size), int(test.size)) == rows
    assert (train.index.shape[0], test.index.shape[0]) == rows


@pytest.mark.sampled
def test_rows_do_not_depend_on_the_capacity(task, shared, draw, rows_of):
    assert shared != task.rows()
    for alone, with_larger in zip(draw(task), draw(task, capacity=shared), strict=True):
        assert_same(rows_of(alone, task), rows_of(with_larger, task))


def test_train_and_test_rows_are_disjoint(task, draw):
    train, test = draw(task)
    if test.examples is None:
        rows = np.concatenate([train.index, test.index])
    else:
        rows = np.concatenate([train.examples.inputs, test.examples.inputs])
    assert len(np.unique(rows, axis=0)) == sum(task.rows())


def test_two_data_keys_give_two_training_sets(task, draw, rows_of):
    a, b = (rows_of(draw(task, seed).train, task).inputs for seed in (0, 1))
    assert not jax.tree.all(jax.tree.map(np.array_equal, a, b))


@pytest.mark.sampled
def test_a_vmapped_draw_with_traced_amounts_equals_single_draws(
    case, run_with, task, larger, shared, draw, rows_of, pool_of
):
    amounts, pool = jnp.array(case[3:5]), pool_of(task)

    @jax.jit
    @jax.vmap
    def grid(seed, amount):
        return run_with(amount).draw(jax.random.key(seed), pool, shared)

    drawn = grid(jnp.arange(2), amounts)
    for i, one in enumerate((task, larger)):
        of_grid = jax.tree.map(lambda x, i=i: x[i], drawn)
        for a, b in zip(draw(one, seed=i, capacity=shared), of_grid, strict=True):
            assert int(a.size) == int(b.size)
            assert_same(rows_of(a, one), rows_of(b, one))


def test_targets_fit_the_number_of_outputs(task, draw, rows_of):
    targets = rows_of(draw(task).train, task).targets
    outputs = task.output_size()
    if jnp.issubdtype(targets.dtype, jnp.integer):
        assert targets.ndim == 1
        assert targets.min() >= 0
        assert targets.max() < max(outputs, 2)  # one output tells two classes apart
    else:
        assert targets.shape[1:] == (outputs,)


def test_no_training_data_is_a_user_error(case, run_with):
    with pytest.raises(UserError, match=rf"^task\.{case[2]} is 0(\.0)?; [^\n]+$"):
        run_with(0)


def test_every_default_is_a_value_that_a_config_can_hold(task):
    for value in task.values().values():
        assert value is None or isinstance(value, str | bool | int | float | tuple)
