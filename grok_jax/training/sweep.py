"""A grid of runs, trained group by group: one labelled result."""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
import xarray as xr
from ml_collections import ConfigDict

from grok_jax.errors import require
from grok_jax.memory import free_memory, in_words
from grok_jax.training import checkpoints
from grok_jax.training.chunks import Keeping, train_group
from grok_jax.training.devices import memory_budget, run_mesh, start_jax
from grok_jax.training.identity import identity, require_sure
from grok_jax.training.plan import Plan, plan_grid
from grok_jax.training.probes import ALWAYS, PROBES, Probed
from grok_jax.training.program import fitted_program
from grok_jax.training.progress import Progress
from grok_jax.training.records import GroupRecords, to_dataset
from grok_jax.training.schedule import record_steps
from grok_jax.training.validation import require_labels, require_readable, validate

COPIES = 3  # of the records: as they come, joined, and in the Dataset


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
      checkpoint: a folder where work is kept, and from which the same sweep goes on; None keeps nothing. A signal
        that ends the process waits until the work is saved there. Remove it when it is not needed any more.

    Returns:
      A Dataset with one dimension per axis and "step". NaN stands where a run had diverged or had ended early.
      Attributes: compile_seconds, wall_seconds, programs, chunk_runs, diverged_runs, devices, outputs (of a network,
      the most of all runs). Sweeps over different values of an axis join as
      xarray.combine_by_coords([a, b], combine_attrs="drop_conflicts"): times differ.

    Raises:
      UserError: a config or grid that makes no sense, a checkpoint folder of another sweep, or one in which another
        process or thread is at work; nothing has been trained then. Or the folder cannot be written to; what was
        saved before is kept.
    """
    start_jax()
    named = checkpoint is None or (isinstance(checkpoint, str | os.PathLike) and str(checkpoint) != "")
    require(named, f"checkpoint is {checkpoint!r}; it must be a folder, or None")
    plan = plan_grid(config, grid)
    outputs = require_trainable(plan)
    if checkpoint is None:
        return _train(plan, progress, None).assign_attrs(outputs=outputs)
    own = identity(plan)
    require_sure(plan)
    folder = Path(os.path.expanduser(checkpoint))
    with checkpoints.locked(folder):
        checkpoints.claim(folder, own)
        keeping = Keeping(folder, plan.execution.checkpoint_seconds, own)
        return _train(plan, progress, keeping).assign_attrs(outputs=outputs)


def _train(plan: Plan, progress: bool, keeping: Keeping | None) -> xr.Dataset:
    started = time.perf_counter()
    runs = [len(group.members) for group in plan.groups]
    total = sum(group.schedule.steps * count for group, count in zip(plan.groups, runs, strict=True))
    bar = Progress(total, sum(runs), shown=progress)
    trained, programs, compile_seconds = [], [], 0.0
    for number, group in enumerate(plan.groups):
        bar.compiling(len(group.members))
        began = time.perf_counter()
        own = keeping and keeping._replace(folder=keeping.folder / f"group_{number}")
        chunk_runs = checkpoints.chunk_runs(own.folder) if own else 0
        program = fitted_program(group, plan.execution.mapping, chunk_runs or plan.execution.chunk_runs)
        compile_seconds += time.perf_counter() - began
        programs.append(program)
        bar.training()
        recorded = train_group(group, program, own, bar)
        trained.append(GroupRecords(group.members, record_steps(group.schedule), recorded))
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
    start_jax()
    require_trainable(plan_grid(config, grid))


def require_trainable(plan: Plan, read: Callable[[Probed], Any] | None = None) -> int:
    """Raises UserError where a group of a plan's runs cannot train, before anything compiles.

    Args:
      plan: the runs.
      read: what is to be read off them by `observe`, if anything.

    Returns:
      The number of outputs of a network, the most of all groups.
    """
    _require_room_for_records(plan)
    outputs = []
    for group in plan.groups:
        runs = len(group.members)
        mesh = run_mesh(min(plan.execution.chunk_runs, runs) or runs)
        found = validate(group, mesh)
        held = sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(found.state))
        budget = memory_budget(mesh)
        require(
            held <= budget,
            f"one run's data and parameters take {in_words(held)}; {in_words(budget)} of a device's memory may be "
            "used; take fewer rows or a smaller model",
        )
        if read is not None:
            require_readable(group, mesh, found, read)
        require_labels(group, mesh, found)  # Last: it draws examples.
        outputs.append(found.outputs)
    return max(outputs)


def _require_room_for_records(plan: Plan) -> None:
    """Raises UserError where what the runs record does not fit this machine's memory."""
    runs = sum(len(group.members) for group in plan.groups)
    records = len(np.unique(np.concatenate([record_steps(group.schedule) for group in plan.groups])))
    probes = {probe for group in plan.groups for probe in dict(group.static.training)["probes"]}
    names = len(ALWAYS) + sum(len(PROBES[probe].variables) for probe in probes)
    needed, room = COPIES * 4 * runs * records * names, free_memory()
    require(
        needed <= room,
        f"{runs:,} runs of {records:,} records of {names} numbers take {in_words(needed)}; {in_words(room)} are free; "
        "ask for fewer training.records or runs",
    )
