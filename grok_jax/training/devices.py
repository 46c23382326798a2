"""The devices of a grid: a mesh over all of them, with the run axis sharded over it.

In a process group of JAX, a grid trains on the devices of its own process alone. The processes never exchange arrays.
"""

import contextlib
import os
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from grok_jax.errors import UserError, require
from grok_jax.memory import free_memory

RUN = "run"
MEMORY_SHARE = 0.7  # share of a device's memory that a chunk of runs may use
SETTINGS: Any = jax.config  # JAX makes its attributes at run time


def use_all_cores() -> None:
    """Makes each CPU core a JAX device, if JAX has not started yet.

    The user's own setting (JAX_NUM_CPU_DEVICES) takes precedence. Nothing changes on accelerators.
    """
    if SETTINGS.jax_num_cpu_devices in (None, -1) and "JAX_NUM_CPU_DEVICES" not in os.environ:
        with contextlib.suppress(RuntimeError):  # JAX has already started: use the devices it has.
            jax.config.update("jax_num_cpu_devices", _cores())


def start_jax() -> None:
    """Starts JAX with one device per CPU core.

    Raises:
      UserError: JAX has no devices of the requested kind, or compilation is disabled.
    """
    use_all_cores()
    require(not SETTINGS.jax_disable_jit, "jax_disable_jit is set (JAX_DISABLE_JIT); unset it: runs are compiled")
    try:
        jax.devices()
    except (RuntimeError, AssertionError) as error:
        said = str(error).partition("\n")[0] or "none of that kind, or its plugin is missing"
        raise UserError(f"JAX has no devices (JAX_PLATFORMS={SETTINGS.jax_platforms or ''}): {said}") from error


def run_mesh(runs: int | None = None) -> Mesh:
    """A 1-D mesh of all devices of this process, or of as many devices as runs if there are fewer runs.

    A device without a run would repeat another device's run, and on CPU keep that run from using both cores. The axis
    is Auto because minibatch indexing fails on Explicit axes.
    """
    devices = jax.local_devices()[:runs]
    return jax.make_mesh((len(devices),), (RUN,), (jax.sharding.AxisType.Auto,), devices=devices)


def per_run(mesh: Mesh) -> NamedSharding:
    """Sharding that splits the leading axis over the devices."""
    return NamedSharding(mesh, P(RUN))


def shared(mesh: Mesh) -> NamedSharding:
    """Sharding that replicates an array on every device."""
    return NamedSharding(mesh, P())


def default_mapping() -> str:
    """ "map" on CPU, where one run's arrays stay in cache; "vmap" on accelerators, which need parallel work."""
    return "map" if jax.default_backend() == "cpu" else "vmap"


def chosen_mapping(mapping: str) -> str:
    """ "map" or "vmap" as given; "auto" gives the backend's default."""
    return default_mapping() if mapping == "auto" else mapping


def padded(runs: int, mesh: Mesh) -> int:
    """The number of runs, rounded up to a multiple of the mesh size."""
    return -(-runs // mesh.size) * mesh.size


def pad_runs(tree: Any, total: int) -> Any:
    """Repeats the last run of each array until there are `total` runs."""
    return jax.tree.map(lambda a: np.concatenate([a, np.repeat(a[-1:], total - len(a), axis=0)]), tree)


def memory_budget(mesh: Mesh) -> int:
    """Bytes that runs may use on one device of the mesh."""
    statistics = mesh.devices.flat[0].memory_stats()
    if statistics and "bytes_limit" in statistics:
        return int(MEMORY_SHARE * statistics["bytes_limit"])
    return int(MEMORY_SHARE * free_memory() / mesh.size)


def _cores() -> int:
    """CPU cores that this process may use, or all of them on systems that do not report it."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
