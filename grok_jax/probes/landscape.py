"""Probes of the loss landscape around a run's weights: how steep it is along their sphere and across it."""

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from grok_jax.training import Probed, metric
from grok_jax.training.losses import require_outputs_alone


def measure_gradient(probed: Probed) -> dict[str, Float[Array, ""]]:
    """The gradient of the training loss, split into its parts along the sphere |w| = const and across it.

    g = ∇l_train(w),  radial: g · ŵ,  tangential: |g - (g · ŵ) ŵ| |w|,  ŵ = w / |w|

    The tangential part, the change of the loss per radian, is 0 at a minimum of the loss on the sphere, which the
    reduced loss of Omnigrok assumes. The radial part is then the slope of the reduced loss over the weight norm.

    Reference: Liu et al. (2023), Omnigrok, Eq. 1.
    """

    def loss(outputs: Float[Array, "rows outputs"]) -> Float[Array, ""]:
        return probed.train_weights @ probed.loss.fn(outputs, probed.train.targets)

    _, pull = jax.vjp(lambda w: probed.network(w, probed.train.inputs), probed.tangent_params)
    (gradient,) = pull(jax.grad(loss)(probed.train_outputs))
    norm = optax.tree.norm(probed.params)
    size = jnp.maximum(norm, jnp.finfo(norm.dtype).tiny)  # a sphere of radius 0 is a point: both parts are 0
    radial = optax.tree.vdot(gradient, probed.params) / size
    along = jax.tree.map(lambda g, w: g - radial * w / size, gradient, probed.params)
    return {"radial_gradient": radial, "tangential_gradient": optax.tree.norm(along) * norm}


gradient = metric(
    measure_gradient,
    variables={
        "radial_gradient": "change of the training loss per unit of weight norm, at fixed direction",
        "tangential_gradient": (
            "steepest change of the training loss along the sphere of equal norm",
            "1 / radian",
        ),
    },
    needs=require_outputs_alone,
)
