"""What two trained networks answer to every pair, as the input of a network that mixes their answers."""

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
EARLIER = {"memorizing": "memorising", "generalizing": "generalising"}  # what older files call them


def save_circuits(
    path: Path,
    memorizing: Float[np.ndarray, "seeds pairs p"],
    generalizing: Float[np.ndarray, "seeds pairs p"],
) -> None:
    """Writes the file that the task reads: logits of both networks on all pairs (a, b) modulo p, a slowest.

    Args:
      path: ends with ".npz".
      memorizing, generalizing: of the networks of seeds 0, 1, ..., trained on the pairs that "modular_arithmetic" gives
        each of these seeds.
    """
    with whole_file(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, memorizing=memorizing, generalizing=generalizing)


class CircuitLogits(Task):
    """The logits of both circuits of the run's seed on all pairs (a, b), and labels (a + b) mod p.

    The split is that of "modular_arithmetic" under the same key. Fields after p say how the circuits are trained, which
    is done by whoever writes the file.
    """

    called = "circuit_logits"

    file: Any = static("", "path of what save_circuits wrote; '' gives logits NaN, to check shapes")
    seeds: Any = static(1, "number of seeds, from 0 on, whose circuits the file holds", at_least=1)
    p: Any = static(97, "the modulus", at_least=1)
    widths: Any = static((400, 400), "hidden units of each layer of a circuit", at_least=1)
    embedding_width: Any = static(128, "numbers in a circuit's embedding of a or b", at_least=1)
    learning_rate: Any = static(1e-3, "of the circuits' training", above=0)
    weight_decay: Any = static(1.0, "of the generalizing circuit's training", at_least=0)
    memorizing_steps: Any = static(1000, "steps of the memorizing circuit's training", at_least=1)
    generalizing_steps: Any = static(50_000, "steps of the generalizing circuit's training", at_least=1)
    train_fraction: Any = traced(0.5, "share of the pairs to train on", above=0, below=1)

    def check(self) -> None:
        """Raises UserError where a split would be empty."""
        divided(self.train_fraction, self.p**2, "pairs")

    def rows(self) -> Rows:
        """A train_fraction of the pairs, and the others.

        Raises:
          UserError: the file holds no circuits of the run's seed.
        """
        require(
            self.file == "" or 0 <= self.seed < self.seeds,
            f"task.seed is {self.seed}; there are circuits of seeds 0 to {self.seeds - 1}",
        )
        return divided(self.train_fraction, self.p**2, "pairs")

    def output_size(self) -> int:
        """The p results."""
        return self.p

    def load(self) -> Examples:
        """The pairs of every seed after those of the one before: logits (seeds pairs, 2, p), labels (seeds pairs,).

        Without a file the logits are NaN: shapes can be checked before there are circuits, and nothing can be learned.

        Raises:
          UserError: there is no such file, or its circuits are others.
        """
        seeds, pairs, p = self.seeds, self.p**2, self.p
        if not self.file:
            logits = np.full((seeds, pairs, 2, p), np.nan, np.float32)
        else:
            path = Path(os.path.expanduser(self.file))
            require(path.is_file(), f"task.file is {written(self.file)}; it must be a file of save_circuits")
            with np.load(path) as file:
                logits = np.stack([file[name if name in file else EARLIER[name]] for name in CIRCUITS], axis=2)
            held = f"the circuits of {written(self.file)} are of {len(logits)} seeds and p = {logits.shape[-1]}"
            require(logits.shape == (seeds, pairs, 2, p), f"task.seeds is {seeds} and task.p is {p}; {held}")
        labels = np.add.outer(np.arange(p), np.arange(p)).ravel() % p
        return Examples(logits.reshape(seeds * pairs, 2, p), np.tile(labels, seeds).astype(np.int32))

    def pool_bytes(self) -> int:
        """Those of the floats, and of a copy."""
        return 2 * 4 * self.seeds * self.p**2 * (2 * self.p + 1)

    def draw(self, key: Key[Array, ""], pool: Examples | None, capacity: Rows) -> Data:
        """Which pairs of the run's seed, in the pool, a run trains and tests on."""
        del pool  # Only its length counts.
        pairs = self.p**2
        train = floor_share(self.train_fraction, pairs)
        data = shuffled_splits(key, pairs, train, pairs - train, capacity)
        first = jnp.asarray(self.seed, jnp.int32) * pairs
        return Data(*(split._replace(index=first + split.index) for split in data))
