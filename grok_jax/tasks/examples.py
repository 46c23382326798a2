"""Examples, and how one run splits them into train and test."""

from typing import NamedTuple

from jaxtyping import Array, Int, PyTree, Shaped


class Examples(NamedTuple):
    """Inputs and what should come out, row by row.

    Integer targets of shape (rows,) are class labels, of a task with one output 0 and 1; float targets of shape
    (rows, outputs) are values. Inputs that are no one array, such as graphs, are a NamedTuple of arrays.
    """

    inputs: PyTree[Shaped[Array, "rows ..."]]
    targets: Shaped[Array, "rows ..."]


class Split(NamedTuple):
    """Which examples one run trains (or tests) on.

    The rows in use are examples[index[:size]]. `size` is traced, so runs of one compiled program may use
    different amounts of data; the length of `index` is the program's capacity.
    """

    examples: Examples | None  # this run's own examples, or None: the task's pool, held once for all runs
    index: Int[Array, " capacity"]  # rows of the examples, or of the pool
    size: Int[Array, ""]  # 1 <= size <= capacity


class Data(NamedTuple):
    """The two splits of one run."""

    train: Split
    test: Split


class Rows(NamedTuple):
    """Numbers of training and of test examples."""

    train: int
    test: int
