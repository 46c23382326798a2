"""Probe of how well a committee's kernel fits a quadratic target: over drawn rows, and over all Gaussian inputs."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from grok_jax.errors import require
from grok_jax.kernels import pair_alignment, tangent_kernel
from grok_jax.kernels.committee import committee_alignment
from grok_jax.models.committee import summary_statistics
from grok_jax.probes.decomposition import require_quadratic_target
from grok_jax.training import Probe, Probed, register_probe
from grok_jax.training.losses import as_values


def measure_population_alignment(probed: Probed) -> dict[str, Float[Array, ""]]:
    """The alignment of the present kernel with the target: over the first probe_rows test rows, and in closed form."""
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
    """Raises UserError where the average over all inputs has no closed form here."""
    model = run.model
    require_quadratic_target(run.task, "population_alignment")
    require(
        model.name == "committee" and model.hermite_degree is None and not model.train_readout,
        "probe 'population_alignment' needs model.name='committee' with hermite_degree=None and train_readout=False",
    )


register_probe(
    "population_alignment",
    Probe(
        measure_population_alignment,
        {
            "pair_alignment": ("alignment of the NTK and the targets over pairs of different test rows", "1"),
            "population_alignment": ("alignment of the NTK and the target, averaged over all inputs", "1"),
            "moment_cosine": ("cosine of the weights' second moment with that of the target's directions", "1"),
        },
        require_closed_form,
    ),
)
