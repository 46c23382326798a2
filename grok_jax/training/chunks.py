"""Trains runs that share a program, from their start or from a checkpoint, to their last record."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Int, Num

from grok_jax.training import checkpoints
from grok_jax.training.devices import pad_runs, per_run, shared
from grok_jax.training.interrupts import held
from grok_jax.training.kept import LAST, Keep
from grok_jax.training.listening import Tell
from grok_jax.training.plan import Group
from grok_jax.training.program import Program, load_pool
from grok_jax.training.progress import Progress
from grok_jax.training.schedule import has_diverged, has_generalized, is_probed, record_steps

KEPT = "kept weights "  # prefix of the names of kept weights in a checkpoint
CALL_SECONDS = 1.0  # target for one call into a compiled program, so that progress moves and stops are prompt
# A call reads and writes the state of all its runs and draws the batches of a whole block of steps (dynamics.BLOCK),
# which takes up to half as long as a step. With hundreds of runs only a few steps take a second, so a call takes this
# many steps at least, unless they would take too long.
FEWEST_STEPS, LONGEST_CALL = 32, 10.0

Record = dict[str, Num[np.ndarray, "runs ..."]]
Records = dict[str, Num[np.ndarray, "runs records ..."]]


class Keeping(NamedTuple):
    """Where and how often the work of a group is saved, and the identity of its sweep."""

    folder: Path
    seconds: float
    identity: Mapping[str, Any]


class Followed(NamedTuple):
    """The status of a chunk's runs after a record."""

    open: Bool[np.ndarray, " runs"]  # whether each run has not ended early
    latest: Record  # the last record of each run
    records: Int[np.ndarray, " runs"]  # number of records of each run, up to its end


class Trained(NamedTuple):
    """What a group of runs, or a chunk of it, recorded and kept."""

    records: Records
    final_step: Int[np.ndarray, " runs"]  # the last step that each run recorded
    diverged: Bool[np.ndarray, " runs"]
    kept: Any  # Moving (or its params) of each run, leaves (runs, kept steps, ...); None if nothing is kept


class Start(NamedTuple):
    """What the runs of a group start from, if not from a new initialization.

    Attributes:
      step: the number of the next step.
      moving: the state to continue from at that step, leaves (runs, ...); None makes a new state from `params`.
      params: weights to use as w_0 of every run; None draws w_0.
    """

    step: int = 0
    moving: Any = None
    params: Any = None


class Work(NamedTuple):
    """A group of runs to train.

    Attributes:
      group, program: the runs, and their compiled program.
      start: what they start from.
      keep: which weights to return.
      tell: hears of each record; None tells nobody.
    """

    group: Group
    program: Program
    start: Start
    keep: Keep | None
    tell: Tell | None


def train_group(work: Work, keeping: Keeping | None, bar: Progress) -> Trained:
    """Trains the runs of a group, as many at a time as the program holds.

    Args:
      work: the runs.
      keeping: where finished work is saved; None saves nothing.
      bar: the progress bar.
    """
    parts, count = [], len(work.group.members)
    for first in range(0, count, work.program.runs):
        stop = min(first + work.program.runs, count)
        own = keeping and keeping._replace(folder=keeping.folder / f"runs_{first}_{stop}")
        parts.append(_train(work, slice(first, stop), own, bar))
    records = {name: np.concatenate([part.records[name] for part in parts]) for name in parts[0].records}
    kept = work.keep and jax.tree.map(lambda *leaves: np.concatenate(leaves), *(part.kept for part in parts))
    final_step, diverged = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("final_step", "diverged")
    )
    return Trained(records, final_step, diverged, kept)


def scalars(program: Program, *values: int) -> tuple[jax.Array, ...]:
    """Puts whole numbers on every device of a program."""
    return tuple(jax.device_put(np.int32(value), shared(program.mesh)) for value in values)


def pace_after(pace: int, count: int, seconds: float) -> int:
    """How many steps the next call takes.

    Args:
      pace: how many the last call was to take at most; the next takes ten times as many at most.
      count, seconds: how many the last call took, and how long.
    """
    rate = count / seconds
    wanted = max(CALL_SECONDS * rate, min(FEWEST_STEPS, LONGEST_CALL * rate))
    return max(1, min(10 * pace, int(wanted)))


def _train(work: Work, members: slice, keeping: Keeping | None, bar: Progress) -> Trained:
    """Trains one chunk to its last record, or until all of its runs have ended."""
    group, program, start, keep, tell = work
    steps, ends_early = record_steps(group.schedule), group.schedule.stop_when_generalized
    probed = dict(zip(steps.tolist(), is_probed(group.schedule).tolist(), strict=True))
    probed = {step: with_probes for step, with_probes in probed.items() if step >= start.step}
    runs = members.stop - members.start
    held_weights = _Weights(keep, program.moving, runs)
    finished = keeping and checkpoints.load_finished(keeping.folder, keeping.identity)
    if finished:
        recorded, kept = held_weights.taken_from(finished)
        bar.advance((int(steps[-1]) - start.step) * runs)
        followed = _follow_all(_each(recorded), runs, ends_early)
        bar.report(followed.latest, finished=True)
        return Trained(recorded, *_ends(followed, list(probed)), kept)

    pool = load_pool(group.form, program.mesh)
    own = {name: values[members] for name, values in group.hyper.items()}
    hyper = jax.device_put(pad_runs(own, program.runs), per_run(program.mesh))
    if start.params is None:
        moving, fixed = program.stages.init(hyper, pool)
    else:
        moving, fixed = program.stages.started(hyper, pool, jax.device_put(start.params, shared(program.mesh)))
    if start.moving is not None:
        given = jax.tree.map(lambda leaf: leaf[members], start.moving)
        moving = jax.device_put(pad_runs(given, program.runs), per_run(program.mesh))
    step = start.step
    records: list[Record] = []
    saved = keeping and checkpoints.load(keeping.folder, keeping.identity, program.moving)
    if saved:
        step, moving = saved.step, saved.moving
        before, _ = held_weights.taken_from(saved.records)
        records = _each(before)
        bar.advance((step - start.step) * runs)
    followed = _follow_all(records, runs, ends_early)

    def measured(stage: Callable | None) -> Record:
        if stage is None:  # there are no metrics
            return {}
        values = jax.device_get(stage(moving, fixed, hyper, pool, *scalars(program, step)))
        return {name: value[:runs] for name, value in values.items()}

    pace, last_saved = 1, time.perf_counter()
    to_record = list(probed)[len(records) :]
    with held(keeping is not None) as signals:
        for stop in sorted({*to_record, *held_weights.to_come()}):
            while step < stop:
                count = min(pace, stop - step)
                began = time.perf_counter()
                moving = jax.block_until_ready(
                    program.stages.advance(moving, fixed, hyper, pool, *scalars(program, step, count))
                )
                seconds = time.perf_counter() - began
                step += count
                bar.advance(count * runs)
                pace = pace_after(pace, count, seconds)
                if keeping and (signals.pending or time.perf_counter() - last_saved > keeping.seconds):
                    arrays = _stacked(records) | held_weights.arrays()
                    checkpoints.save(keeping.folder, keeping.identity, step, moving, arrays)
                    last_saved = time.perf_counter()
                signals.deliver()
            held_weights.keep_at(step, moving, followed.open)
            if stop not in to_record:
                continue
            latest = measured(program.stages.measure)
            ending = followed.open & _has_settled(latest) & ends_early
            if probed[stop]:
                latest |= measured(program.stages.probe)
            elif ending.any():  # only the runs that end here are probed here
                latest |= _only(ending, measured(program.stages.probe))
            records.append(_only(followed.open, latest))
            if tell is not None:
                told = {name: values[followed.open] for name, values in records[-1].items()}
                tell(stop, group.members[members][followed.open], told)
            held_weights.keep_last(moving, ending if stop < to_record[-1] else followed.open)
            followed = _follow(followed, records[-1], ends_early)
            bar.report(followed.latest)
            if not followed.open.any():
                bar.advance((int(steps[-1]) - step) * runs)
                break
        bar.report(followed.latest, finished=True)
        stacked = _stacked(records, len(probed))
        if keeping:
            checkpoints.save_finished(keeping.folder, keeping.identity, stacked | held_weights.arrays())
    return Trained(stacked, *_ends(followed, list(probed)), held_weights.tree())


def _ends(followed: Followed, steps: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """The step of each run's last record, and whether the run had diverged by then."""
    return np.asarray(steps)[followed.records - 1], has_diverged(followed.latest)


class _Weights:
    """A chunk's kept weights, on the host: leaves (runs, kept steps, ...), NaN where a run had already ended."""

    def __init__(self, keep: Keep | None, moving: Any, runs: int) -> None:
        self.keep, self.runs, self.done, self.leaves, self.structure = keep, runs, 0, [], None
        if keep is None:
            return
        like = moving if keep.state else moving.params
        flat, self.structure = jax.tree.flatten(like)
        self.leaves = [_blank((runs, len(keep.steps), *leaf.shape[1:]), leaf.dtype) for leaf in flat]

    def to_come(self) -> tuple[Any, ...]:
        """The remaining steps at which to keep weights."""
        return () if self.keep is None or self.keep.steps == LAST else self.keep.steps[self.done :]

    def keep_at(self, step: int, moving: Any, running: Bool[np.ndarray, " runs"]) -> None:
        """Keeps the weights of runs that have not ended, if weights are requested at this step."""
        if self.keep is not None and step in self.to_come():
            self._put(self.keep.steps.index(step), moving, running)
            self.done = self.keep.steps.index(step) + 1

    def keep_last(self, moving: Any, ending: Bool[np.ndarray, " runs"]) -> None:
        """Keeps the weights of runs that end, if each run's last weights are requested."""
        if self.keep is not None and self.keep.steps == LAST and ending.any():
            self._put(0, moving, ending)

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays that a checkpoint stores in addition to records."""
        if self.keep is None:
            return {}
        own = {f"{KEPT}{place}": np.ascontiguousarray(leaf).view(np.uint8) for place, leaf in enumerate(self.leaves)}
        return own | {f"{KEPT}done": np.array(self.done)}

    def taken_from(self, arrays: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], Any]:
        """Restores the weights from a checkpoint's arrays; returns its records and the weights."""
        for place, leaf in enumerate(self.leaves):
            held = np.ascontiguousarray(arrays[f"{KEPT}{place}"])
            self.leaves[place] = held.view(leaf.dtype).reshape(leaf.shape).copy()
        self.done = int(arrays.get(f"{KEPT}done", 0))
        return {name: values for name, values in arrays.items() if not name.startswith(KEPT)}, self.tree()

    def tree(self) -> Any:
        """The weights as a pytree."""
        return None if self.keep is None else jax.tree.unflatten(self.structure, self.leaves)

    def _put(self, place: int, moving: Any, chosen: Bool[np.ndarray, " runs"]) -> None:
        is_whole = self.keep is not None and self.keep.state
        found = jax.device_get(jax.tree.leaves(moving if is_whole else moving.params))
        for leaf, values in zip(self.leaves, found, strict=True):
            leaf[chosen, place] = values[: self.runs][chosen]


def _blank(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    return np.full(shape, np.nan if jnp.issubdtype(dtype, jnp.floating) else 0, dtype)


def _has_settled(record: Record) -> Bool[np.ndarray, " runs"]:
    return has_generalized(record) | has_diverged(record)


def _follow_all(records: list[Record], runs: int, ends_early: bool) -> Followed:
    followed = Followed(np.ones(runs, bool), {}, np.zeros(runs, int))
    for record in records:
        followed = _follow(followed, record, ends_early)
    return followed


def _follow(followed: Followed, record: Record, ends_early: bool) -> Followed:
    """The status after one more record; a run that has settled ends, whatever the others do."""
    latest = {name: _where(followed.open, values, followed.latest.get(name, values)) for name, values in record.items()}
    settled = _has_settled(record) if ends_early else False
    counted = followed.records + followed.open
    return Followed(followed.open & ~np.asarray(settled), {**followed.latest, **latest}, counted)


def _only(chosen: Bool[np.ndarray, " runs"], record: Record) -> Record:
    """The values of the chosen runs, and NaN for the others."""
    return {name: _where(chosen, values, np.nan).astype(values.dtype) for name, values in record.items()}


def _each(records: Mapping[str, np.ndarray]) -> list[Record]:
    """Splits stacked records into a list."""
    count = next(iter(records.values())).shape[1] if records else 0
    return [{name: values[:, i] for name, values in records.items()} for i in range(count)]


def _stacked(records: list[Record], length: int | None = None) -> Records:
    """Stacks records into (runs, records) arrays; fills in NaN for missing probes, and up to `length` records."""
    if not records:
        return {}
    runs = next(iter(records[0].values())).shape[0]
    missing: list[Record] = [{}] * ((length or len(records)) - len(records))
    # If the first record has no probes, they first appear at a probed record, or at the first end of a run.
    shapes = {name: values.shape[1:] for record in records for name, values in record.items()}
    absent = {name: np.full((runs, *shape), np.nan, np.float32) for name, shape in shapes.items()}
    every = (*records, *missing)
    return {name: np.stack([record.get(name, absent[name]) for record in every], axis=1) for name in shapes}


def _where(chosen: Bool[np.ndarray, " runs"], values: np.ndarray, others: Any) -> np.ndarray:
    """np.where over runs, for values that may have more dimensions."""
    return np.where(chosen.reshape(-1, *(1,) * (values.ndim - 1)), values, others)
