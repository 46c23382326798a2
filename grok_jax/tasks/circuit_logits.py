"""What two trained networks answer to every pair, as the input of a network that mixes their answers."""

import os
from pathlib import Path
from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from grok_jax.components import require_positive
from grok_jax.errors import require, written
from grok_jax.files import whole_file
from grok_jax.tasks.base import Data, Examples, Rows, Task, register_task
from grok_jax.tasks.drawing import floor_share, shuffled_splits

CIRCUITS = ("memorising", "generalising")  # the order of a row's logits


def save_circuits(
    path: Path,
    memorising: Float[np.ndarray, "seeds pairs p"],
    generalising: Float[np.ndarray, "seeds pairs p"],
) -> None:
    """Writes the file that the task reads: logits of both networks on all pairs (a, b) modulo p, a slowest.

    Args:
      path: ends with ".npz".
      memorising, generalising: of the networks of seeds 0, 1, ..., trained on the pairs that "modular_arithmetic" gives
        each of these seeds.
    """
    with whole_file(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, memorising=memorising, generalising=generalising)


def load_logits(fields: SimpleNamespace) -> Examples:
    """The pairs of every seed after those of the one before: logits (seeds pairs, 2, p) and labels (a + b) mod p.

    Without a file the logits are NaN: shapes can be checked before there are circuits, and nothing can be learned.

    Raises:
      UserError: there is no such file, or its circuits are others.
    """
    seeds, pairs, p = fields.seeds, fields.p**2, fields.p
    if not fields.file:
        logits = np.full((seeds, pairs, 2, p), np.nan, np.float32)
    else:
        path = Path(os.path.expanduser(fields.file))
        require(path.is_file(), f"task.file is {written(fields.file)}; it must be a file of save_circuits")
        with np.load(path) as file:
            logits = np.stack([file[name] for name in CIRCUITS], axis=2)
        held = f"the circuits of {written(fields.file)} are of {len(logits)} seeds and p = {logits.shape[-1]}"
        require(logits.shape == (seeds, pairs, 2, p), f"task.seeds is {seeds} and task.p is {p}; {held}")
    labels = np.add.outer(np.arange(p), np.arange(p)).ravel() % p
    return Examples(logits.reshape(seeds * pairs, 2, p), np.tile(labels, seeds).astype(np.int32))


def count_rows(fields: SimpleNamespace) -> Rows:
    """Training and test pairs; raises UserError where the fields describe no task."""
    require_positive(fields, "p", "seeds", "memorising_steps", "generalising_steps", section="task")
    require(
        fields.file == "" or 0 <= fields.seed < fields.seeds,
        f"task.seed is {fields.seed}; there are circuits of seeds 0 to {fields.seeds - 1}",
    )
    pairs, fraction = fields.p**2, fields.train_fraction
    train = int(floor_share(fraction, pairs)) if 0 < fraction < 1 else 0
    require(0 < train < pairs, f"task.train_fraction is {fraction}; of {pairs} pairs it must leave some to each split")
    return Rows(train, pairs - train)


def draw_pairs(key: Key[Array, ""], fields: SimpleNamespace, pool: Examples | None, capacity: Rows) -> Data:
    """The split of "modular_arithmetic" under the same key, of the pairs that the circuits of the run's seed answer.

    Args:
      key: key of the run's data.
      fields: p, train_fraction, seed.
      pool: unused; the split needs only its length.
      capacity: rows to make room for.

    Returns:
      Data over the rows of the pool.
    """
    del pool
    pairs = fields.p**2
    train = floor_share(fields.train_fraction, pairs)
    data = shuffled_splits(key, pairs, train, pairs - train, capacity)
    first = jnp.asarray(fields.seed, jnp.int32) * pairs
    return Data(*(split._replace(index=first + split.index) for split in data))


register_task(
    Task(
        name="circuit_logits",
        # All after p say how the circuits are trained, which is done by whoever writes the file.
        static={
            "file": "",
            "seeds": 1,
            "p": 97,
            "widths": (400, 400),
            "embedding_width": 128,
            "learning_rate": 1e-3,
            "weight_decay": 1.0,
            "memorising_steps": 1000,
            "generalising_steps": 50_000,
        },
        traced={"train_fraction": 0.5},
        outputs=lambda fields: fields.p,
        rows=count_rows,
        draw=draw_pairs,
        load=load_logits,
        pool_bytes=lambda fields: 2 * 4 * fields.seeds * fields.p**2 * (2 * fields.p + 1),  # floats, and a copy
    )
)
