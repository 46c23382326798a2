"""Regression onto the outputs of a random network (Omnigrok, Liu et al. 2023, Sec. 3)."""

from types import SimpleNamespace

import jax
from jaxtyping import Array, Key

from grok_jax.components import require_at_least_zero, require_one_of, require_widths
from grok_jax.models.activations import ACTIVATIONS
from grok_jax.models.mlp import INITS, MLP
from grok_jax.tasks.base import Data, Examples, Rows, Task, register_task
from grok_jax.tasks.drawing import normal_rows, own_split, require_count, with_noise


def count_rows(fields: SimpleNamespace) -> Rows:
    """Training and test rows; raises UserError where the fields describe no task."""
    for name in ("features", "outputs"):
        require_count(fields, name)
    require_widths(fields, section="task")
    require_one_of(fields, "activation", tuple(ACTIVATIONS), section="task")
    require_one_of(fields, "init", INITS, section="task")
    require_at_least_zero(fields, "noise", section="task")
    return Rows(require_count(fields, "train_size"), require_count(fields, "test_size"))


def draw_teacher_student(key: Key[Array, ""], fields: SimpleNamespace, pool: Examples | None, capacity: Rows) -> Data:
    """One teacher, and its outputs at fresh inputs: x ~ N(0, I), y = teacher(x) (+ noise in training).

    The teacher is an MLP with PyTorch's default initialization, or with N(0, 1) weights.

    Args:
      key: key of the run's data; teacher, training inputs, test inputs and noise get keys of their own.
      fields: features, outputs, train_size, test_size, noise (standard deviation), and of the teacher widths,
        activation, use_bias, init ("pytorch" or "normal").
      pool: None.
      capacity: rows to draw.

    Returns:
      Data with inputs (rows, features) and targets (rows, outputs).
    """
    del pool  # Every run draws its own.
    teacher_key, train_key, test_key, noise_key = (jax.random.fold_in(key, i) for i in range(4))
    train_inputs = normal_rows(train_key, capacity.train, fields.features)
    test_inputs = normal_rows(test_key, capacity.test, fields.features)
    teacher = MLP(
        widths=tuple(fields.widths),
        outputs=fields.outputs,
        activation=fields.activation,
        use_bias=fields.use_bias,
        initializer=fields.init,
    )
    params = teacher.init(teacher_key, train_inputs[:1])
    train_targets = with_noise(teacher.apply(params, train_inputs), fields.noise, noise_key)
    return Data(
        train=own_split(Examples(train_inputs, train_targets), fields.train_size),
        test=own_split(Examples(test_inputs, teacher.apply(params, test_inputs)), fields.test_size),
    )


register_task(
    Task(
        name="teacher_student",
        static={
            "features": 5,
            "outputs": 5,
            "widths": (100, 100),
            "activation": "tanh",
            "use_bias": True,
            "init": "pytorch",
            "test_size": 100,
        },
        traced={"train_size": 100, "noise": None},
        outputs=lambda fields: fields.outputs,
        rows=count_rows,
        draw=draw_teacher_student,
    )
)
