"""Runs that train together, from their start or from a checkpoint, to their last record."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Bool, Num

from grok_jax.training import checkpoints
from grok_jax.training.devices import pad_runs, per_run, shared
from grok_jax.training.grid import Group
from grok_jax.training.interrupts import held
from grok_jax.training.program import Program, load_pool
from grok_jax.training.progress import Progress
from grok_jax.training.schedule import has_diverged, has_generalized, is_probed, record_steps

CALL_SECONDS = 1.0  # how long one call into a compiled program should take, so that progress moves and stops are prompt

Record = dict[str, Num[np.ndarray, " runs"]]
Records = dict[str, Num[np.ndarray, "runs records"]]


class Keeping(NamedTuple):
    """Where the work of a group is kept, how often, and the identity of its sweep."""

    folder: Path
    seconds: float
    identity: Mapping[str, Any]


class Followed(NamedTuple):
    """How the runs of a chunk stand after a record."""

    open: Bool[np.ndarray, " runs"]  # not ended early
    latest: Record  # what each run recorded last


def train_group(group: Group, program: Program, keeping: Keeping | None, bar: Progress) -> Records:
    """Trains the runs of a group, as many at a time as the program holds, and returns what they recorded."""
    parts = []
    for start in range(0, len(group.members), program.runs):
        stop = min(start + program.runs, len(group.members))
        own = keeping and keeping._replace(folder=keeping.folder / f"runs_{start}_{stop}")
        parts.append(_train(group, program, slice(start, stop), own, bar))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def scalars(program: Program, *values: int) -> tuple[jax.Array, ...]:
    """Whole numbers on every device of a program."""
    return tuple(jax.device_put(np.int32(value), shared(program.mesh)) for value in values)


def _train(group: Group, program: Program, members: slice, keeping: Keeping | None, bar: Progress) -> Records:
    """Trains one chunk to its last record, or to where all of its runs have ended."""
    steps, ends_early = record_steps(group.schedule), group.schedule.stop_when_generalized
    runs = members.stop - members.start
    finished = keeping and checkpoints.load_finished(keeping.folder, keeping.identity)
    if finished:
        bar.advance(int(steps[-1]) * runs)
        bar.report(_follow_all(_each(finished), runs, ends_early).latest, finished=True)
        return dict(finished)

    pool = load_pool(group.static, program.mesh)
    own = {name: values[members] for name, values in group.hyper.items()}
    hyper = jax.device_put(pad_runs(own, program.runs), per_run(program.mesh))
    moving, fixed = program.init(hyper, pool)
    step, records = 0, []
    saved = keeping and checkpoints.load(keeping.folder, keeping.identity, program.moving)
    if saved:
        step, moving, records = saved.step, saved.moving, _each(saved.records)
        bar.advance(step * runs)
    followed = _follow_all(records, runs, ends_early)

    def measured(probes: bool) -> Record:
        state = (moving, fixed, hyper, pool, *scalars(program, step))
        values = jax.device_get(program.probe(*state) if probes else program.measure(*state))
        return {name: value[:runs] for name, value in values.items()}

    pace, last_saved = 1, time.perf_counter()
    to_come = list(zip(steps, is_probed(group.schedule), strict=True))[len(records) :]
    with held(keeping is not None) as signals:
        for record, with_probes in to_come:
            while step < record:
                count = min(pace, int(record) - step)
                began = time.perf_counter()
                moving = jax.block_until_ready(
                    program.advance(moving, fixed, hyper, pool, *scalars(program, step, count))
                )
                seconds = time.perf_counter() - began
                step += count
                bar.advance(count * runs)
                pace = max(1, min(10 * pace, int(count * CALL_SECONDS / seconds)))
                if keeping and (signals.pending or time.perf_counter() - last_saved > keeping.seconds):
                    checkpoints.save(keeping.folder, keeping.identity, step, moving, _stacked(records))
                    last_saved = time.perf_counter()
                signals.deliver()
            latest = measured(probes=False)
            ending = followed.open & _has_settled(latest) & ends_early
            if with_probes:
                latest |= measured(probes=True)
            elif ending.any():  # a run that ends is probed where it ends, the others are not
                latest |= _only(ending, measured(probes=True))
            records.append(_only(followed.open, latest))
            followed = _follow(followed, records[-1], ends_early)
            bar.report(followed.latest)
            if not followed.open.any():
                bar.advance((int(steps[-1]) - step) * runs)
                break
        bar.report(followed.latest, finished=True)
        stacked = _stacked(records, len(steps))
        if keeping:
            checkpoints.save_finished(keeping.folder, keeping.identity, stacked)
    return stacked


def _has_settled(record: Record) -> Bool[np.ndarray, " runs"]:
    return has_generalized(record) | has_diverged(record)


def _follow_all(records: list[Record], runs: int, ends_early: bool) -> Followed:
    followed = Followed(np.ones(runs, bool), {})
    for record in records:
        followed = _follow(followed, record, ends_early)
    return followed


def _follow(followed: Followed, record: Record, ends_early: bool) -> Followed:
    """Takes in a record: a run that has settled ends with it, whatever the others do."""
    latest = {
        name: np.where(followed.open, values, followed.latest.get(name, values)) for name, values in record.items()
    }
    settled = _has_settled(record) if ends_early else False
    return Followed(followed.open & ~np.asarray(settled), {**followed.latest, **latest})


def _only(chosen: Bool[np.ndarray, " runs"], record: Record) -> Record:
    """The values of the chosen runs, NaN for the others."""
    return {name: np.where(chosen, values, np.nan).astype(values.dtype) for name, values in record.items()}


def _each(records: Mapping[str, np.ndarray]) -> list[Record]:
    """Stacked records, one by one."""
    count = next(iter(records.values())).shape[1] if records else 0
    return [{name: values[:, i] for name, values in records.items()} for i in range(count)]


def _stacked(records: list[Record], length: int | None = None) -> Records:
    """Records as (runs, records) arrays: NaN where a probe was not measured, and up to `length` after an early end."""
    if not records:
        return {}
    runs = next(iter(records[0].values())).shape[0]
    missing = [{}] * ((length or len(records)) - len(records))
    absent = np.full(runs, np.nan, np.float32)
    # Probes first come where the first run ends, where the first record of all is not probed.
    names = dict.fromkeys(name for record in records for name in record)
    return {name: np.stack([record.get(name, absent) for record in (*records, *missing)], axis=1) for name in names}
