"""The weight of each circuit in a mixture of two, and the accuracy of each circuit."""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from grok_jax.errors import require
from grok_jax.models.mixture import mixture_weights
from grok_jax.tasks.circuit_logits import CIRCUITS
from grok_jax.training import Probed, metric


def measure_mixture(probed: Probed) -> dict[str, Float[Array, ""]]:
    """Returns w_mem and w_gen, and the accuracies of each circuit alone, which training does not change."""
    measured = dict(zip(("memorizing_weight", "generalizing_weight"), mixture_weights(probed.params), strict=True))
    for split in ("train", "test"):
        (inputs, labels), weights = getattr(probed, split), getattr(probed, f"{split}_weights")
        for i, circuit in enumerate(CIRCUITS):
            measured[f"{circuit}_{split}_accuracy"] = weights @ (jnp.argmax(inputs[:, i], axis=-1) == labels)
    return measured


def require_mixture(run: Any) -> None:
    """Raises UserError if the model is not a mixture."""
    name = run.model.name
    require(name == "mixture", f"probe 'mixture' needs model.name='mixture'; it is {name!r}")


mixture = metric(
    measure_mixture,
    variables={
        "memorizing_weight": "weight w_m1 w_m2 of the memorizing circuit",
        "generalizing_weight": "weight w_g1 w_g2 of the generalizing circuit",
        **{
            f"{circuit}_{split}_accuracy": f"fraction of {split} rows that the {circuit} circuit has right"
            for circuit in CIRCUITS
            for split in ("train", "test")
        },
    },
    needs=require_mixture,
)
