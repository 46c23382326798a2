"""How the weights move, as a part of a run: the base of all optimizers, and any optax factory."""

from typing import Any

import optax
from jaxtyping import ArrayLike, Real

from grok_jax.components import lookup
from grok_jax.errors import UserError, require, written
from grok_jax.optim.chains import OPTIMIZERS
from grok_jax.parts import Built, Part, as_built


class Optimizer(Part):
    """Base of all optimizers.

    Attributes:
      weight_noise: standard deviation of the noise that is added to the weights in each gradient; None for none.
    """

    section = "optimizer"
    weight_noise = None

    def build(self, output_scale: Real[ArrayLike, ""]) -> optax.GradientTransformationExtraArgs:
        """The optax chain of one run, used as tx.update(gradients, state, params, initial_params=..., key=...)."""
        raise NotImplementedError(f"optimizer {self.name!r} has no method build")


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


class RegisteredOptimizer(Optimizer, kw_only=False):
    """An optimizer of the registry, by its component."""

    inner = "tx"

    tx: Built

    def check(self) -> None:
        """The component's check."""
        self.tx.make.check(self.tx.namespace())

    @property
    def weight_noise(self) -> Any:
        """The component's."""
        return self.tx.given.get("weight_noise")

    def build(self, output_scale: Real[ArrayLike, ""]) -> optax.GradientTransformationExtraArgs:
        """The component's chain."""
        fields = self.tx.namespace()
        if getattr(fields, "scale_learning_rate", False):
            # Kumar et al., App. 8.1: eta = eta_0 / alpha^2 keeps the early dynamics of f the same at every alpha.
            fields.learning_rate = fields.learning_rate / output_scale**2
        return self.tx.make.build(fields)


def optimizer(factory: Any, *, traced: tuple[str, ...] = (), static: tuple[str, ...] = (), **fields: Any) -> Optimizer:
    """An optimizer of an optax factory.

    Args:
      factory: a function of hyper-parameters that gives an optax transformation, such as optax.adamw; or the name of
        a registered optimizer, such as "adamw".
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
        return RegisteredOptimizer(Built(lookup(OPTIMIZERS, factory, "optimizer.name"), fields, "optimizer"))
    if isinstance(factory, type) and issubclass(factory, Optimizer):
        return factory(**fields)
    return Chain(as_built(factory, "optimizer", fields, traced=traced, static=static))


def as_optimizer(given: Any) -> Optimizer:
    """An Optimizer as it is, an optax factory as one with all at its defaults."""
    return given if isinstance(given, Optimizer) else optimizer(given)
