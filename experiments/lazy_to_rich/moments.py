"""Computes, from two moments of a committee's weights, the parts of its test loss and its kernel's alignment."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from grok_jax.errors import require
from grok_jax.kernels import pair_alignment, tangent_kernel
from grok_jax.kernels.committee import committee_alignment
from grok_jax.models.committee import summary_statistics
from grok_jax.training import Probed, metric
from grok_jax.training.losses import as_values

Scalar = float | int | Float[Array, ""]


class LossParts(NamedTuple):
    """The sum of the parts is the expected squared error over x ~ N(0, I/D)."""

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
    """Computes the test loss of a committee machine on the quadratic target from w̄ and M alone.

    ⟨(y - f)²⟩ = ¼ (tr B / D)² + |B|²_F / (2D²) + α² |w̄|² / D,   B = Σ_k β_k β_kᵀ - αε M

    Args:
      mean_weight: w̄; for a centered predictor, its difference from the start.
      second_moment: M; likewise.
      directions: the β_k.
      output_scale: α.
      epsilon: ε.

    Returns:
      The three LossParts.

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
    """Returns the three errors of a run at a record, and their sum."""
    return _measured_parts(probed, centered=probed.model.centered)


def measure_uncentered(probed: Probed) -> dict[str, Float[Array, ""]]:
    """Returns the same of the network's own f, even if the predictor of the run is f - f_0."""
    return _measured_parts(probed, centered=False)


def _measured_parts(probed: Probed, *, centered: bool) -> dict[str, Float[Array, ""]]:
    moments = summary_statistics(probed.params)
    if centered:
        start = summary_statistics(probed.initial_params)
        moments = tuple(now - before for now, before in zip(moments, start, strict=True))
    # c ½ (β·x)² is ½ (√c β·x)².
    directions = probed.task.target_directions(probed.data_key) * jnp.sqrt(probed.task.target_scale)
    parts = decompose_loss(*moments, directions, probed.model.output_scale, probed.model.epsilon)
    return {**parts._asdict(), "decomposed_loss": sum(parts)}


def require_quadratic_target(task: Any, probe: str) -> None:
    """Raises UserError unless the target has the closed forms' shape: ½ (β·x)² or a sum of such terms."""
    require(
        task.name == "single_index" and task.target == "quadratic",
        f"probe {probe!r} needs task.name='single_index' with task.target='quadratic'",
    )


def require_decomposable(run: Any) -> None:
    """Raises UserError if the loss is not a function of w̄ and M."""
    model = run.model
    require_quadratic_target(run.task, "decomposition")
    require(
        model.name == "committee" and model.hermite_degree is None and not model.linearized,
        "probe 'decomposition' needs model.name='committee' with hermite_degree=None and linearized=False",
    )


def measure_population_alignment(probed: Probed) -> dict[str, Float[Array, ""]]:
    """Returns the alignment of the current kernel with the target: over probe_rows test rows, and in closed form."""
    rows = probed.training.probe_rows
    inputs = jax.tree.map(lambda a: a[:rows], probed.test.inputs)
    targets = as_values(probed.test.targets, probed.test_outputs)[:rows]
    kernel = tangent_kernel(probed.network, probed.tangent_params, inputs)
    moments = summary_statistics(probed.tangent_params)
    directions = probed.task.target_directions(probed.data_key)
    target, second = directions.T @ directions, moments[1]
    return {
        "pair_alignment": pair_alignment(kernel, targets, probed.test_weights[:rows] > 0),
        "population_alignment": committee_alignment(*moments, directions, probed.model.epsilon),
        "moment_cosine": jnp.sum(target * second) / (jnp.linalg.norm(target) * jnp.linalg.norm(second)),
    }


def require_closed_form(run: Any) -> None:
    """Raises UserError if the average over all inputs has no closed form here."""
    model = run.model
    require_quadratic_target(run.task, "population_alignment")
    require(
        model.name == "committee" and model.hermite_degree is None and not model.train_readout,
        "probe 'population_alignment' needs model.name='committee' with hermite_degree=None and train_readout=False",
    )


VARIABLES = {
    "variance_error": "error in the total variance of the weights",
    "misalignment_error": "error in the direction of the weights' second moment",
    "linear_power": "power in linear functions of the input",
    "decomposed_loss": "sum of the three parts of the test loss",
}
decomposition = metric(measure_decomposition, variables=VARIABLES, needs=require_decomposable)
uncentered_decomposition = metric(measure_uncentered, variables=VARIABLES, needs=require_decomposable)
population_alignment = metric(
    measure_population_alignment,
    variables={
        "pair_alignment": "alignment of the NTK and the targets over pairs of different test rows",
        "population_alignment": "alignment of the NTK and the target, averaged over all inputs",
        "moment_cosine": "cosine of the weights' second moment with that of the target's directions",
    },
    needs=require_closed_form,
)
