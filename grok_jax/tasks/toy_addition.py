"""Addition by a decoder of embedded digits, whose messiness is a dial (Omnigrok, Liu et al. 2023, Sec. 5.1)."""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from grok_jax.components import require_at_least_zero, require_one_of
from grok_jax.errors import require
from grok_jax.tasks.base import Data, Examples, Rows, Split, Task, register_task
from grok_jax.tasks.drawing import normal_rows, require_count

ENCODINGS = ("embedded", "tokens")
RANDOM = ("normal", "uniform")
SPLITS = ("random", "covering")
BYTES_OF_A_PAIR = 64  # while pairs works: i and j, of 8 bytes each, and their copies
TABLE = "representation"  # the part of a model that holds the embeddings
LINES = {"unit": lambda p: np.linspace(-1, 1, p), "digits": lambda p: np.arange(p, dtype=float)}


def pairs(p: int) -> np.ndarray:
    """The p (p + 1) / 2 unordered pairs of digits, shape (pairs, 2)."""
    return np.stack(np.triu_indices(p), axis=1)


def count_pairs(p: int) -> int:
    """How many they are."""
    return p * (p + 1) // 2


def count_rows(fields: SimpleNamespace) -> Rows:
    """Training pairs, and all others for testing; raises UserError where the fields describe no task."""
    for name in ("p", "representation_dim", "target_dim"):
        require_count(fields, name)
    require_one_of(fields, "line", tuple(LINES), section="task")
    require_one_of(fields, "encoding", ENCODINGS, section="task")
    require_one_of(fields, "random", RANDOM, section="task")
    require_one_of(fields, "split", SPLITS, section="task")
    require_at_least_zero(fields, "line_noise", section="task")
    require(
        fields.line_noise == 0 or fields.representation_dim > 1,
        f"task.line_noise is {fields.line_noise}, and task.representation_dim is 1; the line has no second coordinate",
    )
    require(0 <= fields.messiness <= 1, f"task.messiness is {fields.messiness}; it must be from 0 to 1")
    total = count_pairs(fields.p)
    train = require_count(fields, "train_size", total - 1, f"the {total} pairs, one of them for testing,")
    sums = 2 * fields.p - 1
    require(
        fields.split == "random" or train >= sums,
        f"task.train_size is {train}; with task.split='covering' it must be at least {sums}, one pair for each sum",
    )
    return Rows(train, total - train)


def ends(key: Key[Array, ""], fields: SimpleNamespace) -> tuple[Float[Array, "p dim"], Float[Array, "p dim"]]:
    """R_random and R_linear, between which the messiness interpolates.

    R_random has rows N(0, 1) ("normal", the paper) or uniform in ±1 ("uniform", the public code). R_linear puts the
    digits on a line: linspace(-1, 1, p) ("unit", the public code) or 0, 1, ..., p - 1 ("digits", the paper) in the
    first dimension; the others are uniform in ±line_noise, 0 in the paper. Two dimensions as in the public code (App. D
    has one, where messy sums cannot be told apart: they lie on a line in a random order).
    """
    draw = normal_rows if fields.random == "normal" else _uniform_rows
    random = draw(jax.random.fold_in(key, 0), fields.p, fields.representation_dim)
    beside = fields.line_noise * _uniform_rows(jax.random.fold_in(key, 3), fields.p, fields.representation_dim)
    return random, beside.at[:, 0].set(LINES[fields.line](fields.p))


def _uniform_rows(key: Key[Array, ""], rows: int, features: int) -> Float[Array, "rows features"]:
    """Rows of independent numbers, uniform from -1 to 1."""
    return jax.random.uniform(key, (rows, features), minval=-1.0, maxval=1.0)


def _cover(order: Int[Array, " pairs"], sums: Int[np.ndarray, " pairs"]) -> Int[Array, " pairs"]:
    """The same order of pairs with the first one of each sum at the front, so that training on these covers all."""
    in_order = jnp.asarray(sums)[order]
    places = jnp.arange(order.size)
    first = jnp.full(sums.max() + 1, order.size).at[in_order].min(places)
    return order[jnp.argsort(first[in_order] != places, stable=True)]


def representation(key: Key[Array, ""], fields: SimpleNamespace) -> Float[Array, "p dim"]:
    """The embedding of each digit, R = m R_random + (1 - m) R_linear: see ends.

    Reference: Omnigrok, Eq. 4.
    """
    random, line = ends(key, fields)
    return fields.messiness * random + (1 - fields.messiness) * line


def embed_first(key: Key[Array, ""], fields: SimpleNamespace, model: SimpleNamespace, params: Any) -> Any:
    """Initial weights whose table of embeddings is the task's representation, where the model holds it ("tokens").

    Args:
      key: the one that draw_sums has.
      fields: of the task.
      model: of the model; its name stands in messages.
      params: initial weights, those of the decoder at any scale.

    Raises:
      UserError: a model without such a table, or one of another shape.
    """
    if fields.encoding != "tokens":
        return params
    table = representation(key, fields)
    shape = params[TABLE].shape if TABLE in params else "none"
    require(
        shape == table.shape,
        f"task 'toy_addition' with encoding='tokens' sets a model's table of embeddings, of shape {table.shape}; that "
        f"of model.name={model.name!r} is {shape}",
    )
    return {**params, TABLE: table}


def draw_sums(key: Key[Array, ""], fields: SimpleNamespace, pool: Examples | None, capacity: Rows) -> Data:
    """Inputs E_i + E_j and targets Y_k ~ N(0, 1), k = i + j, of all pairs, split into training and test at random.

    With modular targets k = i + j mod p, as in the public code. A split that is "covering" has a pair of each sum i + j
    in training, so that no test pair has a sum that was never seen: of the random order, the first pair of each sum
    comes first. "embedded" shows the network the sums E_i + E_j, "tokens" the pairs i, j, for a model that holds the
    E_i itself.

    Args:
      key: key of the run's data; representation, targets and order get keys of their own.
      fields: those of the task.
      pool: None.
      capacity: rows to make room for.

    Returns:
      Data with inputs (pairs, representation_dim), or whole numbers (pairs, 2), and targets (pairs, target_dim).

    Reference: Omnigrok, Eq. 8 and App. D.
    """
    del pool  # Every run draws its own.
    first, second = pairs(fields.p).T
    inputs = jnp.asarray(pairs(fields.p), jnp.int32)
    if fields.encoding == "embedded":
        embedded = representation(key, fields)
        inputs = embedded[first] + embedded[second]
    sums = first + second
    classes = fields.p if fields.modular else 2 * fields.p - 1
    targets = normal_rows(jax.random.fold_in(key, 1), classes, fields.target_dim)
    examples = Examples(inputs, targets[sums % classes])
    order = jax.random.permutation(jax.random.fold_in(key, 2), len(first)).astype(jnp.int32)
    if fields.split == "covering":
        order = _cover(order, sums)
    train_size = jnp.asarray(fields.train_size, jnp.int32)
    return Data(
        Split(examples, order[: capacity.train], train_size),
        Split(examples, order[::-1][: capacity.test], len(first) - train_size),
    )


register_task(
    Task(
        name="toy_addition",
        static={
            "p": 10,
            "representation_dim": 2,
            "target_dim": 30,
            "line": "unit",
            "random": "normal",
            "modular": False,
            "split": "random",
            "encoding": "embedded",
        },
        traced={"train_size": 45, "messiness": 0.0, "line_noise": 0.0},
        outputs=lambda fields: fields.target_dim,
        rows=count_rows,
        draw=draw_sums,
        pool_bytes=lambda fields: BYTES_OF_A_PAIR * count_pairs(fields.p),
        vocabulary=lambda fields: fields.p if fields.encoding == "tokens" else None,
        start=embed_first,
    )
)
