"""grok_jax: grids of training runs, compiled whole, for studying when and why generalisation comes late."""

from grok_jax.backend import work_around_defects

work_around_defects()

from grok_jax.errors import UserError  # noqa: E402
from grok_jax.probes import embedding_spectrum, lazy_limit, tangent_kernels  # noqa: E402
from grok_jax.training import check, default_config, observe, sweep  # noqa: E402

__all__ = [
    "UserError",
    "check",
    "default_config",
    "embedding_spectrum",
    "lazy_limit",
    "observe",
    "sweep",
    "tangent_kernels",
]
