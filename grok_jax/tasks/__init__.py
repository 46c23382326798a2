"""What is learned: the tasks that configs can name, and how one run draws its data."""

from grok_jax.tasks import (
    circuit_logits,
    imdb,
    kernel_eigenvector,
    mnist,
    modular_arithmetic,
    qm9,
    single_index,
    teacher_student,
    toy_addition,
)
from grok_jax.tasks.base import TASKS, Data, Examples, Rows, Split, Task, fetch, register_task

__all__ = [
    "TASKS",
    "Data",
    "Examples",
    "Rows",
    "Split",
    "Task",
    "circuit_logits",
    "fetch",
    "imdb",
    "kernel_eigenvector",
    "mnist",
    "modular_arithmetic",
    "qm9",
    "register_task",
    "single_index",
    "teacher_student",
    "toy_addition",
]
