"""How well a kernel fits a task, and which labels fit a kernel."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

Scalar = float | int | Float[Array, ""] | Int[Array, ""]


def kernel_alignment(
    kernel: Float[Array, "rows rows"],
    targets: Float[Array, "rows outputs"],
    *,
    centered: bool = False,
    in_use: Bool[Array, " rows"] | None = None,
) -> Float[Array, ""]:
    """The alignment of a kernel with a task.

    CKA = ⟨K, YYᵀ⟩ / (‖K‖_F ‖YYᵀ‖_F), which for one output is yᵀKy / (‖K‖_F ‖y‖²)

    Args:
      kernel: K over some inputs.
      targets: Y of these inputs.
      centered: replace K by HKH and Y by HY, H = 1 - 11ᵀ/n, as centered kernel alignment is defined; the paper's
        formula does not, despite its name.
      in_use: which n rows count; None: all.

    Returns:
      A number from -1 to 1; 1 if K is proportional to YYᵀ.

    References:
      Kumar et al. (2024), Sec. 5; Cortes et al. (2012), definition 4, for the centered form.
    """
    used = jnp.ones(kernel.shape[0]) if in_use is None else in_use.astype(kernel.dtype)
    targets = jnp.where(used[:, None] > 0, targets, 0)
    kernel = restricted(kernel, used > 0)
    if centered:
        count = jnp.sum(used)
        targets = targets - used[:, None] * jnp.sum(targets, axis=0, keepdims=True) / count
        kernel = kernel - used[:, None] * jnp.sum(kernel, axis=0, keepdims=True) / count
        kernel = kernel - used[None, :] * jnp.sum(kernel, axis=1, keepdims=True) / count
    common = jnp.sum(targets * (kernel @ targets))
    return common / (jnp.linalg.norm(kernel) * jnp.linalg.norm(targets.T @ targets))


def pair_alignment(
    kernel: Float[Array, "rows rows"],
    targets: Float[Array, "rows outputs"],
    in_use: Bool[Array, " rows"] | None = None,
) -> Float[Array, ""]:
    """The alignment of a kernel with a task over pairs of different rows, without the diagonal of the kernel.

    For one output, with n rows,  [Σ_{i≠j} y_i K_ij y_j / (n(n-1))] / (√[Σ_{i≠j} K_ij² / (n(n-1))] Σ_i y_i² / n).

    Over random rows it estimates ⟨y K y'⟩ / (√⟨K²⟩ ⟨y²⟩) for independent inputs. kernel_alignment also pairs each row
    with itself, which adds a term of order 1/n even if the kernel is unrelated to the task.

    Args:
      kernel: K over some inputs.
      targets: Y of these inputs.
      in_use: which n rows count; None: all.

    Returns:
      A number, which may lie slightly outside the range -1 to 1.

    Reference: Kumar et al. (2024), Eq. 19, for the average that is estimated.
    """
    used = jnp.ones(kernel.shape[0]) if in_use is None else in_use.astype(kernel.dtype)
    count = jnp.sum(used)
    apart = kernel * (1 - jnp.eye(kernel.shape[0]))
    return kernel_alignment(apart, targets, in_use=used > 0) * jnp.sqrt(count / (count - 1))


def restricted(kernel: Float[Array, "rows rows"], in_use: Bool[Array, " rows"]) -> Float[Array, "rows rows"]:
    """The kernel with unused rows and columns set to zero."""
    return jnp.where(in_use[:, None] & in_use[None, :], kernel, 0)


def kernel_distance(kernel: Float[Array, "rows columns"], initial: Float[Array, "rows columns"]) -> Float[Array, ""]:
    """How far a kernel has moved, ‖K_t - K_0‖_F / ‖K_0‖_F."""
    return jnp.linalg.norm(kernel - initial) / jnp.linalg.norm(initial)


def difficulty(kernel: Float[Array, "rows rows"], targets: Float[Array, "rows outputs"]) -> Float[Array, ""]:
    """How hard a task is for a kernel, tr Yᵀ K⁻¹ Y: the squared distance that the weights of the linear model move.

    |w - w_0|² = yᵀ K⁻¹ y  for targets y relative to the initial outputs

    Directions in which K vanishes up to rounding cannot be learned and are left out (see spectrum).

    Reference: Kumar et al. (2024), Eq. 8 and 9.
    """
    values, vectors, kept = spectrum(kernel)
    return jnp.sum(jnp.where(kept, 1 / jnp.where(kept, values, 1), 0)[:, None] * (vectors.T @ targets) ** 2)


def spectrum(
    kernel: Float[Array, "rows rows"],
) -> tuple[Float[Array, " rows"], Float[Array, "rows rows"], Bool[Array, " rows"]]:
    """Eigenvalues in ascending order, eigenvectors (columns), and which eigenvalues are more than rounding errors.

    An eigenvalue below 10 roundoff units of the largest one means nothing in the precision of the kernel. Gradient
    descent would need a number of steps inversely proportional to it to learn its direction.
    """
    values, vectors = jnp.linalg.eigh(kernel)
    return values, vectors, values > 10 * jnp.finfo(kernel.dtype).eps * values[-1]


def eigenvector_labels(
    kernel: Float[Array, "rows rows"],
    order: Scalar,
    in_use: Bool[Array, " rows"] | None = None,
    subtract_mean: bool = False,
) -> Float[Array, " rows"]:
    """The eigenvector of a kernel's order-th largest eigenvalue.

    y = v_j,  K v_j = λ_j v_j,  λ_1 >= λ_2 >= ...,  |v_j| = 1

    The sign, which is arbitrary, makes the largest component positive.

    Args:
      kernel: K.
      order: j, from 1; may be traced.
      in_use: which rows count; the others are ignored and get 0. None: all.
      subtract_mean: whether to subtract the mean of the kernel's n² entries from each entry first.

    Returns:
      y.

    Reference: Kumar et al. (2024), Sec. 6.1.
    """
    in_use = jnp.ones(kernel.shape[0], bool) if in_use is None else in_use
    both = in_use[:, None] & in_use[None, :]
    total = jnp.sum(kernel, where=both) if subtract_mean else 0.0  # never negative for a kernel
    mean = total / jnp.sum(both)
    # Each unused row is a separate eigenvector, with an eigenvalue below all others: those of a kernel are not
    # negative, and subtracting the mean lowers them by at most n times the mean.
    lowest = -1.0 - mean * kernel.shape[0]
    _, vectors = jnp.linalg.eigh(jnp.where(both, kernel - mean, lowest * jnp.eye(kernel.shape[0])))
    vector = jnp.where(in_use, jnp.take(vectors, kernel.shape[0] - order, axis=1), 0.0)
    return vector * jnp.sign(vector[jnp.argmax(jnp.abs(vector))])
