"""One run as pure functions, a grid of runs as one compiled program, and its records."""

from grok_jax.training.observe import observe
from grok_jax.training.probes import PROBES, Probe, Probed, register_probe
from grok_jax.training.settings import default_config
from grok_jax.training.sweep import check, sweep

__all__ = ["PROBES", "Probe", "Probed", "check", "default_config", "observe", "register_probe", "sweep"]
