"""Training of the linearized model by gradient descent on the mean squared error, in closed form.

For several outputs this is exact with the kernel over pairs of outputs (full_tangent_kernel) and with targets and
initial outputs reshaped to (rows x outputs, 1). With a kernel averaged over outputs it is an approximation.
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
    """Outputs of the linearized model after given numbers of full-batch gradient descent steps.

    f_t(x) = f_0(x) + K(x, X) K⁻¹ [1 - (1 - 2η K / |y|)ᵗ] (y - f_0(X)),  K = K(X, X)

    The loss is the mean over all |y| = rows x outputs squared errors. Several outputs need the full kernel and
    single-column arrays; a kernel averaged over outputs only approximates the linearized model.

    Args:
      kernel: K(X, X) of the trained predictor (output scale included) on the training inputs.
      test_kernel: K(x, X).
      targets: y.
      train_start: f_0(X).
      test_start: f_0(x).
      steps: t.
      learning_rate: η.

    Returns:
      f_t(X) and f_t(x) for each t.

    Raises:
      UserError: a kernel or the targets are not finite, or gradient descent diverges at this learning rate. (These
        checks are skipped inside a compiled function.)
    """
    require_finite(kernel=kernel, test_kernel=test_kernel, targets=targets)
    values, vectors = jnp.linalg.eigh(kernel)
    per_step = 2 * learning_rate / targets.size
    rates = per_step * jnp.maximum(values, 0)
    if not isinstance(rates, jax.core.Tracer):
        require(
            not rates[-1] >= 2,
            f"learning_rate is {learning_rate:g}; gradient descent on this kernel diverges at "
            f"{float(2 * learning_rate / rates[-1]):.4g} or above",
        )
    times = steps[:, None].astype(rates.dtype)
    slow, fast = jnp.minimum(rates, 0.5)[None, :], jnp.maximum(rates, 0.5)[None, :]
    sign = jnp.where((fast > 1) & (times % 2 == 1), -1, 1)
    # Near rate 0, computing 1 - (1 - r)ᵗ directly would lose all digits.
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
    """Outputs of the linearized model after given times of gradient flow, the small-step limit of gradient descent.

    f_t(x) = f_0(x) + K(x, X) K⁻¹ [1 - exp(-2t K / |y|)] (y - f_0(X)),  K = K(X, X)

    The loss is the mean over all |y| = rows x outputs squared errors; t is the number of steps times the learning
    rate. For several outputs see gradient_descent. It is computed by neural-tangents and cannot be called inside a
    compiled function.

    Args:
      kernel, test_kernel, targets, train_start, test_start: see gradient_descent.
      times: t.

    Returns:
      f_t(X) and f_t(x) for each t.

    Raises:
      UserError: a kernel or the targets are not finite.
    """
    require_finite(kernel=kernel, test_kernel=test_kernel, targets=targets)
    # neural-tangents' loss is half the mean, so its learning rate is twice ours.
    predict = neural_tangents().predict.gradient_descent_mse(kernel, targets, learning_rate=2.0)
    return predict(times, train_start, test_start, test_kernel)
