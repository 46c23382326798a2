"""A neural radiance field: a network of points in space, seen along rays by volume rendering."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Shaped

from grok_jax.errors import require
from grok_jax.fields import static, traced
from grok_jax.models.activations import ACTIVATIONS
from grok_jax.models.coordinate import fourier_features
from grok_jax.models.mlp import MLP, MOST_LAYERS, require_numbers

NEAR, FAR = 2.5, 5.5  # distances between which a ray is followed, unless others are given
RAY = 6  # numbers of a ray: its origin, and its direction of length 1
RGB = 3


def composite(
    densities: Float[Array, "rays samples"], colors: Float[Array, "rays samples rgb"], length: Float[Array, ""] | float
) -> Float[Array, "rays rgb"]:
    """The color that arrives along each ray, before a black background.

    C = Σ_i T_i (1 - exp(-σ_i δ)) c_i,  T_i = exp(-Σ_{j<i} σ_j δ)

    This is exact where density and color are constant within each segment of a ray.

    Args:
      densities: σ_i in each segment, from the camera outward, per unit of length.
      colors: c_i in each segment.
      length: δ, the length of each segment.

    Returns:
      C.

    Reference: Mildenhall et al. (2020), NeRF, Eq. 3, after Max (1995).
    """
    depths = densities * length
    before = jnp.cumsum(depths, axis=1) - depths
    weights = jnp.exp(-before) * -jnp.expm1(-depths)
    return jnp.einsum("rs,rsc->rc", weights, colors)


def along_rays(
    rays: Float[Array, "rays 6"], near: Float[Array, ""] | float, far: Float[Array, ""] | float, samples: int
) -> Float[Array, "rays samples 3"]:
    """The centers of equal segments of each ray, from distance near to distance far of its origin."""
    distances = near + (far - near) * (jnp.arange(samples, dtype=float) + 0.5) / samples
    origins, directions = rays[:, None, :3], rays[:, None, 3:]
    return origins + directions * jnp.expand_dims(distances, (0, 2))


def octave_frequencies(octaves: int) -> Float[np.ndarray, "3 frequencies"]:
    """Frequencies ½, 1, 2, ... along each axis, in cycles per unit: those of sin(2^k π x), k = 0 .. octaves - 1."""
    return np.kron(np.eye(3), 2.0 ** np.arange(-1, octaves - 1)[None]).astype(np.float32)


class Nerf(nn.Module):
    """The colors of rays through a field of density and color that an MLP gives at each point.

    (s, z) = MLP([x, γ(x)]),  γ(x) = [cos(2^k π x), sin(2^k π x)]_k,  σ = softplus(s),  c = sigmoid(z),  C = composite

    Rays are cut into equal segments with the field at their centers. Unlike in Mildenhall et al.,
    colors do not depend on the direction, and no second, finer network is trained.

    Reference: Mildenhall et al. (2020), NeRF: Representing Scenes as Neural Radiance Fields for View Synthesis.
    """

    called = "nerf"

    widths: Any = static((128, 128, 128), "hidden units of each layer", above=0, most=MOST_LAYERS)
    outputs: Any = static(None, "number of outputs, which must be 3; None takes the task's", whole=True, above=0)
    activation: Any = static("relu", "activation function between the layers", one_of=ACTIVATIONS)
    octaves: Any = static(5, "number of frequencies along each axis, each twice the one before", above=0, at_most=20)
    samples: Any = static(32, "segments of each ray", above=0)
    near: Any = traced(NEAR, "distance from the camera at which rays begin", at_least=0)
    far: Any = traced(FAR, "distance from the camera at which rays end", above=0)

    def check_fields(self) -> None:
        """Raises UserError if rays end before they begin."""
        require(
            self.near < self.far,
            f"model.near is {self.near} and model.far is {self.far}; a ray must end after it begins",
        )

    @nn.compact
    def __call__(self, inputs: Shaped[Array, "rows ..."]) -> Float[Array, "rows outputs"]:
        require_numbers(self.called, inputs)
        require(
            inputs.shape[1:] == (RAY,) and self.outputs == RGB,
            f"model 'nerf' turns rays of {RAY} numbers into {RGB} colors; the task gives inputs of shape "
            f"{inputs.shape[1:]} and asks for {self.outputs} outputs; take task.name='radiance_field'",
        )
        points = along_rays(inputs, self.near, self.far, self.samples).reshape(-1, 3)
        features = fourier_features(points, jnp.asarray(octave_frequencies(self.octaves)))
        field = MLP(self.widths, 1 + RGB, self.activation, name="field")(jnp.concatenate([points, features], axis=1))
        field = field.reshape(len(inputs), self.samples, 1 + RGB)
        length = (self.far - self.near) / self.samples
        return composite(jax.nn.softplus(field[..., 0]), jax.nn.sigmoid(field[..., 1:]), length)
