"""The size of logits: of the correct class, for the efficiency of circuits (Varma et al. 2023), and of all."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from grok_jax.errors import require
from grok_jax.training import Probed, metric
from grok_jax.training.losses import class_logits, is_classification


def correct_logits(logits: Float[Array, "rows classes"], labels: Int[Array, " rows"]) -> Float[Array, " rows"]:
    """The logit of each row's correct class minus the mean over all classes: z_c - mean_k z_k.

    Softmax ignores a constant added to all logits of a row, so a logit only has meaning relative to the mean.
    """
    return _of_label(logits, labels) - jnp.mean(logits, axis=-1)


def logit_margins(logits: Float[Array, "rows classes"], labels: Int[Array, " rows"]) -> Float[Array, " rows"]:
    """The logit of each row's correct class minus the largest other logit; positive if the row is classified right."""
    is_label = jax.nn.one_hot(labels, logits.shape[-1], dtype=bool)
    return _of_label(logits, labels) - jnp.max(jnp.where(is_label, -jnp.inf, logits), axis=-1)


def squared_logits(logits: Float[Array, "rows classes"]) -> Float[Array, " rows"]:
    """The variance of each row's logits: mean_k (z_k - mean_k z_k)², zero if all classes have the same probability."""
    return jnp.var(logits, axis=-1)


def _of_label(logits: Float[Array, "rows classes"], labels: Int[Array, " rows"]) -> Float[Array, " rows"]:
    return jnp.take_along_axis(logits, labels[:, None], axis=-1)[:, 0]


def measure_logits(probed: Probed) -> dict[str, Float[Array, ""]]:
    """Mean correct logit and margin over the training rows in use, and the root mean square of all centered logits.

    Raises:
      UserError: the task has no classes.
    """
    labels = probed.train.targets
    require(is_classification(labels), f"probe 'logits' needs classes; task {probed.task.name!r} is a regression")
    logits, weights = class_logits(probed.train_outputs), probed.train_weights
    return {
        "correct_logit": weights @ correct_logits(logits, labels),
        "logit_margin": weights @ logit_margins(logits, labels),
        "logit_scale": jnp.sqrt(weights @ squared_logits(logits)),
    }


logits = metric(
    measure_logits,
    variables={
        "correct_logit": "logit of the right class above the mean of all classes, mean over training rows",
        "logit_margin": "logit of the right class minus the largest other, mean over training rows",
        "logit_scale": "root mean square of all logits minus the mean of their row, over training rows",
    },
)
