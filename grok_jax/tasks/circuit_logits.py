"""The logits of two trained networks on every pair, as the inputs of a network that mixes them."""

import os
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from grok_jax.errors import require, written
from grok_jax.fields import static, traced
from grok_jax.files import whole_file
from grok_jax.tasks.drawing import divided, floor_share, shuffled_splits
from grok_jax.tasks.examples import Data, Examples, Rows
from grok_jax.tasks.task import Task

CIRCUITS = ("memorizing", "generalizing")  # the order of a row's logits
EARLIER = {"memorizing": "memorising", "generalizing": "generalising"}  # names in older files


def save_circuits(
    path: Path,
    memorizing: Float[np.ndarray, "seeds pairs p"],
    generalizing: Float[np.ndarray, "seeds pairs p"],
) -> None:
    """Writes the file that the task reads: logits of both networks on all pairs (a, b) modulo p, with b fastest.

    Args:
      path: must end in ".npz".
      memorizing, generalizing: logits of the networks for seeds 0, 1, ..., trained on the pairs that
        "modular_arithmetic" draws for these seeds.
    """
    with whole_file(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, memorizing=memorizing, generalizing=generalizing)


class CircuitLogits(Task):
    """The logits of both circuits for the run's seed on all pairs (a, b), with labels (a + b) mod p.

    The split is the same as in "modular_arithmetic" with the same key. The fields after p describe how the circuits
    were trained, which happens before the file is written.
    """

    called = "circuit_logits"

    file: Any = static("", "path of a file written by save_circuits; '' gives NaN logits, to check shapes")
    seeds: Any = static(1, "number of seeds in the file, starting at 0", at_least=1)
    p: Any = static(97, "the modulus", at_least=1)
    widths: Any = static((400, 400), "hidden units of each layer of a circuit", at_least=1)
    embedding_width: Any = static(128, "dimension of a circuit's embedding of a or b", at_least=1)
    learning_rate: Any = static(1e-3, "learning rate of the circuits' training", above=0)
    weight_decay: Any = static(1.0, "weight decay of the generalizing circuit's training", at_least=0)
    memorizing_steps: Any = static(1000, "steps of the memorizing circuit's training", at_least=1)
    generalizing_steps: Any = static(50_000, "steps of the generalizing circuit's training", at_least=1)
    train_fraction: Any = traced(0.5, "share of the pairs to train on", above=0, below=1)

    def check(self) -> None:
        """Raises UserError if a split would be empty."""
        divided(self.train_fraction, self.p**2, "pairs")

    def rows(self) -> Rows:
        """A train_fraction of the pairs to train on, and the rest to test on.

        Raises:
          UserError: the file holds no circuits for the run's seed.
        """
        require(
            self.file == "" or 0 <= self.seed < self.seeds,
            f"task.seed is {self.seed}; there are circuits of seeds 0 to {self.seeds - 1}",
        )
        return divided(self.train_fraction, self.p**2, "pairs")

    def output_size(self) -> int:
        """One output for each of the p results."""
        return self.p

    def load(self) -> Examples:
        """The pairs of all seeds, one seed after the other: logits (seeds pairs, 2, p), labels (seeds pairs,).

        Without a file the logits are NaN, which lets you check shapes before there are circuits but not train.

        Raises:
          UserError: the file does not exist, or holds circuits for other seeds or another p.
        """
        seeds, pairs, p = self.seeds, self.p**2, self.p
        if not self.file:
            logits = np.full((seeds, pairs, 2, p), np.nan, np.float32)
        else:
            path = Path(os.path.expanduser(self.file))
            require(path.is_file(), f"task.file is {written(self.file)}; it must be a file written by save_circuits")
            with np.load(path) as file:
                logits = np.stack([file[name if name in file else EARLIER[name]] for name in CIRCUITS], axis=2)
            held = f"{written(self.file)} holds circuits for {len(logits)} seeds and p = {logits.shape[-1]}"
            require(logits.shape == (seeds, pairs, 2, p), f"task.seeds is {seeds} and task.p is {p}; {held}")
        labels = np.add.outer(np.arange(p), np.arange(p)).ravel() % p
        return Examples(logits.reshape(seeds * pairs, 2, p), np.tile(labels, seeds).astype(np.int32))

    def pool_bytes(self) -> int:
        """Bytes of the floats and of one copy."""
        return 2 * 4 * self.seeds * self.p**2 * (2 * self.p + 1)

    def draw(self, key: Key[Array, ""], pool: Examples | None, capacity: Rows) -> Data:
        """The pairs in the pool, for the run's seed, that a run trains and tests on."""
        del pool  # Only its length counts.
        pairs = self.p**2
        train = floor_share(self.train_fraction, pairs)
        data = shuffled_splits(key, pairs, train, pairs - train, capacity)
        first = jnp.asarray(self.seed, jnp.int32) * pairs
        return Data(*(split._replace(index=first + split.index) for split in data))
