"""The share of training rows whose loss is exactly 0: there a loss has run out of digits."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from grok_jax.training import Probed, metric
from grok_jax.training.losses import require_outputs_alone


def measure_zero_losses(probed: Probed) -> dict[str, Float[Array, ""]]:
    """The share of the training rows in use with a loss of exactly 0, from 0 to 1."""
    rows = probed.loss.fn(probed.train_outputs, probed.train.targets)
    return {"zero_losses": probed.train_weights @ (rows == 0).astype(jnp.float32)}


zero_losses = metric(
    measure_zero_losses,
    variables={"zero_losses": "share of training rows whose loss is exactly 0"},
    needs=require_outputs_alone,
)
