"""What a task is: examples, how one run splits them into train and test, and the registry."""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
from jaxtyping import Array, Int, Key, PyTree, Shaped

from grok_jax.components import Component, register


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


def no_pool(fields: SimpleNamespace) -> None:
    """The pool of a task whose runs draw examples of their own."""
    del fields  # Nothing is loaded.


def no_bytes(fields: SimpleNamespace) -> int:
    """The size of a pool that is no larger than the files it is read from."""
    del fields
    return 0


def no_tokens(fields: SimpleNamespace) -> None:
    """The vocabulary of a task whose inputs are numbers."""
    del fields  # There is none.
    return None


def as_is(examples: Examples, fields: SimpleNamespace) -> Examples:
    """Shows a network the examples as they are stored."""
    del fields  # Nothing to change.
    return examples


@dataclass(frozen=True, kw_only=True, eq=False)
class Task(Component):
    """What is learned. `fields` below holds the config's task section; traced fields may be tracers.

    Attributes:
      outputs: fields -> number of outputs of the network (values, or classes).
      vocabulary: fields -> number of tokens where the inputs are tokens, whole numbers from 0; of kinds of edges where
        they are graphs; None where they are numbers.
      rows: fields of one run as Python values -> Rows it uses. Raises UserError where the data has fewer.
      draw: key, fields, pool, capacity -> Data of one run. Pure and traceable. The first rows drawn do not
        depend on the capacity (so a run is the same alone and in a grid with larger runs).
      load: fields (static ones) -> the pool, numpy arrays shared by all runs, or None.
      pool_bytes: fields (static ones) -> bytes that load, or what draw makes at once beside its own examples, takes at
        most; so that a pool which is made up of the fields alone is refused before it is made.
      present: examples as stored, fields -> examples as the network sees them (floats in place of bytes,
        another representation). Pure and traceable, row by row.
      start: key (the one draw has), fields, fields of the model, initial params -> initial params, some of them set by
        the task; raises UserError for a model that does not have them. What the others are is left as it is.
      relabel: data, network, initial params, fields -> the data with other targets, for a task whose targets
        depend on the untrained network; network(params, inputs) are its outputs, unscaled. For tasks whose runs
        draw examples of their own.
      solution: key (the one draw has), fields, fields of the model, initial params -> weights that solve the task
        exactly, where they are known; raises UserError for a model of which they are not.
    """

    outputs: Callable[[SimpleNamespace], int]
    rows: Callable[[SimpleNamespace], Rows]
    draw: Callable[[Key[Array, ""], SimpleNamespace, Examples | None, Rows], Data]
    vocabulary: Callable[[SimpleNamespace], int | None] = no_tokens
    load: Callable[[SimpleNamespace], Examples | None] = no_pool
    pool_bytes: Callable[[SimpleNamespace], int] = no_bytes
    present: Callable[[Examples, SimpleNamespace], Examples] = as_is
    start: Callable[[Key[Array, ""], SimpleNamespace, SimpleNamespace, Any], Any] | None = None
    relabel: Callable[[Data, Callable[[Any, Array], Array], Any, SimpleNamespace], Data] | None = None
    solution: Callable[[Key[Array, ""], SimpleNamespace, SimpleNamespace, Any], Any] | None = None


TASKS: dict[str, Task] = {}


def register_task(task: Task, *, replace: bool = False) -> Task:
    """Makes a task available to configs under its name, and returns it."""
    return register(TASKS, task, replace=replace)


def fetch(
    split: Split, pool: Examples | None, positions: Int[Array, " n"], task: Task, fields: SimpleNamespace
) -> Examples:
    """The examples at the given positions of a split, as the network sees them."""
    source = pool if split.examples is None else split.examples
    stored = jax.tree.map(lambda a: a[split.index[positions]], source)
    return task.present(stored, fields)
