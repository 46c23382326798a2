"""Networks of coordinates, such as those of a pixel: an MLP of Fourier features, and an MLP with sine activations."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Shaped

from grok_jax.fields import static, traced
from grok_jax.models.mlp import MLP, MOST_LAYERS, Layer, require_numbers


def fourier_features(
    x: Float[Array, "rows coordinates"], frequencies: Float[Array, "coordinates frequencies"]
) -> Float[Array, "rows features"]:
    """The cosines and sines of the coordinates along some frequencies.

    γ(x) = [cos(2π x B), sin(2π x B)]

    For entries of B from N(0, σ²), γ(x)·γ(x') / frequencies approaches exp(-2 π² σ² |x - x'|²) as they grow in number.

    Args:
      x: coordinates, row by row.
      frequencies: B, in cycles per unit of x.

    Returns:
      γ(x), row by row: all cosines, then all sines.

    Reference: Tancik et al. (2020), Fourier Features Let Networks Learn High Frequency Functions in Low Dimensional
    Domains, Sec. 4 and 6.
    """
    angles = 2 * jnp.pi * (x @ frequencies)
    return jnp.concatenate([jnp.cos(angles), jnp.sin(angles)], axis=1)


def gaussian_frequencies(
    seed: Int[Array, ""] | int, sigma: Float[Array, ""] | float, coordinates: int, count: int
) -> Float[Array, "coordinates count"]:
    """Independent frequencies from N(0, sigma²); the same seed gives the same ones, times sigma."""
    return sigma * jax.random.normal(jax.random.key(seed), (coordinates, count))


class FourierMLP(MLP):
    """An MLP of fixed random Fourier features: f(x) = MLP(γ(x)),  γ(x) = [cos(2π x B), sin(2π x B)],  B ~ N(0, σ²).

    B is not trained. It depends on σ and frequency_seed only, so all runs of a grid share it unless one of these is an
    axis. Tancik et al. have coordinates in [0, 1] and σ = 10 for photographs; this is σ = 5 for coordinates in [-1, 1].

    Reference: Tancik et al. (2020), Sec. 6.
    """

    called = "fourier_mlp"

    widths: Any = static((256, 256, 256), "hidden units of each layer", above=0, most=MOST_LAYERS)
    frequencies: Any = static(256, "number of frequencies, each with a cosine and a sine", above=0)
    sigma: Any = traced(5.0, "standard deviation σ of the frequencies, in cycles per unit of x", at_least=0)
    frequency_seed: Any = traced(0, "seed of the frequencies", at_least=0)

    @nn.compact
    def __call__(self, inputs: Shaped[Array, "batch ..."]) -> Float[Array, "batch outputs"]:
        require_numbers(self.called, inputs)
        x = inputs.reshape(inputs.shape[0], -1)
        frequencies = gaussian_frequencies(self.frequency_seed, self.sigma, x.shape[1], self.frequencies)
        return self.through_layers(fourier_features(x, frequencies))


class Siren(nn.Module):
    """A network with sine activations, and initial weights for which its layers keep their distribution.

    h_1 = sin(ω_0 (x W_0 + b_0)),  h_{l+1} = sin(ω (h_l W_l + b_l)),  f(x) = h_L W_L + b_L

    W_0 is uniform in ±1/fan_in, the other matrices in ±√(6/fan_in)/ω, and biases in ±1/√fan_in, as in the public code.

    Reference: Sitzmann et al. (2020), Implicit Neural Representations with Periodic Activation Functions, Sec. 3.2.
    """

    called = "siren"

    widths: Any = static((256, 256, 256), "hidden units of each layer", above=0, most=MOST_LAYERS)
    outputs: Any = static(None, "number of outputs; None takes the task's", whole=True, above=0)
    first_omega: Any = traced(30.0, "factor ω_0 in the first sine; sets the range of frequencies", above=0)
    omega: Any = traced(30.0, "factor ω in the other sines", above=0)

    @nn.compact
    def __call__(self, inputs: Shaped[Array, "batch ..."]) -> Float[Array, "batch outputs"]:
        require_numbers(self.called, inputs)
        hidden = inputs.reshape(inputs.shape[0], -1)
        for i, features in enumerate((*self.widths, self.outputs)):
            fan_in = hidden.shape[1]
            bound = 1 / fan_in if i == 0 else (6 / fan_in) ** 0.5 / self.omega
            out = Layer(features, True, "pytorch", 1.0, "standard", kernel_bound=bound, name=f"layer_{i}")(hidden)
            hidden = jnp.sin((self.first_omega if i == 0 else self.omega) * out)
        return out
