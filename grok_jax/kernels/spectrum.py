"""The spectrum of a kernel: its leading eigenvalues, and how its trace is spread over all directions."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from grok_jax.kernels.alignment import restricted


class Spectrum(NamedTuple):
    """The spectrum of one kernel."""

    leading: Float[Array, " count"]  # the largest eigenvalues, in descending order, padded with 0
    leading_share: Float[Array, ""]  # share of the largest eigenvalue in the trace, from 1/n to 1
    effective_rank: Float[Array, ""]  # exp of the entropy of all shares, from 1 to n


def kernel_spectrum(
    kernel: Float[Array, "rows rows"], count: int, in_use: Bool[Array, " rows"] | None = None
) -> Spectrum:
    """The spectrum of a kernel.

    K v_j = λ_j v_j,  λ_1 >= λ_2 >= ...,  p_j = λ_j / Σ_i λ_i;  share p_1, effective rank exp(-Σ_j p_j log p_j)

    Negative eigenvalues, which come only from rounding, count as 0.

    Args:
      kernel: K, symmetric.
      count: how many of the largest eigenvalues to return; static.
      in_use: which rows count; None: all.

    Returns:
      Spectrum.

    Reference: Roy and Vetterli (2007) for the effective rank.
    """
    if in_use is not None:
        kernel = restricted(kernel, in_use)
    values = jnp.maximum(jnp.linalg.eigvalsh(kernel)[::-1], 0)
    shares = values / jnp.sum(values)
    entropy = -jnp.sum(jnp.where(shares > 0, shares * jnp.log(jnp.where(shares > 0, shares, 1)), 0))
    # A NaN in the kernel makes the sum NaN, whatever `where` does above.
    rank = jnp.where(jnp.isfinite(jnp.sum(values)), jnp.exp(entropy), jnp.nan)
    return Spectrum(jnp.pad(values, (0, max(0, count - len(values))))[:count], shares[0], rank)
