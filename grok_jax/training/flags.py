"""The switches of JAX and XLA that decide numbers."""

import os
from typing import Any

import jax

# What XLA and the libraries below it read from the environment (JAX's own variables are values of jax.config).
VARIABLES = (
    *("XLA_FLAGS", "LIBTPU_INIT_ARGS", "NVIDIA_TF32_OVERRIDE", "CUBLAS_WORKSPACE_CONFIG", "TF_CUDNN_DETERMINISTIC"),
    *("TF_ENABLE_ONEDNN_OPTS", "CUDA_FORCE_PTX_JIT", "HSA_OVERRIDE_GFX_VERSION"),
)
# A switch of JAX counts unless it is known to decide no number, so that those of a later JAX count too. By parts of
# their names: messages, files and caches, waiting and guarding, checks that raise or do nothing.
SILENT = (
    *("log", "traceback", "debug", "dump", "report", "explain", "warn", "pprint", "source", "include_full", "frames"),
    *("cache", "compiler_detailed", "serialization", "jax2tf", "export", "recoverability", "preemption"),
    *("timeout", "async_dispatch", "transfer_guard", "thread_guard", "garbage_collection", "transport", "distributed"),
    *(
        "check",
        "leak",
        "rank_promotion",
        "explicit_x64",
        "legacy_prng",
        "cross_host",
        "share_binary",
        "proxy",
        "verbose",
    ),
    *("error_checking", "runtime_errors", "poison", "refs", "mutable_array", "disallow_mesh", "pgle"),
    # What devices there are is told by the devices.
    *("platform", "visible_devices", "num_cpu_devices", "mock", "backend_target", "xla_backend", "pjrt_client"),
)
# Switches of XLA_FLAGS: files for people, and how many devices there are.
SILENT_IN_XLA = ("--xla_dump", "--xla_force_host_platform_device_count", "--xla_gpu_dump", "--xla_hlo_profile")


def deciding_flags() -> dict[str, Any]:
    """Name -> value of each switch that may decide numbers, as text unless JSON has the value's type."""
    names = [name for name in sorted(jax.config.values) if not any(part in name for part in SILENT)]
    # As an attribute, because a context manager (jax.enable_x64) sets the value of its thread alone.
    values = {name: _plain(getattr(jax.config, name, jax.config.values[name])) for name in names}
    return values | {name: words for name in VARIABLES if (words := _words(os.environ.get(name, "")))}


def _words(variable: str) -> str:
    """The switches in a variable, in one order."""
    return " ".join(sorted(word for word in variable.split() if not word.startswith(SILENT_IN_XLA)))


def _plain(value: Any) -> Any:
    if value is None or type(value) in (bool, int, float, str):
        return value
    return str(getattr(value, "value", value))  # an enum's member, or a device
