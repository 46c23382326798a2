"""A run as pure functions, a grid of runs as compiled programs, and their records."""

from grok_jax.training.config import default_config, from_config, to_config
from grok_jax.training.losses import loss
from grok_jax.training.metrics import METRICS, Metric, Probed, metric
from grok_jax.training.observe import observe
from grok_jax.training.run import Run, stack
from grok_jax.training.sweep import check, sweep

__all__ = [
    "METRICS",
    "Metric",
    "Probed",
    "Run",
    "check",
    "default_config",
    "from_config",
    "loss",
    "metric",
    "observe",
    "stack",
    "sweep",
    "to_config",
]
