"""A fully connected network over the concatenated embeddings of its tokens."""

from typing import Any

import flax.linen as nn
from jaxtyping import Array, Float, Shaped

from grok_jax.fields import static
from grok_jax.models.embedding import Embedding, SideBySide, pick, require_tokens
from grok_jax.models.mlp import MLP


class TokenMLP(MLP):
    """An MLP over trained embeddings: f(i, j, ...) = MLP([E_i, E_j, ...]),  E_i ~ N(0, 1).

    The model "embedded_sum" adds the embeddings instead.
    """

    called = "token_mlp"

    vocabulary: Any = static(None, "number of tokens; None takes the task's", whole=True, above=0)
    embedding_width: Any = static(128, "dimension of a token's embedding", above=0)

    @nn.compact
    def __call__(self, inputs: Shaped[Array, "rows ..."]) -> Float[Array, "rows outputs"]:
        require_tokens(self.called, self.vocabulary)
        rows = inputs.shape[0]
        table = Embedding(self.vocabulary, self.embedding_width, name="token_embedding")()
        if rows > self.vocabulary:
            return self.through_layers(SideBySide(table, inputs))
        return self.through_layers(pick(table, inputs).reshape(rows, -1))
