"""The committee machine of the polynomial task, and its summary statistics."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree, Shaped

from grok_jax.errors import require
from grok_jax.fields import static, traced
from grok_jax.models.activations import MOST_DEGREE, hermite
from grok_jax.models.mlp import Layer


class Committee(nn.Module):
    """A two-layer network with one output, whose hidden units vote.

    f(x) = (1/N) Σ_i v_i φ(w_i · x),  φ(z) = z + (ε/2) z²,  or φ(z) = z + (ε/2) He_k(z).

    The parameters are kernel, whose columns are the w_i ~ N(0, I), and readout, the v_i ~ N(0, 1), if it is trained.
    Readouts that are not trained are fixed to 1 and are not parameters. The paper's appendix does not say how trained
    readouts are initialized: its kernel, Eq. 23, needs <v²> = 1, and the public code draws them from N(0, 1).

    Reference: Kumar et al. (2024), Eq. 3; Eq. 21 with readouts; Sec. 15.2 with Hermite polynomials.
    """

    called = "committee"

    width: Any = static(500, "hidden units N", above=0)
    epsilon: Any = traced(0.25, "strength ε of the nonlinear part", at_least=0)
    hermite_degree: Any = static(None, "degree k of He_k; None uses z²", whole=True, above=0, at_most=MOST_DEGREE)
    train_readout: Any = static(False, "whether to train the readouts v_i")

    @nn.compact
    def __call__(self, inputs: Shaped[Array, "batch ..."]) -> Float[Array, "batch 1"]:
        require(
            jnp.issubdtype(inputs.dtype, jnp.floating),
            "model 'committee' takes numbers, but the task gives tokens (whole numbers); choose a model that embeds "
            "tokens",
        )
        flat = inputs.reshape(inputs.shape[0], -1)
        rows, features = flat.shape
        if self.hermite_degree is None and not self.train_readout and _moments_are_cheaper(rows, features, self.width):
            kernel = self.param("kernel", jax.random.normal, (features, self.width))
            mean, second = summary_statistics({"kernel": kernel})
            return (flat @ mean + self.epsilon / 2 * jnp.sum((flat @ second) * flat, axis=-1))[:, None]
        hidden = Layer(self.width, use_bias=False, initializer="normal", init_std=1.0, parametrization="standard")
        nn.share_scope(self, hidden)
        z = hidden(flat)
        bent = jnp.square(z) if self.hermite_degree is None else hermite(z, self.hermite_degree)
        votes = z + self.epsilon / 2 * bent
        if not self.train_readout:
            return jnp.mean(votes, axis=-1, keepdims=True)
        readout = self.param("readout", jax.random.normal, (self.width,))
        return votes @ readout[:, None] / self.width


def _moments_are_cheaper(rows: int, features: int, width: int) -> bool:
    """Whether f(x) = w̄ · x + (ε/2) xᵀ M x takes fewer multiplications than a hidden layer (Eq. 4 and below it).

    The two are the same function. A pass, or its gradient, costs D²(P + N) instead of PDN: 2.4 times less at the size
    of the paper's figures (D = 100, P = 450, N = 500).
    """
    return features * (rows + width) < rows * width


def summary_statistics(
    params: PyTree[Float[Array, "..."]],
) -> tuple[Float[Array, " inputs"], Float[Array, "inputs inputs"]]:
    """The first two moments of a committee's weights, which determine its function when φ(z) = z + (ε/2) z².

    w̄ = (1/N) Σ_i v_i w_i,  M = (1/N) Σ_i v_i w_i w_iᵀ,  so that f(x) = w̄ · x + (ε/2) xᵀ M x.

    Args:
      params: the parameters of a Committee; the v_i are 1 if its readout is not trained.

    Returns:
      w̄ and M.

    Reference: Kumar et al. (2024), Eq. 4 and Eq. 22.
    """
    kernel = params["kernel"]
    votes = kernel * params["readout"][None, :] if "readout" in params else kernel
    return jnp.mean(votes, axis=-1), votes @ kernel.T / kernel.shape[-1]
