"""The error of an image in decibels, as work on images reports it."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from grok_jax.probes.row_errors import split_errors
from grok_jax.training import Probed, metric


def decibels(error: Float[Array, ""], peak: Float[Array, ""] | float) -> Float[Array, ""]:
    """The peak signal-to-noise ratio of a squared error: -10 log10(error / peak²).

    Args:
      error: squared error, averaged over pixels and channels.
      peak: the largest possible intensity.

    Returns:
      The ratio in dB; infinite if there is no error.
    """
    return -10 * jnp.log10(error / peak**2)


def measure_psnr(probed: Probed, peak: Float[Array, ""] | float = 1.0) -> dict[str, Float[Array, ""]]:
    """The peak signal-to-noise ratio on the training rows and on the test rows, for targets from 0 to `peak`."""
    errors = split_errors(probed, "psnr").items()
    return {f"{name}_psnr": decibels(weights @ of_rows, peak) for name, (of_rows, weights) in errors}


psnr = metric(
    measure_psnr,
    variables={
        f"{name}_psnr": (f"peak signal-to-noise ratio of the {name} rows, for targets from 0 to 1", "dB")
        for name in ("train", "test")
    },
)
