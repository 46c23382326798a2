"""The host's side of a grid: segments between records, checkpoints, early stop, one labelled result."""

import hashlib
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import numpy as np
import xarray as xr
from jaxtyping import Num
from ml_collections import ConfigDict

from grok_jax.errors import require
from grok_jax.training import checkpoints
from grok_jax.training.devices import memory_budget, pad_runs, per_run, run_mesh, shared, use_all_cores
from grok_jax.training.grid import Axis, Group, expand, group_runs, parse_grid
from grok_jax.training.program import Program, fitted_program, load_pool
from grok_jax.training.progress import Progress
from grok_jax.training.records import GroupRecords, to_dataset
from grok_jax.training.run import make_run
from grok_jax.training.schedule import has_diverged, has_generalized, is_probed, record_steps
from grok_jax.training.settings import complete, execution_settings

CALL_SECONDS = 1.0  # how long one call into a compiled program should take, so that progress moves and stops are prompt


class Plan(NamedTuple):
    """A grid, resolved."""

    axes: tuple[Axis, ...]
    groups: list[Group]
    execution: SimpleNamespace


class Chunk(NamedTuple):
    """Consecutive runs of a group that train together, and where they are checkpointed."""

    members: slice
    folder: Path | None


def sweep(
    config: ConfigDict | Mapping[str, Any],
    grid: str | Mapping[Any, Any] | None = None,
    *,
    progress: bool = True,
    checkpoint: str | Path | None = None,
) -> xr.Dataset:
    """Trains every run of a grid, each group of like runs as one compiled program over all devices.

    Args:
      config: as default_config gives it; the fields that the grid does not vary.
      grid: axis -> values, e.g. {"model.init_scale": [0.5, 2], "seed": range(8)}, or the same as text (see
        parse_grid); None takes config.grid. No axis at all is one run.
      progress: whether to draw a progress bar on stderr.
      checkpoint: a folder where work is kept, and from which the same sweep goes on; None keeps nothing. Remove
        it when it is not needed any more.

    Returns:
      A Dataset with one dimension per axis and "step". NaN stands where a run had diverged or was stopped. Early
      stopping ends runs that train together, so which of them have later records may depend on the chunks.
      Attributes: compile_seconds, wall_seconds, programs, chunk_runs, diverged_runs, devices.

    Raises:
      UserError: a config or grid that makes no sense, a checkpoint folder of another sweep; nothing has been
        trained then.
    """
    use_all_cores()
    plan = plan_grid(config, grid)
    folder = None if checkpoint is None else Path(checkpoint)
    if folder is not None:
        checkpoints.claim(folder, _fingerprint(plan))
    started = time.perf_counter()
    runs = [len(group.members) for group in plan.groups]
    total = sum(group.schedule.steps * count for group, count in zip(plan.groups, runs, strict=True))
    bar = Progress(total, sum(runs), shown=progress)
    trained, programs, compile_seconds = [], [], 0.0
    for number, group in enumerate(plan.groups):
        bar.compiling(len(group.members))
        began = time.perf_counter()
        own = folder and folder / f"group_{number}"
        chunk_runs = checkpoints.chunk_runs(own) if own else 0
        program = fitted_program(group, plan.execution.mapping, chunk_runs or plan.execution.chunk_runs)
        if own:
            checkpoints.keep_chunk_runs(own, program.runs)
        compile_seconds += time.perf_counter() - began
        programs.append(program)
        bar.training()
        chunks = _chunks(group, program, own)
        parts = [_train_chunk(group, program, chunk, plan.execution.checkpoint_seconds, bar) for chunk in chunks]
        joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        trained.append(GroupRecords(group.members, record_steps(group.schedule), joined))
    bar.close()
    return to_dataset(plan.axes, trained).assign_attrs(
        compile_seconds=compile_seconds,
        wall_seconds=time.perf_counter() - started,
        programs=len(programs),
        diverged_runs=bar.diverged,
        chunk_runs=[program.runs for program in programs],
        devices=f"{jax.device_count()} x {jax.devices()[0].device_kind}",
    )


def check(config: ConfigDict | Mapping[str, Any], grid: str | Mapping[Any, Any] | None = None) -> None:
    """Finds out whether sweep(config, grid) can train, without compiling or training: fields, values, data, shapes.

    Raises:
      UserError: it cannot; one line that says why. (What only a sweep finds out is that memory is too small.)
    """
    use_all_cores()
    for group in plan_grid(config, grid).groups:
        scalars = {name: jax.ShapeDtypeStruct((), dtype) for name, dtype in group.static.traced}
        init = make_run(group.static, group.capacity).init
        state = jax.eval_shape(init, scalars, load_pool(group.static, run_mesh()))
        held = sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(state))
        budget = memory_budget(run_mesh())
        require(
            held <= budget,
            f"one run's data and parameters take {held / 2**30:.1f} GiB; {budget / 2**30:.1f} GiB of a device's memory "
            "may be used; take fewer rows or a smaller model",
        )


def plan_grid(config: ConfigDict | Mapping[str, Any], grid: str | Mapping[Any, Any] | None) -> Plan:
    """A config and its grid, resolved and checked."""
    plain = complete(config.to_dict() if isinstance(config, ConfigDict) else config)
    axes = parse_grid(plain["grid"] if grid is None else grid)
    return Plan(axes, group_runs(expand(plain, axes)), execution_settings(plain))


def _fingerprint(plan: Plan) -> str:
    """Tells one sweep from every other, and the devices it is laid out for."""
    groups = [(*group[:3], {name: values.tolist() for name, values in group.hyper.items()}) for group in plan.groups]
    layout = (plan.axes, groups, plan.execution.mapping, jax.device_count(), jax.default_backend())
    return hashlib.sha256(repr(layout).encode()).hexdigest()


def _chunks(group: Group, program: Program, folder: Path | None) -> Iterator[Chunk]:
    for start in range(0, len(group.members), program.runs):
        stop = min(start + program.runs, len(group.members))
        yield Chunk(slice(start, stop), folder and folder / f"runs_{start}_{stop}")


def _train_chunk(
    group: Group, program: Program, chunk: Chunk, checkpoint_seconds: float, bar: Progress
) -> dict[str, Num[np.ndarray, "runs records"]]:
    """Trains one chunk from its start, or from where its checkpoint stands, to its last record."""
    steps, probed = record_steps(group.schedule), is_probed(group.schedule)
    runs = chunk.members.stop - chunk.members.start
    finished = chunk.folder and checkpoints.load_finished(chunk.folder)
    if finished:
        bar.advance(int(steps[-1]) * runs)
        last = _last_recorded(finished) if group.schedule.stop_when_generalized else -1
        bar.report({name: values[:, last] for name, values in finished.items()}, finished=True)
        return finished

    pool = load_pool(group.static, program.mesh)
    own = {name: values[chunk.members] for name, values in group.hyper.items()}
    hyper = jax.device_put(pad_runs(own, program.runs), per_run(program.mesh))
    moving, fixed = program.init(hyper, pool)
    step, records = 0, []
    saved = chunk.folder and checkpoints.load(chunk.folder, program.moving)
    if saved:
        step, moving = saved.step, saved.moving
        count = next(iter(saved.records.values())).shape[1] if saved.records else 0
        records = [{name: values[:, i] for name, values in saved.records.items()} for i in range(count)]
        bar.advance(step * runs)

    pace, last_saved = 1, time.perf_counter()
    for record, with_probes in list(zip(steps, probed, strict=True))[len(records) :]:
        while step < record:
            count = min(pace, int(record) - step)
            began = time.perf_counter()
            moving = jax.block_until_ready(program.advance(moving, fixed, hyper, pool, *scalars(program, step, count)))
            seconds = time.perf_counter() - began
            step += count
            bar.advance(count * runs)
            pace = max(1, min(10 * pace, int(count * CALL_SECONDS / seconds)))
            if chunk.folder and time.perf_counter() - last_saved > checkpoint_seconds:
                checkpoints.save(chunk.folder, step, moving, _stacked(records))
                last_saved = time.perf_counter()
        state = (moving, fixed, hyper, pool, *scalars(program, step))
        measured = jax.device_get(program.measure(*state))
        if with_probes:
            measured |= jax.device_get(program.probe(*state))
        records.append({name: values[:runs] for name, values in measured.items()})
        bar.report(records[-1])
        settled = has_generalized(records[-1]) | has_diverged(records[-1])
        if group.schedule.stop_when_generalized and settled.all():
            if not with_probes:
                probes = jax.device_get(program.probe(*state))
                records[-1] |= {name: values[:runs] for name, values in probes.items()}
            bar.advance((int(steps[-1]) - step) * runs)
            break
    bar.report(records[-1], finished=True)
    stacked = _stacked(records, len(steps))
    if chunk.folder:
        checkpoints.save_finished(chunk.folder, stacked)
    return stacked


def _last_recorded(records: Mapping[str, np.ndarray]) -> int:
    """The place of the last record before the NaN of an early stop."""
    recorded = np.isfinite(records["weight_norm"]).any(axis=0)
    return int(np.flatnonzero(recorded)[-1]) if recorded.any() else 0


def scalars(program: Program, *values: int) -> tuple[jax.Array, ...]:
    """Whole numbers on every device of a program."""
    return tuple(jax.device_put(np.int32(value), shared(program.mesh)) for value in values)


def _stacked(records: list[dict[str, np.ndarray]], length: int | None = None) -> dict[str, np.ndarray]:
    """Records as (runs, records) arrays: NaN where a probe was not measured, and up to `length` after an early stop."""
    if not records:
        return {}
    runs = next(iter(records[0].values())).shape[0]
    missing = [{}] * ((length or len(records)) - len(records))
    absent = np.full(runs, np.nan, np.float32)
    return {
        name: np.stack([record.get(name, absent) for record in (*records, *missing)], axis=1) for name in records[0]
    }
