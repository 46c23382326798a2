"""Settings that XLA needs before JAX starts."""

import os
import warnings
from typing import Any

import jax
import jaxlib.version

SETTINGS: Any = jax.config  # JAX makes its attributes at run time


def work_around_defects() -> None:
    """Turns off a CPU fusion that gives wrong numbers in jaxlib before 0.12, unless XLA_FLAGS already sets it.

    In 0.10.2, a dot, broadcast, multiply and reduce over large arrays in one program was wrong by tens of percent
    (jax-ml/jax#39103); 0.12.0 is correct. XLA reads its flags when JAX starts, at the first array; a warning says so
    if that has already happened.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    affected = tuple(int(part) for part in jaxlib.version.__version__.split(".")[:2]) < (0, 12)
    if not affected or "xla_cpu_experimental_ynn_fusion_type" in flags:
        return
    os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_experimental_ynn_fusion_type=-reduce".strip()
    if _has_started():
        warnings.warn("import grok_jax before the first JAX array; large sums on CPU may be wrong now", stacklevel=2)


def _has_started() -> bool:
    """Whether JAX has already started: it then refuses to change its number of devices."""
    devices = SETTINGS.jax_num_cpu_devices
    try:
        jax.config.update("jax_num_cpu_devices", 2 if devices == 1 else 1)
    except RuntimeError:
        return True
    jax.config.update("jax_num_cpu_devices", devices)
    return False
