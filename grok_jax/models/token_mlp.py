"""The fully connected network over the embeddings of its tokens, side by side."""

from types import SimpleNamespace

import flax.linen as nn
from jaxtyping import Array, Float, Int

from grok_jax.components import require_positive
from grok_jax.errors import require
from grok_jax.models.base import MODELS, Model, register_model
from grok_jax.models.embedding import Embedding, SideBySide, pick
from grok_jax.models.mlp import MLP, build_mlp, check_mlp


class TokenMLP(MLP, kw_only=True):
    """The MLP of embeddings that are trained: f(i, j, ...) = MLP([E_i, E_j, ...]),  E_i ~ N(0, 1).

    Where embeddings are added instead, the model is "embedded_sum".

    Attributes:
      vocabulary: number of tokens.
      embedding_width: numbers in an E_i.
    """

    vocabulary: int
    embedding_width: int

    @nn.compact
    def __call__(self, inputs: Int[Array, "rows positions"]) -> Float[Array, "rows outputs"]:
        rows = inputs.shape[0]
        table = Embedding(self.vocabulary, self.embedding_width, name="token_embedding")()
        if rows > self.vocabulary:
            return self.through_layers(SideBySide(table, inputs))
        return self.through_layers(pick(table, inputs).reshape(rows, -1))


def check_token_mlp(fields: SimpleNamespace) -> None:
    """Raises UserError unless the fields describe a table and a network."""
    require_positive(fields, "embedding_width", section="model")
    check_mlp(fields)


def build_token_mlp(fields: SimpleNamespace, outputs: int, vocabulary: int | None) -> TokenMLP:
    """The network that the config's model section describes.

    Raises:
      UserError: the task's inputs are no tokens.
    """
    require(
        vocabulary is not None,
        "model 'token_mlp' takes tokens, and the task gives numbers; choose an encoding such as "
        "task.encoding='tokens', or model 'mlp'",
    )
    plain = build_mlp(fields, outputs, None)
    return TokenMLP(
        vocabulary=vocabulary,
        embedding_width=fields.embedding_width,
        widths=plain.widths,
        outputs=plain.outputs,
        activation=plain.activation,
        use_bias=plain.use_bias,
        initializer=plain.initializer,
        init_std=plain.init_std,
        parametrization=plain.parametrization,
    )


register_model(
    Model(
        name="token_mlp",
        static={"embedding_width": 128, **MODELS["mlp"].static},
        traced=MODELS["mlp"].traced,
        check=check_token_mlp,
        build=build_token_mlp,
    )
)
