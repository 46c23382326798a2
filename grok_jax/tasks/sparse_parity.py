"""Sparse parity: of some random bits, the label is the parity of a few (Barak et al. 2022; Merrill et al. 2023)."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, Key

from grok_jax.errors import require
from grok_jax.fields import static, traced
from grok_jax.tasks.drawing import own_split
from grok_jax.tasks.examples import Data, Examples, Rows
from grok_jax.tasks.task import Task

NUMBERS = ("signs", "bits")
PLACES = ("first", "random")


class SparseParity(Task):
    """Random bits b, and whether the number of ones among a few relevant bits is odd: y(b) = Σ_{i∈S} b_i mod 2.

    The network sees the signs x_i = (-1)^(b_i), for which the product of the relevant ones is (-1)^y, or the bits
    themselves. The set S holds the first bits, or random ones that the key draws. Rows are independent, so with few
    bits a test row may equal a training row.

    The defaults are those of Merrill et al., who train an MLP with 1000 hidden units and one output on the hinge loss.
    Prieto et al. (2025) train on 2000 rows of bits, with two outputs.

    Reference: Barak et al. (2022), Hidden Progress in Deep Learning: SGD Learns Parities Near the Computational Limit;
    Merrill, Tsilivis and Shukla (2023), A Tale of Two Circuits; Prieto et al. (2025), Grokking at the Edge of Numerical
    Stability.
    """

    called = "sparse_parity"

    bits: Any = static(40, "number of bits", at_least=1)
    relevant: Any = static(3, "number of bits that the label depends on", at_least=1)
    places: Any = static("first", "which bits are relevant: the first ones, or random ones", one_of=PLACES)
    numbers: Any = static("signs", "what the network sees: 1 and -1 for the bits 0 and 1, or the bits", one_of=NUMBERS)
    outputs: Any = static(2, "outputs of the network: 2 (classes), or 1, positive for odd", at_least=1, at_most=2)
    test_size: Any = static(1000, "number of test rows", at_least=1)
    train_size: Any = traced(1000, "number of training rows", at_least=1)

    def check(self) -> None:
        """Raises UserError if more bits are relevant than there are."""
        require(
            self.relevant <= self.bits,
            f"task.relevant is {self.relevant}; with task.bits={self.bits} it must be from 1 to {self.bits}",
        )

    def rows(self) -> Rows:
        """train_size and test_size."""
        return Rows(self.train_size, self.test_size)

    def output_size(self) -> int:
        """The field `outputs`."""
        return self.outputs

    def draw(self, key: Key[Array, ""], pool: Examples | None, capacity: Rows) -> Data:
        """Fresh rows; relevant bits, training rows and test rows have separate keys."""
        del pool  # Every run draws its own.
        relevant = self.relevant_bits(key)
        sizes = zip(capacity, self.rows(), strict=True)
        return Data(
            *(
                own_split(self._rows(jax.random.fold_in(key, i), room, relevant), size)
                for i, (room, size) in enumerate(sizes, start=1)
            )
        )

    def relevant_bits(self, key: Key[Array, ""]) -> Int[Array, " relevant"]:
        """The places S of the bits that the run with this data key must find."""
        if self.places == "first":
            return jnp.arange(self.relevant)
        return jax.random.permutation(jax.random.fold_in(key, 0), self.bits)[: self.relevant]

    def _rows(self, key: Key[Array, ""], rows: int, relevant: Int[Array, " relevant"]) -> Examples:
        """Row i depends only on the key and on i, so that a larger grid around a run does not change its data."""
        keys = jax.vmap(lambda i: jax.random.fold_in(key, i))(jnp.arange(rows))
        bits = jax.vmap(lambda k: jax.random.bernoulli(k, shape=(self.bits,)))(keys).astype(jnp.int32)
        shown = bits if self.numbers == "bits" else 1 - 2 * bits
        return Examples(shown.astype(float), jnp.sum(bits[:, relevant], axis=1) % 2)
