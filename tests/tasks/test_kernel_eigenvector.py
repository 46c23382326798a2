"""Labels made of a network's own initial kernel."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax import sweep
from grok_jax.errors import UserError
from grok_jax.kernels import tangent_kernel
from grok_jax.models.committee import Committee
from grok_jax.tasks import KernelEigenvector, Rows

SIZES = {"features": 5, "train_size": 6, "test_size": 4}
MODULE = Committee(7, 0.4)
PARAMS = MODULE.init(jax.random.key(3), jnp.zeros((1, 5)))["params"]


def network(params, inputs):
    return MODULE.apply({"params": params}, inputs)


def labeled(draw, task, capacity=None):
    return task.relabel(draw(task, capacity=capacity), network, PARAMS)


def in_use(data):
    """Inputs and targets of the rows in use, both splits together."""
    parts = [[array[: int(split.size)] for array in split.examples] for split in data]
    return [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]


@pytest.mark.parametrize("order", [1, 4, 10])
def test_labels_of_both_splits_together_are_an_eigenvector_of_that_order(draw, order):
    inputs, targets = in_use(labeled(draw, KernelEigenvector(order=order, **SIZES)))
    kernel = np.asarray(tangent_kernel(network, PARAMS, jnp.asarray(inputs)))
    eigenvalue = np.linalg.eigvalsh(kernel)[10 - order]
    np.testing.assert_allclose(kernel @ targets, eigenvalue * targets, atol=1e-5)
    assert np.linalg.norm(targets) == pytest.approx(1, rel=1e-5)


def test_labels_are_the_same_alone_and_in_a_program_for_larger_runs(draw):
    task = KernelEigenvector(order=3, **SIZES)
    (_, alone), (_, together) = (in_use(labeled(draw, task, capacity)) for capacity in (None, Rows(9, 5)))
    np.testing.assert_allclose(alone, together, atol=1e-5)


def test_unused_rows_have_no_label(draw):
    train, test = labeled(draw, KernelEigenvector(order=3, **SIZES), Rows(9, 5))
    np.testing.assert_array_equal(train.examples.targets[6:], 0)
    np.testing.assert_array_equal(test.examples.targets[4:], 0)


@pytest.mark.slow
def test_runs_of_a_grid_get_the_labels_of_their_own_order_seed_and_size():
    config = {
        "task": {"name": KernelEigenvector.called, "features": 5},
        "model": {"name": "committee", "width": 7, "centered": True},
        "training": {"steps": 0, "records": 2},
    }
    grid = {"task.order": [1, 3], "task.train_size,task.test_size": [(4, 3), (6, 5)], "seed": range(2)}
    ds = sweep(config, grid, progress=False).isel(step=0)
    # A centered network starts from 0, so that its loss is the mean squared label.
    whole = ds.train_loss * ds["task.train_size"] + ds.test_loss * ds["task.test_size"]
    np.testing.assert_allclose(whole, 1, rtol=1e-4)
    assert len(np.unique(ds.train_loss)) == ds.train_loss.size


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"order": 0}, r"task\.order is 0; it must be 1 or above$"),
        ({"order": 11}, r"task\.order is 11; there are as many eigenvectors as rows, 1 to 10$"),
        ({"test_size": 0}, r"task\.test_size is 0; it must be 1 or above$"),
        ({"features": 0}, r"task\.features is 0"),
    ],
)
def test_impossible_fields_are_user_errors(changes, words):
    with pytest.raises(UserError, match=words):
        KernelEigenvector(**{**SIZES, "order": 1, **changes})
