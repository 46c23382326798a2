"""Compiled kernel regression in the kernel's own precision: for one output, where the linearized model ends."""

import warnings
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from grok_jax.errors import require
from grok_jax.kernels.alignment import spectrum

Scalar = float | int | Float[Array, ""]


class Regression(NamedTuple):
    """Predictions, and the condition number of the kernel."""

    train: Float[Array, "rows outputs"]
    test: Float[Array, "columns outputs"]
    condition: Float[Array, ""]  # largest eigenvalue over smallest, ridge included; infinite if K is singular


def kernel_regression(
    kernel: Float[Array, "rows rows"],
    test_kernel: Float[Array, "columns rows"],
    targets: Float[Array, "rows outputs"],
    *,
    ridge: Scalar = 0.0,
    train_start: Float[Array, "rows outputs"] | None = None,
    test_start: Float[Array, "columns outputs"] | None = None,
) -> Regression:
    """Kernel (ridge) regression of the targets minus the initial outputs.

    f(x) = f_0(x) + K(x, X) [K(X, X) + λ 1]⁻¹ (y - f_0(X))

    With λ = 0 and one output this is where gradient descent on the linearized model ends. With several outputs and one
    kernel averaged over outputs, it only approximates that end, and can be far off; full_kernel_regression, with the
    full kernel, gives it exactly. Directions in which K vanishes up to rounding are left out, because gradient descent
    never learns them.

    Args:
      kernel: K(X, X) of the training inputs.
      test_kernel: K(x, X).
      targets: y.
      ridge: λ, in the units of K.
      train_start: f_0(X); None: 0.
      test_start: f_0(x); None: 0.

    Returns:
      Regression.

    Raises:
      UserError: a kernel or the targets are not finite, the shapes do not match, or the ridge is negative.

    Warns:
      RuntimeWarning: the kernel is singular up to its precision; gives its extreme eigenvalues. (Compiled functions
        cannot warn; check Regression.condition there.)

    Reference: Kumar et al. (2024), Sec. 1 and 4.1.
    """
    rows = kernel.shape[0]
    require(
        kernel.shape == (rows, rows) and test_kernel.shape[1] == rows and targets.shape[0] == rows,
        f"kernels of shapes {kernel.shape} and {test_kernel.shape} do not fit targets of shape {targets.shape}; "
        "they must be (n, n), (m, n) and (n, outputs)",
    )
    require_finite(kernel=kernel, test_kernel=test_kernel, targets=targets)
    require(isinstance(ridge, jax.Array) or ridge >= 0, f"ridge is {ridge}; it must be 0 or above")
    missing = targets if train_start is None else targets - train_start
    values, vectors, kept = spectrum(kernel)
    kept = kept | (jnp.asarray(ridge) > 0)
    shrunk = jnp.where(kept, 1 / jnp.where(kept, jnp.maximum(values, 0) + ridge, 1), 0)
    weights = vectors @ (shrunk[:, None] * (vectors.T @ missing))
    smallest = jnp.maximum(values[0], 0) + ridge
    condition = jnp.where(kept[0], (values[-1] + ridge) / jnp.where(kept[0], smallest, 1), jnp.inf)
    if not isinstance(condition, jax.core.Tracer) and not jnp.isfinite(condition):
        warnings.warn(
            f"the kernel is singular in {kernel.dtype} ({int(jnp.sum(~kept))} of {rows} directions left out; "
            f"largest eigenvalue {float(values[-1]):.3g}, smallest {float(values[0]):.3g}); "
            "use a larger model, fewer or different rows, or a ridge",
            RuntimeWarning,
            stacklevel=2,
        )
    parts = (kernel @ weights, test_kernel @ weights)
    train, test = (
        part if start is None else part + start for part, start in zip(parts, (train_start, test_start), strict=True)
    )
    return Regression(train, test, condition)


def require_finite(**arrays: Float[Array, "..."]) -> None:
    """Raises UserError if an array has a NaN or an infinity; skips traced arrays."""
    for name, array in arrays.items():
        if isinstance(array, jax.core.Tracer):
            continue
        wrong = int(jnp.sum(~jnp.isfinite(array)))
        require(
            wrong == 0,
            f"{name.replace('_', ' ')} has {wrong} of {array.size} entries that are NaN or infinite; "
            "the network has diverged, or an input is not finite",
        )
