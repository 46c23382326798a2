"""The settings of JAX and XLA that can affect numbers."""

import os
from typing import Any

import jax

# Environment variables of XLA and the libraries below it (JAX's own variables are values of jax.config).
VARIABLES = (
    *("XLA_FLAGS", "LIBTPU_INIT_ARGS", "NVIDIA_TF32_OVERRIDE", "CUBLAS_WORKSPACE_CONFIG", "TF_CUDNN_DETERMINISTIC"),
    *("TF_ENABLE_ONEDNN_OPTS", "CUDA_FORCE_PTX_JIT", "HSA_OVERRIDE_GFX_VERSION"),
)
# A JAX setting counts unless it is known not to affect numbers, so settings of later JAX versions count too. The ones
# that do not count, by parts of their names: messages, files and caches, waiting and guarding, checks that only raise.
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
    # The devices themselves are recorded elsewhere.
    *("platform", "visible_devices", "num_cpu_devices", "mock", "backend_target", "xla_backend", "pjrt_client"),
)
# Flags in XLA_FLAGS that do not count: dump files, and the number of devices.
SILENT_IN_XLA = ("--xla_dump", "--xla_force_host_platform_device_count", "--xla_gpu_dump", "--xla_hlo_profile")


def deciding_flags() -> dict[str, Any]:
    """Name -> value of each setting that may affect numbers, as text unless JSON has the value's type."""
    names = [name for name in sorted(jax.config.values) if not any(part in name for part in SILENT)]
    # Read as attributes, because a context manager (jax.enable_x64) sets the value only for its thread.
    values = {name: _plain(getattr(jax.config, name, jax.config.values[name])) for name in names}
    return values | {name: words for name in VARIABLES if (words := _words(os.environ.get(name, "")))}


def _words(variable: str) -> str:
    """The flags in a variable, sorted."""
    return " ".join(sorted(word for word in variable.split() if not word.startswith(SILENT_IN_XLA)))


def _plain(value: Any) -> Any:
    if value is None or type(value) in (bool, int, float, str):
        return value
    return str(getattr(value, "value", value))  # an enum's member, or a device
