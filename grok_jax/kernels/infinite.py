"""Kernels of infinitely wide fully connected networks, by neural_tangents.stax, as models.mlp parametrizes them."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
from jaxtyping import Array, Float

from grok_jax.errors import require
from grok_jax.kernels.compat import neural_tangents
from grok_jax.models.mlp import MLP

# Activation -> its layer, of the module stax. There is no tanh.
LAYERS: dict[str, Callable[[Any], Any]] = {
    "relu": lambda stax: stax.Relu(),
    "leaky_relu": lambda stax: stax.LeakyRelu(alpha=0.2),
    "gelu": lambda stax: stax.Gelu(approximate=False),
    "quadratic": lambda stax: stax.Monomial(degree=2),
    "identity": lambda stax: stax.Identity(),
}


class InfiniteKernels(NamedTuple):
    """Of one output; outputs are independent in the limit, so the kernel over pairs of them is K ⊗ 1."""

    nngp: Float[Array, "rows columns"]  # covariance of the outputs over initializations
    ntk: Float[Array, "rows columns"]


def infinite_width_kernels(
    network: MLP,
    inputs: Float[Array, "rows ..."],
    others: Float[Array, "columns ..."] | None = None,
) -> InfiniteKernels:
    """The kernels to which those of an MLP converge as all its widths grow.

    h_{l+1} = φ(h_l W_l / √n_l + b_l),  W_l ~ N(0, s²),  b_l = 0 at the start, and trained where there are biases

    Σ_0 = s² x·x'/n_0,  Σ_{l+1} = s² ⟨φ(u) φ(u')⟩,  (u, u') ~ N(0, Σ_l)
    Θ_0 = Σ_0 / s² + b,  Θ_{l+1} = Σ_{l+1} / s² + b + s² Θ_l ⟨φ'(u) φ'(u')⟩,  b = 1 with biases, else 0

    Σ of the last layer is the covariance of the outputs over initializations (NNGP), Θ of it the tangent kernel. It
    is the parametrization "ntk" with init "normal" of models.mlp; under "standard" the tangent kernel grows with the
    width, and there is no limit. The widths themselves, and the number of outputs, do not count.

    Args:
      network: the MLP.
      inputs: x, row by row; flattened, as the network does.
      others: x'; None takes the inputs again.

    Returns:
      InfiniteKernels, of the predictor f without an output scale α; with it both are α² times as large.

    Raises:
      UserError: another parametrization or initialization, an activation that stax does not know.

    Reference: Jacot et al. (2018); Lee et al. (2018) for Σ; Novak et al. (2020) for stax.
    """
    require(
        network.parametrization == "ntk" and network.initializer == "normal",
        f"the network has parametrization {network.parametrization!r} and init {network.initializer!r}; kernels have a "
        "limit of infinite width for 'ntk' and 'normal' only",
    )
    known = network.activation in LAYERS or not network.widths
    require(
        known,
        f"activation {network.activation!r} has no kernel in neural_tangents.stax; those that have one are "
        f"{', '.join(LAYERS)}",
    )
    traced = isinstance(network.init_std, jax.Array)
    require(traced or network.init_std > 0, f"init_std is {network.init_std}; it must be above 0")
    stax, variance = neural_tangents().stax, network.init_std**2
    dense = stax.Dense(1, W_std=network.init_std)[2]

    def with_biases(kernel: Any) -> Any:
        # stax takes the gradient with respect to W / s: its tangent kernel is s² Θ.
        return kernel.replace(ntk=kernel.ntk + variance * network.use_bias)

    rows, columns = (x.reshape(x.shape[0], -1) for x in (inputs, inputs if others is None else others))
    kernel = with_biases(dense(rows, None if others is None else columns))
    for _ in network.widths:
        kernel = with_biases(dense(LAYERS[network.activation](stax)[2](kernel)))
    return InfiniteKernels(kernel.nngp, kernel.ntk / variance)
