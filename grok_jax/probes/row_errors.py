"""Squared errors of single rows, which give the accuracy of a regression for every threshold at once."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from grok_jax.errors import require
from grok_jax.training import Probed, metric
from grok_jax.training.losses import is_classification, row_losses
from grok_jax.training.schedule import GENERALIZED


def error_of_most(errors: Float[Array, " rows"], weights: Float[Array, " rows"]) -> Float[Array, ""]:
    """The smallest threshold that the errors of a share GENERALIZED of the rows in use do not exceed.

    The accuracy of a regression is the share of rows with an error below a threshold. It reaches GENERALIZED when this
    value falls below the threshold.

    Args:
      errors: error of each row.
      weights: weight of each row; 0 for unused rows, equal for all others.
    """
    ordered = jnp.sort(jnp.where(weights > 0, errors, jnp.inf))
    count = jnp.sum(weights > 0)
    # Whole percents, so that rounding does not turn 95 of 100 rows into 96.
    place = (count * round(100 * GENERALIZED) + 99) // 100 - 1
    return ordered[place]


def split_errors(probed: Probed, probe: str) -> dict[str, tuple[Float[Array, " rows"], Float[Array, " rows"]]]:
    """The squared error, averaged over outputs, and the weight of each row, for "train" and for "test".

    Args:
      probed: the run.
      probe: the name of the probe, for the message.

    Raises:
      UserError: the task has classes.
    """
    require(
        not is_classification(probed.train.targets),
        f"probe {probe!r} needs a regression; task {probed.task.name!r} has classes",
    )
    splits = (
        ("train", probed.train, probed.train_outputs, probed.train_weights),
        ("test", probed.test, probed.test_outputs, probed.test_weights),
    )
    return {name: (row_losses(outputs, rows.targets, "mse"), weights) for name, rows, outputs, weights in splits}


def measure_row_errors(probed: Probed) -> dict[str, Float[Array, ""]]:
    """The errors that 95% of the training rows and 95% of the test rows do not exceed."""
    return {f"{name}_row_error": error_of_most(*each) for name, each in split_errors(probed, "row_errors").items()}


row_errors = metric(
    measure_row_errors,
    variables={
        f"{name}_row_error": f"squared error, averaged over outputs, that 95% of the {name} rows do not exceed"
        for name in ("train", "test")
    },
)
