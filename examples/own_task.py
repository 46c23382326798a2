"""A task of your own in one file: sparse parity, then a grid of runs over it.

Of `bits` random signs, the label is the parity of the first `relevant` ones (Barak et al. 2022, Hidden Progress
in Deep Learning; Merrill et al. 2023, A Tale of Two Circuits). A network first memorises, then finds the few
bits that matter. Once registered, the task works with every model, optimiser, measurement and plot:

    python examples/own_task.py
"""

from types import SimpleNamespace

import jax
import jax.numpy as jnp

import grok_jax
from grok_jax.errors import require
from grok_jax.tasks import Data, Examples, Rows, Split, Task, register_task


def count_rows(fields: SimpleNamespace) -> Rows:
    """How many rows a run uses. Here belongs every check of the fields: they are Python values."""
    require(
        1 <= fields.relevant <= fields.bits,
        f"task.relevant is {fields.relevant}; it must be from 1 to task.bits = {fields.bits}",
    )
    for name in ("train_size", "test_size"):
        value = getattr(fields, name)
        require(value >= 1, f"task.{name} is {value}; it must be 1 or above")
    return Rows(fields.train_size, fields.test_size)


def draw_split(key: jax.Array, size: int | jax.Array, capacity: int, fields: SimpleNamespace) -> Split:
    """`capacity` fresh rows, of which the first `size` are used; `size` may be traced, so no shape hangs on it."""
    # Row i depends on the key and on i alone, so a larger grid around a run does not change its data.
    row_keys = jax.vmap(lambda i: jax.random.fold_in(key, i))(jnp.arange(capacity))
    signs = jax.vmap(lambda k: jax.random.rademacher(k, (fields.bits,), float))(row_keys)
    labels = (jnp.prod(signs[:, : fields.relevant], axis=1) < 0).astype(int)
    return Split(Examples(signs, labels), jnp.arange(capacity), jnp.asarray(size, int))


def draw(key: jax.Array, fields: SimpleNamespace, pool: None, capacity: Rows) -> Data:
    """The data of one run: a pure function of its key. A task over fixed data would split `pool` here."""
    del pool  # There is none: this task has no `load`.
    train_key, test_key = (jax.random.fold_in(key, i) for i in range(2))
    return Data(
        train=draw_split(train_key, fields.train_size, capacity.train, fields),
        test=draw_split(test_key, fields.test_size, capacity.test, fields),
    )


register_task(
    Task(
        name="sparse_parity",
        static={"bits": 20, "relevant": 3, "test_size": 1000},  # change shapes or code: one compilation each
        traced={"train_size": 500},  # any number of values in one compiled program
        outputs=lambda fields: 2,  # integer targets are classes
        rows=count_rows,
        draw=draw,
    )
)


def main() -> None:
    """Trains two initial scales with two seeds each, all in one program, and prints how test accuracy rises."""
    config = grok_jax.default_config(task="sparse_parity", model="mlp", optimizer="adamw")
    config.training.steps, config.training.loss = 2000, "mse"
    config.optimizer.learning_rate, config.optimizer.weight_decay = 1e-3, 1.0
    runs = grok_jax.sweep(config, grid={"model.init_scale": [1.0, 2.0], "seed": range(2)})
    print(runs.test_accuracy.mean("seed").isel(step=slice(None, None, 4)).to_pandas().T)


if __name__ == "__main__":
    main()
