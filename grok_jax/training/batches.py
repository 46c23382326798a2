"""The training rows of each step: all of them, or a minibatch from a shuffled epoch."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

ROUNDS = 4


class Batch(NamedTuple):
    """Positions within the training split, and their weights in the mean loss."""

    positions: Int[Array, " rows"]
    weights: Float[Array, " rows"]  # 1 / (number of valid rows) on valid rows, 0 elsewhere


def full_batch(capacity: int, size: Int[Array, ""]) -> Batch:
    """Every row of the split with weight 1 / size, padded up to the capacity by the first row with weight 0."""
    positions = jnp.arange(capacity)
    valid = positions < size
    return Batch(jnp.where(valid, positions, 0), _mean_weights(valid))


def share_of(share: Float[Array, ""] | float, size: Int[Array, ""]) -> Int[Array, ""]:
    """A share of the rows, rounded to the nearest whole number, and at least 1."""
    return jnp.maximum(jnp.round(share * size), 1).astype(jnp.int32)


def minibatch(key: Key[Array, ""], step: Int[Array, ""], batch_size: int, capacity: int, size: Int[Array, ""]) -> Batch:
    """The rows of one step of shuffled epochs, as in PyTorch's DataLoader(shuffle=True).

    Each epoch visits a fresh permutation of the rows in ceil(size / batch_size) batches; the last one is smaller if
    batch_size does not divide size. Nothing is stored between steps: the permutation is a keyed bijection, evaluated
    only at the batch's positions (see `shuffled`).

    Args:
      key: the run's batch key.
      step: optimizer steps taken so far.
      batch_size: rows per step.
      capacity: length of the split's index.
      size: rows of the split in use; may be traced.

    Returns:
      min(batch_size, capacity) positions with their weights.
    """
    rows = min(batch_size, capacity)
    batches = -(-size // rows)
    epoch, turn = step // batches, step % batches
    positions = turn * rows + jnp.arange(rows)
    valid = positions < size
    positions = shuffled(jax.random.fold_in(key, epoch), jnp.where(valid, positions, 0), size)
    return Batch(positions, _mean_weights(valid))


def shuffled(key: Key[Array, ""], positions: Int[Array, " n"], size: Int[Array, ""]) -> Int[Array, " n"]:
    """pi(positions) for a pseudo-random permutation pi of 0 .. size-1, determined by the key.

    jax.random.permutation needs a fixed size and sorts all of it. This function costs O(n) for n positions and accepts
    a traced size, so that runs with different amounts of data share one program. On b = ceil(log2 size) bits, each
    round x -> (a x + c) mod 2^b with odd a, then x -> x xor (x >> ceil(b/2)), is a bijection. Values at or above `size`
    go through again until they land below it ("cycle walking", Black and Rogaway 2002). Every position is equally
    likely for every row, but with fewer than 16 rows some orders are likelier than others.

    Args:
      key: each key gives one permutation.
      positions: each in [0, size).
      size: number of rows; may be traced.
    """
    top = jnp.asarray(size, jnp.uint32) - 1
    bits = 32 - jax.lax.clz(top)
    mask = jnp.where(bits == 0, jnp.uint32(0), jnp.uint32(0xFFFFFFFF) >> jnp.minimum(32 - bits, 31))
    shift = (bits + 1) // 2
    constants = jax.random.bits(key, (2, ROUNDS), jnp.uint32)

    def permute(x: jax.Array) -> jax.Array:
        for factor, offset in zip(constants[0] | 1, constants[1], strict=True):
            x = (x * factor + offset) & mask
            x = x ^ (x >> shift)
        return x

    def walk(x: jax.Array) -> jax.Array:
        return jnp.where(x > top, permute(x), x)

    out = permute(jnp.asarray(positions, jnp.uint32))
    return jax.lax.while_loop(lambda x: jnp.any(x > top), walk, out).astype(jnp.int32)


def _mean_weights(valid: jax.Array) -> jax.Array:
    counted = valid.astype(jnp.float32)
    return counted / counted.sum()
