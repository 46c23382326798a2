"""Activation functions that configs can name, and the Hermite polynomials."""

from collections.abc import Callable

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float


def leaky_relu(z: Float[Array, "..."]) -> Float[Array, "..."]:
    """max(z, 0.2 z), with the slope of the toy-addition decoder in Omnigrok's public code."""
    return nn.leaky_relu(z, negative_slope=0.2)


def gelu(z: Float[Array, "..."]) -> Float[Array, "..."]:
    """z Φ(z) with the exact normal CDF Φ, as in PyTorch, not the tanh approximation."""
    return nn.gelu(z, approximate=False)


def identity(z: Float[Array, "..."]) -> Float[Array, "..."]:
    """z itself, which makes the network linear."""
    return z


ACTIVATIONS: dict[str, Callable[[Float[Array, "..."]], Float[Array, "..."]]] = {
    "tanh": jnp.tanh,
    "relu": nn.relu,
    "leaky_relu": leaky_relu,
    "gelu": gelu,
    "quadratic": jnp.square,
    "identity": identity,
}
STRAIGHT = ("relu", "leaky_relu", "identity")  # whose second derivative is 0 wherever they have one

MOST_DEGREE = 100  # of a polynomial, whose values overflow 32 bits long before


def hermite(z: Float[Array, "..."], degree: int) -> Float[Array, "..."]:
    """The probabilists' Hermite polynomial He_k(z).

    He_0 = 1, He_1 = z, He_{n+1} = z He_n - n He_{n-1}; so He_3 = z³ - 3z and He_4 = z⁴ - 6z² + 3.

    Args:
      z: points to evaluate at, any shape.
      degree: k, 0 or above; static.

    Returns:
      He_k(z), in the shape of z.
    """
    below, here = jnp.ones_like(z), z
    if degree == 0:
        return below
    for n in range(1, degree):
        below, here = here, z * here - n * below
    return here
