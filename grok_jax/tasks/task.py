"""The task of a run: the base class of all tasks, and tasks made from your own arrays."""

import hashlib
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key

from grok_jax.errors import UserError, require, written
from grok_jax.fields import static, traced
from grok_jax.fingerprint import array_hash
from grok_jax.parts import Part
from grok_jax.tasks.drawing import Scalar, pool_split, shuffled_splits
from grok_jax.tasks.examples import Data, Examples, Rows, Split


class Task(Part):
    """Base class of all tasks. A custom task declares its fields and defines rows, output_size and draw (or load).

    A task with a differential equation, for training.loss="residual", also defines equation_order and residual, and
    on_boundary and boundary_share if some rows have a boundary condition.

    Inside draw and present, a traced field may be a tracer. rows, output_size, load, pool_bytes and vocabulary see
    Python values; all of these except rows may only use static fields.
    """

    section = "task"

    seed: Any = traced(None, "seed of the data; None takes the run's", whole=True)

    def rows(self) -> Rows:
        """Numbers of training and test rows of one run."""
        raise NotImplementedError(f"task {self.name!r} has no method rows")

    def output_size(self) -> int:
        """Number of outputs of the network: values, or classes."""
        raise NotImplementedError(f"task {self.name!r} has no method output_size")

    def vocabulary(self) -> int | None:
        """Number of tokens (whole numbers from 0) or of kinds of edges; None if the inputs have neither."""
        return None

    def load(self) -> Examples | None:
        """The examples that all runs share, as NumPy arrays; None if each run draws its own."""
        return None

    def pool_bytes(self) -> int:
        """Upper bound on the bytes that load or draw needs at once, if it follows from the fields alone."""
        return 0

    def draw(self, key: Key[Array, ""], pool: Examples | None, capacity: Rows) -> Data:
        """The data of one run. Pure and traceable; the first rows must not depend on the capacity."""
        raise NotImplementedError(f"task {self.name!r} has no method draw")

    def present(self, examples: Examples) -> Examples:
        """Converts stored examples to what the network sees. Pure and traceable, row by row."""
        return examples

    def start(self, key: Key[Array, ""], model: Any, params: Any) -> Any:
        """Initial parameters, some of which the task may set."""
        del key, model
        return params

    def relabel(self, data: Data, network: Callable[[Any, Array], Array], params: Any) -> Data:
        """Replaces the targets, for a task whose targets depend on the untrained (unscaled) network."""
        del network, params
        return data

    def solution(self, key: Key[Array, ""], model: Any, params: Any) -> Any:
        """Weights that solve the task exactly, if they are known."""
        del key, model, params
        require(False, f"model.solution_share needs a task with a known solution; task.name is {self.name!r}")

    def residual(
        self, network: Callable[[Any], Array], inputs: Any
    ) -> tuple[Float[Array, " rows"], Float[Array, "rows outputs"]]:
        """What is 0 where a network satisfies the differential equation of a task with equation_order above 0.

        Args:
          network: inputs -> outputs, row by row, to differentiate with respect to the inputs.
          inputs: the rows.

        Returns:
          The residual, and network(inputs), which its derivatives share.
        """
        raise NotImplementedError(f"task {self.name!r} has no method residual")

    def on_boundary(self, inputs: Any) -> Bool[Array, " rows"]:
        """Whether a row has a boundary condition, u = target, in place of the differential equation."""
        return jnp.zeros(jax.tree.leaves(inputs)[0].shape[0], bool)

    def boundary_share(self) -> Scalar:
        """The share of the training rows with a boundary condition; may be traced."""
        return 0.0

    @property
    def equation_order(self) -> int:
        """The highest derivative in the task's differential equation; 0 if it has no equation."""
        return 0

    @property
    def relabels(self) -> bool:
        """Whether the targets depend on the network."""
        return type(self).relabel is not Task.relabel


def fetch_rows(split: Split, pool: Examples | None, positions: Int[Array, " n"], task: Task) -> Examples:
    """The examples at the given positions of a split, as the network sees them."""
    source = pool if split.examples is None else split.examples
    return task.present(jax.tree.map(lambda a: a[split.index[positions]], source))


class Shared:
    """NumPy arrays that all runs share, compared by content: never a constant in a program, never traced twice."""

    def __init__(self, arrays: Any) -> None:
        self.arrays = jax.tree.map(np.asarray, arrays)
        hashes = map(array_hash, jax.tree.leaves(self.arrays))
        self.hash = hashlib.sha256(" ".join([str(jax.tree.structure(arrays)), *hashes]).encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Shared) and self.hash == other.hash

    def __hash__(self) -> int:
        return hash(self.hash)

    def __repr__(self) -> str:
        shapes = ", ".join(f"{leaf.dtype}{list(leaf.shape)}" for leaf in jax.tree.leaves(self.arrays))
        return f"arrays({shapes}; sha256 {self.hash[:12]})"


jax.tree_util.register_pytree_node(Shared, lambda shared: ((), shared), lambda shared, _: shared)


class Arrays(Task):
    """Your own arrays: the seed picks train_size random rows to train on and test_size other rows to test on.

    If separate test rows are given, they are the last rows of the arrays, and only they are used for testing.
    """

    called = "data"

    shared: Shared
    apart: Any = static(0, "rows at the end used only for testing; 0 tests on any rows not trained on", at_least=0)
    classes: Any = static(1, "number of classes, or of values per row of float targets", at_least=1)
    tokens: Any = static(None, "number of tokens, if inputs are tokens", whole=True, at_least=1)
    train_size: Any = traced(1, "number of training rows", at_least=1)
    test_size: Any = traced(1, "number of test rows", at_least=1)

    def check(self) -> None:
        """Raises UserError if there are too few rows."""
        rows = len(self.shared.arrays.targets)
        if self.apart:
            for name, there in (("train_size", rows - self.apart), ("test_size", self.apart)):
                asked = getattr(self, name)
                require(asked <= there, f"task.{name} is {asked}; the data has {there:,} rows for it")
        asked = self.train_size + self.test_size
        require(
            asked <= rows,
            f"task.train_size is {self.train_size} and task.test_size is {self.test_size}; the data has "
            f"{rows:,} rows in all",
        )

    def rows(self) -> Rows:
        """train_size and test_size."""
        return Rows(self.train_size, self.test_size)

    def output_size(self) -> int:
        """Number of classes, or of values per row of the targets."""
        return self.classes

    def vocabulary(self) -> int | None:
        """Number of tokens, if inputs are tokens."""
        return self.tokens

    def load(self) -> Examples:
        """The arrays."""
        return self.shared.arrays

    def draw(self, key: Key[Array, ""], pool: Examples | None, capacity: Rows) -> Data:
        """Random rows, picked by the key."""
        del pool  # Only its length counts.
        rows = len(self.shared.arrays.targets)
        if not self.apart:
            return shuffled_splits(key, rows, self.train_size, self.test_size, capacity)
        train, test = (jax.random.fold_in(key, i) for i in range(2))
        first = rows - self.apart
        return Data(
            pool_split(jax.random.permutation(train, first)[: capacity.train], self.train_size),
            pool_split(first + jax.random.permutation(test, self.apart)[: capacity.test], self.test_size),
        )


def data(
    inputs: Any,
    targets: Any,
    test: tuple[Any, Any] | None = None,
    *,
    train_size: int | None = None,
    test_size: int | None = None,
    seed: int | None = None,
) -> Arrays:
    """Makes a task from your own arrays.

    Args:
      inputs: (rows, ...): floats, or whole numbers for tokens.
      targets: labels, whole numbers from 0 of shape (rows,); or values, floats of shape (rows, outputs).
      test: inputs and targets to test on; None tests on rows that are not used for training.
      train_size: number of random training rows; None takes four fifths, or all if test is given.
      test_size: number of test rows; None takes all the others.
      seed: seed of the choice of rows; None follows the run's seed.

    Returns:
      The task; train_size and test_size can be axes of a grid.

    Raises:
      UserError: the arrays have wrong shapes or dtypes, or too few rows.
    """
    paired = test is None or (isinstance(test, tuple | list) and len(test) == 2)
    require(paired, f"test is {written(test)}; it must be (inputs, targets), or None")
    parts = [(inputs, targets)] + ([] if test is None else [test])
    examples = [_examples(*part) for part in parts]
    kinds = {(one.inputs.shape[1:], one.inputs.dtype, one.targets.shape[1:], one.targets.dtype) for one in examples}
    require(len(kinds) == 1, "training and test rows have different shapes or dtypes; both must be the same")
    joined = Examples(*(np.concatenate(arrays) for arrays in zip(*examples, strict=True)))
    rows, apart = len(joined.targets), 0 if test is None else len(examples[1].targets)
    labels = joined.targets.ndim == 1
    if train_size is None:
        train_size = rows - apart if apart else max(1, rows * 4 // 5) if test_size is None else rows - test_size
    if test_size is None:
        test_size = apart or rows - train_size
        require(test_size > 0, f"train_size is {train_size}; the data has {rows} rows, and tests need one of them")
    whole = np.issubdtype(joined.inputs.dtype, np.integer)
    return Arrays(
        shared=Shared(joined),
        apart=apart,
        classes=max(2, int(joined.targets.max()) + 1) if labels else joined.targets.shape[1],
        tokens=int(joined.inputs.max()) + 1 if whole else None,
        train_size=train_size,
        test_size=test_size,
        seed=seed,
    )


def as_task(given: Any) -> Task:
    """A Task as it is, (inputs, targets) as a task of these arrays."""
    task = data(*given) if isinstance(given, tuple) and len(given) == 2 else given
    require(isinstance(task, Task), f"task is {written(task)}; it must be a task, or (inputs, targets)")
    return task


def _examples(inputs: Any, targets: Any) -> Examples:
    """Checks inputs and targets and converts them to 32-bit NumPy arrays."""
    inputs, targets = _array("inputs", inputs), _array("targets", targets)
    require(inputs.ndim >= 1 and len(inputs) > 0, f"inputs have shape {inputs.shape}; they must have 1 row or more")
    require(
        targets.ndim >= 1 and len(inputs) == len(targets),
        f"inputs have {len(inputs):,} rows and targets have shape {targets.shape}; both must have the same number",
    )
    if np.issubdtype(targets.dtype, np.integer):
        require(
            targets.ndim == 1,
            f"targets are whole numbers (labels) of shape {targets.shape}; labels must have shape (rows,); give values "
            "as floats",
        )
        is_allowed = bool(targets.min() >= 0)
        require(is_allowed, f"labels go from {targets.min()} to {targets.max()}; they must start at 0 or above")
    else:
        hint = "; write targets[:, None]" if targets.ndim == 1 else ""
        require(
            targets.ndim == 2,
            f"targets are floats of shape {targets.shape}; they must have shape (rows, outputs), here "
            f"({len(targets)}, 1){hint}",
        )
    return Examples(inputs, targets)


def _array(name: str, values: Any) -> np.ndarray:
    try:
        array = np.asarray(values)
    except Exception as error:  # the user's class may raise anything
        raise UserError(f"{name} are {written(values)}; they must be an array") from error
    if array.dtype == bool or np.issubdtype(array.dtype, np.integer):
        fits = array.size == 0 or bool(abs(array).max() < 2**31)
        require(fits, f"{name} have whole numbers that do not fit in 32 bits")
        return array.astype(np.int32)
    require(np.issubdtype(array.dtype, np.floating), f"{name} are {array.dtype}; they must be numbers")
    with np.errstate(over="ignore"):
        array = array.astype(np.float32)
    require(bool(np.isfinite(array).all()), f"{name} have entries that are not finite in 32 bits")
    return array
