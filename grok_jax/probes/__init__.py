"""What is read off a live run beside losses: its kernel, its way through weight space, the parts of its loss."""

from grok_jax.probes import decomposition as decomposition
from grok_jax.probes import kernel as kernel
from grok_jax.probes import landscape as landscape
from grok_jax.probes import logits as logits
from grok_jax.probes import mixture as mixture
from grok_jax.probes import modular as modular
from grok_jax.probes import population_alignment as population_alignment
from grok_jax.probes import representation as representation
from grok_jax.probes import row_errors as row_errors
from grok_jax.probes.limit import lazy_limit
from grok_jax.probes.matrices import tangent_kernels
from grok_jax.probes.modular import embedding_spectrum

__all__ = ["embedding_spectrum", "lazy_limit", "tangent_kernels"]
