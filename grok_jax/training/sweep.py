"""Trains a grid of runs, group by group, and returns one labeled result."""

import hashlib
import json
import math
import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import jax
import numpy as np
import xarray as xr
from jaxtyping import Int
from ml_collections import ConfigDict

from grok_jax.environment import environment, own_devices
from grok_jax.errors import require, written
from grok_jax.fingerprint import array_hash
from grok_jax.memory import bytes_of, free_memory, in_words
from grok_jax.training import checkpoints
from grok_jax.training.chunks import Keeping, Start, Work, train_group
from grok_jax.training.devices import RUN, memory_budget, run_mesh, start_jax
from grok_jax.training.dynamics import Moving
from grok_jax.training.identity import experiment, identity, require_sure
from grok_jax.training.kept import (
    Fork,
    Keep,
    Kept,
    KeptGroup,
    bytes_kept,
    deciding_fields,
    forked,
    keep_of,
    require_like,
)
from grok_jax.training.labels import require_labels
from grok_jax.training.listening import OnRecord, teller
from grok_jax.training.metrics import ALWAYS, Probed, described
from grok_jax.training.plan import Group, Plan, plan_grid
from grok_jax.training.program import fitted_program, stages_of_training
from grok_jax.training.progress import Progress
from grok_jax.training.records import ENDS, GroupRecords, to_dataset
from grok_jax.training.run import Run
from grok_jax.training.schedule import record_steps
from grok_jax.training.shards import (
    DEVICE,
    Shard,
    chosen_runs,
    run_costs,
    shard_identity,
    shard_of,
    slice_of,
    to_part,
)
from grok_jax.training.validation import Found, require_axes_are_read, require_readable, validate

OF_THE_START = frozenset({"model.init_scale", "model.seed", "model.solution_share"})  # not read if weights are given
COPIES = 3  # copies of the records in memory: as recorded, joined, and in the Dataset


def sweep(
    run: Run | ConfigDict | Mapping[str, Any],
    grid: str | Mapping[Any, Any] | None = None,
    *,
    progress: bool = True,
    checkpoint: str | Path | None = None,
    execution: Mapping[str, Any] | None = None,
    keep_params: str | int | Iterable[int] | None = None,
    keep_state: bool = False,
    start: Any = None,
    shard: str | tuple[int, int] | None = None,
    on_record: OnRecord | None = None,
) -> Any:
    """Trains every run of a grid; runs with the same structure share one compiled program over all devices.

    Args:
      run: a Run, or a config such as default_config returns; it sets the fields that the grid does not vary.
      grid: axis -> values, e.g. {"model.init_scale": [0.5, 2], "seed": range(8)}, or the same as text (see
        parse_grid); None takes the config's grid. Without any axis, there is one run.
      progress: whether to draw a progress bar on stderr.
      checkpoint: a folder where work is saved, and from which the same sweep resumes; None saves nothing. A signal
        that ends the process waits until the work is saved there. Delete the folder when you no longer need it.
      execution: how the grid of a Run runs (mapping, chunk_runs, checkpoint_seconds, capacity); a config has its own.
      keep_params: steps at which to keep the weights of every run, or "last"; sweep then returns (Dataset, Kept).
      keep_state: whether to keep the optimizer state too, which a fork needs.
      start: weights to use as w_0 of every run; or kept.fork(step), to continue from there, bit for bit.
      shard: (i, n) or "i/n" trains only the i-th of n slices of the grid, with i from 1 to n; see grok_jax.merge.
      on_record: a function (step, records) that is called on the host at each record; it changes no number. `records`
        is a Dataset of the runs that train together and have not ended, over "run", with the fields of the axes as
        coordinates. Each chunk of runs starts again from its first step. If the function raises, training goes on
        without it, with one warning. After a stop, the records since the last save come again, earlier ones do not.

    Returns:
      A Dataset with one dimension per axis and "step". Values are NaN once a run has diverged or ended early;
      final_step and diverged give each run's last step and whether it diverged.
      Attributes: compile_seconds, wall_seconds, programs, chunk_runs, diverged_runs, devices, outputs (of a network,
      the maximum over runs); and as JSON config, versions, git_revision and experiment. To join sweeps of the same
      experiment (see training.identity) over different values of an axis, call
      xarray.combine_by_coords([a, b], combine_attrs="drop_conflicts"), because their times differ.
      A shard has the dimension "run" in place of the axes, whose values are coordinates along it.

    Raises:
      UserError: the config or grid is invalid, or the checkpoint folder belongs to a different sweep or is in use by
        another process or thread; nothing has been trained then. Or the folder cannot be written to; what was
        saved before is kept.
    """
    start_jax()
    told = f"on_record is {written(on_record)}; it must be a function (step, records), or None"
    require(on_record is None or callable(on_record), told)
    how = _How(progress, checkpoint, keep_params, keep_state, start, on_record)
    if shard is None:
        return _swept(plan_grid(run, grid, execution), how)
    given = shard_of(shard)
    require(keep_params is None, "keep_params= keeps the weights of a whole grid; leave it out with shard=")
    plan = plan_grid(run, grid, execution)
    return _swept(plan, how, _slicing(plan, given), shard_identity(given, plan))


def sweep_runs(
    config: ConfigDict, places: Int[np.ndarray, " runs"], name: str, *, progress: bool, checkpoint: Path
) -> xr.Dataset:
    """Trains the runs at some places of a config's flattened grid, as sweep trains a shard.

    Args:
      config: has the whole grid.
      places: the runs.
      name: the name of this part of the grid in the results.
      progress, checkpoint: as for sweep.

    Raises:
      UserError: as for sweep.
    """
    start_jax()
    plan, own = plan_grid(config), {"runs": array_hash(places)}
    how = _How(progress, checkpoint, None, False, None, None)
    return _swept(plan, how, lambda found: chosen_runs(plan, places, name), own)


class _How(NamedTuple):
    """The arguments of sweep that do not choose runs."""

    progress: bool
    checkpoint: str | Path | None
    keep_params: Any
    keep_state: bool
    start: Any
    on_record: OnRecord | None


def _swept(
    whole: Plan,
    how: _How,
    choose: Callable[[list[Found]], Plan] | None = None,
    chosen_by: Mapping[str, Any] = MappingProxyType({}),
) -> Any:
    """Trains a grid, or the part of it that `choose` takes, which `chosen_by` identifies."""
    checkpoint, start = how.checkpoint, how.start
    named = checkpoint is None or (isinstance(checkpoint, str | os.PathLike) and str(checkpoint) != "")
    require(named, f"checkpoint is {checkpoint!r}; it must be a folder, or None")
    every = _validated(whole)
    plan, found = _chosen(whole, every, choose)
    first = start.step if isinstance(start, Fork) else 0
    ways = _Ways(keep_of(how.keep_params, how.keep_state, plan, first), start, found, how.on_record)
    _require_room_for_weights(plan, ways)
    starts = [_start_of(ways, plan, group, each) for group, each in zip(plan.groups, found, strict=True)]
    if start is not None and not isinstance(start, Fork):
        require_axes_are_read(whole, every, but=OF_THE_START)
    if checkpoint is None:
        trained = _train(plan, how.progress, None, ways, starts)
    else:
        own = {**identity(whole), **chosen_by, **_identity_of(ways, starts)}
        require_sure(whole)
        folder = Path(os.path.expanduser(checkpoint))
        with checkpoints.locked(folder):
            checkpoints.claim(folder, own)
            keeping = Keeping(folder, plan.execution.checkpoint_seconds, own)
            trained = _train(plan, how.progress, keeping, ways, starts)
    return _results(whole, *trained, max(each.outputs for each in every))


def _slicing(plan: Plan, shard: Shard) -> Callable[[list[Found]], Plan]:
    """What validation found out -> the runs of a shard."""
    return lambda found: slice_of(plan, shard, run_costs(plan, found))


def _chosen(whole: Plan, every: list[Found], choose: Callable[[list[Found]], Plan] | None) -> tuple[Plan, list[Found]]:
    """The part of a grid that `choose` takes, and what validation found out about its groups."""
    plan = choose(every) if choose else whole
    of_group = {(group.form, group.schedule): each for group, each in zip(whole.groups, every, strict=True)}
    found = [of_group[group.form, group.schedule] for group in plan.groups]
    _require_room_for_records(plan, found)
    return plan, found


class _Ways(NamedTuple):
    """What a sweep keeps and starts from, what validation found out, and who hears of records."""

    keep: Keep | None
    start: Any
    found: list[Found]
    on_record: OnRecord | None


def _results(plan: Plan, dataset: xr.Dataset, kept: Kept | None, outputs: int) -> Any:
    about = environment()
    told = {"config": plan.config, "experiment": experiment(plan)}
    told |= {name: about[name] for name in ("versions", "git_revision")}
    dataset = dataset.assign_attrs(outputs=outputs, **{name: json.dumps(value) for name, value in told.items()})
    return dataset if kept is None else (dataset, kept)


def _start_of(ways: _Ways, plan: Plan, group: Group, found: Found) -> Start:
    """Checks and returns what a group's runs start from."""
    if ways.start is None:
        return Start()
    moving, _ = found.state
    if not isinstance(ways.start, Fork):
        require_like(ways.start, moving.params, "parameters")
        cast = jax.tree.map(lambda given, like: np.asarray(given, like.dtype), ways.start, moving.params)
        return Start(params=cast)
    params, opt_state = forked(ways.start, plan, group)
    require(
        ways.start.step <= group.schedule.steps,
        f"start= goes on from step {ways.start.step}; training.steps is {group.schedule.steps}",
    )
    one = jax.tree.map(lambda leaf: leaf[0], Moving(params, opt_state))
    require_like(one.params, moving.params, "parameters")
    require_like(one.opt_state, moving.opt_state, "an optimizer's state")
    return Start(
        ways.start.step,
        Moving(params, jax.tree.unflatten(jax.tree.structure(moving.opt_state), jax.tree.leaves(opt_state))),
    )


def _identity_of(ways: _Ways, starts: list[Start]) -> dict[str, str]:
    """Identifies what is kept and what the runs start from, since both determine what a checkpoint contains."""
    own = {} if ways.keep is None else {"kept weights": repr(tuple(ways.keep))}
    if ways.start is not None:
        hashes = [array_hash(leaf) for leaf in jax.tree.leaves(starts)]
        own["start"] = hashlib.sha256(" ".join(hashes).encode()).hexdigest()
    return own


def _require_room_for_weights(plan: Plan, ways: _Ways) -> None:
    """Raises UserError if the kept weights do not fit in this machine's memory."""
    each = (bytes_kept(ways.keep, found.state[0]) for found in ways.found)
    needed = sum(size * len(group.members) for size, group in zip(each, plan.groups, strict=True))
    room = free_memory()
    require(
        2 * needed <= room,  # two copies: as they arrive, and joined
        f"the weights to keep take {in_words(2 * needed)}; {in_words(room)} are free; keep fewer steps or runs",
    )


def _train(
    plan: Plan, progress: bool, keeping: Keeping | None, ways: _Ways, starts: list[Start]
) -> tuple[xr.Dataset, Kept | None]:
    started = time.perf_counter()
    runs = [len(group.members) for group in plan.groups]
    total = sum(
        (group.schedule.steps - start.step) * count
        for group, start, count in zip(plan.groups, starts, runs, strict=True)
    )
    bar = Progress(total, sum(runs), shown=progress)
    told = (described(g.form.bare.metrics, each.owners) for g, each in zip(plan.groups, ways.found, strict=True))
    words = {name: variable for each in told for name, variable in each.items()}
    tell = ways.on_record and teller(ways.on_record, plan, words)
    trained, kept, programs, compile_seconds = [], [], [], 0.0
    for number, (group, start) in enumerate(zip(plan.groups, starts, strict=True)):
        bar.compiling(len(group.members))
        began = time.perf_counter()
        own = keeping and keeping._replace(folder=keeping.folder / f"group_{number}")
        chunk_runs = checkpoints.chunk_runs(own.folder) if own else 0
        uses = stages_of_training(group, start.params is not None)
        program = fitted_program(group, plan.execution.mapping, chunk_runs or plan.execution.chunk_runs, uses)
        compile_seconds += time.perf_counter() - began
        programs.append(program)
        bar.training()
        done = train_group(Work(group, program, start, ways.keep, tell), own, bar)
        steps = record_steps(group.schedule)
        trained.append(GroupRecords(group.members, steps[steps >= start.step], *done[:3]))
        if ways.keep is not None:
            weights = done.kept if ways.keep.state else Moving(done.kept, None)
            kept.append(KeptGroup(group.members, weights.params, weights.opt_state))
    bar.close()
    dataset = to_part(plan, trained, words) if plan.part else to_dataset(plan.axes, trained, words)
    dataset = dataset.assign_attrs(
        compile_seconds=compile_seconds,
        wall_seconds=time.perf_counter() - started,
        programs=len(programs),
        diverged_runs=bar.diverged,
        chunk_runs=[program.runs for program in programs],
        devices=own_devices(),
    )
    if ways.keep is None:
        return dataset, None
    return dataset, Kept(plan.axes, ways.keep.steps, tuple(kept), deciding_fields(plan))


def check(
    run: Run | ConfigDict | Mapping[str, Any],
    grid: str | Mapping[Any, Any] | None = None,
    *,
    shard: str | tuple[int, int] | None = None,
) -> None:
    """Checks whether sweep(run, grid, shard=shard) can train, without compiling: fields, values, data, shapes, memory.

    Raises:
      UserError: it cannot train; one line says why. (Only a sweep can find out that a program needs too much memory.)
    """
    start_jax()
    plan = plan_grid(run, grid)
    _chosen(plan, _validated(plan), None if shard is None else _slicing(plan, shard_of(shard)))


def require_trainable(plan: Plan, read: Callable[[Probed], Any] | None = None) -> list[Found]:
    """Raises UserError if a group of a plan's runs cannot train, before anything compiles.

    Args:
      plan: the runs.
      read: the function that `observe` will apply to them, if any.

    Returns:
      What validation found out about each group.
    """
    every = _validated(plan, read)
    _require_room_for_records(plan, every)
    return every


def _validated(plan: Plan, read: Callable[[Probed], Any] | None = None) -> list[Found]:
    """As require_trainable, for a grid whose records need not fit in memory together."""
    every = []
    for group in plan.groups:
        runs = len(group.members)
        mesh = run_mesh(min(plan.execution.chunk_runs, runs) or runs)
        found = validate(group, mesh)
        held = bytes_of(found.state)
        budget = memory_budget(mesh)
        require(
            held <= budget,
            f"one run's data and parameters take {in_words(held)}; {in_words(budget)} of a device's memory may be "
            "used; take fewer rows or a smaller model",
        )
        if read is not None:
            require_readable(group, mesh, found, read)
        require_labels(group, mesh, found)  # last, because it draws examples
        every.append(found)
    _require_equal_shapes(plan, every)
    require_axes_are_read(plan, every)
    return every


def _require_free_names(plan: Plan, every: list[Found]) -> None:
    """Raises UserError if the name of a metric's variable or dimension is already taken in the results."""
    taken = {"step", RUN, DEVICE, *ENDS, *(name for axis in plan.axes for name in (axis.name, *axis.fields))}
    sizes: dict[str, int] = {}
    for group, found in zip(plan.groups, every, strict=True):
        words = described(group.form.bare.metrics, found.owners)
        for name, shape in found.measured.items():
            for dim, size in ((name, None), *zip(words[name].dims, shape, strict=False)):
                require(dim not in taken, f"a metric gives {dim!r}, which the results already have; give another name")
                known = sizes.setdefault(dim, size) if size is not None else size
                require(known == size, f"metrics have a dimension {dim!r} of sizes {known} and {size}; give two names")


def _require_equal_shapes(plan: Plan, every: list[Found]) -> None:
    """Raises UserError if the runs' records differ in shape, or have a name that is taken."""
    shapes: dict[str, tuple[int, ...]] = {}
    _require_free_names(plan, every)
    for found in every:
        for name, shape in found.measured.items():
            known = shapes.setdefault(name, shape)
            require(
                known == shape,
                f"metric {name!r} has shape {known} for some runs of the grid and {shape} for others; it must be the "
                "same for all",
            )


def _require_room_for_records(plan: Plan, every: list[Found]) -> None:
    """Raises UserError if the runs' records do not fit in this machine's memory."""
    shapes = {name: shape for found in every for name, shape in found.measured.items()}
    runs = sum(len(group.members) for group in plan.groups)
    records = len(np.unique(np.concatenate([record_steps(group.schedule) for group in plan.groups])))
    names = len(ALWAYS) + sum(math.prod(shape) for shape in shapes.values())
    needed, room = COPIES * 4 * runs * records * names, free_memory()
    require(
        needed <= room,
        f"{runs:,} runs of {records:,} records of {names} numbers take {in_words(needed)}; {in_words(room)} are free; "
        "ask for fewer training.records or runs",
    )
