"""Weights that a sweep keeps, labeled by the axes of its grid, and what another sweep starts from."""

import json
import math
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Int

from grok_jax.errors import UserError, require, shortened, written
from grok_jax.training.grid import Axis
from grok_jax.training.plan import Group, Plan, unvaried
from grok_jax.training.schedule import Schedule
from grok_jax.values import coerce, plain

LAST = "last"
UNSEEN = tuple(f"training.{name}" for name in ("probes", "probe_rows", "accuracy_threshold", *Schedule._fields))


class Keep(NamedTuple):
    """What a sweep is asked to keep."""

    steps: tuple[int, ...] | str  # or LAST: each run's, where it ends
    state: bool = False  # the optimizer's state too


class KeptGroup(NamedTuple):
    """What was kept of runs of one structure."""

    members: Int[np.ndarray, " runs"]  # places in the flattened grid
    params: Any  # a pytree, leaves (runs, kept steps, ...)
    opt_state: Any = None  # alike; None where it was not kept


class Fork(NamedTuple):
    """Runs that go on from where others were."""

    kept: "Kept"
    step: int


class Kept(NamedTuple):
    """The weights of every run of a grid at some steps.

    Attributes:
      axes: of the grid.
      steps: the steps, or (LAST,).
      groups: runs of one structure each.
      fields: what the weights depend on beside the axes: dotted name -> value; empty where it is not known.
    """

    axes: tuple[Axis, ...]
    steps: tuple[int | str, ...]
    groups: tuple[KeptGroup, ...]
    fields: Mapping[str, Any]

    def at(self, point: Mapping[str, Any] | None = None, *, step: int | str | None = None) -> Any:
        """The weights of one run at one step, as the flax module takes them under "params".

        Args:
          point: values of the run on the axes, such as {"model.init_scale": 2.0, "seed": 1}; axes of one value may be
            left out.
          step: None is the last one that was kept.

        Raises:
          UserError: there is no such run, or step.
        """
        require(point is None or isinstance(point, Mapping), f"point is {written(point)}; it must be a dict of axes")
        group, place = self._find(point or {})
        index = self._step(self.steps[-1] if step is None else step)
        return jax.tree.map(lambda leaf: leaf[place, index], group.params)

    def fork(self, step: int) -> Fork:
        """What sweep(start=...) goes on from: weights and optimizer state after `step` steps.

        Raises:
          UserError: that step was not kept, or no optimizer state was.
        """
        require(
            all(group.opt_state is not None for group in self.groups),
            "these weights were kept without the optimizer's state; sweep with keep_state=True to fork from them",
        )
        step = plain(step)
        require(
            isinstance(step, int) and step in self.steps, f"step {written(step)} was not kept; {self._steps()} were"
        )
        return Fork(self, step)

    def save(self, path: Path | str) -> None:
        """Writes the weights to one .npz file, without pickle; the optimizer's state is left out."""
        arrays: dict[str, np.ndarray] = {}
        dtypes: dict[str, str] = {}
        for number, group in enumerate(self.groups):
            arrays[f"{number}:members"] = group.members
            for path_of_leaf, leaf in jax.tree.leaves_with_path(group.params):
                name = f"{number}/{jax.tree_util.keystr(path_of_leaf, simple=True, separator='/')}"
                arrays[name], dtypes[name] = leaf, str(leaf.dtype)
        about = {
            "axes": [[axis.name, axis.fields, axis.values] for axis in self.axes],
            "steps": self.steps,
            "fields": self.fields,
            "dtypes": dtypes,
            "groups": len(self.groups),
        }
        arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
        with Path(path).open("wb") as file:
            np.savez(file, **arrays)

    def _find(self, point: Mapping[str, Any]) -> tuple[KeptGroup, int]:
        names = [axis.name for axis in self.axes]
        for name in point:
            require(name in names, f"{written(name)} is no axis of these runs; they have {', '.join(names) or 'none'}")
        index = []
        for axis in self.axes:
            values = [value[0] if len(value) == 1 else value for value in axis.values]
            require(
                axis.name in point or len(values) == 1,
                f"the runs differ along {axis.name}; name one of its values, {written(values)}",
            )
            asked = plain(point.get(axis.name, values[0]))
            require(asked in values, f"{axis.name} is {written(asked)}; it must be one of {written(values)}")
            index.append(values.index(asked))
        shape = tuple(len(axis.values) for axis in self.axes)
        return self._group_of(int(np.ravel_multi_index(index, shape)) if shape else 0)

    def _group_of(self, place: int) -> tuple[KeptGroup, int]:
        for group in self.groups:
            if place in group.members:
                return group, int(np.flatnonzero(group.members == place)[0])
        raise UserError(f"run {place} is not among those that were kept")

    def _step(self, step: int | str) -> int:
        require(step in self.steps, f"step {written(step)} was not kept; {self._steps()} were")
        return self.steps.index(step)

    def _steps(self) -> str:
        return ", ".join(map(str, self.steps))


def load_params(path: Path | str) -> Kept:
    """The weights that Kept.save wrote.

    Raises:
      UserError: there is no such file, or it is none of these.
    """
    path = Path(path)
    require(path.is_file(), f"{path} does not exist; it must be a file of weights, such as params.npz")
    try:
        with path.open("rb") as opened, np.load(opened) as file:
            arrays = dict(file)
        about = json.loads(arrays.pop("about").tobytes())
        groups = [({}, arrays.pop(f"{number}:members")) for number in range(about["groups"])]
        for name, array in arrays.items():
            number, *keys = name.split("/")
            place = groups[int(number)][0]
            for key in keys[:-1]:
                place = place.setdefault(key, {})
            dtype = np.dtype(jax.numpy.dtype(about["dtypes"][name]))
            place[keys[-1]] = array if array.dtype == dtype else array.view(dtype)
        axes = tuple(
            Axis(name, tuple(fields), tuple(tuple(map(plain, value)) for value in values))
            for name, fields, values in about["axes"]
        )
    except (OSError, ValueError, KeyError, AttributeError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"{path} is no file of weights ({type(error).__name__}: {error})") from error
    kept_groups = tuple(KeptGroup(members, params) for params, members in groups)
    return Kept(axes, tuple(about["steps"]), kept_groups, about.get("fields", {}))


def deciding_fields(plan: Plan) -> dict[str, Any]:
    """Dotted name -> value of each field on which the weights of all runs depend; those of axes of one value too."""
    alone = [axis for axis in plan.axes if len(axis.values) == 1]
    single = {field: value for axis in alone for field, value in zip(axis.fields, axis.values[0], strict=True)}
    fields = unvaried(plan) | single
    flat = {name: value for name, value in fields.items() if not name.startswith("metrics.") and name not in UNSEEN}
    return json.loads(json.dumps(flat, default=written))


def keep_of(keep_params: Any, keep_state: bool, plan: Plan, first: int = 0) -> Keep | None:
    """What sweep's arguments ask to keep, checked.

    Args:
      keep_params, keep_state: see sweep.
      plan: the runs.
      first: the step at which they start.

    Raises:
      UserError: steps that no run reaches.
    """
    if keep_params is None:
        require(not keep_state, "keep_state=True keeps the optimizer's state beside keep_params=<steps>; give these")
        return None
    if isinstance(keep_params, str):
        require(keep_params == LAST, f"keep_params is {written(keep_params)}; it must be 'last', steps, or None")
        return Keep(LAST, keep_state)
    given = plain(keep_params)
    given = tuple(given) if isinstance(given, Iterable) else (given,)
    steps = tuple(sorted({coerce("keep_params", step, 0) for step in given}))
    require(bool(steps), "keep_params has no steps; give one or more, or 'last'")
    most = min(group.schedule.steps for group in plan.groups)
    outside = [step for step in steps if not first <= step <= most]
    require(not outside, f"keep_params has {outside[:3]}; each must lie in {first} .. {most} (training.steps)")
    return Keep(steps, keep_state)


def forked(fork: Fork, plan: Plan, group: Group) -> Any:
    """Weights and optimizer state that the runs of a group go on from: (params, opt_state), leaves (runs, ...).

    Runs are matched by the fields that both grids have; a new axis makes each run of the old grid several.

    Raises:
      UserError: the old grid has no such run, or several.
    """
    rows = []
    for point, own in _taken(fork.kept, fork.step, plan, group, "start="):
        finite = any(np.isfinite(leaf.astype(np.float32)).any() for leaf in jax.tree.leaves(own[0]))
        require(
            finite, f"start= has a run that had ended or diverged before step {fork.step}: {point or 'the only one'}"
        )
        rows.append(own)
    return _stacked(rows, "start=")


def weights_of(kept: Any, step: int, plan: Plan, group: Group, like: Any) -> Any:
    """The weights of the runs of a group at a step, leaves (runs, ...), matched as by forked; NaN of ended ones.

    Args:
      kept, step: what was kept, and when.
      plan, group: the runs.
      like: shapes of one run's weights.

    Raises:
      UserError: the step was not kept, or there is no such run, several, or one of another model.
    """
    require(isinstance(kept, Kept), f"kept is {written(kept)}; it must be what sweep(..., keep_params=...) gives")
    ours = deciding_fields(plan)
    for name in kept.fields.keys() & ours.keys():
        require(
            kept.fields[name] == ours[name],
            f"kept= has weights of {name} {written(kept.fields[name])}; the run has {written(ours[name])}",
        )
    weights = _stacked([params for _, (params, _) in _taken(kept, step, plan, group, "kept=")], "kept=")
    require_like(jax.tree.map(lambda leaf: leaf[0], weights), like, "parameters", "kept=")
    return weights


def _taken(kept: Kept, step: int, plan: Plan, group: Group, given: str) -> Iterator[tuple[dict[str, Any], Any]]:
    """For each run of a group its values on the axes, and the weights and optimizer state that were kept of it."""
    index = kept._step(step)
    shape = tuple(len(axis.values) for axis in plan.axes)
    for place in group.members:
        at = np.unravel_index(int(place), shape) if shape else ()
        point = {
            field: value
            for axis, i in zip(plan.axes, at, strict=True)
            for field, value in zip(axis.fields, axis.values[i], strict=True)
        }
        there, row = kept._group_of(_place(kept.axes, point, given))
        state = (there.params, there.opt_state)
        yield point, jax.tree.map(lambda leaf, row=row: leaf[row, index], state)


def _stacked(rows: Sequence[Any], given: str) -> Any:
    try:
        return jax.tree.map(lambda *leaves: np.stack(leaves), *rows)
    except ValueError:
        raise UserError(f"{given} has runs of other shapes than the runs of the grid") from None


def _place(axes: Sequence[Axis], point: Mapping[str, Any], given: str) -> int:
    index = []
    for axis in axes:
        shared = [place for place, field in enumerate(axis.fields) if field in point]
        fits = [
            number
            for number, values in enumerate(axis.values)
            if all(values[place] == point[axis.fields[place]] for place in shared)
        ]
        asked = {axis.fields[place]: point[axis.fields[place]] for place in shared}
        require(
            len(fits) == 1,
            f"{given} has {len(fits)} runs on its axis {axis.name} for {asked or 'a grid without it'}; it must have "
            "one",
        )
        index.append(fits[0])
    shape = tuple(len(axis.values) for axis in axes)
    return int(np.ravel_multi_index(index, shape)) if shape else 0


def require_like(tree: Any, expected: Any, words: str, given: str = "start=") -> None:
    """Raises UserError unless a tree of arrays has the structure and shapes of another."""
    ours, theirs = map(_described, (tree, expected))
    require(ours == theirs, f"{given} has {words} {shortened(ours, 200)}; the model has {shortened(theirs, 200)}")


def _described(tree: Any) -> str:
    pairs = jax.tree.leaves_with_path(tree)
    names = (jax.tree_util.keystr(path, simple=True, separator="/") for path, _ in pairs)
    return (
        ", ".join(f"{name}{tuple(np.shape(leaf))}" for name, (_, leaf) in zip(names, pairs, strict=True)) or "nothing"
    )


def bytes_kept(keep: Keep | None, moving: Any) -> int:
    """Bytes on the host that one run's kept weights take."""
    if keep is None:
        return 0
    held = moving if keep.state else moving.params
    size = sum(math.prod(leaf.shape) * leaf.dtype.itemsize for leaf in jax.tree.leaves(held))
    return size * (1 if keep.steps == LAST else len(keep.steps))
