"""Muon's transform, and which parameters it moves."""

from collections.abc import Sequence

import jax
import optax
from jaxtyping import Array, Float, PyTree

from grok_jax.errors import require
from grok_jax.optim.transforms import Params, Scalar

# Embeddings and readouts of this library's networks that have a name of their own.
OUTER = ("token_embedding", "position_embedding", "representation", "unembedding", "readout")


def hidden_matrices(params: Params, outer: Sequence[str]) -> PyTree[bool]:
    """Whether each parameter is a matrix (has exactly two axes) in a part of the model that is not an outer one.

    Args:
      params: parameters, any shapes, or other arrays of their structure.
      outer: top-level names of embeddings and readouts; unless they are the default, the model must have them.

    Raises:
      UserError: there is no such matrix, or no such part.
    """
    parts = ", ".join(map(str, params))
    missing = [] if tuple(outer) == OUTER else [name for name in outer if name not in params]
    require(not missing, f"optimizer.outer names {missing}; the model's parts are {parts}")
    hidden = {name: name not in outer for name in params}
    found = {name: jax.tree.map(lambda p, inside=hidden[name]: inside and p.ndim == 2, params[name]) for name in params}
    words = f"optimizer 'muon' moves hidden matrices, and the model has none: its parts are {parts}"
    left = ", ".join(name for name in outer if name in params)
    words += f", of which optimizer.outer leaves {left} to AdamW" if left else ""
    require(any(jax.tree.leaves(found)), f"{words}; choose another optimizer or another model")
    return found


def scale_by_muon(momentum: Scalar) -> optax.GradientTransformation:
    """Muon: the Nesterov momentum of each matrix, with its singular values brought near 1.

    m <- β m + (1 - β) g,   o = orthogonalized(β m + (1 - β) g),   u = √max(1, fan_out / fan_in) o

    Orthogonalized means five Newton-Schulz steps X <- 3.4445 X - 4.775 (X Xᵀ) X + 2.0315 (X Xᵀ)² X, which begin at the
    matrix divided by its Frobenius norm. Singular values end between about 0.7 and 1.2, unless they begin near 0.

    Args:
      momentum: β; may be traced.

    Returns:
      A transform for parameters that are all matrices of shape (fan_in, fan_out).

    References:
      Jordan et al., Muon: An optimizer for hidden layers in neural networks, 2024. Its public code rounds X to
      bfloat16, which this does not. Like optax.contrib.muon, this corrects the bias of m and g before it adds them, so
      that g counts for more than in that code in the first steps t = 1, 2, ...: by (1 - βᵗ⁺¹) / (1 - βᵗ).
    """

    def matrices(updates: Params) -> PyTree:
        return jax.tree.map(lambda _: optax.contrib.MuonDimensionNumbers(), updates)

    def scaled(update: Float[Array, "fan_in fan_out"]) -> Float[Array, "fan_in fan_out"]:
        fan_in, fan_out = update.shape
        return max(1, fan_out / fan_in) ** 0.5 * update

    return optax.chain(
        optax.contrib.scale_by_muon(beta=momentum, weight_dimension_numbers=matrices),
        optax.stateless(lambda updates, _: jax.tree.map(scaled, updates)),
    )
