"""A custom task in one file: XOR clusters, and a grid of runs on it.

Four Gaussian clusters lie around ±u and ±v, and the label says which of u and v; no linear network can tell (Xu et al.
2024, Benign Overfitting and Grokking in ReLU Networks for XOR Cluster Data). A network that starts large memorizes
first, and finds the two directions that matter later. The task works with every model, optimizer, measurement and plot:

    python examples/own_task.py
"""

import jax
import jax.numpy as jnp

import grok_jax as gj
from grok_jax.models.mlp import MLP


class XorClusters(gj.Task):
    """Inputs ±d e_1 + z (label 0) and ±d e_2 + z (label 1), with z ~ N(0, I)."""

    features: int = gj.static(20, "dimension of the inputs", at_least=2)
    test_size: int = gj.static(1000, "test rows", at_least=1)
    train_size: int = gj.traced(400, "training rows", at_least=1)  # any number of values in one program
    distance: float = gj.traced(4.0, "distance d of the centers from the origin", at_least=0)

    def check(self) -> None:
        """Checks constraints between fields, which are Python numbers here."""
        # With fewer rows than features, even a linear network fits any labels.
        words = f"task.train_size is {self.train_size} and task.features is {self.features}"
        gj.require(self.train_size >= self.features, f"{words}; there must be as many rows as features")

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
        drawn = jax.vmap(lambda k: jax.random.normal(k, (self.features + 2,)))(row_keys)
        side, labels, noise = jnp.sign(drawn[:, 0]), (drawn[:, 1] > 0).astype(int), drawn[:, 2:]
        inputs = noise.at[jnp.arange(capacity), labels].add(self.distance * side)
        return gj.Split(gj.Examples(inputs, labels), jnp.arange(capacity), jnp.asarray(size, int))


def main() -> None:
    """Trains two initial scales with two seeds each in one program, and prints how test accuracy rises."""
    run = gj.Run(
        XorClusters(),
        gj.model(MLP, widths=(100, 100)),
        gj.optimizer("adamw", learning_rate=1e-3, weight_decay=1.0),
        training=gj.Training(steps=2000),
    )
    runs = gj.sweep(run, {"model.init_scale": [1.0, 2.0], "seed": range(2)})
    print(runs.test_accuracy.mean("seed").isel(step=slice(None, None, 4)).to_pandas().T)


if __name__ == "__main__":
    main()
