"""Binary operations modulo p, and on permutations (Power et al. 2022; Nanda et al. 2023; Gromov 2023)."""

import itertools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Key

from grok_jax.errors import require, written
from grok_jax.fields import static, traced
from grok_jax.tasks.drawing import divided, floor_share, shuffled_splits
from grok_jax.tasks.examples import Data, Examples, Rows
from grok_jax.tasks.task import Task

# Each takes whole numbers a and b; results are taken modulo p.
OPERATIONS = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "sum_of_squares": lambda a, b: a**2 + b**2,
    "polynomial": lambda a, b: a**2 + a * b + b**2,
    "polynomial_plus_a": lambda a, b: a**2 + a * b + b**2 + a,
    "cubic": lambda a, b: a**3 + a * b,
    "cubic_plus_b": lambda a, b: a**3 + a * b**2 + b,
    "square_plus_b": lambda a, b: a**2 + b,
    "cube_plus_b": lambda a, b: a**3 + b,
    "add_or_multiply": lambda a, b: np.where(a % 2 == 0, a + b, a * b),  # a + b for an even a
    "add_or_subtract": lambda a, b: np.where(a % 2 == 0, a + b, a - b),
    "multiply_by_nonzero": lambda a, b: a * b,  # of pairs with b ≠ 0
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
WITHOUT_ZERO = ("divide", "multiply_by_nonzero")  # These exclude b = 0.
ALL_OPERATIONS = (*OPERATIONS, *DIVISIONS, *ON_PERMUTATIONS)
# What the public code of Power et al. (openai/grok) calls them; _MOD at the end of a symbol also fixes p.
_MOD = "_mod_97"
SYMBOLS = {
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "**2+": "square_plus_b",
    "**3+": "cube_plus_b",
    f"x**2+y**2{_MOD}": "sum_of_squares",
    f"x**2+y**2+x*y{_MOD}": "polynomial",
    f"x**2+y**2+x*y+x{_MOD}": "polynomial_plus_a",
    f"x**3+x*y{_MOD}": "cubic",
    f"x**3+x*y**2+y{_MOD}": "cubic_plus_b",
    f"(x._value//y)if(y._value%2==1)else(x-y){_MOD}": "divide_or_subtract",
    "s5": "permutation_product",
    "s5conj": "permutation_conjugate",
    "s5aba": "permutation_sandwich",
    "+*": "add_or_multiply",
    "+-": "add_or_subtract",
}
PERMUTATIONS = np.array(list(itertools.permutations(range(5))))  # in lexicographic order, 0 the identity
ENCODINGS = ("one_hot", "tokens", "equation")
BYTES_OF_A_PAIR = 64  # during load: a, b, the result and their copies, of 8 bytes each


def is_prime(p: int) -> bool:
    """Whether p is a prime number, by trial division."""
    return p >= 2 and all(p % d for d in range(2, math.isqrt(p) + 1))


def _after(x: Int[np.ndarray, "pairs things"], y: Int[np.ndarray, "pairs things"]) -> Int[np.ndarray, "pairs things"]:
    """x y, the permutation that applies y first."""
    return np.take_along_axis(x, y, axis=1)


class ModularArithmetic(Task):
    """All pairs (a, b) with labels a ∘ b modulo p: a random train_fraction to train on, and the rest to test on.

    label_noise is the probability that a training pair gets a random label, drawn from all p; at 1 there is nothing to
    generalize from. A pair's label depends only on the key and the noise, not on the fraction.

    An operation may be given by its symbol in openai/grok, the public code of Power et al.; SYMBOLS has the word for
    each. That code multiplies permutations from left to right, (x y)(i) = y(x(i)). If every permutation is renamed to
    its inverse, its tables for "s5" and "s5conj" are the ones here, so a network has the same task. Its "sort",
    "reverse" and "copy" answer with a list, which is not one label, and are left out.

    Reference: Power et al. (2022), Appendix A.1.1; "multiply", "square_plus_b", "cube_plus_b", "add_or_multiply" and
    "add_or_subtract" are in their code only. "multiply_by_nonzero" is the task of Lee et al. (2024), Grokfast.
    """

    called = "modular_arithmetic"

    p: Any = static(113, "the modulus; operations on permutations need 120, their number", at_least=2)
    operation: Any = static(
        "add", "the operation a ∘ b; openai/grok's symbols, such as '+', work too", one_of=ALL_OPERATIONS
    )
    encoding: Any = static(
        "one_hot",
        "how the network sees a pair: two one-hot vectors, tokens a, b, '=', or tokens a, ∘, b, '='",
        one_of=ENCODINGS,
    )
    outputs: Any = static(None, "number of outputs of the network; None takes p", whole=True)
    train_fraction: Any = traced(0.3, "share of the pairs to train on", above=0, below=1)
    label_noise: Any = traced(
        None, "probability that a training label is drawn at random; None draws none", at_least=0, at_most=1
    )

    def __post_init__(self) -> None:
        given = self.operation
        if isinstance(given, str) and given in SYMBOLS:
            require(
                not given.endswith(_MOD) or self.p == 97,
                f"task.operation is {given!r} and task.p is {written(self.p)}; this operation needs task.p=97",
            )
            vars(self)["operation"] = SYMBOLS[given]
        super().__post_init__()

    def check(self) -> None:
        """Raises UserError if p does not suit the operation, there are too few outputs, or a split is empty."""
        p, operation = self.p, self.operation
        require(
            operation not in DIVISIONS or is_prime(p),
            f"task.p is {p}; task.operation={operation!r} needs a prime number",
        )
        require(
            operation not in ON_PERMUTATIONS or p == len(PERMUTATIONS),
            f"task.p is {p}; task.operation={operation!r} acts on the permutations of 5 elements and needs "
            f"task.p={len(PERMUTATIONS)}",
        )
        require(
            self.outputs is None or self.outputs >= p,
            f"task.outputs is {self.outputs}; it must be None (p outputs) or at least p = {p}",
        )
        self.rows()

    @property
    def pairs(self) -> int:
        """Number of pairs (a, b): p², or p (p - 1) for "divide" and "multiply_by_nonzero", which exclude b = 0."""
        return self.p * (self.p - 1 if self.operation in WITHOUT_ZERO else self.p)

    def rows(self) -> Rows:
        """A train_fraction of the pairs to train on, and the rest to test on."""
        return divided(self.train_fraction, self.pairs, "pairs")

    def output_size(self) -> int:
        """The field `outputs`, or p."""
        return self.p if self.outputs is None else self.outputs

    def vocabulary(self) -> int | None:
        """The p numbers, "=" and, in an equation, the sign of the operation; None for one-hot vectors."""
        return {"one_hot": None, "tokens": self.p + 1, "equation": self.p + 2}[self.encoding]

    def load(self) -> Examples:
        """All pairs (a, b), with b fastest, and a ∘ b: inputs int32 (pairs, 2) and targets int32 (pairs,)."""
        p, operation = self.p, self.operation
        first_b = 1 if operation in WITHOUT_ZERO else 0
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

    def pool_bytes(self) -> int:
        """Upper bound on the bytes that load needs."""
        return BYTES_OF_A_PAIR * self.pairs

    def draw(self, key: Key[Array, ""], pool: Examples | None, capacity: Rows) -> Data:
        """Random pairs of the pool; with label noise, the training split has its own examples."""
        del pool  # Only its length counts.
        train_size = floor_share(self.train_fraction, self.pairs)
        data = shuffled_splits(key, self.pairs, train_size, self.pairs - train_size, capacity)
        if self.label_noise is None:
            return data
        return data._replace(train=data.train._replace(examples=self._mislabeled(key)))

    def _mislabeled(self, key: Key[Array, ""]) -> Examples:
        """All pairs, with each label replaced, with probability label_noise, by a random one (perhaps the same)."""
        inputs, targets = self.load()
        which, label = jax.random.fold_in(key, 0), jax.random.fold_in(key, 1)
        is_noisy = jax.random.uniform(which, targets.shape) < self.label_noise
        drawn = jax.random.randint(label, targets.shape, 0, self.p, targets.dtype)
        return Examples(jnp.asarray(inputs), jnp.where(is_noisy, drawn, targets))

    def present(self, examples: Examples) -> Examples:
        """Encodes the pairs for the network.

        "one_hot": the concatenated one-hot vectors of a and b, floats (rows, 2p);
        "tokens": the sequence a, b, "=", integers (rows, 3), with token p for "=" (Nanda et al. 2023);
        "equation": the sequence a, ∘, b, "=", integers (rows, 4), with token p for "=" and p + 1 for ∘. Power et al.
        (2022) train on these too; in their code each equation also begins and ends with an end-of-text token.
        """
        pairs = examples.inputs
        if self.encoding == "one_hot":
            return Examples(jax.nn.one_hot(pairs, self.p).reshape(pairs.shape[0], 2 * self.p), examples.targets)
        a, b = pairs[:, 0], pairs[:, 1]
        sign, equals = jnp.full_like(a, self.p + 1), jnp.full_like(a, self.p)
        sequence = (a, b, equals) if self.encoding == "tokens" else (a, sign, b, equals)
        return Examples(jnp.stack(sequence, axis=1), examples.targets)
