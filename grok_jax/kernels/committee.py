"""The kernel of the committee machine in closed form, at finite and infinite width, and its spectrum."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

Scalar = float | int | Float[Array, ""]


def committee_kernel(
    inputs: Float[Array, "rows features"],
    others: Float[Array, "columns features"],
    mean_weight: Float[Array, " features"],
    second_moment: Float[Array, "features features"],
    epsilon: Scalar,
    width: int,
) -> Float[Array, "rows columns"]:
    """The neural tangent kernel of a committee whose readouts are fixed to 1, at any weights.

    N K(x, x') = x·x' + ε (x·x') w̄·(x + x') + ε² (x·x') xᵀ M x'

    The paper leaves out the factor 1/N: its kernel belongs to gradient descent with learning rate N η.

    Args:
      inputs: x, row by row.
      others: x'.
      mean_weight: w̄.
      second_moment: M (see models.committee.summary_statistics).
      epsilon: ε of φ(z) = z + (ε/2) z².
      width: N.

    Returns:
      K, without the output scale.

    Reference: Kumar et al. (2024), Eq. 5 and 18.
    """
    overlap = inputs @ others.T
    linear = (inputs @ mean_weight)[:, None] + (others @ mean_weight)[None, :]
    return overlap * (1 + epsilon * linear + epsilon**2 * inputs @ second_moment @ others.T) / width


def wide_committee_kernel(
    inputs: Float[Array, "rows features"],
    others: Float[Array, "columns features"],
    epsilon: Scalar,
    *,
    train_readout: bool = False,
) -> Float[Array, "rows columns"]:
    """N times the kernel of an infinitely wide committee at initialization, w̄ = 0 and M = 1.

    N K(x, x') = x·x' + ε² (x·x')²
    N K(x, x') = 2 x·x' + (3ε²/2) (x·x')² + (ε²/4) |x|² |x'|²   with trained readouts v_i ~ N(0, 1)

    Args:
      inputs: x, row by row.
      others: x'.
      epsilon: ε.
      train_readout: whether the readouts are trained.

    Returns:
      N K.

    Reference: Kumar et al. (2024), Eq. 10; Eq. 23 with readouts.
    """
    overlap = inputs @ others.T
    if not train_readout:
        return overlap + epsilon**2 * overlap**2
    lengths = jnp.sum(inputs**2, axis=1)[:, None] * jnp.sum(others**2, axis=1)[None, :]
    return 2 * overlap + 1.5 * epsilon**2 * overlap**2 + epsilon**2 / 4 * lengths


def committee_alignment(
    mean_weight: Float[Array, " features"],
    second_moment: Float[Array, "features features"],
    directions: Float[Array, "directions features"],
    epsilon: Scalar,
) -> Float[Array, ""]:
    """The alignment of a committee's kernel with a quadratic target, averaged over all inputs x ~ N(0, I/D).

    ⟨y(x) K(x, x') y(x')⟩ / (√⟨K(x, x')²⟩ ⟨y²⟩)  over independent x and x'

    With y = ½ xᵀBx, B = Σ_k β_k β_kᵀ, and K from committee_kernel without its 1/N, which cancels,

    ⟨y K y'⟩ = ε² tr(A² M),  A = ⟨y x xᵀ⟩ = (tr B · 1 + 2B) / (2D²),  ⟨y²⟩ = ((tr B)² + 2 tr B²) / (4D²),
    ⟨K²⟩ = 1/D + 2ε² (D + 2) |w̄|² / D³ + ε⁴ ((D + 6) tr M² + 2 (tr M)²) / D⁴.

    For one direction the numerator is ε² (|β|⁴ tr M + 8 |β|² βᵀMβ) / (4D⁴).

    Args:
      mean_weight: w̄.
      second_moment: M.
      directions: the β_k; their common scale does not matter.
      epsilon: ε.

    Returns:
      The alignment; kernels.pair_alignment over random rows estimates it.

    Reference: Kumar et al. (2024), Eq. 19 and 20, for y = (β · x)²; the denominator is not in the paper.
    """
    features = directions.shape[1]
    target = directions.T @ directions
    own = (jnp.trace(target) * jnp.eye(features) + 2 * target) / (2 * features**2)
    common = epsilon**2 * jnp.sum((own @ own) * second_moment)
    targets = (jnp.trace(target) ** 2 + 2 * jnp.sum(target**2)) / (4 * features**2)
    linear = 1 / features + 2 * epsilon**2 * (features + 2) * jnp.sum(mean_weight**2) / features**3
    squares = (features + 6) * jnp.sum(second_moment**2) + 2 * jnp.trace(second_moment) ** 2
    return common / (jnp.sqrt(linear + epsilon**4 * squares / features**4) * targets)


class Eigenvalues(NamedTuple):
    """Eigenvalues of the wide committee's kernel over x ~ N(0, I/D); comments give the number of eigenfunctions."""

    linear: float  # x_i: D of them
    quadratic: float  # x_i x_j, and x_i² - |x|²/D: D (D + 1) / 2 - 1 of them
    radial: float  # |x|²: 1


def wide_committee_eigenvalues(features: int, epsilon: float) -> Eigenvalues:
    """Eigenvalues of K(x, x') = x·x' + ε² (x·x')² over Gaussian inputs of variance 1/D.

    ⟨K(x, x') φ(x)⟩ = λ φ(x'):  λ_lin = 1/D,  λ_quadr = 2ε²/D²,  and |x|² has λ = (ε²/D) (1 + 2/D)

    The paper writes 2ε/D² in its text and omits ε² in Eq. 16; these eigenvalues follow from its Eq. 10.

    Args:
      features: D.
      epsilon: ε.

    Reference: Kumar et al. (2024), Eq. 12 to 16.
    """
    return Eigenvalues(1 / features, 2 * epsilon**2 / features**2, epsilon**2 / features * (1 + 2 / features))
