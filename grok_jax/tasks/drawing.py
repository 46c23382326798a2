"""What the draws of several tasks are made of: random rows, and splits that no capacity changes."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from grok_jax.components import require_one_of
from grok_jax.errors import require
from grok_jax.tasks.base import Data, Examples, Rows, Split

SUBSETS = ("random", "first")
Scalar = Float[Array, ""] | Int[Array, ""] | float | int  # a traced field, or its value in Python


def require_count(fields: SimpleNamespace, name: str, most: int | None = None, holder: str = "the task") -> int:
    """The named field as a number of examples.

    Args:
      fields: the task section of one run, Python values.
      name: the field.
      most: the largest number allowed; None for no limit.
      holder: what sets that limit, in words for the message.

    Returns:
      The field as an int.

    Raises:
      UserError: it is not a whole number from 1 to the largest.
    """
    value = getattr(fields, name)
    allowed = "it must be a whole number, 1 or above" if most is None else f"{holder} allow 1 to {most}"
    whole = float(value).is_integer()
    require(whole and value >= 1 and (most is None or value <= most), f"task.{name} is {value}; {allowed}")
    return int(value)


def floor_share(fraction: Scalar, rows: Scalar) -> Int[Array, ""]:
    """int(fraction * rows), the same for traced values and for Python numbers.

    Both are rounded in float32. A fraction such as 0.29 is no binary number, and 0.29 * 100 may come out a
    hair below 29; so the product is lifted by two parts in 10⁷, and 0.29 of 100 rows are 29.
    """
    lifted = jnp.asarray(rows, jnp.float32) * jnp.float32(1 + 2.0**-22)
    return jnp.floor(jnp.asarray(fraction, jnp.float32) * lifted).astype(jnp.int32)


def normal_rows(key: Key[Array, ""], rows: int, features: int) -> Float[Array, "rows features"]:
    """Rows of independent N(0, 1) numbers; row i depends on the key and on i alone."""
    return jax.vmap(lambda i: jax.random.normal(jax.random.fold_in(key, i), (features,)))(jnp.arange(rows))


def with_noise(
    targets: Float[Array, "rows outputs"], noise: Scalar | None, key: Key[Array, ""]
) -> Float[Array, "rows outputs"]:
    """targets + noise N(0, 1), independently for each number; None adds nothing."""
    if noise is None:
        return targets
    return targets + noise * normal_rows(key, *targets.shape)


def own_split(examples: Examples, size: Scalar) -> Split:
    """The split whose rows are the first `size` of this run's own examples."""
    rows = examples.targets.shape[0]
    return Split(examples, jnp.arange(rows, dtype=jnp.int32), jnp.asarray(size, jnp.int32))


def pool_split(index: Int[Array, " capacity"], size: Scalar) -> Split:
    """The split whose rows are those rows of the pool that the first `size` entries of the index name."""
    return Split(None, index.astype(jnp.int32), jnp.asarray(size, jnp.int32))


def shuffled_splits(
    key: Key[Array, ""],
    total: int,
    train_size: Scalar,
    test_size: Scalar,
    capacity: Rows,
) -> Data:
    """Splits one random order of a pool: train rows from its front, test rows from its back.

    So the splits are disjoint while train_size + test_size <= total, the training rows of a smaller run are
    among those of a larger run with the same key, and the same holds for the test rows.

    Args:
      key: the key of the order.
      total: rows of the pool.
      train_size: training rows, may be traced.
      test_size: test rows, may be traced.
      capacity: the numbers of rows to make room for, each at most total.

    Returns:
      Data over rows 0 .. total - 1 of the pool.
    """
    order = jax.random.permutation(key, total)
    return Data(
        train=pool_split(order[: capacity.train], train_size),
        test=pool_split(order[::-1][: capacity.test], test_size),
    )


def portion_rows(fields: SimpleNamespace, total: int, holder: str) -> Rows:
    """The rows of a task that takes `size` rows of a pool and trains on a train_fraction of them, rounded down.

    Args:
      fields: size, train_fraction, subset; Python values.
      total: rows of the pool.
      holder: what has them, in words for the message.

    Raises:
      UserError: the pool has fewer rows, a split would be empty, or there is no such subset.
    """
    require_one_of(fields, "subset", SUBSETS, section="task")
    size, fraction = require_count(fields, "size", total, holder), fields.train_fraction
    require(0 < fraction < 1, f"task.train_fraction is {fraction}; it must be above 0 and below 1")
    train = int(floor_share(fraction, size))
    require(
        0 < train < size,
        f"task.train_fraction is {fraction}; of {size} rows it takes {train}, and 1 to {size - 1} are allowed",
    )
    return Rows(train, size - train)


def portion_splits(key: Key[Array, ""], fields: SimpleNamespace, total: int, capacity: Rows) -> Data:
    """Splits `size` rows of a pool at random into a train_fraction to train on and the rest to test on.

    Which rows: "first": the first ones of the pool; "random": any. So every row of the pool's first `size` is used in
    the one case, and in the other the training rows of a smaller run are among those of a larger one with the same key.

    Args:
      key: the key of the order.
      fields: size and train_fraction, which may be traced; subset.
      total: rows of the pool.
      capacity: the numbers of rows to make room for.

    Returns:
      Data over rows 0 .. total - 1 of the pool.
    """
    train_size = floor_share(fields.train_fraction, fields.size)
    test_size = fields.size - train_size
    if fields.subset == "random":
        return shuffled_splits(key, total, train_size, test_size, capacity)
    # Random keys in order, those of rows out of use last.
    drawn = jnp.where(jnp.arange(total) < fields.size, jax.random.uniform(key, (total,)), 1.0)
    order = jnp.argsort(drawn, stable=True)
    after_train = (train_size + jnp.arange(capacity.test)) % total
    return Data(train=pool_split(order[: capacity.train], train_size), test=pool_split(order[after_train], test_size))
