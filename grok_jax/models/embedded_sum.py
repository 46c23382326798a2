"""A network that adds the embeddings of its input tokens and decodes the sum."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Shaped

from grok_jax.fields import static
from grok_jax.models.embedding import require_tokens
from grok_jax.models.mlp import MLP


class EmbeddedSum(MLP):
    """f(i, j, ...) = Dec(E_i + E_j + ...): trained embeddings, and an MLP that decodes their sum.

    The parameters are representation, whose rows are the E_i ~ N(0, 1) unless the task sets them, and those of the
    decoder, layer_0/kernel, layer_0/bias, ..., which equal those of an MLP with the same key.

    Reference: Liu et al. (2023), Omnigrok, Eq. 8.
    """

    called = "embedded_sum"

    vocabulary: Any = static(None, "number of tokens; None takes the task's", whole=True, above=0)
    representation_dim: Any = static(2, "dimension of a token's embedding", above=0)

    @nn.compact
    def __call__(self, inputs: Shaped[Array, "batch ..."]) -> Float[Array, "batch outputs"]:
        require_tokens(self.called, self.vocabulary)
        table = self.param("representation", jax.random.normal, (self.vocabulary, self.representation_dim))
        return self.through_layers(jnp.sum(table[inputs], axis=1))
