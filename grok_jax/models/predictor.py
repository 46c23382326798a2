"""Shared by all models: scaled initialization, the scaled and centered predictor, distances in weight space."""

from typing import Any, TypeAlias

import flax.linen as nn
import jax
import optax
from jaxtyping import Array, Float, Key, PyTree, Shaped

Params: TypeAlias = PyTree[Float[Array, "..."]]
Scalar = float | int | Float[Array, ""]


def init_params(
    module: nn.Module,
    key: Key[Array, ""],
    inputs_like: PyTree[Shaped[Array, "batch ..."] | jax.ShapeDtypeStruct],
    init_scale: Scalar = 1.0,
) -> Params:
    """Initial parameters at a given scale.

    w_0 = init_scale · w_standard, for every parameter, including biases and embeddings.

    Args:
      module: the model.
      key: determines w_standard.
      inputs_like: anything with the shape and dtype of a batch of inputs; its values are not used.
      init_scale: the weight scale α of Omnigrok.

    Returns:
      The parameters, without flax's "params" level.

    Reference: Liu et al. (2023), Omnigrok, Sec. 2.
    """
    standard = module.lazy_init(key, inputs_like)["params"]
    return jax.tree.map(lambda w: (init_scale * w).astype(w.dtype), standard)


def outputs(
    module: nn.Module,
    params: Params,
    inputs: PyTree[Shaped[Array, "batch ..."]],
    output_scale: Scalar = 1.0,
    offset: Float[Array, "batch outputs"] | None = None,
    around: Params | None = None,
    dropout_key: Key[Array, ""] | None = None,
) -> Float[Array, "batch outputs"]:
    """The outputs that are trained and evaluated: of the scaled network, perhaps centered, or of its linearized twin.

    f̃(x) = α f(w, x), or α [f(w, x) - f(w_0, x)] with an offset. A learning rate of η_0 / α² gives the same early
    dynamics at every α. The twin replaces f(w, x) by its first-order expansion f(w_0, x) + ∇f(w_0, x) · (w - w_0), a
    linear model in w whose features are the initial gradients.

    Args:
      module: the model f.
      params: w.
      inputs: x, row by row.
      output_scale: α, the laziness.
      offset: f(w_0, x) for the same rows, from outputs(module, initial, inputs); None leaves f uncentered.
      around: w_0, for the linearized twin; None uses the network itself.
      dropout_key: key of the dropout masks in a training step; None turns dropout off.

    Returns:
      f̃(x).

    Reference: Kumar et al. (2024), Eq. 7, after Chizat et al. (2019); Eq. 1 for the twin.
    """

    def network(w: Params) -> Float[Array, "batch outputs"]:
        rngs = None if dropout_key is None else {"dropout": dropout_key}
        found: Any = module.apply({"params": w}, inputs, rngs=rngs)
        return found

    if around is None:
        raw = network(params)
    else:
        start, change = jax.jvp(network, (around,), (optax.tree.sub(params, around),))
        raw = start + change
    return output_scale * (raw if offset is None else raw - offset)


def weight_norm(params: Params) -> Float[Array, ""]:
    """The Euclidean norm ‖w‖ of all parameters together."""
    return optax.tree.norm(params)


def relative_distance(params: Params, initial: Params) -> Float[Array, ""]:
    """How far the parameters have moved, ‖w - w_0‖ / ‖w_0‖; NaN or infinite if w_0 is 0."""
    return optax.tree.norm(optax.tree.sub(params, initial)) / optax.tree.norm(initial)
