"""The relative error of a regression, as work on differential equations reports it."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from grok_jax.probes.row_errors import split_errors
from grok_jax.training import Probed, metric
from grok_jax.training.losses import squared_error


def measure_solution_error(probed: Probed) -> dict[str, Float[Array, ""]]:
    """‖f - u‖ / ‖u‖ over the training rows and over the test rows, with targets u; 1 for a network that is 0."""
    errors = split_errors(probed, "solution_error")
    targets = {"train": probed.train.targets, "test": probed.test.targets}
    sizes = {name: squared_error(jnp.zeros_like(each), each) for name, each in targets.items()}
    return {
        f"{name}_solution_error": jnp.sqrt(weights @ of_rows / (weights @ sizes[name]))
        for name, (of_rows, weights) in errors.items()
    }


solution_error = metric(
    measure_solution_error,
    variables={
        f"{name}_solution_error": f"distance of the outputs from the targets of the {name} rows, relative to the "
        "targets' norm"
        for name in ("train", "test")
    },
)
