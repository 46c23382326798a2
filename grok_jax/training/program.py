"""A group of runs as compiled programs: the run's functions, mapped over runs and sharded over devices."""

import functools
import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.sharding import Mesh
from jax.sharding import PartitionSpec as P

from grok_jax.errors import UserError, require
from grok_jax.fingerprint import array_hash, fingerprint
from grok_jax.memory import in_words
from grok_jax.origins import PACKAGE, own_source
from grok_jax.tasks import Examples, Rows
from grok_jax.tasks.task import Task
from grok_jax.training import dynamics
from grok_jax.training.contents import contents, plain_values
from grok_jax.training.devices import (
    RUN,
    chosen_mapping,
    memory_budget,
    padded,
    per_run,
    run_mesh,
    shared,
)
from grok_jax.training.flags import deciding_flags
from grok_jax.training.metrics import Probed, measure_metrics
from grok_jax.training.plan import Group
from grok_jax.training.run import Form

REMEDIES = ("make the model or the batch smaller", "ask for fewer training.probes, or take fewer training rows")


class Stages(NamedTuple):
    """The functions of one run (see dynamics.py), of the values of its leaves by name."""

    init: Callable
    advance: Callable
    measure: Callable
    probe: Callable


def stages_of(form: Form, capacity: Rows) -> Stages:
    """The functions of runs of a form, which have rows of that capacity."""

    def init(hyper: Any, pool: Any) -> Any:
        return dynamics.init(form.fill(hyper), pool, capacity)

    def advance(moving: Any, fixed: Any, hyper: Any, pool: Any, start: Any, steps: Any) -> Any:
        return dynamics.advance(form.fill(hyper), moving, fixed, pool, start, steps)

    def measure(moving: Any, fixed: Any, hyper: Any, pool: Any, step: Any) -> Any:
        return dynamics.measure(form.fill(hyper), moving, fixed, pool, step)

    def probe(moving: Any, fixed: Any, hyper: Any, pool: Any, step: Any) -> Any:
        run = form.fill(hyper)
        read = functools.partial(measure_metrics, run.metrics)
        return dynamics.observe(run, read, moving, fixed, pool, step)

    return Stages(init, advance, measure, probe)


class Program(NamedTuple):
    """Compiled init, advance, measure and probe (see dynamics.py) for a fixed number of runs.

    Attributes:
      init, advance, measure, probe: executables; arrays of runs have a leading run axis sharded over the mesh.
        `advance` takes over the memory of the state it is given.
      moving: shapes, dtypes and shardings of the state, as a checkpoint needs them.
      mesh: the devices.
      mapping: "map" or "vmap": how a device takes its runs.
      runs: how many runs it holds, padding included.
      bytes_per_device: the most memory that one of the executables holds at a time.
      largest: which of them.
    """

    init: Callable
    advance: Callable
    measure: Callable
    probe: Callable
    moving: Any
    mesh: Mesh
    mapping: str
    runs: int
    bytes_per_device: int
    largest: str


class Alike:
    """A form that is equal to every other of the same content: a class or function that is defined again is no other.

    Attributes:
      form: the form.
      key: what tells it from others: the content of its parts, their static values, the pool's shapes, JAX's flags.
    """

    def __init__(self, form: Form, mesh: Mesh) -> None:
        texts = {name: fingerprint(part, counted=(PACKAGE,)).text for name, part in contents(form).items()}
        if any(_LATEST.get(name, text) != text for name, text in texts.items()):
            # A function that a user has jitted keeps its first trace, even where a global that it reads has changed.
            jax.clear_caches()
        _LATEST.update(texts)
        shapes = jax.tree.map(lambda a: (a.shape, str(a.dtype)), load_pool(form, mesh))
        plain = (form.names, form.dtypes, plain_values(form))
        self.form, self.key = form, repr((texts, plain, own_source(), deciding_flags(), shapes))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Alike) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


_LATEST: dict[str, str] = {}  # the fingerprint of each part when it was last asked for


def fitted_program(group: Group, mapping: str, chunk_runs: int) -> Program:
    """The program that trains as many runs of the group at a time as memory holds.

    Args:
      group: the runs.
      mapping: "map", "vmap", or "auto" for the backend's default.
      chunk_runs: how many runs at a time; 0 lets the compiled program's memory analysis decide.

    Raises:
      UserError: not even one run per device fits the memory.
    """
    wanted = min(chunk_runs, len(group.members)) or len(group.members)
    mesh = run_mesh(wanted)
    mapping = chosen_mapping(mapping)
    runs = padded(wanted, mesh)
    alike = Alike(group.form, mesh)
    while True:
        program = _compile(alike, group.capacity, runs, mapping, mesh)
        budget = memory_budget(mesh)
        if chunk_runs or program.bytes_per_device <= budget:
            return program
        fitting = int(runs * budget / program.bytes_per_device) // mesh.size * mesh.size
        if runs == mesh.size:
            raise UserError(
                f"one run needs {in_words(program.bytes_per_device)} of a device's memory; {in_words(budget)} may be "
                f"used; {REMEDIES[program.largest == 'probe']}"
            )
        runs = max(mesh.size, min(fitting, runs - mesh.size))


def starter(group: Group, program: Program) -> Callable:
    """hyper, pool, params -> (Moving, Fixed) of runs that all start from the same weights; compiled when called."""
    return _starter(Alike(group.form, program.mesh), group.capacity, program.mesh, program.mapping)


@functools.lru_cache(maxsize=16)
def _starter(alike: Alike, capacity: Rows, mesh: Mesh, mapping: str) -> Callable:
    def started(hyper: Any, pool: Any, params: Any) -> Any:
        return dynamics.init(alike.form.fill(hyper), pool, capacity, params)

    return _over_runs(started, mesh, mapping, per_run_args=1, shared_args=2)


def observer(group: Group, program: Program, read: Callable[[Probed], Any]) -> Callable:
    """moving, fixed, hyper, pool, step -> read(...) of each of the program's runs; compiled at its first call."""

    def observed(moving: Any, fixed: Any, hyper: Any, pool: Any, step: Any) -> Any:
        return dynamics.observe(group.form.fill(hyper), read, moving, fixed, pool, step)

    return _over_runs(observed, program.mesh, program.mapping, per_run_args=3, shared_args=2)


def answering_observer(group: Group, program: Program, read: Callable[..., Any]) -> Callable:
    """moving, fixed, hyper, given, pool, step -> read(..., given) of each run, which is given something of its own."""

    def answered(moving: Any, fixed: Any, hyper: Any, given: Any, pool: Any, step: Any) -> Any:
        return dynamics.observe(group.form.fill(hyper), lambda probed: read(probed, given), moving, fixed, pool, step)

    return _over_runs(answered, program.mesh, program.mapping, per_run_args=4, shared_args=2)


def load_pool(form: Form, mesh: Mesh) -> Examples | None:
    """The examples that all runs of a task share, once on each device; loaded once in a process.

    A task that is edited, or given again under its word (its files may have changed), is loaded anew.
    """
    return _load_pool(*_load_arguments(form), mesh)


def pool_hash(form: Form, mesh: Mesh) -> str | None:
    """sha256 of all arrays of the pool; None where there is none."""
    return _pool_hash(*_load_arguments(form), mesh)


class _Static:
    """A task without its traced fields, equal to another of the same structure."""

    def __init__(self, task: Task) -> None:
        self.task, self.structure = task, jax.tree.structure(task)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Static) and self.structure == other.structure

    def __hash__(self) -> int:
        return hash(self.structure)


@functools.lru_cache(maxsize=4)
def _load_pool(key: str, static: _Static, mesh: Mesh) -> Examples | None:
    del key  # Only tells calls apart, as what the task's functions read may have changed.
    task = static.task
    needed, budget = task.pool_bytes(), memory_budget(mesh)
    require(
        needed <= budget,
        f"the examples of task {task.name!r} take {in_words(needed)}; {in_words(budget)} of a device's memory may be "
        "used; make a smaller task",
    )
    pool = task.load()
    require(
        pool is None or isinstance(pool, Examples),
        f"task {task.name!r} (load) gives {type(pool).__name__}; it must give Examples or None",
    )
    return jax.device_put(pool, shared(mesh))


@functools.lru_cache(maxsize=4)
def _pool_hash(key: str, static: _Static, mesh: Mesh) -> str | None:
    leaves, structure = jax.tree.flatten(_load_pool(key, static, mesh))
    if not leaves:
        return None
    return hashlib.sha256(" ".join([str(structure), *map(array_hash, leaves)]).encode()).hexdigest()


def _load_arguments(form: Form) -> tuple[str, _Static]:
    task = form.bare.task
    return fingerprint(type(task), deciding_flags(), counted=(PACKAGE,)).text, _Static(task)


@functools.lru_cache(maxsize=64)
def _compile(alike: Alike, capacity: Rows, runs: int, mapping: str, mesh: Mesh) -> Program:
    """Compiles a group's functions; a second call with equal arguments compiles nothing."""
    form = alike.form
    pool = load_pool(form, mesh)
    hyper = {
        name: jax.ShapeDtypeStruct((runs,), leaf.dtype, sharding=per_run(mesh)) for name, leaf in form.shapes().items()
    }
    step = jax.ShapeDtypeStruct((), jnp.int32, sharding=shared(mesh))
    stages = stages_of(form, capacity)
    init = _over_runs(stages.init, mesh, mapping, per_run_args=1, shared_args=1)
    moving, fixed = jax.tree.map(
        lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=per_run(mesh)), jax.eval_shape(init, hyper, pool)
    )
    advance = _over_runs(stages.advance, mesh, mapping, per_run_args=3, shared_args=3, donate=(0,))
    measure = _over_runs(stages.measure, mesh, mapping, per_run_args=3, shared_args=2)
    # One run after the other on every backend: kernels are large, and would keep runs from training together.
    probe = _over_runs(stages.probe, mesh, "map", per_run_args=3, shared_args=2)
    compiled = {
        "init": init.lower(hyper, pool).compile(_quickly()),
        "advance": advance.lower(moving, fixed, hyper, pool, step, step).compile(),
        "measure": measure.lower(moving, fixed, hyper, pool, step).compile(),
        "probe": probe.lower(moving, fixed, hyper, pool, step).compile(),
    }
    held = {name: _bytes_held(executable) for name, executable in compiled.items()}
    largest = max(held, key=held.get)
    return Program(
        **compiled,
        moving=moving,
        mesh=mesh,
        mapping=mapping,
        runs=runs,
        bytes_per_device=held[largest],
        largest=largest,
    )


def _over_runs(
    function: Callable, mesh: Mesh, mapping: str, *, per_run_args: int, shared_args: int, donate: tuple[int, ...] = ()
) -> Callable:
    """function over a leading run axis of its first arguments, each device taking its share of the runs."""

    def on_one_device(*args: Any) -> Any:
        batched, common = args[:per_run_args], args[per_run_args:]

        def one_run(run: tuple) -> Any:
            return function(*run, *common)

        return jax.vmap(one_run)(batched) if mapping == "vmap" else jax.lax.map(one_run, batched)

    specs = (P(RUN),) * per_run_args + (P(),) * shared_args
    # check_vma is off because a run's loops start from constants, which the check takes for replicated values.
    mapped = jax.shard_map(on_one_device, mesh=mesh, in_specs=specs, out_specs=P(RUN), check_vma=False)
    return jax.jit(mapped, donate_argnums=donate)


def _quickly() -> dict[str, int]:
    """Compiler options for init on CPU: it runs once and is full of random draws, slow to optimize (3.4 s, 1.2 s)."""
    return {"xla_backend_optimization_level": 0} if jax.default_backend() == "cpu" else {}


def _bytes_held(executable: Any) -> int:
    """Bytes of one device that an executable holds while it runs: arguments, results and temporaries."""
    used = executable.memory_analysis()
    total = used.argument_size_in_bytes + used.output_size_in_bytes + used.temp_size_in_bytes
    return total - used.alias_size_in_bytes
