"""Regression onto a polynomial of one or a few directions of Gaussian inputs (Kumar et al. 2024, Eq. 3)."""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from grok_jax.components import require_at_least_zero, require_at_most, require_one_of, require_positive
from grok_jax.errors import require
from grok_jax.models.activations import MOST_DEGREE, hermite
from grok_jax.tasks.base import Data, Examples, Rows, Task, register_task
from grok_jax.tasks.drawing import normal_rows, own_split, require_count, with_noise

TARGETS = ("quadratic", "hermite")


def count_rows(fields: SimpleNamespace) -> Rows:
    """Training and test rows; raises UserError where the fields describe no task."""
    for name in ("features", "degree", "directions"):
        require_count(fields, name)
    require_at_most(fields, "degree", MOST_DEGREE, section="task")
    require_one_of(fields, "target", TARGETS, section="task")
    require_positive(fields, "target_scale", section="task")
    require_at_least_zero(fields, "noise", section="task")
    return Rows(require_count(fields, "train_size"), require_count(fields, "test_size"))


def target_directions(key: Key[Array, ""], fields: SimpleNamespace) -> Float[Array, "directions features"]:
    """The directions β_k ~ N(0, I) that the run with this data key is to find, one a row."""
    return normal_rows(jax.random.fold_in(key, 0), fields.directions, fields.features)


def target_values(
    inputs: Float[Array, "rows features"], directions: Float[Array, "directions features"], fields: SimpleNamespace
) -> Float[Array, "rows 1"]:
    """The target at the inputs, summed over the directions β_k.

    "quadratic":  y(x) = c ½ Σ_k (β_k · x)²  (Eq. 3 of Kumar et al. 2024 for one direction and c = 1);
    "hermite":    y(x) = c Σ_k He_n(u_k),  u_k = √D β_k · x / |β_k|,  with the probabilists' He_n of degree n.

    Given β, u ~ N(0, 1) for x ~ N(0, I/D), so He_n(u) has mean 0, variance n! and information exponent n
    exactly. The paper's Sec. 15 leaves open how several directions join and which H_n is meant.

    Args:
      inputs: x.
      directions: β.
      fields: target, target_scale (c), degree (n, used by "hermite" alone).

    Returns:
      y, one column.
    """
    if fields.target == "quadratic":
        return fields.target_scale * 0.5 * jnp.sum((inputs @ directions.T) ** 2, axis=1, keepdims=True)
    lengths = jnp.linalg.norm(directions, axis=1, keepdims=True)
    u = inputs @ (directions * directions.shape[1] ** 0.5 / lengths).T
    return fields.target_scale * jnp.sum(hermite(u, fields.degree), axis=1, keepdims=True)


def draw_single_index(key: Key[Array, ""], fields: SimpleNamespace, pool: Examples | None, capacity: Rows) -> Data:
    """Inputs x ~ N(0, I/D) and their targets (+ noise in training).

    Args:
      key: key of the run's data; directions, training inputs, test inputs and noise get keys of their own.
      fields: features (D), target, target_scale, degree, directions, train_size, test_size, noise (standard
        deviation; not scaled).
      pool: None.
      capacity: rows to draw.

    Returns:
      Data with inputs (rows, features) and targets (rows, 1).
    """
    del pool  # Every run draws its own.
    directions = target_directions(key, fields)
    train_key, test_key, noise_key = (jax.random.fold_in(key, i) for i in range(1, 4))
    train_inputs = normal_rows(train_key, capacity.train, fields.features) * fields.features**-0.5
    test_inputs = normal_rows(test_key, capacity.test, fields.features) * fields.features**-0.5
    train_targets = with_noise(target_values(train_inputs, directions, fields), fields.noise, noise_key)
    return Data(
        train=own_split(Examples(train_inputs, train_targets), fields.train_size),
        test=own_split(Examples(test_inputs, target_values(test_inputs, directions, fields)), fields.test_size),
    )


def solution_weights(
    key: Key[Array, ""], fields: SimpleNamespace, model: SimpleNamespace, params: Any
) -> dict[str, Float[Array, "features width"]]:
    """Weights of a committee machine that solve the task exactly.

    w_i = ± β √(c/(αε)), half of each sign, so that w̄ = 0 and M = c ββᵀ/(αε)

    Args:
      key: key of the run's data.
      fields: the task's.
      model: the model's: a committee of even width with φ(z) = z + (ε/2) z², readouts fixed to 1, not centered.
      params: initial parameters, for their shapes.

    Returns:
      Parameters like `params`.

    Raises:
      UserError: no solution is known for this target or model.

    Reference: Kumar et al. (2024), below Eq. 6.
    """
    plain = fields.target == "quadratic" and fields.directions == 1
    require(plain, "model.solution_share needs task.target='quadratic' and task.directions=1")
    known = model.name == "committee" and model.hermite_degree is None and not model.train_readout
    require(
        known and not model.centered and model.width % 2 == 0,
        "model.solution_share needs model.name='committee' of even width with hermite_degree=None, "
        "train_readout=False and centered=False, for which a solution is known",
    )
    length = jnp.sqrt(fields.target_scale / (model.output_scale * model.epsilon))
    direction = target_directions(key, fields)[0] * length
    signs = jnp.where(jnp.arange(model.width) % 2 == 0, 1.0, -1.0)
    return {**params, "kernel": direction[:, None] * signs[None, :]}


register_task(
    Task(
        name="single_index",
        static={"features": 100, "target": "quadratic", "degree": 3, "directions": 1, "test_size": 1000},
        traced={"train_size": 550, "target_scale": 1.0, "noise": None},
        outputs=lambda fields: 1,
        rows=count_rows,
        draw=draw_single_index,
        solution=solution_weights,
    )
)
