"""The linearized model's whole training under gradient descent on the mean squared error, in closed form.

With several outputs it is exact for the kernel over pairs of outputs (full_tangent_kernel), with targets and initial
outputs of shape (rows x outputs, 1), as their reshape(-1, 1) gives; with a kernel averaged over outputs it is near.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Real

from grok_jax.errors import require
from grok_jax.kernels.compat import neural_tangents
from grok_jax.kernels.regression import require_finite

Outputs = tuple[Float[Array, "times rows outputs"], Float[Array, "times columns outputs"]]


def gradient_descent(
    kernel: Float[Array, "rows rows"],
    test_kernel: Float[Array, "columns rows"],
    targets: Float[Array, "rows outputs"],
    train_start: Float[Array, "rows outputs"],
    test_start: Float[Array, "columns outputs"],
    *,
    steps: Real[Array, " times"],
    learning_rate: float,
) -> Outputs:
    """Outputs of the linearized model after any numbers of full-batch gradient descent steps.

    f_t(x) = f_0(x) + K(x, X) K⁻¹ [1 - (1 - 2η K / |y|)ᵗ] (y - f_0(X)),  K = K(X, X)

    The loss is the mean of the squared errors over all |y| = rows x outputs of them. Several outputs need the full
    kernel, and all arrays in one column; a kernel averaged over outputs only approximates the linearized model.

    Args:
      kernel: K(X, X) of the training inputs, of the predictor that is trained (output scale included).
      test_kernel: K(x, X).
      targets: y.
      train_start: f_0(X).
      test_start: f_0(x).
      steps: t.
      learning_rate: η.

    Returns:
      f_t(X) and f_t(x) for each t.

    Raises:
      UserError: kernels or targets that are not finite; a learning rate at which gradient descent diverges. (Inside
        a compiled function nobody can tell.)
    """
    require_finite(kernel=kernel, test_kernel=test_kernel, targets=targets)
    values, vectors = jnp.linalg.eigh(kernel)
    per_step = 2 * learning_rate / targets.size
    rates = per_step * jnp.maximum(values, 0)
    if not isinstance(rates, jax.core.Tracer):
        require(
            not rates[-1] >= 2,
            f"learning_rate is {learning_rate:g}; gradient descent on this kernel diverges from "
            f"{float(2 * learning_rate / rates[-1]):.4g} on",
        )
    times = steps[:, None].astype(rates.dtype)
    slow, fast = jnp.minimum(rates, 0.5)[None, :], jnp.maximum(rates, 0.5)[None, :]
    sign = jnp.where((fast > 1) & (times % 2 == 1), -1, 1)
    # Near rate 0 the difference 1 - (1 - r)ᵗ would cancel.
    learned = jnp.where(
        rates[None, :] < 0.5, -jnp.expm1(times * jnp.log1p(-slow)), 1 - sign * jnp.abs(1 - fast) ** times
    )
    effort = jnp.where(rates[None, :] > 0, learned / jnp.where(rates > 0, rates, 1)[None, :], times) * per_step
    weights = jnp.einsum("rk,tk,ko->tro", vectors, effort, vectors.T @ (targets - train_start))
    train, test = (jnp.einsum("cr,tro->tco", k, weights) for k in (kernel, test_kernel))
    return train + train_start[None], test + test_start[None]


def gradient_flow(
    kernel: Float[Array, "rows rows"],
    test_kernel: Float[Array, "columns rows"],
    targets: Float[Array, "rows outputs"],
    train_start: Float[Array, "rows outputs"],
    test_start: Float[Array, "columns outputs"],
    *,
    times: Real[Array, " times"],
) -> Outputs:
    """Outputs of the linearized model after any times of gradient flow: gradient descent in the limit of small steps.

    f_t(x) = f_0(x) + K(x, X) K⁻¹ [1 - exp(-2t K / |y|)] (y - f_0(X)),  K = K(X, X)

    The loss is the mean of the squared errors over all |y| = rows x outputs of them; t is a number of steps times
    their learning rate. Several outputs as for gradient_descent. Computed by neural-tangents, which cannot be compiled
    as a part of something else.

    Args:
      kernel, test_kernel, targets, train_start, test_start: see gradient_descent.
      times: t.

    Returns:
      f_t(X) and f_t(x) for each t.

    Raises:
      UserError: kernels or targets that are not finite.
    """
    require_finite(kernel=kernel, test_kernel=test_kernel, targets=targets)
    # Its loss is half the mean, so the learning rate is twice ours.
    predict = neural_tangents().predict.gradient_descent_mse(kernel, targets, learning_rate=2.0)
    return predict(times, train_start, test_start, test_kernel)
