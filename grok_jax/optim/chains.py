"""The optimizers: optax chains built from the fields of a config's optimizer section."""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import optax
from jaxtyping import ArrayLike, Real

from grok_jax.components import (
    Component,
    lookup,
    register,
    require_at_least_zero,
    require_one_of,
    require_positive,
)
from grok_jax.errors import require, written
from grok_jax.optim.transforms import (
    add_decay_to_initial,
    add_update_noise,
    constant_norm,
    drop_rate,
    only,
    warm_up,
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Optimizer(Component):
    """How the weights move.

    Attributes:
      build: fields of the config's optimizer section (traced ones may be tracers) -> an optax chain, used as
        tx.update(gradients, state, params, initial_params=..., key=...), with another key at each step.
    """

    build: Callable[[SimpleNamespace], optax.GradientTransformationExtraArgs]


OPTIMIZERS: dict[str, Optimizer] = {}

# Fields of every optimizer. The training engine reads two of them: with scale_learning_rate it divides
# learning_rate by model.output_scale² before it builds the chain, and weight_noise is perturb_weights' sigma.
# apart names parts of the model (top-level names of its parameters) whose learning rate and weight decay are those of
# the rest times apart_learning_rate and apart_weight_decay (None: 1), and which constant_norm leaves alone. At each
# step that drop_every divides, counted from 1, the learning rate is multiplied by drop_factor.
STATIC = {"decay_to": "zero", "constant_norm": False, "scale_learning_rate": False, "apart": ()}
TRACED = {
    "learning_rate": 1e-3,
    "weight_decay": 0.0,
    "clip_norm": None,
    "warmup_steps": None,
    "drop_every": None,
    "drop_factor": None,
    "update_noise": None,
    "weight_noise": None,
    "apart_learning_rate": None,
    "apart_weight_decay": None,
}
APART = ("apart_learning_rate", "apart_weight_decay")
MOMENTUM = {"momentum": 0.9}
ADAM = {"b1": 0.9, "b2": 0.999, "eps": 1e-8}


def register_optimizer(optimizer: Optimizer, *, replace: bool = False) -> Optimizer:
    """Makes an optimizer available to configs under its name, and returns it."""
    return register(OPTIMIZERS, optimizer, replace=replace)


def make_optimizer(name: str, **fields: Any) -> optax.GradientTransformationExtraArgs:
    """The chain of a registered optimizer; fields left out have their defaults.

    Args:
      name: one of OPTIMIZERS.
      **fields: values of its fields; the traced ones may be tracers.

    Returns:
      An optax chain, used as tx.update(gradients, state, params, initial_params=..., key=...).

    Raises:
      UserError: there is no such optimizer, or it has no such field.
    """
    optimizer = lookup(OPTIMIZERS, name, "optimizer")
    allowed = sorted({**optimizer.static, **optimizer.traced})
    for field in fields:
        require(field in allowed, f"optimizer {name!r} has no field {field!r}; it has {', '.join(allowed)}")
    return optimizer.build(SimpleNamespace(**{**optimizer.defaults, **fields}))


def compose(
    fields: SimpleNamespace, scaling: optax.GradientTransformation, *, decoupled: bool
) -> optax.GradientTransformationExtraArgs:
    """The chain around an optimizer's own scaling of the gradient, in PyTorch's order.

    clip -> [L2 decay] -> scaling -> noise -> [decoupled decay] -> learning rate -> warm-up -> drops -> constant norm

    The parts of the model that fields.apart names have a learning rate and a weight decay of their own, as one of two
    parameter groups of PyTorch; clipping is by the norm over all parameters, the constant norm that of the others.

    Args:
      fields: those of STATIC and TRACED.
      scaling: the optimizer itself.
      decoupled: weight decay acts beside the scaling, as in AdamW, and not through the gradient.

    Returns:
      The chain; fields that are None leave their part out. Its init raises UserError where the model lacks a part
      that fields.apart names.
    """
    apart, rate = tuple(fields.apart), fields.apart_learning_rate
    decay = _decay(fields, fields.weight_decay)
    if apart and fields.apart_weight_decay is not None:
        own = _decay(fields, fields.weight_decay * fields.apart_weight_decay)
        decay = optax.chain(only(apart, own), only(apart, decay, inside=False))
    parts = (
        None if fields.clip_norm is None else optax.clip_by_global_norm(fields.clip_norm),
        None if decoupled else decay,
        scaling,
        None if fields.update_noise is None else add_update_noise(fields.update_noise),
        decay if decoupled else None,
        optax.scale_by_learning_rate(fields.learning_rate),
        only(apart, optax.scale(rate)) if apart and rate is not None else None,
        None if fields.warmup_steps is None else warm_up(fields.warmup_steps),
        None if fields.drop_every is None else drop_rate(fields.drop_every, fields.drop_factor),
        None if not fields.constant_norm else only(apart, constant_norm(), inside=False) if apart else constant_norm(),
    )
    return optax.chain(*(part for part in parts if part is not None))


def _decay(fields: SimpleNamespace, weight_decay: Real[ArrayLike, ""]) -> optax.GradientTransformation:
    return (add_decay_to_initial if fields.decay_to == "initial" else optax.add_decayed_weights)(weight_decay)


def build_gd(fields: SimpleNamespace) -> optax.GradientTransformationExtraArgs:
    """Gradient descent; the batch makes it stochastic.

    p <- p - η (g + λ p)

    Returns:
      The chain of torch.optim.SGD(lr=η, weight_decay=λ).
    """
    return compose(fields, optax.identity(), decoupled=False)


def build_momentum(fields: SimpleNamespace) -> optax.GradientTransformationExtraArgs:
    """Gradient descent with heavy-ball momentum.

    m <- μ m + g + λ p,   p <- p - η m

    Returns:
      The chain of torch.optim.SGD(lr=η, momentum=μ, weight_decay=λ).
    """
    return compose(fields, optax.trace(fields.momentum), decoupled=False)


def build_adam(fields: SimpleNamespace) -> optax.GradientTransformationExtraArgs:
    """Adam, with weight decay through the gradient.

    g <- g + λ p,   m <- β₁ m + (1 - β₁) g,   v <- β₂ v + (1 - β₂) g²
    p <- p - η m̂ / (√v̂ + ε),   m̂ = m / (1 - β₁ᵗ),   v̂ = v / (1 - β₂ᵗ)

    Returns:
      The chain of torch.optim.Adam(lr=η, betas=(β₁, β₂), eps=ε, weight_decay=λ).

    References:
      Kingma and Ba, Adam: A Method for Stochastic Optimization, 2015, algorithm 1.
    """
    return compose(fields, optax.scale_by_adam(fields.b1, fields.b2, fields.eps), decoupled=False)


def build_adamw(fields: SimpleNamespace) -> optax.GradientTransformationExtraArgs:
    """Adam with decoupled weight decay.

    p <- p - η (m̂ / (√v̂ + ε) + λ p),   m̂ and v̂ as in Adam without λ

    Returns:
      The chain of torch.optim.AdamW(lr=η, betas=(β₁, β₂), eps=ε, weight_decay=λ): decay is multiplied by η,
      unlike in the paper.

    References:
      Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2019, algorithm 2.
    """
    return compose(fields, optax.scale_by_adam(fields.b1, fields.b2, fields.eps), decoupled=True)


def check(fields: SimpleNamespace) -> None:
    """Raises UserError where the fields that every optimizer has make no sense."""
    require_one_of(fields, "decay_to", ("zero", "initial"), section="optimizer")
    require_positive(fields, "learning_rate", section="optimizer")
    require_at_least_zero(fields, "weight_decay", "warmup_steps", "update_noise", "weight_noise", section="optimizer")
    require_at_least_zero(fields, *APART, section="optimizer")
    require(
        all(isinstance(name, str) for name in fields.apart),
        f"optimizer.apart is {written(fields.apart)}; it must be a tuple of names of a model's parts, such as "
        "('layer_0',)",
    )
    for name in APART:
        value = getattr(fields, name)
        require(
            value is None or bool(fields.apart),
            f"optimizer.{name} is {value}, which only the parts named in optimizer.apart use; it names none",
        )
    if fields.clip_norm is not None:
        require_positive(fields, "clip_norm", section="optimizer")
    every, factor = fields.drop_every, fields.drop_factor
    require(
        (every is None) == (factor is None),
        f"optimizer.drop_every is {every} and optimizer.drop_factor is {factor}; give both or none",
    )
    if every is not None:
        require(every >= 1, f"optimizer.drop_every is {every}; it must be 1 step or more")
        require(0 < factor <= 1, f"optimizer.drop_factor is {factor}; it must be above 0 and at most 1")


def check_momentum(fields: SimpleNamespace) -> None:
    """Raises UserError where the fields of momentum make no sense."""
    check(fields)
    _require_rate(fields, "momentum")


def check_adam(fields: SimpleNamespace) -> None:
    """Raises UserError where the fields of adam or adamw make no sense."""
    check(fields)
    _require_rate(fields, "b1")
    _require_rate(fields, "b2")
    # With eps 0 a weight whose gradient is always zero (a pixel that is never lit) would move by 0/0.
    require_positive(fields, "eps", section="optimizer")


def _require_rate(fields: SimpleNamespace, name: str) -> None:
    value = getattr(fields, name)
    require(0 <= value < 1, f"optimizer.{name} is {value}; it must be at least 0 and below 1")


register_optimizer(Optimizer(name="gd", static=STATIC, traced=TRACED, check=check, build=build_gd))
register_optimizer(
    Optimizer(name="momentum", static=STATIC, traced={**TRACED, **MOMENTUM}, check=check_momentum, build=build_momentum)
)
register_optimizer(Optimizer(name="adam", static=STATIC, traced={**TRACED, **ADAM}, check=check_adam, build=build_adam))
register_optimizer(
    Optimizer(name="adamw", static=STATIC, traced={**TRACED, **ADAM}, check=check_adam, build=build_adamw)
)
