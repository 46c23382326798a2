"""The test loss of the polynomial task, taken apart into three errors by two moments of the weights."""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from grok_jax.errors import require
from grok_jax.models.committee import summary_statistics
from grok_jax.training import Probe, Probed, register_probe

Scalar = float | int | Float[Array, ""]


class LossParts(NamedTuple):
    """Their sum is the expected squared error over x ~ N(0, I/D)."""

    variance_error: Float[Array, ""]
    misalignment_error: Float[Array, ""]
    linear_power: Float[Array, ""]


def decompose_loss(
    mean_weight: Float[Array, " features"],
    second_moment: Float[Array, "features features"],
    directions: Float[Array, "directions features"],
    output_scale: Scalar,
    epsilon: Scalar,
) -> LossParts:
    """The test loss of a committee machine on the quadratic target, from w̄ and M alone.

    ⟨(y - f)²⟩ = ¼ (tr B / D)² + |B|²_F / (2D²) + α² |w̄|² / D,   B = Σ_k β_k β_kᵀ - αε M

    Args:
      mean_weight: w̄; of a centered predictor, its difference from the start.
      second_moment: M, likewise.
      directions: the β_k.
      output_scale: α.
      epsilon: ε.

    Returns:
      LossParts, in this order.

    Reference: Kumar et al. (2024), Eq. 6; with trained readouts by Eq. 22 (see models.committee.summary_statistics).
    """
    features = directions.shape[1]
    wrong = directions.T @ directions - output_scale * epsilon * second_moment
    return LossParts(
        (jnp.trace(wrong) / features) ** 2 / 4,
        jnp.sum(wrong**2) / (2 * features**2),
        output_scale**2 * jnp.sum(mean_weight**2) / features,
    )


def measure_decomposition(probed: Probed) -> dict[str, Float[Array, ""]]:
    """The three errors of a run at a record, and their sum."""
    moments = summary_statistics(probed.params)
    if probed.model.centered:
        start = summary_statistics(probed.initial_params)
        moments = tuple(now - before for now, before in zip(moments, start, strict=True))
    # c ½ (β·x)² is ½ (√c β·x)².
    directions = probed.task.target_directions(probed.data_key) * jnp.sqrt(probed.task.target_scale)
    parts = decompose_loss(*moments, directions, probed.model.output_scale, probed.model.epsilon)
    return {**parts._asdict(), "decomposed_loss": sum(parts)}


def require_quadratic_target(task: Any, probe: str) -> None:
    """Raises UserError where the target is not that of the closed forms, ½ (β·x)² or a sum of such."""
    require(
        task.name == "single_index" and task.target == "quadratic",
        f"probe {probe!r} needs task.name='single_index' with task.target='quadratic'",
    )


def require_decomposable(run: Any) -> None:
    """Raises UserError where the loss is no function of w̄ and M."""
    model = run.model
    require_quadratic_target(run.task, "decomposition")
    require(
        model.name == "committee" and model.hermite_degree is None and not model.linearized,
        "probe 'decomposition' needs model.name='committee' with hermite_degree=None and linearized=False",
    )


register_probe(
    "decomposition",
    Probe(
        measure_decomposition,
        {
            "variance_error": ("error in the total variance of the weights", "1"),
            "misalignment_error": ("error in the direction of the weights' second moment", "1"),
            "linear_power": ("power in linear functions of the input", "1"),
            "decomposed_loss": ("sum of the three parts of the test loss", "1"),
        },
        require_decomposable,
    ),
)
