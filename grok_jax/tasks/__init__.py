"""Tasks that configs can name, and how a run draws its data."""

from grok_jax.tasks.circuit_logits import CircuitLogits
from grok_jax.tasks.examples import Data, Examples, Rows, Split
from grok_jax.tasks.image_field import ImageField
from grok_jax.tasks.imdb import Imdb
from grok_jax.tasks.kernel_eigenvector import KernelEigenvector
from grok_jax.tasks.mnist import Mnist
from grok_jax.tasks.modular_arithmetic import ModularArithmetic
from grok_jax.tasks.pde import Pinn
from grok_jax.tasks.qm9 import Qm9
from grok_jax.tasks.radiance_field import RadianceField
from grok_jax.tasks.single_index import SingleIndex
from grok_jax.tasks.sparse_parity import SparseParity
from grok_jax.tasks.task import Task
from grok_jax.tasks.teacher_student import TeacherStudent
from grok_jax.tasks.toy_addition import ToyAddition

TASKS: dict[str, type[Task]] = {
    task.called: task
    for task in (
        CircuitLogits,
        ImageField,
        Imdb,
        KernelEigenvector,
        Mnist,
        ModularArithmetic,
        Pinn,
        Qm9,
        RadianceField,
        SingleIndex,
        SparseParity,
        TeacherStudent,
        ToyAddition,
    )
}

__all__ = [
    "TASKS",
    "CircuitLogits",
    "Data",
    "Examples",
    "ImageField",
    "Imdb",
    "KernelEigenvector",
    "Mnist",
    "ModularArithmetic",
    "Pinn",
    "Qm9",
    "RadianceField",
    "Rows",
    "SingleIndex",
    "SparseParity",
    "Split",
    "Task",
    "TeacherStudent",
    "ToyAddition",
]
