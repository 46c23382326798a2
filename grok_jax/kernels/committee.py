"""The kernel of the committee machine in closed form, at finite width and in the limit, and its spectrum."""

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

    The paper leaves out the 1/N: its kernel is that of gradient descent with learning rate N η.

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
    """N times the kernel of an infinitely wide committee at its start, w̄ = 0 and M = 1.

    N K(x, x') = x·x' + ε² (x·x')²
    N K(x, x') = 2 x·x' + (3ε²/2) (x·x')² + (ε²/4) |x|² |x'|²   with readouts v_i ~ N(0, 1) that are trained

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


class Eigenvalues(NamedTuple):
    """Of the wide committee's kernel over x ~ N(0, I/D), with how many eigenfunctions each has."""

    linear: float  # x_i: D of them
    quadratic: float  # x_i x_j, and x_i² - |x|²/D: D (D + 1) / 2 - 1 of them
    radial: float  # |x|²: 1


def wide_committee_eigenvalues(features: int, epsilon: float) -> Eigenvalues:
    """Eigenvalues of K(x, x') = x·x' + ε² (x·x')² over Gaussian inputs of variance 1/D.

    ⟨K(x, x') φ(x)⟩ = λ φ(x'):  λ_lin = 1/D,  λ_quadr = 2ε²/D²,  and |x|² has λ = (ε²/D) (1 + 2/D)

    The paper writes 2ε/D² in its text and leaves ε² out of Eq. 16; these are the ones that its Eq. 10 has.

    Args:
      features: D.
      epsilon: ε.

    Reference: Kumar et al. (2024), Eq. 12 to 16.
    """
    return Eigenvalues(1 / features, 2 * epsilon**2 / features**2, epsilon**2 / features * (1 + 2 / features))
