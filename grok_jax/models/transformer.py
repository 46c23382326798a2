"""The transformer that reads a sequence of tokens and answers at its last position."""

import math
from types import SimpleNamespace
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from grok_jax.components import MOST_LAYERS, require_at_most, require_one_of, require_positive
from grok_jax.errors import require
from grok_jax.models.activations import ACTIVATIONS
from grok_jax.models.base import Model, register_model
from grok_jax.models.embedding import Embedding, pick, sinusoids
from grok_jax.models.mlp import Layer

INITS = ("nanda", "pytorch")
NORMS = ("none", "before", "after")
POSITIONS = ("learned", "sinusoidal", "none")
EPSILON = 1e-5  # of LayerNorm, as in PyTorch


class Stream(NamedTuple):
    """The states of a batch of sequences, each held once.

    Before the first attention a state depends on nothing but its position and its token, so that a table of those
    stands for all rows, and what a block computes state by state (norms, queries, keys, values) it computes for the
    table only. This changes nothing but the cost.
    """

    states: Float[Array, "..."]  # (positions, vocabulary, width) where there are tokens, else (rows, positions, width)
    tokens: Int[Array, "rows positions"] | None

    def last(self) -> "Stream":
        """The last position only."""
        if self.tokens is None:
            return Stream(self.states[:, -1:], None)
        return Stream(self.states[-1:], self.tokens[:, -1:])

    def rows(self, values: Float[Array, "..."]) -> Float[Array, "rows positions features"]:
        """What was computed state by state, row by row."""
        if self.tokens is None:
            return values
        picked = [pick(of_one, self.tokens[:, i]) for i, of_one in enumerate(values)]
        return jnp.stack(picked, axis=1)


class Attention(nn.Module):
    """Softmax attention of several heads, without biases.

    z_q = Σ_k softmax_k(Q x_q · K x_k / √(width / heads)) V x_k,   out = O [z of all heads]

    Attributes:
      heads: how many; they share the width equally.
      causal: whether a position sees only itself and those before it.
      initializer, init_std: of Layer, for all four matrices.
    """

    heads: int
    causal: bool
    initializer: str
    init_std: float

    @nn.compact
    def __call__(self, stream: Stream, last: bool) -> Float[Array, "rows positions width"]:
        width = stream.states.shape[-1]

        def split(name: str, source: Stream) -> Float[Array, "rows positions heads features"]:
            rows = source.rows(_layer(self, name, width)(source.states))
            return rows.reshape(*rows.shape[:-1], self.heads, width // self.heads)

        query = split("query", stream.last() if last else stream)
        key, value = split("key", stream), split("value", stream)
        scores = jnp.einsum("rqhc,rkhc->rhqk", query, key) / math.sqrt(width // self.heads)
        if self.causal and not last:
            seen = jnp.tril(jnp.ones(scores.shape[-2:], bool))
            scores = jnp.where(jnp.expand_dims(seen, (0, 1)), scores, -jnp.inf)
        mixed = jnp.einsum("rhqk,rkhc->rqhc", jax.nn.softmax(scores), value)
        return _layer(self, "output", width)(mixed.reshape(*mixed.shape[:2], width))


class FeedForward(nn.Module):
    """The two layers that act on each position alone: W_out φ(W_in x + b_in) + b_out."""

    hidden: int
    activation: str
    initializer: str
    init_std: float

    @nn.compact
    def __call__(self, states: Float[Array, "rows positions width"]) -> Float[Array, "rows positions width"]:
        inward = _layer(self, "inward", self.hidden, use_bias=True)
        outward = _layer(self, "outward", states.shape[-1], use_bias=True)
        return outward(ACTIVATIONS[self.activation](inward(states)))


class Block(nn.Module):
    """Attention, then the feed-forward layers, each added to what it read.

    norm "none": x + f(x);  "before": x + f(LN(x));  "after": LN(x + f(x)). Dropout acts on f's output.
    """

    heads: int
    hidden: int
    activation: str
    norm: str
    causal: bool
    dropout: float | Float[Array, ""] | None
    initializer: str
    init_std: float

    @nn.compact
    def __call__(self, stream: Stream, last: bool) -> Stream:
        attention = Attention(self.heads, self.causal, self.initializer, self.init_std, name="attention")
        mlp = FeedForward(self.hidden, self.activation, self.initializer, self.init_std, name="mlp")
        added = attention(Stream(self._norm("before", "attention_norm", stream.states), stream.tokens), last)
        kept = stream.last() if last else stream
        states = self._norm("after", "attention_norm", kept.rows(kept.states) + self._drop(added))
        added = mlp(self._norm("before", "mlp_norm", states))
        return Stream(self._norm("after", "mlp_norm", states + self._drop(added)), None)

    def _norm(self, place: str, name: str, states: Float[Array, "..."]) -> Float[Array, "..."]:
        return layer_norm(name)(states) if self.norm == place else states

    def _drop(self, added: Float[Array, "rows positions width"]) -> Float[Array, "rows positions width"]:
        # Only a training step brings a key; nn.Dropout would take no traced rate.
        if self.dropout is None or not self.has_rng("dropout"):
            return added
        kept = jax.random.bernoulli(self.make_rng("dropout"), 1 - self.dropout, added.shape)
        return jnp.where(kept, added / (1 - self.dropout), 0)


class Transformer(nn.Module):
    """A decoder-only transformer whose output is the logits at the last position.

    x = E[token] + position;  x <- block(x), layer by layer;  logits = U x_last

    With its defaults the network of Nanda et al.: no norms, biases in the feed-forward layers only (zero at first),
    matrices N(0, 1 / width), U ~ N(0, 1 / outputs). As only the last position is read, the last block computes its
    queries and all that follows for that position alone; the logits are the same.

    Attributes:
      vocabulary: number of tokens.
      outputs: number of classes.
      layers: number of blocks.
      heads, width, mlp_width: of attention, of the states, of the hidden feed-forward units.
      activation: φ, a name in ACTIVATIONS.
      norm: where LayerNorms are: "none", "before" (and once more at the end) or "after" each part of a block.
      positions: "learned" embeddings, "sinusoidal" ones or "none".
      causal: whether a position sees only itself and those before it.
      dropout: share of the values that each part of a block adds which a training step leaves out; may be traced.
      initializer: "nanda" as above, or "pytorch": Linear and Embedding as there.

    Reference: Nanda et al. (2023), Progress measures for grokking via mechanistic interpretability, App. A.1.
    """

    vocabulary: int
    outputs: int
    layers: int = 1
    heads: int = 4
    width: int = 128
    mlp_width: int = 512
    activation: str = "relu"
    norm: str = "none"
    positions: str = "learned"
    causal: bool = True
    dropout: float | Float[Array, ""] | None = None
    initializer: str = "nanda"

    @nn.compact
    def __call__(self, inputs: Int[Array, "rows positions"]) -> Float[Array, "rows outputs"]:
        rows, length = inputs.shape
        plain = self.initializer == "pytorch"
        initializer, std = ("pytorch", 1.0) if plain else ("normal", self.width**-0.5)
        std_embedding = 1.0 if plain else std
        table = Embedding(self.vocabulary, self.width, std_embedding, name="token_embedding")()
        place = jnp.zeros((length, self.width))
        if self.positions == "learned":
            place = Embedding(length, self.width, std_embedding, name="position_embedding")()
        elif self.positions == "sinusoidal":
            place = sinusoids(length, self.width)
        if rows > self.vocabulary:
            stream = Stream(table[None] + place[:, None], inputs)
        else:
            stream = Stream(pick(table, inputs) + place[None], None)
        for i in range(self.layers):
            block = Block(
                heads=self.heads,
                hidden=self.mlp_width,
                activation=self.activation,
                norm=self.norm,
                causal=self.causal,
                dropout=self.dropout,
                initializer=initializer,
                init_std=std,
                name=f"block_{i}",
            )
            stream = block(stream, i == self.layers - 1)
        states = stream.states[:, -1]
        if self.norm == "before":
            states = layer_norm("norm")(states)
        std_out = 1.0 if plain else self.outputs**-0.5
        return Layer(self.outputs, False, initializer, std_out, "standard", name="unembedding")(states)


def layer_norm(name: str) -> nn.LayerNorm:
    """PyTorch's LayerNorm: over the last axis, with a scale (1 at first) and a shift (0)."""
    return nn.LayerNorm(epsilon=EPSILON, name=name)


def _layer(module: Attention | FeedForward, name: str, features: int, use_bias: bool = False) -> Layer:
    return Layer(features, use_bias, module.initializer, module.init_std, "standard", name=name)


def check_transformer(fields: SimpleNamespace) -> None:
    """Raises UserError unless the fields describe a network."""
    for name in ("layers", "heads", "width", "mlp_width"):
        require_positive(fields, name, section="model")
    require_at_most(fields, "layers", MOST_LAYERS, section="model")
    require(
        fields.width % fields.heads == 0,
        f"model.width is {fields.width}; it must be a multiple of model.heads, which is {fields.heads}",
    )
    require_one_of(fields, "activation", tuple(ACTIVATIONS), section="model")
    require_one_of(fields, "norm", NORMS, section="model")
    require_one_of(fields, "positions", POSITIONS, section="model")
    require_one_of(fields, "init", INITS, section="model")
    require(
        fields.positions != "sinusoidal" or fields.width % 2 == 0,
        f"model.width is {fields.width}; model.positions='sinusoidal' needs an even one",
    )
    require(
        fields.dropout is None or 0 <= fields.dropout < 1,
        f"model.dropout is {fields.dropout}; it must be None, or from 0 to below 1",
    )


def build_transformer(fields: SimpleNamespace, outputs: int, vocabulary: int | None) -> Transformer:
    """The network that the config's model section describes.

    Raises:
      UserError: the task's inputs are no tokens.
    """
    require(
        vocabulary is not None,
        "model 'transformer' takes tokens, and the task gives numbers; choose an encoding such as "
        "task.encoding='tokens', or a task of tokens",
    )
    return Transformer(
        vocabulary=vocabulary,
        outputs=outputs,
        layers=fields.layers,
        heads=fields.heads,
        width=fields.width,
        mlp_width=fields.mlp_width,
        activation=fields.activation,
        norm=fields.norm,
        positions=fields.positions,
        causal=fields.causal,
        dropout=fields.dropout,
        initializer=fields.init,
    )


register_model(
    Model(
        name="transformer",
        static={
            "layers": 1,
            "heads": 4,
            "width": 128,
            "mlp_width": 512,
            "activation": "relu",
            "norm": "none",
            "positions": "learned",
            "causal": True,
            "init": "nanda",
        },
        traced={"dropout": None},
        check=check_transformer,
        build=build_transformer,
    )
)
