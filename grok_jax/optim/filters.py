"""What is done to a gradient before an optimizer sees it, as small optax transforms."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, PyTree

from grok_jax.optim.transforms import NEEDS_PARAMS, Params, Scalar

ROUNDING = 8  # a remainder of a vector below this many machine epsilons of its length is rounding error


class ExponentialMeanState(NamedTuple):
    """State of grokfast_ema."""

    seen: Int[Array, ""]  # number of gradients so far
    mean: Params


def grokfast_ema(decay: Scalar, gain: Scalar) -> optax.GradientTransformation:
    """Grokfast: adds an exponential moving average of the gradients, which amplifies their slow part.

    m_t = α m_{t-1} + (1 - α) g_t,   m_0 = g_1,   u = g_t + λ m_t

    Args:
      decay: α, from 0 to 1; may be traced.
      gain: λ; may be traced.

    Returns:
      A transform whose state has one array for each parameter.

    References:
      Lee et al., Grokfast: Accelerated Grokking by Amplifying Slow Gradients, 2024, algorithm 2, and its public code
      (gradfilter_ema, called between clipping and the optimizer).
    """

    def init_fn(params: Params) -> ExponentialMeanState:
        return ExponentialMeanState(jnp.zeros([], jnp.int32), optax.tree.zeros_like(params))

    def update_fn(
        updates: Params, state: ExponentialMeanState, params: Params | None = None
    ) -> tuple[Params, ExponentialMeanState]:
        del params  # The weights do not matter.
        kept = jnp.where(state.seen == 0, 0.0, decay)
        mean = jax.tree.map(lambda m, g: kept * m + (1 - kept) * g, state.mean, updates)
        state = ExponentialMeanState(optax.safe_increment(state.seen), mean)
        return optax.tree.add_scale(updates, gain, mean), state

    return optax.GradientTransformation(init_fn, update_fn)


class MovingMeanState(NamedTuple):
    """State of grokfast_ma."""

    seen: Int[Array, ""]  # number of gradients so far
    latest: PyTree[Float[Array, "window ..."]]  # the latest gradients; the next one takes the place of the oldest
    others: Params  # the sum of all of them but the oldest
    fresh: Params  # the sum of those since the first place of `latest` was last taken


def grokfast_ma(window: int, gain: Scalar) -> optax.GradientTransformation:
    """Grokfast: adds the mean of the latest gradients, this one included, once there are enough of them.

    u = g_t + λ (g_t + g_{t-1} + ... + g_{t-w+1}) / w  if t >= w,   u = g_t before,   t = 1, 2, ...

    A step adds one gradient to the sum and takes one off, whatever the window. Rounding errors do not pile up, although
    gradients shrink by many orders of magnitude while a network groks: once in a window, the sum is replaced by one
    that only additions have made.

    Args:
      window: w, 1 or more.
      gain: λ; may be traced.

    Returns:
      A transform whose state has w + 2 arrays for each parameter.

    References:
      Lee et al., Grokfast: Accelerated Grokking by Amplifying Slow Gradients, 2024, algorithm 1, and its public code
      (gradfilter_ma with filter_type "mean", warmup=True and trigger=False; it adds up all w gradients in each step).
    """

    def init_fn(params: Params) -> MovingMeanState:
        latest = jax.tree.map(lambda p: jnp.zeros((window, *p.shape), p.dtype), params)
        zeros = optax.tree.zeros_like(params)
        return MovingMeanState(jnp.zeros([], jnp.int32), latest, zeros, zeros)

    def update_fn(
        updates: Params, state: MovingMeanState, params: Params | None = None
    ) -> tuple[Params, MovingMeanState]:
        del params  # The weights do not matter.
        place, seen = state.seen % window, optax.safe_increment(state.seen)
        fresh = jax.tree.map(lambda f, g: jnp.where(place == 0, g, f + g), state.fresh, updates)
        total = jax.tree.map(
            lambda others, f, g: jnp.where(place == window - 1, f, others + g), state.others, fresh, updates
        )
        latest = jax.tree.map(
            lambda rows, g: jax.lax.dynamic_update_index_in_dim(rows, g, place, 0), state.latest, updates
        )

        def without_oldest(total: Array, rows: Array) -> Array:
            # Reading after writing, XLA writes in place; reading the oldest before it is overwritten, it would copy.
            return total - jax.lax.dynamic_index_in_dim(rows, seen % window, keepdims=False)

        others = jax.tree.map(without_oldest, total, latest)
        share = jnp.where(seen >= window, gain / window, 0.0)
        return optax.tree.add_scale(updates, share, total), MovingMeanState(seen, latest, others, fresh)

    return optax.GradientTransformation(init_fn, update_fn)


def orthograd() -> optax.GradientTransformationExtraArgs:
    """Takes the part of each gradient that is orthogonal to its weights, and gives it the gradient's own norm.

    o = g - (p · g) / (p · p) p,   u = o |g| / |o|,   separately for each array of weights, flattened

    Scaling the weights then no longer lowers the loss. Where the weights are 0, u = g. Unlike in the public code, u = 0
    where o is rounding error (always so for an array with one entry), which the code scales up to the norm of g.

    Returns:
      A transform whose update needs params.

    References:
      Prieto et al., Grokking at the Edge of Numerical Stability, 2025, and its public code (OrthoGrad, which does this
      in front of the optimizer's own step).
    """

    def turned(gradient: Array, weights: Array) -> Array:
        squared = jnp.sum(weights * weights)
        tiny = jnp.finfo(squared.dtype).tiny
        across = gradient - jnp.sum(weights * gradient) / jnp.maximum(squared, tiny) * weights
        before, after = optax.tree.norm(gradient), optax.tree.norm(across)
        is_rounding = after <= ROUNDING * jnp.finfo(after.dtype).eps * before
        return jnp.where(is_rounding, 0.0, before / jnp.where(is_rounding, 1.0, after)) * across

    def update_fn(
        updates: Params, state: optax.EmptyState, params: Params | None = None, **extra_args: Any
    ) -> tuple[Params, optax.EmptyState]:
        del extra_args  # Noise keys and initial weights are not used.
        if params is None:
            raise ValueError(NEEDS_PARAMS)
        return jax.tree.map(turned, updates, params), state

    return optax.GradientTransformationExtraArgs(optax.init_empty_state, update_fn)


def along_sphere() -> optax.GradientTransformationExtraArgs:
    """Takes the part of a gradient along the sphere on which all weights together keep their current norm.

    t = g - (p · g) / (p · p) p,   for all arrays of weights together

    With constant_norm at the end of the chain, an optimizer that scales single entries, such as Adam, then rests where
    the loss has no slope on the sphere. Without this filter it rests where its scaled gradient is normal to the sphere,
    which is elsewhere. Where the weights are 0, t = g.

    Returns:
      A transform whose update needs params.
    """

    def update_fn(
        updates: Params, state: optax.EmptyState, params: Params | None = None, **extra_args: Any
    ) -> tuple[Params, optax.EmptyState]:
        del extra_args  # Noise keys and initial weights are not used.
        if params is None:
            raise ValueError(NEEDS_PARAMS)
        squared = optax.tree.norm(params, squared=True)
        share = optax.tree.vdot(params, updates) / jnp.maximum(squared, jnp.finfo(squared.dtype).tiny)
        return optax.tree.add_scale(updates, -share, params), state

    return optax.GradientTransformationExtraArgs(optax.init_empty_state, update_fn)
