"""grok_jax: grids of training runs, compiled whole, for studying when and why generalisation comes late."""

from grok_jax.errors import UserError
from grok_jax.training import check, default_config, sweep

__all__ = ["UserError", "check", "default_config", "sweep"]
