"""Labels that a network's own initial kernel finds easy or hard: its eigenvectors (Kumar et al. 2024, Sec. 6.1)."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Key

from grok_jax.errors import require
from grok_jax.kernels import eigenvector_labels, tangent_kernel
from grok_jax.tasks.base import Data, Examples, Rows, Task, register_task
from grok_jax.tasks.drawing import normal_rows, own_split, require_count


def count_rows(fields: SimpleNamespace) -> Rows:
    """Training and test rows; raises UserError where the fields describe no task."""
    require_count(fields, "features")
    rows = Rows(require_count(fields, "train_size"), require_count(fields, "test_size"))
    require(
        1 <= fields.order <= sum(rows),
        f"task.order is {fields.order}; there are as many eigenvectors as rows, 1 to {sum(rows)}",
    )
    return rows


def draw_inputs(key: Key[Array, ""], fields: SimpleNamespace, pool: Examples | None, capacity: Rows) -> Data:
    """Inputs x ~ N(0, I/D); their targets, still 0, are the kernel's (see label_by_eigenvector).

    Args:
      key: key of the run's data.
      fields: features (D), train_size, test_size.
      pool: None.
      capacity: rows to draw.

    Returns:
      Data with inputs (rows, features) and targets (rows, 1).
    """
    del pool  # Every run draws its own.

    def split(stream: int, rows: int, size: Any) -> Any:
        inputs = normal_rows(jax.random.fold_in(key, stream), rows, fields.features) * fields.features**-0.5
        return own_split(Examples(inputs, jnp.zeros((rows, 1))), size)

    return Data(split(0, capacity.train, fields.train_size), split(1, capacity.test, fields.test_size))


def label_by_eigenvector(
    data: Data, network: Callable[[Any, Array], Array], params: Any, fields: SimpleNamespace
) -> Data:
    """The data with the components of one eigenvector of the initial kernel as targets.

    y = v_j,  K_0 v_j = λ_j v_j,  λ_1 >= λ_2 >= ...,  |v_j| = 1,  K_0 over the training and test inputs together

    The paper says K_0(X, X) and does not say how test inputs get labels; its public code diagonalizes the kernel
    over both, which this does. (From training inputs alone, extended by the kernel itself, kernel regression would
    be right on every test input, whatever j.) The public code also subtracts the mean of the kernel's entries from
    each: subtract_mean.

    Args:
      data: with this run's own examples.
      network: params, inputs -> outputs of one unit.
      params: w_0.
      fields: order (j, from 1; may be traced), subtract_mean.

    Returns:
      Data with targets (rows, 1).
    """
    inputs = jnp.concatenate([split.examples.inputs for split in data])
    in_use = jnp.concatenate([jnp.arange(split.index.shape[0]) < split.size for split in data])
    kernel = tangent_kernel(network, params, inputs)
    labels = eigenvector_labels(kernel, fields.order, in_use, fields.subtract_mean)[:, None]
    capacity = data.train.index.shape[0]
    return Data(
        *(
            split._replace(examples=split.examples._replace(targets=targets))
            for split, targets in zip(data, (labels[:capacity], labels[capacity:]), strict=True)
        )
    )


register_task(
    Task(
        name="kernel_eigenvector",
        static={"features": 100, "subtract_mean": False},
        traced={"order": 70, "train_size": 100, "test_size": 100},
        outputs=lambda fields: 1,
        rows=count_rows,
        draw=draw_inputs,
        relabel=label_by_eigenvector,
    )
)
