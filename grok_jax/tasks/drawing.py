"""Helpers that tasks share to draw their data: random rows, and splits that do not depend on the capacity."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from grok_jax.errors import require
from grok_jax.tasks.examples import Data, Examples, Rows, Split

SUBSETS = ("random", "first")
Scalar = Float[Array, ""] | Int[Array, ""] | float | int  # a traced field, or its value in Python


def require_at_most(name: str, count: int, most: int, holder: str) -> None:
    """Raises UserError if a number of examples exceeds a limit set by other fields or by files.

    Args:
      name: the field.
      count: its value.
      most: the largest number allowed.
      holder: what sets the limit, in words for the message.
    """
    require(count <= most, f"task.{name} is {count}; {holder} allow 1 to {most}")


def floor_share(fraction: Scalar, rows: Scalar) -> Int[Array, ""] | int:
    """int(fraction * rows), the same for traced values and for Python numbers.

    Both are rounded in float32. A fraction such as 0.29 has no exact binary form, and 0.29 * 100 may come out slightly
    below 29. The product is therefore increased by two parts in 10⁷, so that 0.29 of 100 rows is 29.
    """
    traced = isinstance(fraction, jax.Array) or isinstance(rows, jax.Array)
    numpy = jnp if traced else np  # for Python numbers JAX would start its devices, which the user may yet choose
    lifted = numpy.asarray(rows, np.float32) * np.float32(1 + 2.0**-22)
    share = numpy.floor(numpy.asarray(fraction, np.float32) * lifted)
    return share.astype(np.int32) if traced else int(share)


def divided(fraction: float, total: int, things: str = "rows") -> Rows:
    """A fraction of the examples to train on, rounded down, and the rest to test on.

    Args:
      fraction: the field train_fraction.
      total: number of examples.
      things: what the examples are, in words for the message.

    Raises:
      UserError: a split would be empty.
    """
    train = int(floor_share(fraction, total))
    require(
        0 < train < total,
        f"task.train_fraction is {fraction}, which takes {train} of {total} {things}; 1 to {total - 1} are allowed",
    )
    return Rows(train, total - train)


def normal_rows(key: Key[Array, ""], rows: int, features: int) -> Float[Array, "rows features"]:
    """Rows of independent N(0, 1) numbers; row i depends only on the key and on i."""
    return jax.vmap(lambda i: jax.random.normal(jax.random.fold_in(key, i), (features,)))(jnp.arange(rows))


def uniform_rows(key: Key[Array, ""], rows: int, features: int) -> Float[Array, "rows features"]:
    """Rows of independent numbers from [0, 1); row i depends only on the key and on i."""
    return jax.vmap(lambda i: jax.random.uniform(jax.random.fold_in(key, i), (features,)))(jnp.arange(rows))


def with_noise(
    targets: Float[Array, "rows outputs"], noise: Scalar | None, key: Key[Array, ""]
) -> Float[Array, "rows outputs"]:
    """targets + noise N(0, 1), independent for each number; None adds nothing."""
    if noise is None:
        return targets
    return targets + noise * normal_rows(key, *targets.shape)


def own_split(examples: Examples, size: Scalar) -> Split:
    """A split with the first `size` rows of this run's own examples."""
    rows = examples.targets.shape[0]
    return Split(examples, jnp.arange(rows, dtype=jnp.int32), jnp.asarray(size, jnp.int32))


def pool_split(index: Int[Array, " capacity"], size: Scalar) -> Split:
    """A split with the rows of the pool listed in the first `size` entries of the index."""
    return Split(None, index.astype(jnp.int32), jnp.asarray(size, jnp.int32))


def shuffled_splits(
    key: Key[Array, ""],
    total: int,
    train_size: Scalar,
    test_size: Scalar,
    capacity: Rows,
) -> Data:
    """Splits one random order of a pool: training rows from its front, test rows from its back.

    The splits are therefore disjoint while train_size + test_size <= total. The training rows of a smaller run are
    among those of a larger run with the same key, and likewise for the test rows.

    Args:
      key: the key of the order.
      total: number of rows of the pool.
      train_size: number of training rows; may be traced.
      test_size: number of test rows; may be traced.
      capacity: numbers of rows to make room for, each at most total.

    Returns:
      Data over rows 0 .. total - 1 of the pool.
    """
    order = jax.random.permutation(key, total)
    return Data(
        train=pool_split(order[: capacity.train], train_size),
        test=pool_split(order[::-1][: capacity.test], test_size),
    )


def portion_rows(size: int, fraction: float, total: int, holder: str) -> Rows:
    """Numbers of rows for a task that takes `size` rows of a pool and trains on a fraction of them, rounded down.

    Args:
      size: the field size.
      fraction: the field train_fraction.
      total: number of rows of the pool.
      holder: the name of the pool, in words for the message.

    Raises:
      UserError: the pool has fewer rows, or a split would be empty.
    """
    require_at_most("size", size, total, holder)
    return divided(fraction, size)


def portion_splits(
    key: Key[Array, ""], size: Scalar, fraction: Scalar, total: int, subset: str, capacity: Rows
) -> Data:
    """Splits `size` rows of a pool at random into a fraction to train on and the rest to test on.

    Args:
      key: the key of the order.
      size: number of rows to take; may be traced.
      fraction: the share to train on; may be traced.
      total: number of rows of the pool.
      subset: "first" takes the first `size` rows of the pool. "random" takes any rows; the training rows of a smaller
        run are then among those of a larger run with the same key.
      capacity: numbers of rows to make room for.

    Returns:
      Data over rows 0 .. total - 1 of the pool.
    """
    train_size = floor_share(fraction, size)
    test_size = size - train_size
    if subset == "random":
        return shuffled_splits(key, total, train_size, test_size, capacity)
    # Sorts the rows by random keys, with unused rows last.
    drawn = jnp.where(jnp.arange(total) < size, jax.random.uniform(key, (total,)), 1.0)
    order = jnp.argsort(drawn, stable=True)
    after_train = (train_size + jnp.arange(capacity.test)) % total
    return Data(train=pool_split(order[: capacity.train], train_size), test=pool_split(order[after_train], test_size))
