"""Weights that a sweep keeps, labeled by the axes of its grid, and what another sweep starts from."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from flax.traverse_util import flatten_dict, unflatten_dict
from jax.tree_util import keystr
from jaxtyping import Int

from grok_jax.errors import UserError, require, shortened, written
from grok_jax.training.grid import Axis, values_at
from grok_jax.training.plan import Group, Plan, unvaried
from grok_jax.training.schedule import Schedule
from grok_jax.values import coerce, plain

LAST = ("last",)
UNSEEN = tuple(f"training.{name}" for name in ("probes", "probe_rows", "accuracy_threshold", *Schedule._fields))


class Keep(NamedTuple):
    """What a sweep is asked to keep."""

    steps: tuple[int | str, ...]  # or LAST: each run's, where it ends
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
      steps: the steps, or LAST.
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
          point: fields on the axes and their values for the run, such as {"model.init_scale": 2.0, "seed": 1}; axes of
            one value may be left out.
          step: None is the last one that was kept.

        Raises:
          UserError: there is no such run, or step.
        """
        require(point is None or isinstance(point, Mapping), f"point is {written(point)}; it must be a dict of axes")
        known = [field for axis in self.axes for field in axis.fields]
        for name in point or {}:
            require(name in known, f"{written(name)} is no axis of these runs; they have {', '.join(known) or 'none'}")
        group, row = self._find(plain(dict(point or {})), "kept")
        index = self._index(self.steps[-1] if step is None else step)
        return jax.tree.map(lambda leaf: leaf[row, index], group.params)

    def fork(self, step: int) -> Fork:
        """What sweep(start=...) goes on from: weights and optimizer state after `step` steps.

        Raises:
          UserError: that step was not kept, or no optimizer state was.
        """
        words = "these weights were kept without the optimizer's state; sweep with keep_state=True to fork from them"
        require(all(group.opt_state is not None for group in self.groups), words)
        step = coerce("step", step, 0)
        self._index(step)
        return Fork(self, step)

    def save(self, path: Path | str) -> None:
        """Writes the weights to one .npz file, without pickle; the optimizer's state is left out."""
        weights = flatten_dict({str(number): group.params for number, group in enumerate(self.groups)}, sep="/")
        about = {"axes": self.axes, "steps": self.steps, "fields": self.fields, "groups": len(self.groups)}
        about["dtypes"] = {name: str(leaf.dtype) for name, leaf in weights.items()}
        arrays = weights | {f"{number}:members": group.members for number, group in enumerate(self.groups)}
        arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
        with Path(path).open("wb") as file:
            np.savez(file, **arrays)

    def _find(self, point: Mapping[str, Any], given: str) -> tuple[KeptGroup, int]:
        """The group of the one run whose fields on the axes are those of a point, and its row there."""
        index = []
        for axis in self.axes:
            asked = {field: point[field] for field in axis.fields if field in point}
            runs = [dict(zip(axis.fields, values, strict=True)) for values in axis.values]
            fits = [place for place, own in enumerate(runs) if asked.items() <= own.items()]
            if len(fits) != 1:
                told = [f"{field} is {written(value)}" for field, value in asked.items()]
                words = f"{given} has {len(fits)} runs where {' and '.join(told) or f'{axis.name} is not given'}"
                values = [value[0] if len(value) == 1 else value for value in axis.values]
                raise UserError(f"{words}; it must be one of {written(values)}")
            index += fits
        place = np.ravel_multi_index(index, tuple(len(axis.values) for axis in self.axes))
        group = next(group for group in self.groups if place in group.members)
        return group, int(np.argmax(group.members == place))

    def _index(self, step: int | str) -> int:
        require(step in self.steps, f"step {written(step)} was not kept; {', '.join(map(str, self.steps))} were")
        return self.steps.index(step)


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
        axes = tuple(Axis(*plain(axis)) for axis in about["axes"])
        members = [arrays.pop(f"{number}:members") for number in range(about["groups"])]
        types = {name: jax.numpy.dtype(dtype) for name, dtype in about["dtypes"].items()}
        # NumPy's files hold bfloat16 as bytes without a type.
        weights = unflatten_dict({name: array.view(types[name]) for name, array in arrays.items()}, sep="/")
    except Exception as error:  # whatever NumPy, zipfile and json raise of what is no such file
        raise UserError(f"{path} is no file of weights ({type(error).__name__}: {error})") from error
    groups = tuple(KeptGroup(own, weights.get(str(number), {})) for number, own in enumerate(members))
    return Kept(axes, tuple(about["steps"]), groups, about.get("fields", {}))


def deciding_fields(plan: Plan) -> dict[str, Any]:
    """Dotted name -> value of each field on which the weights of all runs depend; those of axes of one value too."""
    alone = [axis for axis in plan.axes if len(axis.values) == 1]
    fields = unvaried(plan) | values_at(alone, [0] * len(alone))
    deciding = {name: value for name, value in fields.items() if not name.startswith("metrics.") and name not in UNSEEN}
    return json.loads(json.dumps(deciding, default=written))


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
        require(keep_params in LAST, f"keep_params is {written(keep_params)}; it must be 'last', steps, or None")
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
    params, opt_state = _taken(fork.kept, fork.step, plan, group, "start=")
    finite = (np.isfinite(leaf.astype(np.float32)) for leaf in jax.tree.leaves(params))
    ended = ~np.any([leaf.any(axis=tuple(range(1, leaf.ndim))) for leaf in finite], axis=0)
    require(not ended.any(), f"start= has {ended.sum()} runs that had ended or diverged before step {fork.step}")
    return params, opt_state


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
        words = f"kept= has weights of {name} {written(kept.fields[name])}; the run has {written(ours[name])}"
        require(kept.fields[name] == ours[name], words)
    weights, _ = _taken(kept, step, plan, group, "kept=")
    require_like(jax.tree.map(lambda leaf: leaf[0], weights), like, "parameters", "kept=")
    return weights


def _taken(kept: Kept, step: int, plan: Plan, group: Group, given: str) -> tuple[Any, Any]:
    """Weights and optimizer state that were kept of the runs of a group, leaves (runs, ...)."""
    index, taken = kept._index(step), []
    for place in group.members:
        point = values_at(plan.axes, np.unravel_index(place, tuple(len(axis.values) for axis in plan.axes)))
        there, row = kept._find(point, given)
        taken.append(jax.tree.map(lambda leaf, row=row: leaf[row, index], (there.params, there.opt_state)))
    try:
        return jax.tree.map(lambda *leaves: np.stack(leaves), *taken)
    except ValueError:
        raise UserError(f"{given} has runs of other shapes than the runs of the grid") from None


def require_like(tree: Any, expected: Any, words: str, given: str = "start=") -> None:
    """Raises UserError unless a tree of arrays has the structure and shapes of another."""
    ours, theirs = map(_described, (tree, expected))
    require(ours == theirs, f"{given} has {words} {shortened(ours, 200)}; the model has {shortened(theirs, 200)}")


def _described(tree: Any) -> str:
    named = jax.tree.leaves_with_path(tree)
    words = (f"{keystr(path, simple=True, separator='/')}{tuple(np.shape(leaf))}" for path, leaf in named)
    return ", ".join(words) or "nothing"


def bytes_kept(keep: Keep | None, moving: Any) -> int:
    """Bytes on the host that one run's kept weights take."""
    if keep is None:
        return 0
    held = moving if keep.state else moving.params
    return len(keep.steps) * sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(held))
