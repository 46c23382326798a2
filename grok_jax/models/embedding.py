"""Tables of vectors, one for each token or position, and how rows pick from them."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key


class Embedding(nn.Module):
    """A table of trained vectors, N(0, init_std²); calling it gives the table.

    Attributes:
      count: number of vectors.
      features: numbers in each.
      init_std: their standard deviation; 1 in PyTorch.
    """

    count: int
    features: int
    init_std: float = 1.0

    @nn.compact
    def __call__(self) -> Float[Array, "count features"]:
        def normal(key: Key[Array, ""], shape: tuple[int, ...]) -> Float[Array, "..."]:
            return self.init_std * jax.random.normal(key, shape)

        return self.param("embedding", normal, (self.count, self.features))


def pick(table: Float[Array, "count features"], indices: Int[Array, "..."]) -> Float[Array, "... features"]:
    """table[indices], in the form that is fastest on each backend and adds up its gradient in one fixed order.

    On CPU cores rows are copied. On accelerators one-hot vectors are multiplied: there the gradient of a copy is a
    scatter, whose sums come in another order each time, so that equal runs would part.
    """

    def copied(table: Array, indices: Array) -> Array:
        return table[indices]

    def multiplied(table: Array, indices: Array) -> Array:
        # At full precision, so that a row is picked as it is.
        one_hot = jax.nn.one_hot(indices, table.shape[0], dtype=table.dtype)
        return jnp.matmul(one_hot, table, precision="highest")

    return jax.lax.platform_dependent(table, indices, cpu=copied, default=multiplied)


def sinusoids(length: int, width: int) -> Float[np.ndarray, "length width"]:
    """Fixed positions: sines in the first half of the width, cosines in the other.

    sin(t / 10000^(2i / width)) and cos(t / 10000^(2i / width)),  i = 0, 1, ..., width / 2 - 1

    Reference: Vaswani et al. (2017), Attention is all you need, Sec. 3.5, where the two alternate.
    """
    angles = np.arange(length)[:, None] / 10_000 ** (np.arange(0, width, 2) / width)[None]
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)
