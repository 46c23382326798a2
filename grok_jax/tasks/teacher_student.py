"""Regression on the outputs of a random network (Omnigrok, Liu et al. 2023, Sec. 3)."""

from typing import Any

import jax
from jaxtyping import Array, Key

from grok_jax.fields import static, traced
from grok_jax.models.activations import ACTIVATIONS
from grok_jax.models.mlp import INITS, MLP, MOST_LAYERS
from grok_jax.tasks.drawing import normal_rows, own_split, with_noise
from grok_jax.tasks.examples import Data, Examples, Rows
from grok_jax.tasks.task import Task


class TeacherStudent(Task):
    """A random teacher network, and its outputs at fresh inputs: x ~ N(0, I), y = teacher(x) (+ noise in training).

    The teacher is an MLP with PyTorch's default initialization, or with N(0, 1) weights.

    Reference: Liu et al. (2023), Omnigrok, Sec. 3.
    """

    called = "teacher_student"

    features: Any = static(5, "dimension of the inputs", at_least=1)
    outputs: Any = static(5, "dimension of the targets", at_least=1)
    widths: Any = static(
        (100, 100), "hidden units of each layer of the teacher; () is a linear teacher", at_least=1, most=MOST_LAYERS
    )
    activation: Any = static("tanh", "activation function of the teacher", one_of=ACTIVATIONS)
    use_bias: Any = static(True, "whether the teacher's layers have biases")
    initializer: Any = static("pytorch", "the teacher's weights: PyTorch's default, or N(0, 1)", one_of=INITS)
    test_size: Any = static(100, "number of test rows", at_least=1)
    train_size: Any = traced(100, "number of training rows", at_least=1)
    noise: Any = traced(None, "standard deviation of noise on the training targets; None adds none", at_least=0)

    def rows(self) -> Rows:
        """train_size and test_size."""
        return Rows(self.train_size, self.test_size)

    def output_size(self) -> int:
        """The field `outputs`."""
        return self.outputs

    def draw(self, key: Key[Array, ""], pool: Examples | None, capacity: Rows) -> Data:
        """Draws a teacher and rows; teacher, training inputs, test inputs and noise have separate keys."""
        del pool  # Every run draws its own.
        teacher_key, train_key, test_key, noise_key = (jax.random.fold_in(key, i) for i in range(4))
        train_inputs = normal_rows(train_key, capacity.train, self.features)
        test_inputs = normal_rows(test_key, capacity.test, self.features)
        teacher = MLP(
            widths=self.widths,
            outputs=self.outputs,
            activation=self.activation,
            use_bias=self.use_bias,
            initializer=self.initializer,
        )
        params = teacher.init(teacher_key, train_inputs[:1])
        train_outputs: Any = teacher.apply(params, train_inputs)
        train_targets = with_noise(train_outputs, self.noise, noise_key)
        return Data(
            train=own_split(Examples(train_inputs, train_targets), self.train_size),
            test=own_split(Examples(test_inputs, teacher.apply(params, test_inputs)), self.test_size),
        )
