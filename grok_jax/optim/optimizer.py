"""The optimizer of a run: any optax factory, or an optimizer by name."""

from typing import Any

import optax
from jaxtyping import ArrayLike, Real

from grok_jax.errors import UserError, lookup, require, written
from grok_jax.optim.base import Optimizer
from grok_jax.optim.chains import OPTIMIZERS
from grok_jax.parts import Built


class Chain(Optimizer, kw_only=False):
    """The optax transformation returned by a function of hyperparameters: an optax factory, or your own."""

    inner = "tx"

    tx: Built

    def build(self, output_scale: Real[ArrayLike, ""]) -> optax.GradientTransformationExtraArgs:
        """The chain."""
        del output_scale
        made = self.tx()
        require(
            isinstance(made, optax.GradientTransformation),
            f"optimizer {self.name!r} returns {written(made)}; it must return an optax transformation",
        )
        return optax.with_extra_args_support(made)


def optimizer(factory: Any, *, traced: tuple[str, ...] = (), static: tuple[str, ...] = (), **fields: Any) -> Optimizer:
    """Makes an optimizer from an optax factory.

    Args:
      factory: a function of hyperparameters that returns an optax transformation, such as optax.adamw; an optimizer
        class, such as AdamW; or a name in OPTIMIZERS, such as "adamw".
      traced, static: hyperparameters to trace (floats are traced by default) or keep static.
      **fields: hyperparameters.

    Raises:
      UserError: the factory is already a transformation, or a hyperparameter does not exist.
    """
    if isinstance(factory, optax.GradientTransformation):
        raise UserError(
            "optimizer is a finished optax transformation; give the function that makes it, and its arguments: "
            "optimizer(optax.adamw, learning_rate=1e-3)"
        )
    if isinstance(factory, str):
        factory = lookup(OPTIMIZERS, factory, "optimizer.name")
    if isinstance(factory, type) and issubclass(factory, Optimizer):
        return factory(**fields)
    return Chain(Built(factory, fields, "optimizer", traced=traced, static=static))


def as_optimizer(given: Any) -> Optimizer:
    """Returns an Optimizer unchanged; wraps an optax factory in one with default fields."""
    return given if isinstance(given, Optimizer) else optimizer(given)
