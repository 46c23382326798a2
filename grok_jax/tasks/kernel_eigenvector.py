"""Labels that a network's own initial kernel finds easy or hard: its eigenvectors (Kumar et al. 2024, Sec. 6.1)."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Key

from grok_jax.errors import require
from grok_jax.fields import static, traced
from grok_jax.kernels import eigenvector_labels, tangent_kernel
from grok_jax.tasks.drawing import normal_rows, own_split
from grok_jax.tasks.examples import Data, Examples, Rows, Split
from grok_jax.tasks.task import Task


class KernelEigenvector(Task):
    """Inputs x ~ N(0, I/D), and the components of one eigenvector of the initial kernel as targets.

    y = v_j,  K_0 v_j = λ_j v_j,  λ_1 >= λ_2 >= ...,  |v_j| = 1,  K_0 over the training and test inputs together

    The paper says K_0(X, X) and does not say how test inputs get labels; its public code diagonalizes the kernel
    over both, which this does. (From training inputs alone, extended by the kernel itself, kernel regression would
    be right on every test input, whatever j.) The public code also subtracts the mean of the kernel's entries from
    each: subtract_mean.

    Reference: Kumar et al. (2024), Sec. 6.1.
    """

    called = "kernel_eigenvector"

    features: Any = static(100, "D, numbers in a row of inputs", at_least=1)
    subtract_mean: Any = static(False, "diagonalize the kernel less the mean of its entries, as the public code does")
    order: Any = traced(70, "j, which eigenvector, from 1 for that of the largest eigenvalue", at_least=1)
    train_size: Any = traced(100, "training rows", at_least=1)
    test_size: Any = traced(100, "test rows", at_least=1)

    def check(self) -> None:
        """Raises UserError where there are fewer eigenvectors."""
        rows = sum(self.rows())
        words = f"task.order is {self.order}; there are as many eigenvectors as rows, 1 to {rows}"
        require(self.order <= rows, words)

    def rows(self) -> Rows:
        """train_size and test_size."""
        return Rows(self.train_size, self.test_size)

    def output_size(self) -> int:
        """One value."""
        return 1

    def draw(self, key: Key[Array, ""], pool: Examples | None, capacity: Rows) -> Data:
        """Fresh inputs; their targets, still 0, are the kernel's (see relabel)."""
        del pool  # Every run draws its own.

        def split(stream: int, rows: int, size: Any) -> Split:
            inputs = normal_rows(jax.random.fold_in(key, stream), rows, self.features) * self.features**-0.5
            return own_split(Examples(inputs, jnp.zeros((rows, 1))), size)

        return Data(split(0, capacity.train, self.train_size), split(1, capacity.test, self.test_size))

    def relabel(self, data: Data, network: Callable[[Any, Array], Array], params: Any) -> Data:
        """The data with the components of the eigenvector as targets, of shape (rows, 1).

        Args:
          data: with this run's own examples.
          network: params, inputs -> outputs of one unit.
          params: w_0.
        """
        inputs = jnp.concatenate([split.examples.inputs for split in data])
        in_use = jnp.concatenate([jnp.arange(split.index.shape[0]) < split.size for split in data])
        kernel = tangent_kernel(network, params, inputs)
        labels = eigenvector_labels(kernel, self.order, in_use, self.subtract_mean)[:, None]
        capacity = data.train.index.shape[0]
        return Data(
            *(
                split._replace(examples=split.examples._replace(targets=targets))
                for split, targets in zip(data, (labels[:capacity], labels[capacity:]), strict=True)
            )
        )
