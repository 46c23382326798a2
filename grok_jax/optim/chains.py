"""The optimizers that configs can name: optax chains with declared fields."""

from typing import Any

import optax
from jaxtyping import ArrayLike, PyTree, Real

from grok_jax.errors import require, written
from grok_jax.fields import static, traced
from grok_jax.optim.base import Optimizer
from grok_jax.optim.filters import along_sphere, grokfast_ema, grokfast_ma, orthograd
from grok_jax.optim.muon import OUTER, hidden_matrices, scale_by_muon
from grok_jax.optim.transforms import (
    Params,
    add_decay_to_initial,
    add_update_noise,
    constant_norm,
    drop_rate,
    only,
    until,
    warm_up,
)

# What can be done to the gradient before the optimizer; each word -> the filter_ fields that it uses.
BEFORE = {
    "nothing": (),
    "grokfast_ema": ("filter_decay", "filter_gain"),
    "grokfast_ma": ("filter_window", "filter_gain"),
    "orthograd": (),
    "along_sphere": (),
}


class Standard(Optimizer):
    """The optimizer's scaling of the gradient, and the chain around it, in PyTorch's order.

    clip -> before -> [L2 decay] -> scaling -> noise -> [decoupled decay] -> learning rate -> warm-up -> drops ->
    constant norm

    A field that is None leaves its part out. The parts of the model named in apart have their own learning rate and
    weight decay, like a second parameter group in PyTorch. Clipping uses the norm of all parameters; the constant norm
    covers only the other parts.

    Attributes:
      decoupled: whether weight decay bypasses the scaling, as in AdamW, instead of being part of the gradient.
    """

    decoupled = False

    decay_to: Any = static("zero", "weight decay pulls to zero or to the initial weights", one_of=("zero", "initial"))
    constant_norm: Any = static(False, "keep the norm of all weights at its initial value")
    before: Any = static("nothing", "what happens to the gradient before the optimizer", one_of=BEFORE)
    filter_window: Any = static(100, "number of gradients that grokfast_ma averages", at_least=1)
    scale_learning_rate: Any = static(False, "divide learning_rate by model.output_scale²")
    apart: Any = static((), "top-level names of model parts with their own rates and no constant norm")
    learning_rate: Any = traced(1e-3, "learning rate η", above=0)
    weight_decay: Any = traced(0.0, "weight decay λ; multiplied by η in each step", at_least=0)
    filter_decay: Any = traced(None, "decay rate α of grokfast_ema's average; None means 0.98", at_least=0, below=1)
    filter_gain: Any = traced(
        None, "factor λ of Grokfast's average; None means 2 for grokfast_ema and 5 for grokfast_ma", at_least=0
    )
    decay_until: Any = traced(None, "steps with weight decay, after which there is none", whole=True, at_least=0)
    constant_norm_from: Any = traced(
        None, "steps before the norm is kept, at what it then is; for constant_norm", whole=True, at_least=0
    )
    clip_norm: Any = traced(None, "maximum gradient norm", above=0)
    warmup_steps: Any = traced(None, "steps over which the learning rate rises from 0", at_least=0)
    drop_every: Any = traced(None, "steps between drops of the learning rate", whole=True, at_least=1)
    drop_factor: Any = traced(None, "factor of the learning rate at each drop", above=0, at_most=1)
    update_noise: Any = traced(None, "standard deviation of noise on each update, before the factor η", at_least=0)
    weight_noise: Any = traced(None, "standard deviation of noise on the weights for each gradient", at_least=0)
    apart_learning_rate: Any = traced(None, "factor of η for the parts in apart; None means 1", at_least=0)
    apart_weight_decay: Any = traced(None, "factor of λ for the parts in apart; None means 1", at_least=0)

    def check(self) -> None:
        """Raises UserError if fields contradict each other."""
        require(
            all(isinstance(name, str) for name in self.apart),
            f"optimizer.apart is {written(self.apart)}; it must be a tuple of names of model parts, such as "
            "('layer_0',)",
        )
        for name in ("apart_learning_rate", "apart_weight_decay"):
            value = getattr(self, name)
            require(
                value is None or bool(self.apart),
                f"optimizer.{name} is {value}, but optimizer.apart names no parts; name some, or leave {name} at None",
            )
        for name in ("filter_window", "filter_decay", "filter_gain"):
            value, users = getattr(self, name), [word for word, used in BEFORE.items() if name in used]
            require(
                value == self.fields()[name].default or self.before in users,
                f"optimizer.{name} is {value}, but optimizer.before is {self.before!r}; the field belongs to "
                f"{' and '.join(users)}",
            )
        require(
            self.constant_norm_from is None or self.constant_norm,
            f"optimizer.constant_norm_from is {self.constant_norm_from}, but optimizer.constant_norm is False; set it "
            "to True, or leave constant_norm_from at None",
        )
        every, factor = self.drop_every, self.drop_factor
        require(
            (every is None) == (factor is None),
            f"optimizer.drop_every is {every} and optimizer.drop_factor is {factor}; give both or neither",
        )

    def check_steps(self, steps: int) -> None:
        """Raises UserError if the learning rate drops, or the filter begins, only after the run."""
        is_early = self.drop_every is None or self.drop_every <= steps
        words = f"optimizer.drop_every is {self.drop_every}, and training.steps is {steps}"
        require(is_early, f"{words}; the learning rate must drop before the training ends")
        fits = self.before != "grokfast_ma" or self.filter_window <= steps
        words = f"optimizer.filter_window is {self.filter_window}, and training.steps is {steps}"
        require(fits, f"{words}; grokfast_ma does nothing until it has a whole window, so it must not be longer")

    def scaling(self) -> optax.GradientTransformation:
        """The optimizer itself: the transform applied to a gradient before the learning rate."""
        raise NotImplementedError(f"optimizer {self.name!r} has no method scaling")

    def own_rates(self) -> optax.GradientTransformation | None:
        """A transform after the learning rate, with factors of some parameters; None for none."""
        return None

    def build(self, output_scale: Real[ArrayLike, ""]) -> optax.GradientTransformationExtraArgs:
        """The chain. Its init raises UserError if the model lacks a part named in apart."""
        apart, rate, factor = self.apart, self.learning_rate, self.apart_learning_rate
        if self.scale_learning_rate:
            # Kumar et al., App. 8.1: eta = eta_0 / alpha^2 keeps the early dynamics of f the same at every alpha.
            rate = rate / output_scale**2
        decay = self._decay(self.weight_decay)
        if apart and self.apart_weight_decay is not None:
            own = self._decay(self.weight_decay * self.apart_weight_decay)
            decay = optax.chain(only(apart, own), only(apart, decay, inside=False))
        if self.decay_until is not None:
            decay = until(self.decay_until, decay)
        norm = constant_norm(self.constant_norm_from)
        parts = (
            None if self.clip_norm is None else optax.clip_by_global_norm(self.clip_norm),
            self._filter(),
            None if self.decoupled else decay,
            self.scaling(),
            None if self.update_noise is None else add_update_noise(self.update_noise),
            decay if self.decoupled else None,
            optax.scale_by_learning_rate(rate),
            only(apart, optax.scale(factor)) if apart and factor is not None else None,
            self.own_rates(),
            None if self.warmup_steps is None else warm_up(self.warmup_steps),
            None if self.drop_every is None else drop_rate(self.drop_every, self.drop_factor),
            (only(apart, norm, inside=False) if apart else norm) if self.constant_norm else None,
        )
        return optax.chain(*(part for part in parts if part is not None))

    def _filter(self) -> optax.GradientTransformation | None:
        # The defaults are those of the functions in Grokfast's public code.
        decay, gain = self.filter_decay, self.filter_gain
        if self.before == "grokfast_ema":
            return grokfast_ema(0.98 if decay is None else decay, 2.0 if gain is None else gain)
        if self.before == "grokfast_ma":
            return grokfast_ma(self.filter_window, 5.0 if gain is None else gain)
        without_fields = {"orthograd": orthograd, "along_sphere": along_sphere}
        return without_fields[self.before]() if self.before in without_fields else None

    def _decay(self, weight_decay: Real[ArrayLike, ""]) -> optax.GradientTransformation:
        return (add_decay_to_initial if self.decay_to == "initial" else optax.add_decayed_weights)(weight_decay)


class GD(Standard):
    """Gradient descent, torch.optim.SGD(lr=η, weight_decay=λ); stochastic if it runs on minibatches.

    p <- p - η (g + λ p)
    """

    called = "gd"

    def scaling(self) -> optax.GradientTransformation:
        """g, unchanged."""
        return optax.identity()


class Momentum(Standard):
    """Gradient descent with heavy-ball momentum, torch.optim.SGD(lr=η, momentum=μ, weight_decay=λ).

    m <- μ m + g + λ p,   p <- p - η m
    """

    called = "momentum"

    momentum: Any = traced(0.9, "momentum μ", at_least=0, below=1)

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

    b1: Any = traced(0.9, "decay rate β₁ of the mean gradient", at_least=0, below=1)
    b2: Any = traced(0.999, "decay rate β₂ of the mean squared gradient", at_least=0, below=1)
    # With eps = 0, a weight whose gradient is always zero (a pixel that is never lit) would move by 0/0.
    eps: Any = traced(1e-8, "ε, added to the root of the mean squared gradient", above=0)

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


class Muon(AdamW):
    """Muon with decoupled weight decay for hidden matrices, AdamW for all other parameters.

    p <- p - η (√max(1, fan_out / fan_in) o + λ p),   o: the Nesterov momentum of g with its singular values near 1

    A hidden matrix is a parameter with exactly two axes whose part is not named in outer. By default Muon moves the
    matrices of all blocks and layers, and AdamW moves biases, norms, and what is called an embedding or a readout. In
    an MLP, Muon thus moves the first and the last layer too; outer=("layer_0", "layer_2") leaves them to AdamW. The
    public code leaves embeddings and readouts to AdamW, and optax.contrib.muon moves every matrix.

    Reference: Jordan et al., Muon: An optimizer for hidden layers in neural networks, 2024; see scale_by_muon.
    """

    called = "muon"

    outer: Any = static(OUTER, "top-level names of embeddings and readouts, which AdamW moves; () for none")
    momentum: Any = traced(0.95, "decay rate β of Muon's momentum", at_least=0, below=1)
    adam_learning_rate: Any = traced(1.0, "factor of η for the parameters that AdamW moves", at_least=0)

    def scaling(self) -> optax.GradientTransformation:
        """u of Muon for hidden matrices, m̂ / (√v̂ + ε) of Adam for the others."""
        return optax.partition({True: scale_by_muon(self.momentum), False: super().scaling()}, self._is_hidden)

    def own_rates(self) -> optax.GradientTransformation:
        """The factor of AdamW's learning rate."""
        return optax.partition({True: optax.identity(), False: optax.scale(self.adam_learning_rate)}, self._is_hidden)

    def _is_hidden(self, params: Params) -> PyTree[bool]:
        return hidden_matrices(params, self.outer)


# Optimizer names in configs -> a class, or anything else that grok_jax.optimizer takes.
OPTIMIZERS: dict[str, Any] = {each.called: each for each in (GD, Momentum, Adam, AdamW, Muon)}
