"""How the weights move, as a part of a run: any optax factory, or an optimizer by its word."""

from typing import Any

import optax
from jaxtyping import ArrayLike, Real

from grok_jax.errors import UserError, lookup, require, written
from grok_jax.optim.base import Optimizer
from grok_jax.optim.chains import OPTIMIZERS
from grok_jax.parts import Built


class Chain(Optimizer, kw_only=False):
    """What a function of hyper-parameters gives: any optax factory, or a chain of one's own."""

    inner = "tx"

    tx: Built

    def build(self, output_scale: Real[ArrayLike, ""]) -> optax.GradientTransformationExtraArgs:
        """The chain."""
        del output_scale
        made = self.tx()
        require(
            isinstance(made, optax.GradientTransformation),
            f"optimizer {self.name!r} gives {written(made)}; it must give an optax transformation",
        )
        return optax.with_extra_args_support(made)


def optimizer(factory: Any, *, traced: tuple[str, ...] = (), static: tuple[str, ...] = (), **fields: Any) -> Optimizer:
    """An optimizer of an optax factory.

    Args:
      factory: a function of hyper-parameters that gives an optax transformation, such as optax.adamw; a class of
        optimizers, such as AdamW; or a word of OPTIMIZERS, such as "adamw".
      traced, static: hyper-parameters that are to be traced (a float is, by itself) or static.
      **fields: hyper-parameters.

    Raises:
      UserError: a transformation that is made already, or no such hyper-parameter.
    """
    if isinstance(factory, optax.GradientTransformation):
        raise UserError(
            "optimizer is a finished optax transformation; give the function that makes it, with its arguments beside "
            "it: optimizer(optax.adamw, learning_rate=1e-3)"
        )
    if isinstance(factory, str):
        factory = lookup(OPTIMIZERS, factory, "optimizer.name")
    if isinstance(factory, type) and issubclass(factory, Optimizer):
        return factory(**fields)
    return Chain(Built(factory, fields, "optimizer", traced=traced, static=static))


def as_optimizer(given: Any) -> Optimizer:
    """An Optimizer as it is, an optax factory as one with all at its defaults."""
    return given if isinstance(given, Optimizer) else optimizer(given)
