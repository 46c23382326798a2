"""The network that adds: a table of embeddings, and a decoder of the sum of those that its inputs name."""

from types import SimpleNamespace

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from grok_jax.errors import require
from grok_jax.models.base import MODELS, Model, register_model
from grok_jax.models.mlp import MLP, build_mlp, check_mlp


class EmbeddedSum(nn.Module):
    """f(i, j, ...) = Dec(E_i + E_j + ...): embeddings that are trained, and an MLP after their sum.

    The parameters are representation, whose rows are the E_i ~ N(0, 1) where the task sets no others, and those of
    the decoder, layer_0/kernel, layer_0/bias, ...: the very numbers that an MLP of the same key has.

    Attributes:
      vocabulary: number of tokens, rows of the table.
      representation_dim: length of an E_i.
      decoder: the MLP.

    Reference: Liu et al. (2023), Omnigrok, Eq. 8.
    """

    vocabulary: int
    representation_dim: int
    decoder: MLP

    @nn.compact
    def __call__(self, inputs: Int[Array, "batch tokens"]) -> Float[Array, "batch outputs"]:
        table = self.param("representation", jax.random.normal, (self.vocabulary, self.representation_dim))
        nn.share_scope(self, self.decoder)
        return self.decoder(jnp.sum(table[inputs], axis=1))


def check_embedded_sum(fields: SimpleNamespace) -> None:
    """Raises UserError unless the fields describe a table and a decoder."""
    dim = fields.representation_dim
    require(dim > 0, f"model.representation_dim is {dim}; it must be a whole number above 0")
    check_mlp(fields)


def build_embedded_sum(fields: SimpleNamespace, outputs: int, vocabulary: int | None) -> EmbeddedSum:
    """The network that the config's model section describes.

    Raises:
      UserError: the task's inputs are no tokens.
    """
    require(
        vocabulary is not None,
        "model 'embedded_sum' takes tokens (whole numbers), and the task gives other numbers; choose an encoding such "
        "as task.encoding='tokens'",
    )
    return EmbeddedSum(vocabulary, fields.representation_dim, build_mlp(fields, outputs, None))


register_model(
    Model(
        name="embedded_sum",
        static={"representation_dim": 2, **MODELS["mlp"].static},
        traced=MODELS["mlp"].traced,
        check=check_embedded_sum,
        build=build_embedded_sum,
    )
)
