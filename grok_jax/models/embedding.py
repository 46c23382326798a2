"""Tables of vectors, one for each token or position, and how rows pick from them."""

from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from grok_jax.errors import require


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


def require_tokens(model: str, vocabulary: int | None) -> None:
    """Raises UserError where a model that embeds tokens is given a task without a vocabulary."""
    require(
        vocabulary is not None,
        f"model {model!r} takes tokens (whole numbers), and the task gives other numbers; choose an encoding such as "
        "task.encoding='tokens', or a task of tokens",
    )


@jax.custom_jvp
def pick(table: Float[Array, "count features"], indices: Int[Array, "..."]) -> Float[Array, "... features"]:
    """table[indices], whose gradient adds up in the way that is fastest on each backend and always in one order.

    On CPU cores the gradient of each row is added to the table's. On accelerators that would come in another order each
    time, so that equal runs would part; there one-hot vectors are multiplied by the gradients.
    """
    return table[indices]


@pick.defjvp
def _pick_jvp(primals: tuple[Array, Array], tangents: tuple[Array, Any]) -> tuple[Array, Array]:
    (table, indices), (change, _) = primals, tangents

    def copied(change: Array, indices: Array) -> Array:
        return change[indices]

    @jax.checkpoint  # Otherwise every backend keeps the one-hot vectors for the way back, if only as zeros.
    def multiplied(change: Array, indices: Array) -> Array:
        # At full precision, so that a row is picked as it is.
        one_hot = jax.nn.one_hot(indices, change.shape[0], dtype=change.dtype)
        return jnp.matmul(one_hot, change, precision="highest")

    return pick(table, indices), jax.lax.platform_dependent(change, indices, cpu=copied, default=multiplied)


class SideBySide(NamedTuple):
    """The embeddings of each row's tokens side by side, as the left factor of a product that is taken by token.

    x W = Σ_t E[token_t] W_t,  W_t the rows of W that meet position t;  each E W_t is one product for all rows.
    This changes nothing but the cost, where there are more rows than tokens.
    """

    table: Float[Array, "vocabulary features"]
    tokens: Int[Array, "rows positions"]

    @property
    def shape(self) -> tuple[int, int]:
        """Of the factor: rows, and positions times features."""
        return self.tokens.shape[0], self.tokens.shape[1] * self.table.shape[1]

    def __matmul__(self, kernel: Float[Array, "fan_in outputs"]) -> Float[Array, "rows outputs"]:
        parts = kernel.reshape(self.tokens.shape[1], self.table.shape[1], -1)
        return sum(pick(self.table @ part, self.tokens[:, i]) for i, part in enumerate(parts))


def sinusoids(length: int, width: int) -> Float[np.ndarray, "length width"]:
    """Fixed positions: sines in the first half of the width, cosines in the other.

    sin(t / 10000^(2i / width)) and cos(t / 10000^(2i / width)),  i = 0, 1, ..., width / 2 - 1

    Reference: Vaswani et al. (2017), Attention is all you need, Sec. 3.5, where the two alternate.
    """
    angles = np.arange(length)[:, None] / 10_000 ** (np.arange(0, width, 2) / width)[None]
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)
