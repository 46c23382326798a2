"""Where a grid runs: a mesh over all devices, with the run axis sharded over it."""

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
MEMORY_SHARE = 0.7  # of a device's memory that a chunk of runs may fill


def use_all_cores() -> None:
    """Makes one JAX device of each CPU core, if no device has been used yet.

    A user's own setting (JAX_NUM_CPU_DEVICES) stands. On accelerators nothing changes.
    """
    if jax.config.jax_num_cpu_devices in (None, -1) and "JAX_NUM_CPU_DEVICES" not in os.environ:
        with contextlib.suppress(RuntimeError):  # JAX has started already: the devices it has are used.
            jax.config.update("jax_num_cpu_devices", _cores())


def start_jax() -> None:
    """Starts JAX, with one device for each CPU core.

    Raises:
      UserError: it has no devices of the kind asked for, or compiles nothing.
    """
    use_all_cores()
    require(not jax.config.jax_disable_jit, "jax_disable_jit is set (JAX_DISABLE_JIT); runs are compiled: unset it")
    try:
        jax.devices()
    except (RuntimeError, AssertionError) as error:
        said = str(error).partition("\n")[0] or "none of that kind, or the plugin for it is missing"
        raise UserError(f"JAX has no devices (JAX_PLATFORMS={jax.config.jax_platforms or ''}): {said}") from error


def run_mesh(runs: int | None = None) -> Mesh:
    """A 1-D mesh of all devices, or of as many as there are runs where those are fewer.

    A device without a run would repeat another's, and on CPU cores keep it from using both. The axis is Auto:
    minibatch indexing fails on Explicit axes.
    """
    devices = jax.devices()[:runs]
    return jax.make_mesh((len(devices),), (RUN,), (jax.sharding.AxisType.Auto,), devices=devices)


def per_run(mesh: Mesh) -> NamedSharding:
    """Leading axis split over the devices."""
    return NamedSharding(mesh, P(RUN))


def shared(mesh: Mesh) -> NamedSharding:
    """The same on every device."""
    return NamedSharding(mesh, P())


def default_mapping() -> str:
    """ "map" on CPU cores, where one run's arrays stay in cache; "vmap" on accelerators, which want width."""
    return "map" if jax.default_backend() == "cpu" else "vmap"


def chosen_mapping(mapping: str) -> str:
    """ "map" or "vmap" as asked for; of "auto" the backend's default."""
    return default_mapping() if mapping == "auto" else mapping


def padded(runs: int, mesh: Mesh) -> int:
    """The smallest number of runs that divides over the mesh."""
    return -(-runs // mesh.size) * mesh.size


def pad_runs(tree: Any, total: int) -> Any:
    """Repeats the last run of each array until there are `total`."""
    return jax.tree.map(lambda a: np.concatenate([a, np.repeat(a[-1:], total - len(a), axis=0)]), tree)


def memory_budget(mesh: Mesh) -> int:
    """Bytes that one device of the mesh may fill with runs."""
    statistics = mesh.devices.flat[0].memory_stats()
    if statistics and "bytes_limit" in statistics:
        return int(MEMORY_SHARE * statistics["bytes_limit"])
    return int(MEMORY_SHARE * free_memory() / mesh.size)


def _cores() -> int:
    """CPU cores that this process may use; not every system can say."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
