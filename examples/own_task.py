"""A custom task in one file: sparse parity, and a grid of runs on it.

The label is the parity of the first `relevant` of `bits` random signs (Barak et al. 2022, Hidden Progress
in Deep Learning; Merrill et al. 2023, A Tale of Two Circuits). A network first memorizes, then finds the few
bits that matter. The task works with every model, optimizer, measurement and plot:

    python examples/own_task.py
"""

import jax
import jax.numpy as jnp

import grok_jax as gj
from grok_jax.models.mlp import MLP


class SparseParity(gj.Task):
    """The parity of the first few of some random signs."""

    bits: int = gj.static(20, "random signs", at_least=1)
    relevant: int = gj.static(3, "signs that matter", at_least=1)
    test_size: int = gj.static(1000, "test rows", at_least=1)
    train_size: int = gj.traced(500, "training rows", at_least=1)  # any number of values in one program

    def check(self) -> None:
        """Checks constraints between fields, which are Python numbers here."""
        gj.require(
            self.relevant <= self.bits,
            f"task.relevant is {self.relevant}; it must be from 1 to task.bits = {self.bits}",
        )

    def output_size(self) -> int:
        """Returns the number of outputs; integer targets are classes."""
        return 2

    def rows(self) -> gj.Rows:
        """Returns how many rows a run uses."""
        return gj.Rows(self.train_size, self.test_size)

    def draw(self, key: jax.Array, pool: None, capacity: gj.Rows) -> gj.Data:
        """Returns the data of one run, a pure function of its key. A task with fixed data would split `pool` here."""
        del pool  # None, because this task has no `load`.
        train_key, test_key = (jax.random.fold_in(key, i) for i in range(2))
        return gj.Data(
            train=self.split(train_key, self.train_size, capacity.train),
            test=self.split(test_key, self.test_size, capacity.test),
        )

    def split(self, key: jax.Array, size: int | jax.Array, capacity: int) -> gj.Split:
        """Draws `capacity` rows and uses the first `size`; `size` may be traced, so no shape may depend on it."""
        # Row i depends only on the key and i, so a run's data do not change in a larger grid.
        row_keys = jax.vmap(lambda i: jax.random.fold_in(key, i))(jnp.arange(capacity))
        signs = jax.vmap(lambda k: jax.random.rademacher(k, (self.bits,), float))(row_keys)
        labels = (jnp.prod(signs[:, : self.relevant], axis=1) < 0).astype(int)
        return gj.Split(gj.Examples(signs, labels), jnp.arange(capacity), jnp.asarray(size, int))


def main() -> None:
    """Trains two initial scales with two seeds each in one program, and prints how test accuracy rises."""
    run = gj.Run(
        SparseParity(),
        gj.model(MLP, widths=(100, 100)),
        gj.optimizer("adamw", learning_rate=1e-3, weight_decay=1.0),
        training=gj.Training(steps=2000),
    )
    runs = gj.sweep(run, {"model.init_scale": [1.0, 2.0], "seed": range(2)})
    print(runs.test_accuracy.mean("seed").isel(step=slice(None, None, 4)).to_pandas().T)


if __name__ == "__main__":
    main()
