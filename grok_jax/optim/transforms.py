"""Small optax transforms that the papers need and optax lacks, and noise on the weights."""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, ArrayLike, Bool, Float, Int, Key, PyTree, Real

from grok_jax.errors import require

Params: TypeAlias = PyTree[Float[Array, "..."]]
Scalar = Real[ArrayLike, ""]

NEEDS_PARAMS = "this transform needs the weights: tx.update(updates, state, params)"


class ConstantNormState(NamedTuple):
    """State of constant_norm."""

    norm: Float[Array, ""]  # L2 norm to keep, of all parameters together, with the dtype of the parameters
    taken: Int[Array, ""] | None  # number of steps; None if the norm is kept from the start


def constant_norm(start: Scalar | None = None) -> optax.GradientTransformationExtraArgs:
    """Keeps the L2 norm of all parameters together at its value after some steps; must be the last of a chain.

    p + u is rescaled after each step t > T:  u <- (p + u) |p_T| / |p + u| - p,   t = 1, 2, ...

    Args:
      start: T, in optimizer steps; may be traced. None keeps the initial norm, as 0 does, and counts no steps.

    Returns:
      A transform whose update needs params.

    References:
      Liu et al., Omnigrok: Grokking Beyond Algorithmic Data, 2022 (section 2, weight norm and reduced loss).
    """

    def init_fn(params: Params) -> ConstantNormState:
        taken = None if start is None else jnp.zeros((), jnp.int32)
        return ConstantNormState(optax.tree.norm(params), taken)

    def update_fn(
        updates: Params, state: ConstantNormState, params: Params | None = None, **extra_args: Any
    ) -> tuple[Params, ConstantNormState]:
        del extra_args  # Noise keys and initial weights are not used.
        if params is None:
            raise ValueError(NEEDS_PARAMS)
        norm = optax.tree.norm(optax.tree.add(params, updates))
        if start is not None and state.taken is not None:
            kept = jnp.where(state.taken < start, norm, state.norm)
            state = ConstantNormState(kept, optax.safe_increment(state.taken))
        # Weights of norm zero stay at zero instead of becoming 0/0.
        ratio = state.norm / jnp.maximum(norm, jnp.finfo(norm.dtype).tiny)
        # Equals (p + u) ratio - p, without the cancellation that would lose digits of a small update.
        return jax.tree.map(lambda u, p: ratio * u + (ratio - 1) * p, updates, params), state

    return optax.GradientTransformationExtraArgs(init_fn, update_fn)


class UntilState(NamedTuple):
    """State of until."""

    taken: Int[Array, ""]  # number of steps
    inner: Any  # state of the transform


def until(stop: Scalar, transform: optax.GradientTransformation) -> optax.GradientTransformationExtraArgs:
    """Applies a transform in the first steps only, and leaves all later updates unchanged.

    Args:
      stop: the number of steps, 0 for none; may be traced.
      transform: goes on to be called, so its state changes as if its updates were used.

    Returns:
      A transform that counts its steps.
    """
    inner = optax.with_extra_args_support(transform)

    def init_fn(params: Params) -> UntilState:
        return UntilState(jnp.zeros((), jnp.int32), inner.init(params))

    def update_fn(
        updates: Params, state: UntilState, params: Params | None = None, **extra_args: Any
    ) -> tuple[Params, UntilState]:
        changed, after = inner.update(updates, state.inner, params, **extra_args)
        acts = state.taken < stop
        chosen = jax.tree.map(lambda new, old: jnp.where(acts, new, old), changed, updates)
        return chosen, UntilState(optax.safe_increment(state.taken), after)

    return optax.GradientTransformationExtraArgs(init_fn, update_fn)


def add_decay_to_initial(weight_decay: Scalar) -> optax.GradientTransformationExtraArgs:
    """Weight decay toward the initial weights instead of toward zero.

    u <- u + λ (p - p₀)

    Args:
      weight_decay: λ; may be traced.

    Returns:
      A transform whose update needs params and the extra argument initial_params (p₀, stored by the caller, not in
      the state).

    References:
      openai/grok, training.py (CustomAdamW, weight_decay_form "to_init").
    """

    def update_fn(
        updates: Params, state: optax.EmptyState, params: Params | None = None, *, initial_params: Params, **extra: Any
    ) -> tuple[Params, optax.EmptyState]:
        del extra  # Noise keys are not used.
        if params is None:
            raise ValueError(NEEDS_PARAMS)
        return jax.tree.map(lambda u, p, p0: u + weight_decay * (p - p0), updates, params, initial_params), state

    return optax.GradientTransformationExtraArgs(optax.init_empty_state, update_fn)


def _add_gaussian(tree: Params, key: Key[Array, ""], sigma: Scalar) -> Params:
    """tree + sigma N(0, 1), independent in every entry of every leaf."""
    return optax.tree.add_scale(tree, sigma, optax.tree.random_like(key, tree, jax.random.normal))


def add_update_noise(sigma: Scalar) -> optax.GradientTransformationExtraArgs:
    """Gaussian noise on the update, after an optimizer's scaling and before the learning rate.

    u <- u + σ N(0, 1)

    Args:
      sigma: σ, in units of the (scaled) gradient; may be traced.

    Returns:
      A transform whose update needs the extra argument key, which must differ between steps and between runs.

    References:
      openai/grok, training.py (CustomAdamW, noise_factor). There the bias correction 1 / (1 - β₁ᵗ) also multiplies the
      noise, so the noise is larger than here in the first 1 / (1 - β₁) steps.
    """

    def update_fn(
        updates: Params,
        state: optax.EmptyState,
        params: Params | None = None,
        *,
        key: Key[Array, ""],
        **extra_args: Any,
    ) -> tuple[Params, optax.EmptyState]:
        del params, extra_args  # The noise does not depend on the weights.
        return _add_gaussian(updates, key, sigma), state

    return optax.GradientTransformationExtraArgs(optax.init_empty_state, update_fn)


def warm_up(steps: Scalar) -> optax.GradientTransformation:
    """Linear warm-up of the learning rate; put it after the learning rate so that decoupled weight decay warms up too.

    u <- min(t / T, 1) u,   t = 0, 1, ...; the first step changes nothing

    Args:
      steps: T, in optimizer steps, 0 for no warm-up; may be traced (unlike in optax's own schedules).

    Returns:
      A transform that counts its steps.

    References:
      Nanda et al., Progress measures for grokking via mechanistic interpretability, 2023 (T = 10).
    """

    def factor(count: Int[Array, ""]) -> Float[Array, ""]:
        return jnp.where(count < steps, count / jnp.maximum(steps, 1), 1.0)

    return optax.scale_by_schedule(factor)


def drop_rate(every: Scalar, factor: Scalar) -> optax.GradientTransformation:
    """Step decay of the learning rate; put it after the learning rate so that decoupled weight decay drops too.

    u <- c^⌊t / T⌋ u,   t = 1, 2, ...; steps T, 2 T, ... are the first with a lower rate

    Args:
      every: T, in optimizer steps, 1 or more; may be traced (unlike the boundaries of optax's own schedules).
      factor: c; may be traced.

    Returns:
      A transform that counts its steps.
    """

    def multiplier(count: Int[Array, ""]) -> Scalar:
        return factor ** jnp.floor_divide(count + 1, every).astype(jnp.float32)

    return optax.scale_by_schedule(multiplier)


def only(
    names: Sequence[str], transform: optax.GradientTransformation, *, inside: bool = True
) -> optax.GradientTransformationExtraArgs:
    """Applies a transform to some parts of a model only, and leaves the updates of all other parts unchanged.

    Args:
      names: the parts, by the top-level names of the parameters.
      transform: applied to these parts as if there were no other parameters.
      inside: False applies it to all parts except these.

    Returns:
      A transform whose init raises UserError if the model lacks a named part.
    """

    def mask(params: Params) -> dict[str, PyTree[Bool[ArrayLike, ""]]]:
        missing = [name for name in names if name not in params]
        require(not missing, f"optimizer.apart names {missing}; the model's parts are {', '.join(map(str, params))}")
        return {name: jax.tree.map(lambda _, acts=(name in names) is inside: acts, params[name]) for name in params}

    # Initial parameters come as an extra argument and must be masked like the parameters.
    return optax.masked(transform, mask, mask_compatible_extra_args=True)


def perturb_weights(params: Params, key: Key[Array, ""], sigma: Scalar) -> Params:
    """Weights with Gaussian noise, for the forward pass of training only.

    p + σ N(0, 1)

    Args:
      params: weights, any shapes.
      key: must differ between steps, and from the key of add_update_noise.
      sigma: σ, in units of the weights; may be traced.

    Returns:
      Weights like params; the gradient with respect to params is the gradient at the noisy weights.

    References:
      openai/grok, transformer.py (weight_noise).
    """
    return _add_gaussian(params, key, sigma)
