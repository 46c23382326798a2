"""The optimizers that configs choose by a word: optax chains of declared fields."""

from typing import Any

import optax
from jaxtyping import ArrayLike, Real

from grok_jax.errors import require, written
from grok_jax.fields import static, traced
from grok_jax.optim.base import Optimizer
from grok_jax.optim.transforms import (
    add_decay_to_initial,
    add_update_noise,
    constant_norm,
    drop_rate,
    only,
    warm_up,
)


class Standard(Optimizer):
    """An optimizer's own scaling of the gradient, and the chain around it, in PyTorch's order.

    clip -> [L2 decay] -> scaling -> noise -> [decoupled decay] -> learning rate -> warm-up -> drops -> constant norm

    A field that is None leaves its part out. The parts of the model that apart names have a learning rate and a weight
    decay of their own, as one of two parameter groups of PyTorch; clipping is by the norm over all parameters, the
    constant norm that of the others.

    Attributes:
      decoupled: weight decay acts beside the scaling, as in AdamW, and not through the gradient.
    """

    decoupled = False

    decay_to: Any = static("zero", "what decay pulls weights to: zero, or where they began", one_of=("zero", "initial"))
    constant_norm: Any = static(False, "keep the norm of all weights as it was at first")
    scale_learning_rate: Any = static(False, "divide learning_rate by model.output_scale²")
    apart: Any = static((), "parts of the model, by top-level name, with rates of their own and no constant norm")
    learning_rate: Any = traced(1e-3, "learning rate η", above=0)
    weight_decay: Any = traced(0.0, "weight decay λ; a step takes η λ", at_least=0)
    clip_norm: Any = traced(None, "largest norm of a gradient", above=0)
    warmup_steps: Any = traced(None, "steps in which the learning rate rises from 0", at_least=0)
    drop_every: Any = traced(None, "steps between drops of the learning rate", whole=True, at_least=1)
    drop_factor: Any = traced(None, "factor of the learning rate at each drop", above=0, at_most=1)
    update_noise: Any = traced(None, "standard deviation of noise in each step, times η", at_least=0)
    weight_noise: Any = traced(None, "standard deviation of noise on the weights in each gradient", at_least=0)
    apart_learning_rate: Any = traced(None, "factor of η for the parts in apart; None is 1", at_least=0)
    apart_weight_decay: Any = traced(None, "factor of λ for the parts in apart; None is 1", at_least=0)

    def check(self) -> None:
        """Raises UserError where fields make no sense together."""
        require(
            all(isinstance(name, str) for name in self.apart),
            f"optimizer.apart is {written(self.apart)}; it must be a tuple of names of a model's parts, such as "
            "('layer_0',)",
        )
        for name in ("apart_learning_rate", "apart_weight_decay"):
            value = getattr(self, name)
            require(
                value is None or bool(self.apart),
                f"optimizer.{name} is {value}, which only the parts named in optimizer.apart use; it names none",
            )
        every, factor = self.drop_every, self.drop_factor
        require(
            (every is None) == (factor is None),
            f"optimizer.drop_every is {every} and optimizer.drop_factor is {factor}; give both or none",
        )

    def scaling(self) -> optax.GradientTransformation:
        """The optimizer itself: what becomes of a gradient before the learning rate."""
        raise NotImplementedError(f"optimizer {self.name!r} has no method scaling")

    def build(self, output_scale: Real[ArrayLike, ""]) -> optax.GradientTransformationExtraArgs:
        """The chain. Its init raises UserError where the model lacks a part that apart names."""
        apart, rate, factor = self.apart, self.learning_rate, self.apart_learning_rate
        if self.scale_learning_rate:
            # Kumar et al., App. 8.1: eta = eta_0 / alpha^2 keeps the early dynamics of f the same at every alpha.
            rate = rate / output_scale**2
        decay = self._decay(self.weight_decay)
        if apart and self.apart_weight_decay is not None:
            own = self._decay(self.weight_decay * self.apart_weight_decay)
            decay = optax.chain(only(apart, own), only(apart, decay, inside=False))
        norm = only(apart, constant_norm(), inside=False) if apart else constant_norm()
        parts = (
            None if self.clip_norm is None else optax.clip_by_global_norm(self.clip_norm),
            None if self.decoupled else decay,
            self.scaling(),
            None if self.update_noise is None else add_update_noise(self.update_noise),
            decay if self.decoupled else None,
            optax.scale_by_learning_rate(rate),
            only(apart, optax.scale(factor)) if apart and factor is not None else None,
            None if self.warmup_steps is None else warm_up(self.warmup_steps),
            None if self.drop_every is None else drop_rate(self.drop_every, self.drop_factor),
            norm if self.constant_norm else None,
        )
        return optax.chain(*(part for part in parts if part is not None))

    def _decay(self, weight_decay: Real[ArrayLike, ""]) -> optax.GradientTransformation:
        return (add_decay_to_initial if self.decay_to == "initial" else optax.add_decayed_weights)(weight_decay)


class GD(Standard):
    """Gradient descent, torch.optim.SGD(lr=η, weight_decay=λ); the batch makes it stochastic.

    p <- p - η (g + λ p)
    """

    called = "gd"

    def scaling(self) -> optax.GradientTransformation:
        """g as it is."""
        return optax.identity()


class Momentum(Standard):
    """Gradient descent with heavy-ball momentum, torch.optim.SGD(lr=η, momentum=μ, weight_decay=λ).

    m <- μ m + g + λ p,   p <- p - η m
    """

    called = "momentum"

    momentum: Any = traced(0.9, "share μ of the last step's m that is kept", at_least=0, below=1)

    def scaling(self) -> optax.GradientTransformation:
        """m."""
        return optax.trace(self.momentum)


class Adam(Standard):
    """Adam with weight decay through the gradient, torch.optim.Adam(lr=η, betas=(β₁, β₂), eps=ε, weight_decay=λ).

    g <- g + λ p,   m <- β₁ m + (1 - β₁) g,   v <- β₂ v + (1 - β₂) g²
    p <- p - η m̂ / (√v̂ + ε),   m̂ = m / (1 - β₁ᵗ),   v̂ = v / (1 - β₂ᵗ)

    Reference: Kingma and Ba, Adam: A Method for Stochastic Optimization, 2015, algorithm 1.
    """

    called = "adam"

    b1: Any = traced(0.9, "share β₁ of the mean gradient that is kept", at_least=0, below=1)
    b2: Any = traced(0.999, "share β₂ of the mean squared gradient that is kept", at_least=0, below=1)
    # With eps 0 a weight whose gradient is always zero (a pixel that is never lit) would move by 0/0.
    eps: Any = traced(1e-8, "ε, what is added to the root of the mean squared gradient", above=0)

    def scaling(self) -> optax.GradientTransformation:
        """m̂ / (√v̂ + ε)."""
        return optax.scale_by_adam(self.b1, self.b2, self.eps)


class AdamW(Adam):
    """Adam with decoupled weight decay, torch.optim.AdamW(lr=η, betas=(β₁, β₂), eps=ε, weight_decay=λ).

    p <- p - η (m̂ / (√v̂ + ε) + λ p),   m̂ and v̂ as in Adam without λ;  decay is multiplied by η, unlike in the paper

    Reference: Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2019, algorithm 2.
    """

    called = "adamw"
    decoupled = True


# The words that configs choose an optimizer by: a class, or anything that grok_jax.optimizer takes.
OPTIMIZERS: dict[str, Any] = {each.called: each for each in (GD, Momentum, Adam, AdamW)}
