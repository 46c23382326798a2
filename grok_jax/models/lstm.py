"""An LSTM that reads a sequence of tokens and gives its output after the last one."""

from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, Shaped

from grok_jax.errors import require
from grok_jax.fields import static, traced
from grok_jax.models.embedding import Embedding, pick, require_tokens
from grok_jax.models.mlp import MOST_LAYERS, Layer

Memory = Float[Array, "rows width"]
UNROLLED = 8  # positions; shorter sequences are unrolled in the program, longer ones loop


class States(NamedTuple):
    """The inputs or outputs of a layer at each position of a batch of sequences, with each value stored once.

    An embedding depends only on its token. So does the first position of every layer, because its memory is empty: a
    table by token stands for all rows there. This only saves time.

    Attributes:
      table: values by token, for the first position; for every position if rows is None.
      rows: values for the other positions; for every position if table is None.
    """

    table: Float[Array, "vocabulary features"] | None
    rows: Float[Array, "positions rows features"] | None

    def spread(self, tokens: Int[Array, "positions rows"]) -> "States":
        """Turns a table for all positions into rows, but keeps it for the first position if that is smaller."""
        assert self.table is not None
        positions, rows = tokens.shape
        apart = positions > 1 and rows > self.table.shape[0]
        return States(self.table if apart else None, pick(self.table, tokens[int(apart) :]))

    def by_row(self, tokens: Int[Array, "positions rows"]) -> Float[Array, "positions rows features"]:
        """The outputs of a layer as rows for every position."""
        assert self.rows is not None
        if self.table is None:
            return self.rows
        return jnp.concatenate([pick(self.table, tokens[:1]), self.rows])


class LSTMLayer(nn.Module):
    """One LSTM layer, with the same weights as PyTorch's.

    z_t = x_t W + b + h_{t-1} R + b',  in four parts:  i, f, o = σ(z_i), σ(z_f), σ(z_o),  g = tanh(z_g)
    c_t = f c_{t-1} + i g,  h_t = o tanh(c_t);  h and c are 0 before the first position and after a padding token

    Attributes:
      width: dimension of h and c; all parameters are initialized uniformly in ±1/√width.
      pad_token: the padding token, or None.

    Reference: Hochreiter and Schmidhuber (1997), Long short-term memory, with the forget gate of Gers et al. (2000).
    """

    width: int
    pad_token: int | None

    @nn.compact
    def __call__(self, states: States, tokens: Int[Array, "positions rows"]) -> tuple[States, Memory]:
        """What the layer hands on at each position, and at the last one alone."""

        def uniform(key: Key[Array, ""], shape: tuple[int, ...]) -> Float[Array, "..."]:
            return jax.random.uniform(key, shape, minval=-(self.width**-0.5), maxval=self.width**-0.5)

        def gates_of(values: Float[Array, "*batch features"]) -> Float[Array, "*batch gates"]:
            # Held as one matrix: the gradient of the bias is then a sum over one axis, which XLA does 20 times as fast
            # on CPU as over two.
            flat = jax.lax.optimization_barrier(values.reshape(-1, features) @ kernel + bias[None])
            return flat.reshape(*values.shape[:-1], -1)

        features = jax.tree.leaves(states)[0].shape[-1]
        kernel = self.param("kernel", uniform, (features, 4 * self.width))
        recurrent = self.param("recurrent_kernel", uniform, (self.width, 4 * self.width))
        bias = self.param("bias", uniform, (4 * self.width,))
        bias = bias + self.param("recurrent_bias", uniform, (4 * self.width,))

        gates = jax.tree.map(gates_of, states)
        if gates.rows is None:
            gates = gates.spread(tokens)
        if self.pad_token is not None:
            gates = close_at_pads(gates, tokens, self.pad_token)
        if gates.table is None:
            rows, last = recur(gates.rows, recurrent, jnp.zeros((tokens.shape[1], self.width)))
            return States(None, rows), last
        hidden, memory = advance(gates.table, jnp.zeros((gates.table.shape[0], self.width)))
        # What the first position leaves to the second one is by token too.
        rows = gates.rows.at[0].add(pick(hidden @ recurrent, tokens[0]))
        rows, last = recur(rows, recurrent, pick(memory, tokens[0]))
        return States(hidden, rows), last


def advance(gates: Float[Array, "rows gates"], memory: Memory) -> tuple[Float[Array, "rows width"], Memory]:
    """Computes h_t and c_t from z_t and c_{t-1}."""
    i, f, g, o = activated(gates)
    memory = f * memory + i * g
    return o * jnp.tanh(memory), memory


def activated(gates: Float[Array, "rows gates"]) -> tuple[Float[Array, "rows width"], ...]:
    """Computes i, f, g and o from z."""
    i, f, g, o = jnp.split(gates, 4, axis=-1)
    return nn.sigmoid(i), nn.sigmoid(f), jnp.tanh(g), nn.sigmoid(o)


def recur(
    gates: Float[Array, "positions rows gates"], recurrent: Float[Array, "width gates"], memory: Memory
) -> tuple[Float[Array, "positions rows width"], Float[Array, "rows width"]]:
    """h at each position, and h at the last one; differentiating the latter alone is cheaper than slicing the former.

    Args:
      gates: z without h R, but complete at the first position.
      recurrent: R.
      memory: c before the first position.
    """
    if len(gates) > UNROLLED:
        return recur_in_loop(gates, recurrent, memory)
    hidden, memory = advance(gates[0], memory)
    handed_on = [hidden]
    for position in range(1, len(gates)):
        hidden, memory = advance(gates[position] + hidden @ recurrent, memory)
        handed_on.append(hidden)
    return jnp.stack(handed_on), hidden


@jax.custom_jvp
def recur_in_loop(
    gates: Float[Array, "positions rows gates"], recurrent: Float[Array, "width gates"], memory: Memory
) -> tuple[Float[Array, "positions rows width"], Float[Array, "rows width"]]:
    """recur as one loop with custom derivatives.

    Automatic differentiation of a loop adds to the gradient of R at each position. Here all positions are one product,
    and the backward pass needs only six products per position, stored in the forward pass. A gradient takes 12 to 14%
    less time at width 256 and 128 on a CPU core.
    """

    def step(carry: tuple[Array, Memory], gates: Float[Array, "rows gates"]) -> tuple[tuple[Array, Memory], Array]:
        hidden, memory = carry
        hidden, memory = advance(gates + hidden @ recurrent, memory)
        return (hidden, memory), hidden

    (last, _), handed_on = jax.lax.scan(step, (jnp.zeros_like(memory), memory), gates)
    return handed_on, last


class Slopes(NamedTuple):
    """Derivatives of c_t and h_t = o tanh(c_t) at one position."""

    memory: Float[Array, "*batch width"]  # dc_t / dc_{t-1} = f
    input: Float[Array, "*batch width"]  # dc_t / dz_i
    forget: Float[Array, "*batch width"]  # dc_t / dz_f
    candidate: Float[Array, "*batch width"]  # dc_t / dz_g
    output: Float[Array, "*batch width"]  # dh_t / dz_o
    hidden: Float[Array, "*batch width"]  # dh_t / dc_t


@recur_in_loop.defjvp
def _recur_in_loop_jvp(primals: tuple[Array, ...], tangents: tuple[Array, ...]) -> tuple[tuple, tuple]:
    """ż_t = ẋ_t + h_{t-1} Ṙ + ḣ_{t-1} R;  ċ_t and ḣ_t by the slopes.  Linear; the transpose is the backward pass."""
    gates, recurrent, memory = primals
    gates_change, recurrent_change, memory_change = tangents

    def step(carry: tuple[Array, Memory], gates: Array) -> tuple[tuple[Array, Memory], tuple[Array, Slopes]]:
        hidden, memory = carry
        i, f, g, o = activated(gates + hidden @ recurrent)
        forget = memory * f * (1 - f)
        memory = f * memory + i * g
        squashed = jnp.tanh(memory)
        slopes = Slopes(
            memory=f,
            input=g * i * (1 - i),
            forget=forget,
            candidate=i * (1 - g**2),
            output=squashed * o * (1 - o),
            hidden=o * (1 - squashed**2),
        )
        return (o * squashed, memory), (o * squashed, slopes)

    def step_change(
        carry: tuple[Array, Memory], at_position: tuple[Array, Slopes]
    ) -> tuple[tuple[Array, Memory], Array]:
        (hidden, memory), (gates, slopes) = carry, at_position
        i, f, g, o = jnp.split(gates + hidden @ recurrent, 4, axis=-1)
        memory = slopes.memory * memory + slopes.input * i + slopes.forget * f + slopes.candidate * g
        hidden = slopes.output * o + slopes.hidden * memory
        return (hidden, memory), hidden

    empty = jnp.zeros_like(memory)
    (last, _), (handed_on, slopes) = jax.lax.scan(step, (empty, memory), gates)
    before = jnp.concatenate([empty[None], handed_on[:-1]])
    # A product with a single matrix has the fastest transpose.
    through = before.reshape(-1, before.shape[-1]) @ recurrent_change
    gates_change = gates_change + through.reshape(gates_change.shape)
    (last_change, _), change = jax.lax.scan(step_change, (empty, memory_change), (gates_change, slopes))
    return (handed_on, last), (change, last_change)


def close_at_pads(gates: States, tokens: Int[Array, "positions rows"], pad_token: int) -> States:
    """The gates with i = f = 0 at padding tokens, so that c and h are 0 after them."""

    def close(values: Float[Array, "*batch gates"], is_pad: Bool[Array, "*batch"]) -> Float[Array, "*batch gates"]:
        i_and_f, g_and_o = jnp.split(values, 2, axis=-1)
        return jnp.concatenate([jnp.where(is_pad[..., None], -jnp.inf, i_and_f), g_and_o], axis=-1)

    assert gates.rows is not None  # they have been spread
    if gates.table is None:
        return States(None, close(gates.rows, tokens == pad_token))
    of_tokens = jnp.arange(gates.table.shape[0])
    return States(close(gates.table, of_tokens == pad_token), close(gates.rows, tokens[1:] == pad_token))


class LSTM(nn.Module):
    """LSTM layers over embedded tokens, and a linear readout of the final state of the last layer.

    x_t = E[token_t];  x <- h of layer(x), layer by layer;  f = x_last U + b

    It is initialized like PyTorch's Embedding, LSTM and Linear: E ~ N(0, 1), and the layers (including both of their
    biases) and the readout uniform in ±1/√width. Left padding does not change the outputs.
    """

    called = "lstm"

    vocabulary: Any = static(None, "number of tokens; None takes the task's", whole=True, above=0)
    outputs: Any = static(None, "number of outputs; None takes the task's", whole=True, above=0)
    layers: Any = static(2, "number of layers", above=0, at_most=MOST_LAYERS)
    width: Any = static(128, "dimension of each layer's state", above=0)
    embedding_width: Any = static(128, "dimension of a token's embedding", above=0)
    dropout: Any = traced(None, "dropout rate of each layer's outputs in training; None for none", at_least=0, below=1)
    pad_token: Any = static(
        None, "token that pads sequences on the left; None treats it like any other", whole=True, at_least=0
    )

    @nn.compact
    def __call__(self, inputs: Shaped[Array, "rows ..."]) -> Float[Array, "rows outputs"]:
        require_tokens(self.called, self.vocabulary)
        require(
            self.pad_token is None or self.pad_token < self.vocabulary,
            f"model.pad_token is {self.pad_token}; it must be None or a token of the task, 0 to {self.vocabulary - 1}",
        )
        tokens = inputs.T
        table = Embedding(self.vocabulary, self.embedding_width, name="token_embedding")()
        states = States(table, None) if inputs.size > self.vocabulary else States(None, pick(table, tokens))
        for i in range(self.layers):
            states, last = LSTMLayer(self.width, self.pad_token, name=f"layer_{i}")(states, tokens)
            if self._drops() and i < self.layers - 1:
                # Each row has its own dropout mask, even if rows share a table.
                states = States(None, self._drop(states.by_row(tokens)))
        if self._drops():
            last = self._drop(last)
        return Layer(self.outputs, True, "pytorch", 1.0, "standard", name="readout")(last)

    def _drops(self) -> bool:
        return self.dropout is not None and self.has_rng("dropout")  # Only a training step brings a key.

    def _drop(self, values: Float[Array, "*batch width"]) -> Float[Array, "*batch width"]:
        kept = jax.random.bernoulli(self.make_rng("dropout"), 1 - self.dropout, values.shape)
        return jnp.where(kept, values / (1 - self.dropout), 0)
