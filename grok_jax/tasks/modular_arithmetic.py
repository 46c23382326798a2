"""Binary operations modulo p, and on permutations (Power et al. 2022; Nanda et al. 2023; Gromov 2023)."""

import itertools
import math
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Key

from grok_jax.components import require_one_of
from grok_jax.errors import require
from grok_jax.tasks.base import Data, Examples, Rows, Task, register_task
from grok_jax.tasks.drawing import floor_share, shuffled_splits

# Each takes whole numbers a and b; results count modulo p.
OPERATIONS = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "sum_of_squares": lambda a, b: a**2 + b**2,
    "polynomial": lambda a, b: a**2 + a * b + b**2,
    "polynomial_plus_a": lambda a, b: a**2 + a * b + b**2 + a,
    "cubic": lambda a, b: a**3 + a * b,
    "cubic_plus_b": lambda a, b: a**3 + a * b**2 + b,
}
# Each takes a, b and b⁻¹ modulo a prime p.
DIVISIONS = {
    "divide": lambda a, b, inverse: a * inverse,  # of pairs with b ≠ 0
    "divide_or_subtract": lambda a, b, inverse: np.where(b % 2 == 1, a * inverse, a - b),  # a / b for an odd b
}
# Each takes permutations x and y as rows x(0), ..., x(4); (x y)(i) = x(y(i)).
ON_PERMUTATIONS = {
    "permutation_product": lambda x, y: _after(x, y),
    "permutation_conjugate": lambda x, y: _after(_after(x, y), np.argsort(x, axis=1)),  # x y x⁻¹
    "permutation_sandwich": lambda x, y: _after(_after(x, y), x),  # x y x
}
ALL_OPERATIONS = (*OPERATIONS, *DIVISIONS, *ON_PERMUTATIONS)
PERMUTATIONS = np.array(list(itertools.permutations(range(5))))  # in lexicographic order, 0 the identity
ENCODINGS = ("one_hot", "tokens")
BYTES_OF_A_PAIR = 64  # while all_pairs works: a, b, the result and their copies, of 8 bytes each


def is_prime(p: int) -> bool:
    """Whether p is a prime number, by trial division."""
    return p >= 2 and all(p % d for d in range(2, math.isqrt(p) + 1))


def count_pairs(fields: SimpleNamespace) -> int:
    """Number of pairs (a, b): p², or p (p - 1) for "divide", which has no b = 0."""
    return fields.p * (fields.p - 1 if fields.operation == "divide" else fields.p)


def count_rows(fields: SimpleNamespace) -> Rows:
    """Training and test pairs; raises UserError where the fields describe no task or leave a split empty."""
    p, fraction, noise = fields.p, fields.train_fraction, fields.label_noise
    require(isinstance(p, int) and p >= 2, f"task.p is {p}; it must be a whole number, 2 or above")
    require_one_of(fields, "operation", ALL_OPERATIONS, section="task")
    require_one_of(fields, "encoding", ENCODINGS, section="task")
    require(
        fields.operation not in DIVISIONS or is_prime(p),
        f"task.p is {p}; task.operation {fields.operation!r} needs a prime number",
    )
    require(
        fields.operation not in ON_PERMUTATIONS or p == len(PERMUTATIONS),
        f"task.p is {p}; task.operation {fields.operation!r} is on the permutations of 5 things: "
        f"set task.p={len(PERMUTATIONS)}",
    )
    require(
        fields.outputs is None or fields.outputs >= p,
        f"task.outputs is {fields.outputs}; it must be None (p outputs) or at least p = {p}",
    )
    require(0 < fraction < 1, f"task.train_fraction is {fraction}; it must be above 0 and below 1")
    require(noise is None or 0 <= noise <= 1, f"task.label_noise is {noise}; it must be None or from 0 to 1")
    pairs = count_pairs(fields)
    train = int(floor_share(fraction, pairs))
    require(
        0 < train < pairs,
        f"task.train_fraction is {fraction}; of {pairs} pairs it takes {train}, and 1 to {pairs - 1} are allowed",
    )
    return Rows(train, pairs - train)


def all_pairs(fields: SimpleNamespace) -> Examples:
    """All pairs (a, b), a slowest, and a ∘ b.

    Args:
      fields: p, operation.

    Returns:
      Examples with inputs int32 (pairs, 2) and targets int32 (pairs,).

    Reference: Power et al. (2022), Appendix A.1.1, for all operations but "multiply".
    """
    p, operation = fields.p, fields.operation
    first_b = 1 if operation == "divide" else 0
    a, b = (x.ravel() for x in np.meshgrid(np.arange(p), np.arange(first_b, p), indexing="ij"))
    if operation in ON_PERMUTATIONS:
        results = ON_PERMUTATIONS[operation](PERMUTATIONS[a], PERMUTATIONS[b])
        number = {tuple(permutation): i for i, permutation in enumerate(PERMUTATIONS.tolist())}
        result = np.array([number[tuple(permutation)] for permutation in results.tolist()])
    elif operation in DIVISIONS:
        inverse = np.array([0, *(pow(x, -1, p) for x in range(1, p))])
        result = DIVISIONS[operation](a, b, inverse[b]) % p
    else:
        result = OPERATIONS[operation](a, b) % p
    return Examples(np.stack([a, b], axis=1).astype(np.int32), result.astype(np.int32))


def _after(x: Int[np.ndarray, "pairs things"], y: Int[np.ndarray, "pairs things"]) -> Int[np.ndarray, "pairs things"]:
    """x y, the permutation that takes y first."""
    return np.take_along_axis(x, y, axis=1)


def draw_pairs(key: Key[Array, ""], fields: SimpleNamespace, pool: Examples | None, capacity: Rows) -> Data:
    """A random train_fraction of all pairs to train on, and the rest to test on.

    With a label_noise each training pair has, with that probability, a label drawn from all p, so that 1 leaves
    nothing to generalize from. A pair's label depends on the key and the noise alone, not on the fraction.

    Args:
      key: key of the run's data.
      fields: p, operation, train_fraction, label_noise (None: all labels are true).
      pool: unused; the split needs only its length.
      capacity: rows to make room for.

    Returns:
      Data over the rows of the pool; with a label_noise the training split has examples of its own.
    """
    del pool
    pairs = count_pairs(fields)
    train_size = floor_share(fields.train_fraction, pairs)
    data = shuffled_splits(key, pairs, train_size, pairs - train_size, capacity)
    if fields.label_noise is None:
        return data
    return data._replace(train=data.train._replace(examples=mislabelled(key, fields)))


def mislabelled(key: Key[Array, ""], fields: SimpleNamespace) -> Examples:
    """All pairs, each with the probability label_noise under a label drawn from 0 .. p - 1, perhaps the true one."""
    inputs, targets = all_pairs(fields)
    which, label = jax.random.fold_in(key, 0), jax.random.fold_in(key, 1)
    is_noisy = jax.random.uniform(which, targets.shape) < fields.label_noise
    drawn = jax.random.randint(label, targets.shape, 0, fields.p, targets.dtype)
    return Examples(jnp.asarray(inputs), jnp.where(is_noisy, drawn, targets))


def encode(examples: Examples, fields: SimpleNamespace) -> Examples:
    """Shows the pairs as the network reads them.

    "one_hot": the one-hot vectors of a and of b side by side, floats (rows, 2p);
    "tokens": the sequence a, b, "=", integers (rows, 3), with token p for "=" (Nanda et al. 2023).
    """
    pairs = examples.inputs
    if fields.encoding == "one_hot":
        inputs = jax.nn.one_hot(pairs, fields.p).reshape(pairs.shape[0], 2 * fields.p)
    else:
        inputs = jnp.pad(pairs, ((0, 0), (0, 1)), constant_values=fields.p)
    return Examples(inputs, examples.targets)


def count_tokens(fields: SimpleNamespace) -> int | None:
    """The p numbers and "=", where the pairs are shown as tokens."""
    return fields.p + 1 if fields.encoding == "tokens" else None


register_task(
    Task(
        name="modular_arithmetic",
        static={"p": 113, "operation": "add", "encoding": "one_hot", "outputs": None},
        traced={"train_fraction": 0.3, "label_noise": None},
        outputs=lambda fields: fields.p if fields.outputs is None else fields.outputs,
        rows=count_rows,
        draw=draw_pairs,
        load=all_pairs,
        pool_bytes=lambda fields: BYTES_OF_A_PAIR * count_pairs(fields),
        present=encode,
        vocabulary=count_tokens,
    )
)
