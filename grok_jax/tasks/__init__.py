"""What is learned: the tasks that configs can name, and how one run draws its data."""

from grok_jax.tasks import (
    circuit_logits,
    kernel_eigenvector,
    mnist,
    modular_arithmetic,
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
    "kernel_eigenvector",
    "mnist",
    "modular_arithmetic",
    "register_task",
    "single_index",
    "teacher_student",
    "toy_addition",
]
