"""A transformer that reads a sequence of tokens and gives its output at the last position."""

import math
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Shaped

from grok_jax.errors import require
from grok_jax.fields import static, traced
from grok_jax.models.activations import ACTIVATIONS
from grok_jax.models.embedding import Embedding, pick, require_tokens, sinusoids
from grok_jax.models.mlp import MOST_LAYERS, Layer

INITS = ("nanda", "pytorch", "pytorch_attention")
NORMS = ("none", "before", "after", "stream")
POSITIONS = ("learned", "sinusoidal", "none")
DROPPED = ("both", "mlp")
EPSILON = 1e-5  # of LayerNorm, as in PyTorch


class Stream(NamedTuple):
    """The states of a batch of sequences, each stored once.

    Before the first attention, a state depends only on its position and its token. A table over both then stands for
    all rows, and a block computes norms, queries, keys and values for the table only. This only saves time.
    """

    states: Float[Array, "..."]  # (positions, vocabulary, width) with tokens, (rows, positions, width) without
    tokens: Int[Array, "rows positions"] | None

    def last(self) -> "Stream":
        """The stream at the last position only."""
        if self.tokens is None:
            return Stream(self.states[:, -1:], None)
        return Stream(self.states[-1:], self.tokens[:, -1:])

    def rows(self, values: Float[Array, "..."]) -> Float[Array, "rows positions features"]:
        """Values that were computed for each state, arranged by row."""
        if self.tokens is None:
            return values
        picked = [pick(of_one, self.tokens[:, i]) for i, of_one in enumerate(values)]
        return jnp.stack(picked, axis=1)


class Attention(nn.Module):
    """Multi-head softmax attention.

    z_q = Σ_k softmax_k(Q x_q · K x_k / √(width / heads)) V x_k,   out = O [z of all heads]

    Attributes:
      heads: number of heads, which share the width equally.
      causal: whether a position attends only to itself and earlier positions.
      use_bias: whether Q, K, V and O each add a bias.
      initializer, init_std: see Layer; used for all four matrices. "pytorch_attention" is PyTorch's MultiheadAttention:
        Q, K and V uniform in ±√(6 / (4 width)), as one Xavier-uniform matrix; O as its Linear; biases zero.
    """

    heads: int
    causal: bool
    use_bias: bool
    initializer: str
    init_std: float

    @nn.compact
    def __call__(self, stream: Stream, last: bool) -> Float[Array, "rows positions width"]:
        width = stream.states.shape[-1]

        def split(name: str, source: Stream) -> Float[Array, "rows positions heads features"]:
            rows = source.rows(self._project(name, width)(source.states))
            return rows.reshape(*rows.shape[:-1], self.heads, width // self.heads)

        query = split("query", stream.last() if last else stream)
        key, value = split("key", stream), split("value", stream)
        scores = jnp.einsum("rqhc,rkhc->rhqk", query, key) / math.sqrt(width // self.heads)
        if self.causal and not last:
            seen = jnp.tril(jnp.ones(scores.shape[-2:], bool))
            scores = jnp.where(jnp.expand_dims(seen, (0, 1)), scores, -jnp.inf)
        mixed = jnp.einsum("rhqk,rkhc->rqhc", jax.nn.softmax(scores), value)
        return self._project("output", width)(mixed.reshape(*mixed.shape[:2], width))

    def _project(self, name: str, width: int) -> Layer:
        if self.initializer != "pytorch_attention":
            return Layer(width, self.use_bias, self.initializer, self.init_std, "standard", name=name)
        bound = None if name == "output" else math.sqrt(6 / (4 * width))
        return Layer(width, self.use_bias, "pytorch", self.init_std, "standard", bound, is_bias_zero=True, name=name)


class FeedForward(nn.Module):
    """Two layers that act on each position separately: W_out φ(W_in x + b_in) + b_out, without b if not use_bias."""

    hidden: int
    activation: str
    use_bias: bool
    initializer: str
    init_std: float

    @nn.compact
    def __call__(self, states: Float[Array, "rows positions width"]) -> Float[Array, "rows positions width"]:
        # Only attention has an initialization of its own.
        initializer = "pytorch" if self.initializer == "pytorch_attention" else self.initializer
        inward = Layer(self.hidden, self.use_bias, initializer, self.init_std, "standard", name="inward")
        outward = Layer(states.shape[-1], self.use_bias, initializer, self.init_std, "standard", name="outward")
        return outward(ACTIVATIONS[self.activation](inward(states)))


class Block(nn.Module):
    """Attention, then the feed-forward layers, each with a residual connection.

    norm "none": x + f(x);  "before": x + f(LN(x));  "after": LN(x + f(x)). "stream" is "before", except that attention
    adds to its normalized input: LN(x) + f(LN(x)). Dropout acts on the output of f: of both parts, or with
    dropout_after "mlp" of the feed-forward layers only.
    """

    heads: int
    hidden: int
    activation: str
    norm: str
    causal: bool
    dropout: float | Float[Array, ""] | None
    dropout_after: str
    attention_bias: bool
    mlp_bias: bool
    initializer: str
    init_std: float

    @nn.compact
    def __call__(self, stream: Stream, last: bool) -> Stream:
        init = self.initializer, self.init_std
        attention = Attention(self.heads, self.causal, self.attention_bias, *init, name="attention")
        mlp = FeedForward(self.hidden, self.activation, self.mlp_bias, *init, name="mlp")
        stream = Stream(self._norm("stream", "attention_norm", stream.states), stream.tokens)
        added = attention(Stream(self._norm("before", "attention_norm", stream.states), stream.tokens), last)
        kept = stream.last() if last else stream
        added = self._drop(added) if self.dropout_after == "both" else added
        states = self._norm("after", "attention_norm", kept.rows(kept.states) + added)
        place = "stream" if self.norm == "stream" else "before"
        added = mlp(self._norm(place, "mlp_norm", states))
        return Stream(self._norm("after", "mlp_norm", states + self._drop(added)), None)

    def _norm(self, place: str, name: str, states: Float[Array, "..."]) -> Float[Array, "..."]:
        return layer_norm(name)(states) if self.norm == place else states

    def _drop(self, added: Float[Array, "rows positions width"]) -> Float[Array, "rows positions width"]:
        # Only training steps pass a key. nn.Dropout does not accept a traced rate.
        if self.dropout is None or not self.has_rng("dropout"):
            return added
        kept = jax.random.bernoulli(self.make_rng("dropout"), 1 - self.dropout, added.shape)
        return jnp.where(kept, added / (1 - self.dropout), 0)


class Transformer(nn.Module):
    """A decoder-only transformer that outputs the logits at the last position.

    x = E[token] + position;  x <- block(x), layer by layer;  logits = U x_last

    The defaults give the network of Nanda et al.: no norms, biases only in the feed-forward layers (initially zero),
    matrices N(0, 1 / width), U ~ N(0, 1 / outputs). Since only the last position is read, the last block computes its
    queries and everything after them for that position alone; the logits are the same.

    Reference: Nanda et al. (2023), Progress measures for grokking via mechanistic interpretability, App. A.1.
    """

    called = "transformer"

    vocabulary: Any = static(None, "number of tokens; None takes the task's", whole=True, above=0)
    outputs: Any = static(None, "number of classes; None takes the task's", whole=True, above=0)
    layers: Any = static(1, "number of blocks", above=0, at_most=MOST_LAYERS)
    heads: Any = static(4, "attention heads, which share the width equally", above=0)
    width: Any = static(128, "dimension of a state", above=0)
    mlp_width: Any = static(512, "hidden units of the feed-forward layers", above=0)
    activation: Any = static("relu", "activation function φ of the feed-forward layers", one_of=ACTIVATIONS)
    norm: Any = static(
        "none",
        "LayerNorm before or after each part of a block; before: also at the end; stream: before, with attention "
        "added to its normalized input",
        one_of=NORMS,
    )
    positions: Any = static("learned", "position embeddings", one_of=POSITIONS)
    causal: Any = static(True, "whether a position attends only to itself and earlier positions")
    dropout: Any = traced(
        None, "dropout rate in training; dropout_after says of what; None for none", at_least=0, below=1
    )
    initializer: Any = static(
        "nanda",
        "nanda: matrices N(0, 1/width); pytorch: as PyTorch's Linear and Embedding; pytorch_attention: the same, with "
        "attention as its MultiheadAttention",
        one_of=INITS,
    )
    attention_bias: Any = static(False, "whether attention has biases")
    mlp_bias: Any = static(True, "whether the feed-forward layers have biases; those of openai/grok have none")
    dropout_after: Any = static(
        "both",
        "parts of a block whose output dropout acts on: both, or mlp, the feed-forward layers only, as in openai/grok",
        one_of=DROPPED,
    )

    def check_fields(self) -> None:
        """Raises UserError if the width does not suit the number of heads or the positions."""
        require(
            self.width % self.heads == 0,
            f"model.width is {self.width}; it must be a multiple of model.heads, which is {self.heads}",
        )
        require(
            self.positions != "sinusoidal" or self.width % 2 == 0,
            f"model.width is {self.width}; model.positions='sinusoidal' needs an even width",
        )

    @nn.compact
    def __call__(self, inputs: Shaped[Array, "rows ..."]) -> Float[Array, "rows outputs"]:
        require_tokens(self.called, self.vocabulary)
        rows, length = inputs.shape
        plain = self.initializer != "nanda"
        initializer, std = (self.initializer, 1.0) if plain else ("normal", self.width**-0.5)
        std_embedding = 1.0 if plain else std
        table = Embedding(self.vocabulary, self.width, std_embedding, name="token_embedding")()
        place: Float[Array | np.ndarray, "length width"] = jnp.zeros((length, self.width))
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
                dropout_after=self.dropout_after,
                attention_bias=self.attention_bias,
                mlp_bias=self.mlp_bias,
                initializer=initializer,
                init_std=std,
                name=f"block_{i}",
            )
            stream = block(stream, i == self.layers - 1)
        states = stream.states[:, -1]
        if self.norm in ("before", "stream"):
            states = layer_norm("norm")(states)
        initializer, std = ("pytorch", 1.0) if plain else ("normal", self.outputs**-0.5)
        return Layer(self.outputs, False, initializer, std, "standard", name="unembedding")(states)


def layer_norm(name: str) -> nn.LayerNorm:
    """PyTorch's LayerNorm: over the last axis, with a scale (initially 1) and a shift (initially 0)."""
    return nn.LayerNorm(epsilon=EPSILON, name=name)
