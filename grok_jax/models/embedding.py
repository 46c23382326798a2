"""Tables of embeddings, one vector per token or position, and lookups in them."""

from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from grok_jax.errors import require


class Embedding(nn.Module):
    """A table of trained vectors, initialized from N(0, init_std²); calling it returns the table.

    Attributes:
      count: number of vectors.
      features: dimension of each vector.
      init_std: standard deviation of the initial values; 1 in PyTorch.
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
    """Raises UserError if a model that embeds tokens gets a task without a vocabulary."""
    require(
        vocabulary is not None,
        f"model {model!r} takes tokens (whole numbers), but the task gives other numbers; choose an encoding such as "
        "task.encoding='tokens', or a task with tokens",
    )


@jax.custom_jvp
def pick(table: Float[Array, "count features"], indices: Int[Array, "..."]) -> Float[Array, "... features"]:
    """table[indices], with a gradient that is fast on each backend and sums in a fixed order.

    On CPU, the gradient of each row is added to the table's gradient. On accelerators the order of such additions
    varies, so equal runs would drift apart; there the gradient is a product with one-hot vectors.
    """
    return table[indices]


@pick.defjvp
def _pick_jvp(primals: tuple[Array, Array], tangents: tuple[Array, Any]) -> tuple[Array, Array]:
    (table, indices), (change, _) = primals, tangents

    def copied(change: Array, indices: Array) -> Array:
        return change[indices]

    @jax.checkpoint  # Otherwise every backend stores the one-hot vectors for the backward pass, even if only zeros.
    def multiplied(change: Array, indices: Array) -> Array:
        # Full precision copies the row exactly.
        one_hot = jax.nn.one_hot(indices, change.shape[0], dtype=change.dtype)
        return jnp.matmul(one_hot, change, precision="highest")

    return pick(table, indices), jax.lax.platform_dependent(change, indices, cpu=copied, default=multiplied)


class SideBySide(NamedTuple):
    """The concatenated embeddings of each row's tokens, as the left factor of a product computed token by token.

    x W = Σ_t E[token_t] W_t,  where W_t are the rows of W that multiply position t;  each E W_t is one product for all
    rows. This only saves time, if there are more rows than tokens.
    """

    table: Float[Array, "vocabulary features"]
    tokens: Int[Array, "rows positions"]

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of the factor: (rows, positions x features)."""
        return self.tokens.shape[0], self.tokens.shape[1] * self.table.shape[1]

    def __matmul__(self, kernel: Float[Array, "fan_in outputs"]) -> Float[Array, "rows outputs"]:
        parts = kernel.reshape(self.tokens.shape[1], self.table.shape[1], -1)
        total: Any = sum(pick(self.table @ part, self.tokens[:, i]) for i, part in enumerate(parts))
        return total


def sinusoids(length: int, width: int) -> Float[np.ndarray, "length width"]:
    """Fixed position embeddings: sines in the first half of the width, cosines in the second half.

    sin(t / 10000^(2i / width)) and cos(t / 10000^(2i / width)),  i = 0, 1, ..., width / 2 - 1

    Reference: Vaswani et al. (2017), Attention is all you need, Sec. 3.5, where sines and cosines alternate.
    """
    angles = np.arange(length)[:, None] / 10_000 ** (np.arange(0, width, 2) / width)[None]
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)
