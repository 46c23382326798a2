"""Compiles a group of runs: the functions of one run, mapped over runs and sharded over devices."""

import functools
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.sharding import Mesh
from jax.sharding import PartitionSpec as P
from jax.stages import Wrapped

from grok_jax.errors import UserError, require
from grok_jax.fingerprint import array_hash, fingerprint
from grok_jax.memory import bytes_of, in_words
from grok_jax.origins import PACKAGE, own_source
from grok_jax.tasks import Examples, Rows
from grok_jax.tasks.task import Task
from grok_jax.training import dynamics
from grok_jax.training.blocks import compiled_in_blocks
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

TRAINING = ("advance", "init", "measure")  # the stages that every sweep calls, largest first
# A larger share would gain little: far fewer runs than fill its memory keep a device busy.
PROBE_SHARE = 1 / 8  # share of the memory for runs that a probe may use beside their state
REMEDIES = ("make the model or the batch smaller", "ask for fewer training.probes, or take fewer training rows")


class Stages(NamedTuple):
    """The functions of one run (see dynamics.py), which take the values of its leaves by name.

    In a Program they are executables, or None where they were not requested.
    """

    init: Any
    started: Any  # init with given weights
    advance: Any
    measure: Any
    probe: Any


def stages_of(form: Form, capacity: Rows) -> Stages:
    """The functions of runs with the given form and capacity."""

    def init(hyper: Any, pool: Any) -> Any:
        return dynamics.init(form.fill(hyper), pool, capacity)

    def started(hyper: Any, pool: Any, params: Any) -> Any:
        return dynamics.init(form.fill(hyper), pool, capacity, params)

    def advance(moving: Any, fixed: Any, hyper: Any, pool: Any, start: Any, steps: Any) -> Any:
        return dynamics.advance(form.fill(hyper), moving, fixed, pool, start, steps)

    def measure(moving: Any, fixed: Any, hyper: Any, pool: Any, step: Any) -> Any:
        return dynamics.measure(form.fill(hyper), moving, fixed, pool, step)

    def probe(moving: Any, fixed: Any, hyper: Any, pool: Any, step: Any) -> Any:
        run = form.fill(hyper)
        read = functools.partial(measure_metrics, run.metrics)
        return dynamics.observe(run, read, moving, fixed, pool, step)

    return Stages(init, started, advance, measure, probe)


class Program(NamedTuple):
    """Compiled stages (see dynamics.py) for a fixed number of runs.

    Attributes:
      stages: executables, or None for stages that were not requested; arrays of runs have a leading run axis sharded
        over the mesh. `advance` reuses the memory of the state it is given.
      moving: shapes, dtypes and shardings of the state, as a checkpoint needs them.
      mesh: the devices.
      mapping: "map" or "vmap": how a device maps over its runs.
      runs: the number of runs, including padding.
      bytes_per_device: the memory of the executable that needs the most.
      largest: the name of that executable's stage.
    """

    stages: Stages
    moving: Any
    mesh: Mesh
    mapping: str
    runs: int
    bytes_per_device: int
    largest: str


class Alike:
    """A form compared by content, so that a class or function that is defined again counts as the same.

    Attributes:
      form: the form.
      key: the text that is compared: the content of its parts, static values, the pool's shapes and JAX's flags.
    """

    def __init__(self, form: Form, mesh: Mesh) -> None:
        texts = {name: fingerprint(part, counted=(PACKAGE,)).text for name, part in contents(form).items()}
        if any(_LATEST.get(name, text) != text for name, text in texts.items()):
            # A function that a user has jitted keeps its first trace even if a global that it reads has changed.
            jax.clear_caches()
        _LATEST.update(texts)
        shapes = jax.tree.map(lambda a: (a.shape, str(a.dtype)), load_pool(form, mesh))
        plain = (form.names, form.dtypes, plain_values(form))
        self.form, self.key = form, repr((texts, plain, own_source(), deciding_flags(), shapes))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Alike) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


_LATEST: dict[str, str] = {}  # the latest fingerprint of each part


def stages_of_training(group: Group, weights_given: bool = False) -> tuple[str, ...]:
    """The stages that a sweep of a group calls."""
    probe = ("probe",) if group.form.bare.metrics else ()
    return (*(name.replace("init", "started") if weights_given else name for name in TRAINING), *probe)


def fitted_program(group: Group, mapping: str, chunk_runs: int, uses: tuple[str, ...]) -> Program:
    """Compiles a program that trains as many runs of the group at a time as fit in memory.

    Args:
      group: the runs.
      mapping: "map", "vmap", or "auto" for the backend's default.
      chunk_runs: how many runs to train at a time; 0 lets the compiled program's memory analysis decide.
      uses: the stages to compile; a stage that is never called costs nothing.

    Raises:
      UserError: not even one run per device fits in memory.
    """
    wanted = group.width or min(chunk_runs, len(group.members)) or len(group.members)
    mesh = run_mesh(wanted)
    mapping = chosen_mapping(mapping)
    runs = padded(wanted, mesh)
    alike = Alike(group.form, mesh)
    while True:
        program = _compile(alike, group.capacity, runs, mapping, mesh, uses)
        budget = memory_budget(mesh)
        if group.width or chunk_runs or program.bytes_per_device <= budget:
            return program
        fitting = int(runs * budget / program.bytes_per_device) // mesh.size * mesh.size
        if runs == mesh.size:
            raise UserError(
                f"one run needs {in_words(program.bytes_per_device)} of a device's memory; {in_words(budget)} may be "
                f"used; {REMEDIES[program.largest == 'probe']}"
            )
        runs = max(mesh.size, min(fitting, runs - mesh.size))


def observer(group: Group, program: Program, read: Callable[[Probed], Any]) -> Callable:
    """moving, fixed, hyper, pool, step -> read(...) for each of the program's runs; compiled on the first call."""

    def observed(moving: Any, fixed: Any, hyper: Any, pool: Any, step: Any) -> Any:
        return dynamics.observe(group.form.fill(hyper), read, moving, fixed, pool, step)

    options = _options(group.form)
    return _over_runs(observed, program.mesh, program.mapping, options=options, per_run_args=3, shared_args=2)


def answering_observer(group: Group, program: Program, read: Callable[..., Any]) -> Callable:
    """moving, fixed, hyper, given, pool, step -> read(..., given) for each run; `given` differs between runs."""

    def answered(moving: Any, fixed: Any, hyper: Any, given: Any, pool: Any, step: Any) -> Any:
        return dynamics.observe(group.form.fill(hyper), lambda probed: read(probed, given), moving, fixed, pool, step)

    options = _options(group.form)
    return _over_runs(answered, program.mesh, program.mapping, options=options, per_run_args=4, shared_args=2)


def load_pool(form: Form, mesh: Mesh) -> Examples | None:
    """The examples that all runs of a task share, one copy on each device; a process loads them once.

    A task is reloaded if it was edited, or is given again under its word (its files may have changed).
    """
    return _load_pool(*_load_arguments(form), mesh)


def pool_hash(form: Form, mesh: Mesh) -> str | None:
    """sha256 of all arrays of the pool; None if there is no pool."""
    return _pool_hash(*_load_arguments(form), mesh)


class _Static:
    """A task compared without its traced fields: equal to another with the same structure."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.structure: Any = jax.tree.structure(task)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Static) and self.structure == other.structure

    def __hash__(self) -> int:
        return hash(self.structure)


@functools.lru_cache(maxsize=4)
def _load_pool(key: str, static: _Static, mesh: Mesh) -> Examples | None:
    del key  # only a cache key: what the task's functions read may have changed
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
def _compile(alike: Alike, capacity: Rows, runs: int, mapping: str, mesh: Mesh, uses: tuple[str, ...]) -> Program:
    """Compiles a group's functions; a second call with equal arguments compiles nothing."""
    form, pool = alike.form, load_pool(alike.form, mesh)
    stages = stages_of(form, capacity)
    hyper = {
        name: jax.ShapeDtypeStruct((runs,), leaf.dtype, sharding=per_run(mesh)) for name, leaf in form.shapes().items()
    }
    step = jax.ShapeDtypeStruct((), jnp.int32, sharding=shared(mesh))
    over_runs = functools.partial(_over_runs, options=_options(form))
    traced = {"init": over_runs(stages.init, mesh, mapping, per_run_args=1, shared_args=1).trace(hyper, pool)}
    moving, fixed = jax.tree.map(
        lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=per_run(mesh)), traced["init"].out_info
    )
    params = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape[1:], a.dtype, sharding=shared(mesh)), moving.params)
    mapped = {
        "started": (over_runs(stages.started, mesh, mapping, per_run_args=1, shared_args=2), (hyper, pool, params)),
        "advance": (
            over_runs(stages.advance, mesh, mapping, per_run_args=3, shared_args=3, in_place=True),
            (moving, fixed, hyper, pool, step, step),
        ),
        "measure": (
            over_runs(stages.measure, mesh, mapping, per_run_args=3, shared_args=2),
            (moving, fixed, hyper, pool, step),
        ),
    }

    def trace_probe(side_by_side: int) -> Any:
        probe = over_runs(stages.probe, mesh, mapping, side_by_side, per_run_args=3, shared_args=2)
        return probe.trace(moving, fixed, hyper, pool, step)

    quickly = dict.fromkeys(("init", "started"), _quickly())
    # Tracing holds Python's lock but compiling does not, so one stage compiles while the next is traced.
    compiled, compiling = {}, {}
    with ThreadPoolExecutor(len(uses)) as threads:
        for name in sorted(uses, key="probe".__eq__):  # the probe last: this thread compiles it
            if name == "probe":
                # Kernels are large. Those of all runs at once would leave room for fewer runs to train together.
                budget = memory_budget(mesh)
                room = min(PROBE_SHARE * budget, budget - bytes_of((moving, fixed)) / mesh.size)
                compiled[name] = compiled_in_blocks(trace_probe, 1 if mapping == "map" else runs // mesh.size, room)
                continue
            if name not in traced:
                function, arguments = mapped[name]
                traced[name] = function.trace(*arguments)
            compiling[name] = threads.submit(traced[name].lower().compile, quickly.get(name))
    compiled |= {name: each.result() for name, each in compiling.items()}
    held = {name: _bytes_held(executable) for name, executable in compiled.items()}
    largest = max(held, key=held.__getitem__)
    return Program(
        Stages(**{name: compiled.get(name) for name in Stages._fields}),
        moving,
        mesh,
        mapping,
        runs,
        bytes_per_device=held[largest],
        largest=largest,
    )


def _over_runs(
    function: Callable[..., Any],
    mesh: Mesh,
    mapping: str,
    side_by_side: int | None = None,
    *,
    options: dict[str, Any],
    per_run_args: int,
    shared_args: int,
    in_place: bool = False,
) -> Wrapped:
    """Maps a function over the leading run axis of its first arguments; each device takes its share of the runs.

    With "vmap", a device computes `side_by_side` of its runs at a time, or all of them (None). In place, the result
    overwrites the first argument, which has the same shapes. The options are the compiler's.
    """

    def on_one_device(*args: Any) -> Any:
        batched, common = args[:per_run_args], args[per_run_args:]

        def one_run(run: tuple) -> Any:
            return function(*run, *common)

        runs = len(jax.tree.leaves(batched)[0])
        if mapping == "vmap" and side_by_side in (None, runs):
            return jax.vmap(one_run)(batched)
        if in_place:
            return _map_in_place(one_run, batched)
        return jax.lax.map(one_run, batched, batch_size=None if side_by_side == 1 else side_by_side)

    specs = (P(RUN),) * per_run_args + (P(),) * shared_args
    # check_vma is off because a run's loops start from constants, which the check mistakes for replicated values.
    mapped = jax.shard_map(on_one_device, mesh=mesh, in_specs=specs, out_specs=P(RUN), check_vma=False)
    return jax.jit(mapped, donate_argnums=(0,) if in_place else (), compiler_options=options or None)


def _map_in_place(function: Callable, batched: tuple) -> Any:
    """lax.map(function, batched), except that each result overwrites its run's part of batched[0].

    lax.map would hold the results of all runs beside their arguments.
    """

    def one(place: Any, done: Any) -> Any:
        own = jax.tree.map(lambda leaf: leaf[place], (done, *batched[1:]))
        return jax.tree.map(lambda leaf, result: leaf.at[place].set(result), done, function(own))

    return jax.lax.fori_loop(0, len(jax.tree.leaves(batched)[0]), one, batched[0])


def _options(form: Form) -> dict[str, Any]:
    """Options of the compiler for a form.

    It may leave out a rounding between two operations, but these roundings are what a loss in float16 is about.
    """
    return {"xla_allow_excess_precision": False} if form.bare.loss.is_narrow else {}


def _quickly() -> dict[str, int]:
    """Compiler options for init on CPU: it runs once, and its random draws are slow to optimize (3.4 s, not 1.2 s)."""
    return {"xla_backend_optimization_level": 0} if jax.default_backend() == "cpu" else {}


def _bytes_held(executable: Any) -> int:
    """The bytes that an executable holds on one device while it runs: arguments, results and temporaries."""
    used = executable.memory_analysis()
    total = used.argument_size_in_bytes + used.output_size_in_bytes + used.temp_size_in_bytes
    return total - used.alias_size_in_bytes
