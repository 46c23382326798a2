"""Examples, and how a run splits them into training and test rows."""

from typing import Any, NamedTuple

from jaxtyping import Array, Int, PyTree, Shaped


class Examples(NamedTuple):
    """Inputs and targets, row by row.

    Integer targets of shape (rows,) are class labels (0 and 1 in a task with one output). Float targets of shape
    (rows, outputs) are values. Inputs that are more than one array, such as graphs, are a NamedTuple of arrays.
    """

    inputs: PyTree[Shaped[Array, "rows ..."]]
    targets: Shaped[Any, "rows ..."]  # NumPy's array, or JAX's


class Split(NamedTuple):
    """The examples that one run trains (or tests) on.

    The rows in use are examples[index[:size]]. `size` is traced, so runs in one compiled program can use different
    amounts of data; the length of `index` is the program's capacity.
    """

    examples: Examples | None  # this run's own examples, or None for the task's pool, which all runs share
    index: Int[Array, " capacity"]  # type: ignore[assignment]  # rows of the examples, or of the pool; hides tuple.index
    size: Int[Array, ""]  # 1 <= size <= capacity


class Data(NamedTuple):
    """The two splits of one run."""

    train: Split
    test: Split


class Rows(NamedTuple):
    """Numbers of training and test examples."""

    train: int
    test: int
