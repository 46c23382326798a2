"""Addition by a decoder of embedded digits with adjustable messiness (Omnigrok, Liu et al. 2023, Sec. 5.1)."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from grok_jax.errors import require
from grok_jax.fields import static, traced
from grok_jax.tasks.drawing import normal_rows, require_at_most
from grok_jax.tasks.examples import Data, Examples, Rows, Split
from grok_jax.tasks.task import Task

ENCODINGS = ("embedded", "tokens")
RANDOM = ("normal", "uniform")
SPLITS = ("random", "covering")
BYTES_OF_A_PAIR = 64  # during pairs: i and j, of 8 bytes each, and their copies
TABLE = "representation"  # the model parameter that holds the embeddings
LINES = {"unit": lambda p: np.linspace(-1, 1, p), "digits": lambda p: np.arange(p, dtype=float)}


def pairs(p: int) -> np.ndarray:
    """The p (p + 1) / 2 unordered pairs of digits, shape (pairs, 2)."""
    return np.stack(np.triu_indices(p), axis=1)


def count_pairs(p: int) -> int:
    """Number of unordered pairs of digits."""
    return p * (p + 1) // 2


def _uniform_rows(key: Key[Array, ""], rows: int, features: int) -> Float[Array, "rows features"]:
    """Rows of independent numbers, uniform between -1 and 1."""
    return jax.random.uniform(key, (rows, features), minval=-1.0, maxval=1.0)


def _cover(order: Int[Array, " pairs"], sums: Int[np.ndarray, " pairs"]) -> Int[Array, " pairs"]:
    """Moves the first pair of each sum to the front of the order, so that training on these covers every sum."""
    in_order = jnp.asarray(sums)[order]
    places = jnp.arange(order.size)
    first = jnp.full(sums.max() + 1, order.size).at[in_order].min(places)
    return order[jnp.argsort(first[in_order] != places, stable=True)]


class ToyAddition(Task):
    """Inputs E_i + E_j and targets Y_k ~ N(0, 1), k = i + j, for all pairs of digits, split at random.

    The embeddings are R = m R_random + (1 - m) R_linear, where m is the messiness (Eq. 4). Rows of R_random are N(0, 1)
    ("normal", the paper) or uniform in ±1 ("uniform", the public code). R_linear puts the digits on a line: the first
    dimension is linspace(-1, 1, p) ("unit", the public code) or 0, 1, ..., p - 1 ("digits", the paper), and the others
    are uniform in ±line_noise, which is 0 in the paper. The default of two dimensions follows the public code. (App. D
    has one, in which messy sums cannot be distinguished: they lie on a line in random order.)

    With modular=True, k = i + j mod p, as in the public code. The split "covering" puts at least one pair of each sum
    i + j into training, so every test pair has a sum that was seen: the first pair of each sum in the random order
    moves to the front. The encoding "embedded" gives the network the sums E_i + E_j; "tokens" gives it the pairs i, j,
    for a model that holds the E_i itself.

    Reference: Liu et al. (2023), Omnigrok, Eq. 4, Eq. 8 and App. D.
    """

    called = "toy_addition"

    p: Any = static(10, "number of digits", at_least=1)
    representation_dim: Any = static(2, "dimension of a digit's embedding", at_least=1)
    target_dim: Any = static(30, "dimension of the targets", at_least=1)
    line: Any = static("unit", "where R_linear puts the digits: -1 to 1, or 0 to p - 1", one_of=tuple(LINES))
    random: Any = static("normal", "distribution of R_random", one_of=RANDOM)
    modular: Any = static(False, "whether sums are taken modulo p")
    split: Any = static("random", "random pairs, or random with every sum in training", one_of=SPLITS)
    encoding: Any = static("embedded", "what the network sees: E_i + E_j, or the tokens i, j", one_of=ENCODINGS)
    train_size: Any = traced(45, "number of training pairs; all others are test pairs", at_least=1)
    messiness: Any = traced(0.0, "share m of R_random in the embeddings", at_least=0, at_most=1)
    line_noise: Any = traced(0.0, "how far R_linear is off the line in its other dimensions", at_least=0)

    def check(self) -> None:
        """Raises UserError if the line has no second dimension for noise, or there are too few pairs."""
        require(
            self.line_noise == 0 or self.representation_dim > 1,
            f"task.line_noise is {self.line_noise}, but task.representation_dim is 1; noise needs a second dimension",
        )
        total, sums = count_pairs(self.p), 2 * self.p - 1
        require_at_most("train_size", self.train_size, total - 1, f"the {total} pairs, one of them for testing,")
        require(
            self.split == "random" or self.train_size >= sums,
            f"task.train_size is {self.train_size}; with task.split='covering' it must be at least {sums}, one pair "
            "for each sum",
        )

    def rows(self) -> Rows:
        """train_size, and all other pairs."""
        return Rows(self.train_size, count_pairs(self.p) - self.train_size)

    def output_size(self) -> int:
        """The field target_dim."""
        return self.target_dim

    def vocabulary(self) -> int | None:
        """Number of digits, if the pairs are encoded as tokens."""
        return self.p if self.encoding == "tokens" else None

    def pool_bytes(self) -> int:
        """Upper bound on the bytes needed to make the pairs."""
        return BYTES_OF_A_PAIR * count_pairs(self.p)

    def draw(self, key: Key[Array, ""], pool: Examples | None, capacity: Rows) -> Data:
        """All pairs in a random order; representation, targets and order have separate keys."""
        del pool  # Every run draws its own.
        first, second = pairs(self.p).T
        inputs = jnp.asarray(pairs(self.p), jnp.int32)
        if self.encoding == "embedded":
            embedded = self.representation(key)
            inputs = embedded[first] + embedded[second]
        sums = first + second
        classes = self.p if self.modular else 2 * self.p - 1
        targets = normal_rows(jax.random.fold_in(key, 1), classes, self.target_dim)
        examples = Examples(inputs, targets[sums % classes])
        order = jax.random.permutation(jax.random.fold_in(key, 2), len(first)).astype(jnp.int32)
        if self.split == "covering":
            order = _cover(order, sums)
        train_size = jnp.asarray(self.train_size, jnp.int32)
        return Data(
            Split(examples, order[: capacity.train], train_size),
            Split(examples, order[::-1][: capacity.test], len(first) - train_size),
        )

    def representation(self, key: Key[Array, ""]) -> Float[Array, "p dim"]:
        """The embedding of each digit, R = m R_random + (1 - m) R_linear."""
        random, line = self.ends(key)
        return self.messiness * random + (1 - self.messiness) * line

    def ends(self, key: Key[Array, ""]) -> tuple[Float[Array, "p dim"], Float[Array, "p dim"]]:
        """R_random and R_linear, between which the messiness interpolates."""
        draw = normal_rows if self.random == "normal" else _uniform_rows
        random = draw(jax.random.fold_in(key, 0), self.p, self.representation_dim)
        beside = self.line_noise * _uniform_rows(jax.random.fold_in(key, 3), self.p, self.representation_dim)
        return random, beside.at[:, 0].set(LINES[self.line](self.p))

    def start(self, key: Key[Array, ""], model: Any, params: Any) -> Any:
        """Sets the model's table of embeddings to the task's representation, for encoding "tokens".

        Args:
          key: the same key as in draw.
          model: the model, for its name in messages.
          params: initial weights; the decoder may have any scale.

        Raises:
          UserError: the model has no such table, or its shape is different.
        """
        if self.encoding != "tokens":
            return params
        table = self.representation(key)
        shape = params[TABLE].shape if TABLE in params else "none"
        require(
            shape == table.shape,
            f"task 'toy_addition' with encoding='tokens' sets the model's table of embeddings, of shape {table.shape}; "
            f"the table of model.name={model.name!r} is {shape}",
        )
        return {**params, TABLE: table}
