"""Targets that are easy or hard for a network's initial kernel: its eigenvectors (Kumar et al. 2024, Sec. 6.1)."""

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
    """Inputs x ~ N(0, I/D), with the components of one eigenvector of the initial kernel as targets.

    y = v_j,  K_0 v_j = λ_j v_j,  λ_1 >= λ_2 >= ...,  |v_j| = 1,  K_0 over the training and test inputs together

    The paper writes K_0(X, X) and does not say how test inputs get labels. Its public code diagonalizes the kernel over
    both splits, as this task does. (If the eigenvector came from the training inputs and were extended by the kernel,
    kernel regression would be right on every test input, for any j.) The public code also subtracts the mean of the
    kernel's entries from each entry; subtract_mean does the same.

    Reference: Kumar et al. (2024), Sec. 6.1.
    """

    called = "kernel_eigenvector"

    features: Any = static(100, "dimension D of the inputs", at_least=1)
    subtract_mean: Any = static(False, "subtract the mean of the kernel's entries first, as the public code does")
    order: Any = traced(70, "index j of the eigenvector; 1 has the largest eigenvalue", at_least=1)
    train_size: Any = traced(100, "number of training rows", at_least=1)
    test_size: Any = traced(100, "number of test rows", at_least=1)

    def check(self) -> None:
        """Raises UserError if there are fewer eigenvectors than order."""
        rows = sum(self.rows())
        words = f"task.order is {self.order}; there are as many eigenvectors as rows, 1 to {rows}"
        require(self.order <= rows, words)

    def rows(self) -> Rows:
        """train_size and test_size."""
        return Rows(self.train_size, self.test_size)

    def output_size(self) -> int:
        """One output."""
        return 1

    def draw(self, key: Key[Array, ""], pool: Examples | None, capacity: Rows) -> Data:
        """Fresh inputs with targets 0, which relabel replaces."""
        del pool  # Every run draws its own.

        def split(stream: int, rows: int, size: Any) -> Split:
            inputs = normal_rows(jax.random.fold_in(key, stream), rows, self.features) * self.features**-0.5
            return own_split(Examples(inputs, jnp.zeros((rows, 1))), size)

        return Data(split(0, capacity.train, self.train_size), split(1, capacity.test, self.test_size))

    def relabel(self, data: Data, network: Callable[[Any, Array], Array], params: Any) -> Data:
        """Replaces the targets by the components of the eigenvector, of shape (rows, 1).

        Args:
          data: this run's own examples.
          network: params, inputs -> outputs of shape (rows, 1).
          params: w_0.
        """
        own = [split.examples for split in data if split.examples is not None]
        inputs = jnp.concatenate([examples.inputs for examples in own])
        in_use = jnp.concatenate([jnp.arange(split.index.shape[0]) < split.size for split in data])
        kernel = tangent_kernel(network, params, inputs)
        labels = eigenvector_labels(kernel, self.order, in_use, self.subtract_mean)[:, None]
        capacity = data.train.index.shape[0]
        return Data(
            *(
                split._replace(examples=examples._replace(targets=targets))
                for split, examples, targets in zip(data, own, (labels[:capacity], labels[capacity:]), strict=True)
            )
        )
