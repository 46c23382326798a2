"""Kernels of infinitely wide MLPs, parametrized as in models.mlp and computed by neural_tangents.stax."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
from jaxtyping import Array, Float

from grok_jax.errors import require
from grok_jax.kernels.compat import neural_tangents
from grok_jax.models.mlp import MLP

# Activation -> its layer in the module stax, which has no tanh.
LAYERS: dict[str, Callable[[Any], Any]] = {
    "relu": lambda stax: stax.Relu(),
    "leaky_relu": lambda stax: stax.LeakyRelu(alpha=0.2),
    "gelu": lambda stax: stax.Gelu(approximate=False),
    "quadratic": lambda stax: stax.Monomial(degree=2),
    "identity": lambda stax: stax.Identity(),
}


class InfiniteKernels(NamedTuple):
    """Kernels of one output. Outputs are independent in the limit, so the kernel over pairs of outputs is K ⊗ 1."""

    nngp: Float[Array, "rows columns"]  # covariance of the outputs over initializations
    ntk: Float[Array, "rows columns"]


def infinite_width_kernels(
    network: MLP,
    inputs: Float[Array, "rows ..."],
    others: Float[Array, "columns ..."] | None = None,
) -> InfiniteKernels:
    """The kernels of an MLP in the limit in which all its widths grow.

    h_{l+1} = φ(h_l W_l / √n_l + b_l),  W_l ~ N(0, s²),  b_l = 0 at the start; biases, if any, are trained

    Σ_0 = s² x·x'/n_0,  Σ_{l+1} = s² ⟨φ(u) φ(u')⟩,  (u, u') ~ N(0, Σ_l)
    Θ_0 = Σ_0 / s² + b,  Θ_{l+1} = Σ_{l+1} / s² + b + s² Θ_l ⟨φ'(u) φ'(u')⟩,  b = 1 with biases, else 0

    Σ of the last layer is the covariance of the outputs over initializations (NNGP); Θ of the last layer is the tangent
    kernel. This is parametrization "ntk" with init "normal" in models.mlp; under "standard" the tangent kernel grows
    with the width and has no limit. The actual widths and the number of outputs do not matter.

    Args:
      network: the MLP.
      inputs: x, row by row; flattened as in the network.
      others: x'; None takes the inputs again.

    Returns:
      InfiniteKernels of the predictor f without the output scale α, which would multiply both kernels by α².

    Raises:
      UserError: the parametrization or initialization has no limit, or stax lacks the activation.

    Reference: Jacot et al. (2018); Lee et al. (2018) for Σ; Novak et al. (2020) for stax.
    """
    require(
        network.parametrization == "ntk" and network.initializer == "normal",
        f"the network has parametrization {network.parametrization!r} and init {network.initializer!r}; kernels have "
        "an infinite-width limit only for 'ntk' and 'normal'",
    )
    known = network.activation in LAYERS or not network.widths
    require(
        known,
        f"activation {network.activation!r} has no kernel in neural_tangents.stax; allowed are {', '.join(LAYERS)}",
    )
    traced = isinstance(network.init_std, jax.Array)
    require(traced or network.init_std > 0, f"init_std is {network.init_std}; it must be above 0")
    stax, variance = neural_tangents().stax, network.init_std**2
    dense = stax.Dense(1, W_std=network.init_std)[2]

    def with_biases(kernel: Any) -> Any:
        # stax differentiates with respect to W / s, so its tangent kernel is s² Θ.
        return kernel.replace(ntk=kernel.ntk + variance * network.use_bias)

    rows, columns = (x.reshape(x.shape[0], -1) for x in (inputs, inputs if others is None else others))
    kernel = with_biases(dense(rows, None if others is None else columns))
    for _ in network.widths:
        kernel = with_biases(dense(LAYERS[network.activation](stax)[2](kernel)))
    return InfiniteKernels(kernel.nngp, kernel.ntk / variance)
