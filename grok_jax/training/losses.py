"""Losses and correctness, row by row."""

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, Shaped

LOSSES = ("mse", "cross_entropy")


def is_classification(targets: Shaped[Array | jax.ShapeDtypeStruct, "rows ..."]) -> bool:
    """True where the targets are class labels (integers)."""
    return jnp.issubdtype(targets.dtype, jnp.integer)


def as_values(
    targets: Shaped[Array, "rows ..."], outputs: Float[Array, "rows outputs"]
) -> Float[Array, "rows outputs"]:
    """The values that the outputs should have: one-hot vectors for labels."""
    return jax.nn.one_hot(targets, outputs.shape[-1], dtype=outputs.dtype) if is_classification(targets) else targets


def row_losses(
    outputs: Float[Array, "rows outputs"], targets: Shaped[Array, "rows ..."], loss: str
) -> Float[Array, " rows"]:
    """The loss of each row.

    "mse": the squared error averaged over the outputs (PyTorch's MSELoss), labels as one-hot vectors.
    "cross_entropy": -log softmax(outputs)[label].
    """
    if loss == "cross_entropy":
        return optax.softmax_cross_entropy_with_integer_labels(outputs, targets)
    return jnp.mean((outputs - as_values(targets, outputs)) ** 2, axis=-1)


def row_correct(
    outputs: Float[Array, "rows outputs"], targets: Shaped[Array, "rows ..."], threshold: Float[Array, ""]
) -> Bool[Array, " rows"]:
    """Whether each row is right: the largest output is the label's, or the mean squared error is below threshold."""
    if is_classification(targets):
        return jnp.argmax(outputs, axis=-1) == targets
    return row_losses(outputs, targets, "mse") < threshold
