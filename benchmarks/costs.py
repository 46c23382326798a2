"""What a grid costs in addition to training: compiling, on the first start and on the second, and memory."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import psutil

from benchmarks.grids import few_steps, load_config
from benchmarks.memory import peak_bytes
from benchmarks.timing import in_own_process
from grok_jax.compilation_cache import SECONDS_WORTH_KEEPING
from grok_jax.training.chunks import scalars
from grok_jax.training.devices import pad_runs, per_run, use_all_cores
from grok_jax.training.plan import plan_grid
from grok_jax.training.program import TRAINING, Program, fitted_program, load_pool

STEPS = 3  # the memory of a grid does not depend on the number of steps
RESET_PEAK = Path("/proc/self/clear_refs")  # Linux; writing "5" resets peak resident memory to current


class Compiled(NamedTuple):
    """Seconds to compile a grid's programs, with an empty cache and with a full one."""

    benchmark: str
    runs: int
    first_seconds: float
    cached_seconds: float


class Weighed(NamedTuple):
    """Bytes that a grid takes on all devices, without what the process held before.

    Attributes:
      benchmark: the name of the benchmark.
      runs: the number of runs that train at once.
      predicted: bytes predicted by the planner.
      held: peak bytes held.
    """

    benchmark: str
    runs: int
    predicted: int
    held: int


def compiled(name: str, module: str, preset: str, changes: Mapping[str, Any]) -> Compiled:
    """Starts a grid twice, each time in a separate process, and times its compilation."""
    with tempfile.TemporaryDirectory() as folder:
        first, second = (in_own_process(_compiling, module, preset, dict(changes), folder) for _ in range(2))
    return Compiled(name, first.runs, first.compile_seconds, second.compile_seconds)


def _compiling(module: str, preset: str, changes: dict[str, Any], folder: str) -> Any:
    # The same settings as in the commands, except for the folder.
    jax.config.update("jax_compilation_cache_dir", folder)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", SECONDS_WORTH_KEEPING)
    return few_steps(module, preset, changes)


def weighed(name: str, module: str, preset: str, changes: Mapping[str, Any]) -> Weighed:
    """Trains a grid for a few steps, all runs at once, in a separate process, and measures its memory."""
    return in_own_process(_weighing, name, module, preset, dict(changes))


def _weighing(name: str, module: str, preset: str, changes: dict[str, Any]) -> Weighed:
    use_all_cores()
    (group,) = plan_grid(load_config(module, preset, changes)).groups
    program = fitted_program(group, "auto", len(group.members), TRAINING)
    pool = load_pool(group.form, program.mesh)
    hyper = jax.block_until_ready(jax.device_put(pad_runs(group.hyper, program.runs), per_run(program.mesh)))
    held = _weight_from_now_on(program)
    stages = program.stages
    moving, fixed = stages.init(hyper, pool)
    moving = stages.advance(moving, fixed, hyper, pool, *scalars(program, 0, STEPS))
    jax.block_until_ready(stages.measure(moving, fixed, hyper, pool, *scalars(program, STEPS)))
    return Weighed(name, len(group.members), program.bytes_per_device * program.mesh.size, held())


def _weight_from_now_on(program: Program) -> Callable[[], int]:
    """Returns a function for peak bytes from now on: the GPU's count (including autotuning), else resident memory."""
    devices = list(program.mesh.devices.flat)
    if devices[0].memory_stats():
        before = sum(device.memory_stats()["bytes_in_use"] for device in devices)
        return lambda: sum(device.memory_stats()["peak_bytes_in_use"] for device in devices) - before
    before = psutil.Process().memory_info().rss
    if RESET_PEAK.exists():
        RESET_PEAK.write_text("5")
    return lambda: peak_bytes() - before
