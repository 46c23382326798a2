"""Products of the full kernel with vectors, and conjugate gradients on them, without ever storing the kernel.

K v = J (Jᵀ v), where J is the Jacobian of all outputs of all rows: a vjp, then a jvp. This needs no more memory than
the network.
"""

import warnings
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import scipy
from jaxtyping import Array, Float, PyTree, Shaped

from grok_jax.errors import require
from grok_jax.kernels.layered import Network, first_row


class Conjugate(NamedTuple):
    """The solution of conjugate gradients, and its residual."""

    weights: Float[np.ndarray, "rows outputs"]
    steps: int
    residual: float  # |[K + λ 1] a - (y - f_0)| / |y - f_0|


def kernel_product(
    network: Network,
    params: PyTree[Float[Array, "..."]],
    inputs: PyTree[Shaped[Array, "rows ..."]],
    others: PyTree[Shaped[Array, "columns ..."]],
    weights: Float[Array, "columns outputs"],
) -> Float[Array, "rows outputs"]:
    """The full kernel times weights of the columns' outputs, by one vjp and one jvp.

    Σ_{x', o'} K[(x, o), (x', o')] a_o'(x') = ∇_w f_o(w, x) · Σ_{x', o'} ∇_w f_o'(w, x') a_o'(x')

    If a holds the weights of kernel regression, these are its predictions without f_0.

    Args:
      network: f; params, inputs -> outputs of shape (rows, O).
      params: w.
      inputs: x, row by row.
      others: x'.
      weights: a.

    Returns:
      A number for each row and output.
    """
    _, transposed = jax.vjp(lambda w: network(w, others), params)
    (direction,) = transposed(weights)
    return jax.jvp(lambda w: network(w, inputs), (params,), (direction,))[1]


def tangent_operator(
    network: Network,
    params: PyTree[Float[Array, "..."]],
    inputs: PyTree[Shaped[Array, "rows ..."]],
    others: PyTree[Shaped[Array, "columns ..."]] | None = None,
) -> "scipy.sparse.linalg.LinearOperator":
    """The full kernel as a scipy LinearOperator, for kernels that do not fit in memory.

    Args:
      network, params, inputs, others: see full_tangent_kernel.

    Returns:
      An operator of shape (rows x O, columns x O), like the result of full_tangent_kernel, in the precision of the
      parameters. Its products are compiled once.
    """
    outputs = jax.eval_shape(network, params, first_row(inputs)).shape[-1]
    columns = inputs if others is None else others
    dtype = jax.tree.leaves(params)[0].dtype
    product = jax.jit(lambda *args: kernel_product(network, *args))

    def times(one: Any, two: Any, vector: np.ndarray) -> np.ndarray:
        weights = jnp.asarray(np.reshape(vector, (-1, outputs)), dtype)
        return np.asarray(product(params, one, two, weights)).reshape(-1)

    shape = tuple(jax.tree.leaves(x)[0].shape[0] * outputs for x in (inputs, columns))
    return scipy.sparse.linalg.LinearOperator(
        shape,
        matvec=lambda vector: times(inputs, columns, vector),
        rmatvec=lambda vector: times(columns, inputs, vector),
        dtype=dtype,
    )


def conjugate_gradients(
    operator: "scipy.sparse.linalg.LinearOperator",
    missing: Float[np.ndarray | Array, "rows outputs"],
    *,
    ridge: float = 0.0,
    tolerance: float = 1e-4,
    most_steps: int = 10_000,
) -> Conjugate:
    """Solves [K + λ 1] a = y - f_0 by conjugate gradients, from a = 0.

    This finds the weights of kernel regression using only products with the kernel. Directions with small eigenvalues
    are learned last, as in gradient descent: without a ridge it takes about √condition steps.

    Args:
      operator: K over pairs of outputs; see tangent_operator.
      missing: y - f_0.
      ridge: λ.
      tolerance: of the residual, relative to the norm of y - f_0; cannot go below the precision of the products.
      most_steps: maximum number of products.

    Returns:
      Conjugate, with a in the shape of `missing`.

    Raises:
      UserError: the shapes do not match, the ridge is negative, or the tolerance or number of steps is not positive.

    Warns:
      RuntimeWarning: the tolerance was not reached.

    Reference: Hestenes and Stiefel (1952).
    """
    asked = np.asarray(missing, np.float64)
    places = asked.size
    require(
        operator.shape == (places, places),
        f"an operator of shape {operator.shape} does not fit targets of shape {asked.shape}; it must be "
        f"({places}, {places})",
    )
    require(ridge >= 0, f"ridge is {ridge}; it must be 0 or above")
    require(tolerance > 0, f"tolerance is {tolerance}; it must be above 0")
    require(most_steps > 0, f"most_steps is {most_steps}; it must be above 0")
    steps = 0

    def count(_: np.ndarray) -> None:
        nonlocal steps
        steps += 1

    # In float64, because only the products have the precision of the network.
    system = scipy.sparse.linalg.LinearOperator(
        operator.shape, matvec=lambda v: operator.matvec(v).astype(np.float64) + ridge * v, dtype=np.float64
    )
    found, _ = scipy.sparse.linalg.cg(system, asked.reshape(-1), rtol=tolerance, maxiter=most_steps, callback=count)
    size = np.linalg.norm(asked)
    residual = float(np.linalg.norm(system.matvec(found) - asked.reshape(-1)) / size) if size else 0.0
    if not residual <= 2 * tolerance:  # The residual that cg updates at each step drifts from the true one.
        warnings.warn(
            f"conjugate gradients reached a residual of {residual:.2g} in {steps} steps; the tolerance is "
            f"{tolerance:.2g}; allow more steps, a larger tolerance or a ridge, or give parameters in float64",
            RuntimeWarning,
            stacklevel=2,
        )
    return Conjugate(found.reshape(asked.shape), steps, residual)
