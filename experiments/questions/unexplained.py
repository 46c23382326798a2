"""What a network leaves unexplained of its targets, on rows that it trains on and on others."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from grok_jax.training import Probed, metric
from grok_jax.training.losses import as_values


def measure_unexplained(probed: Probed) -> dict[str, Float[Array, ""]]:
    """The squared error on each split over the variance of its targets: 1 for their mean, 0 for the targets.

    Labels count as one-hot vectors.
    """
    splits = {
        "train": (probed.train, probed.train_outputs, probed.train_weights),
        "test": (probed.test, probed.test_outputs, probed.test_weights),
    }
    shares = {}
    for name, (rows, outputs, weights) in splits.items():
        targets = as_values(rows.targets, outputs)
        spread = weights @ jnp.mean((targets - (weights @ targets)[None, :]) ** 2, axis=-1)
        shares[f"{name}_unexplained"] = weights @ jnp.mean((outputs - targets) ** 2, axis=-1) / spread
    return shares


unexplained = metric(
    measure_unexplained,
    variables={
        f"{name}_unexplained": f"squared error on the {name} rows over the variance of their targets"
        for name in ("train", "test")
    },
)
