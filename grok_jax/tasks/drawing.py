"""What the draws of several tasks are made of: random rows, and splits that no capacity changes."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from grok_jax.errors import require
from grok_jax.tasks.examples import Data, Examples, Rows, Split

SUBSETS = ("random", "first")
Scalar = Float[Array, ""] | Int[Array, ""] | float | int  # a traced field, or its value in Python


def require_at_most(name: str, count: int, most: int, holder: str) -> None:
    """Raises UserError where a field, a number of examples, is above a limit that other fields or files set.

    Args:
      name: the field.
      count: its value.
      most: the largest number allowed.
      holder: what sets that limit, in words for the message.
    """
    require(count <= most, f"task.{name} is {count}; {holder} allow 1 to {most}")


def floor_share(fraction: Scalar, rows: Scalar) -> Int[Array, ""]:
    """int(fraction * rows), the same for traced values and for Python numbers.

    Both are rounded in float32. A fraction such as 0.29 is no binary number, and 0.29 * 100 may come out a
    hair below 29; so the product is lifted by two parts in 10⁷, and 0.29 of 100 rows are 29.
    """
    lifted = jnp.asarray(rows, jnp.float32) * jnp.float32(1 + 2.0**-22)
    return jnp.floor(jnp.asarray(fraction, jnp.float32) * lifted).astype(jnp.int32)


def divided(fraction: float, total: int, things: str = "rows") -> Rows:
    """A train_fraction of examples to train on, rounded down, and the others to test on.

    Args:
      fraction: the field train_fraction.
      total: number of examples.
      things: what they are, in words for the message.

    Raises:
      UserError: a split would be empty.
    """
    with jax.ensure_compile_time_eval():  # a run may be made inside of a trace
        train = int(floor_share(fraction, total))
    require(
        0 < train < total,
        f"task.train_fraction is {fraction}; of {total} {things} it takes {train}, and 1 to {total - 1} are allowed",
    )
    return Rows(train, total - train)


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


def portion_rows(size: int, fraction: float, total: int, holder: str) -> Rows:
    """The rows of a task that takes `size` rows of a pool and trains on a fraction of them, rounded down.

    Args:
      size: the field.
      fraction: the field train_fraction.
      total: rows of the pool.
      holder: what has them, in words for the message.

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
      size: rows to take, may be traced.
      fraction: the share to train on, may be traced.
      total: rows of the pool.
      subset: which rows, "first": the first ones of the pool; "random": any. So every row of the pool's first `size`
        is used in the one case, and in the other the training rows of a smaller run are among those of a larger one
        with the same key.
      capacity: the numbers of rows to make room for.

    Returns:
      Data over rows 0 .. total - 1 of the pool.
    """
    train_size = floor_share(fraction, size)
    test_size = size - train_size
    if subset == "random":
        return shuffled_splits(key, total, train_size, test_size, capacity)
    # Random keys in order, those of rows out of use last.
    drawn = jnp.where(jnp.arange(total) < size, jax.random.uniform(key, (total,)), 1.0)
    order = jnp.argsort(drawn, stable=True)
    after_train = (train_size + jnp.arange(capacity.test)) % total
    return Data(train=pool_split(order[: capacity.train], train_size), test=pool_split(order[after_train], test_size))
