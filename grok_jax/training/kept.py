"""The weights that a sweep keeps, labeled by the axes of its grid, so that another sweep can start from them."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from flax.traverse_util import unflatten_dict
from jax.tree_util import keystr
from jaxtyping import Int

from grok_jax.errors import UserError, require, shortened, written
from grok_jax.memory import bytes_of
from grok_jax.training.grid import Axis, values_at
from grok_jax.training.plan import Group, Plan, unvaried
from grok_jax.training.schedule import Schedule
from grok_jax.values import coerce, plain

LAST = ("last",)
UNSEEN = tuple(f"training.{name}" for name in ("probes", "probe_rows", "accuracy_threshold", *Schedule._fields))


class Keep(NamedTuple):
    """What a sweep should keep."""

    steps: tuple[int | str, ...]  # or LAST: the step at which each run ends
    state: bool = False  # whether to keep the optimizer state too


class KeptGroup(NamedTuple):
    """What was kept of runs with the same structure."""

    members: Int[np.ndarray, " runs"]  # places in the flattened grid
    params: Any  # a pytree, leaves (runs, kept steps, ...)
    opt_state: Any = None  # has the same axes; None if it was not kept


class Fork(NamedTuple):
    """The state of kept runs at one step, from which new runs continue."""

    kept: "Kept"
    step: int


class Kept(NamedTuple):
    """The weights of every run of a grid at some steps.

    Attributes:
      axes: the axes of the grid.
      steps: the steps, or LAST.
      groups: one for each structure of runs.
      fields: what else the weights depend on: dotted name -> value; empty if unknown.
    """

    axes: tuple[Axis, ...]
    steps: tuple[int | str, ...]
    groups: tuple[KeptGroup, ...]
    fields: Mapping[str, Any]

    def at(self, point: Mapping[str, Any] | None = None, *, step: int | str | None = None) -> Any:
        """The weights of one run at one step, as the flax module takes them under "params".

        Args:
          point: the run's values on the axes, by field, such as {"model.init_scale": 2.0, "seed": 1}; axes with one
            value may be left out.
          step: the step; None takes the last one kept.

        Raises:
          UserError: the run does not exist, or the step was not kept.
        """
        require(point is None or isinstance(point, Mapping), f"point is {written(point)}; it must be a dict of axes")
        known = [field for axis in self.axes for field in axis.fields]
        for name in point or {}:
            words = f"{written(name)} is not an axis of these runs"
            require(name in known, f"{words}; their axes are {', '.join(known) or '(none)'}")
        group, row = self._find(plain(dict(point or {})), "kept")
        index = self._index(self.steps[-1] if step is None else step)
        return jax.tree.map(lambda leaf: leaf[row, index], group.params)

    def fork(self, step: int) -> Fork:
        """The weights and optimizer state after `step` steps, from which sweep(start=...) continues.

        Raises:
          UserError: the step or the optimizer state was not kept.
        """
        words = "these weights were kept without the optimizer's state; sweep with keep_state=True to fork from them"
        require(all(group.opt_state is not None for group in self.groups), words)
        step = coerce("step", step, 0)
        self._index(step)
        return Fork(self, step)

    def save(self, path: Path | str) -> None:
        """Writes the weights to one .npz file without pickle; the optimizer state is not saved."""
        pairs = jax.tree.leaves_with_path([group.params for group in self.groups])
        weights = {keystr(path, simple=True, separator="/"): leaf for path, leaf in pairs}
        about = {"axes": self.axes, "steps": self.steps, "fields": self.fields, "groups": len(self.groups)}
        about["dtypes"] = {name: str(leaf.dtype) for name, leaf in weights.items()}
        arrays = weights | {f"{number}:members": group.members for number, group in enumerate(self.groups)}
        arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
        with Path(path).open("wb") as file:
            np.savez(file, **arrays)

    def _find(self, point: Mapping[str, Any], given: str) -> tuple[KeptGroup, int]:
        """The group of the single run that matches a point, and the run's row in it."""
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
    """Reads the weights that Kept.save wrote.

    Raises:
      UserError: the file does not exist, or Kept.save did not write it.
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
        # NumPy files store bfloat16 as untyped bytes.
        weights = unflatten_dict({name: array.view(types[name]) for name, array in arrays.items()}, sep="/")
    except Exception as error:  # NumPy, zipfile and json raise many types for a wrong file
        raise UserError(f"{path} is not a file of weights ({type(error).__name__}: {error})") from error
    groups = tuple(KeptGroup(own, weights.get(str(number), {})) for number, own in enumerate(members))
    return Kept(axes, tuple(about["steps"]), groups, about.get("fields", {}))


def deciding_fields(plan: Plan) -> dict[str, Any]:
    """Dotted name -> value of each field that affects the weights of all runs, including axes with one value."""
    alone = [axis for axis in plan.axes if len(axis.values) == 1]
    fields = unvaried(plan) | values_at(alone, [0] * len(alone))
    deciding = {name: value for name, value in fields.items() if not name.startswith("metrics.") and name not in UNSEEN}
    return json.loads(json.dumps(deciding, default=written))


def keep_of(keep_params: Any, keep_state: bool, plan: Plan, first: int = 0) -> Keep | None:
    """Checks sweep's arguments that say what to keep.

    Args:
      keep_params, keep_state: see sweep.
      plan: the runs.
      first: the step at which they start.

    Raises:
      UserError: an argument is invalid, or not every run reaches a step.
    """
    if keep_params is None:
        require(not keep_state, "keep_state=True needs keep_params=<steps>; give the steps to keep")
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
    """The weights and optimizer state from which a group's runs continue: (params, opt_state), leaves (runs, ...).

    Runs are matched by the fields that both grids have; along a new axis, several runs continue from the same old run.

    Raises:
      UserError: a run has no match in the old grid, or several, or its match had ended or diverged.
    """
    params, opt_state = _taken(fork.kept, fork.step, plan, group, "start=")
    finite = (np.isfinite(leaf.astype(np.float32)) for leaf in jax.tree.leaves(params))
    ended = ~np.any([leaf.any(axis=tuple(range(1, leaf.ndim))) for leaf in finite], axis=0)
    require(not ended.any(), f"start= has {ended.sum()} runs that had ended or diverged before step {fork.step}")
    return params, opt_state


def weights_of(kept: Any, step: int, plan: Plan, group: Group, like: Any) -> Any:
    """The weights of a group's runs at a step, leaves (runs, ...), matched as in forked; NaN for runs that had ended.

    Args:
      kept, step: what was kept, and at which step.
      plan, group: the runs.
      like: the shapes of one run's weights.

    Raises:
      UserError: the step was not kept, or a run has no match, several, or one from a different model.
    """
    require(isinstance(kept, Kept), f"kept is {written(kept)}; it must be what sweep(..., keep_params=...) gives")
    ours = deciding_fields(plan)
    for name in kept.fields.keys() & ours.keys():
        words = f"kept= has weights of {name} {written(kept.fields[name])}; the run has {written(ours[name])}"
        require(kept.fields[name] == ours[name], words)
    kept = kept._replace(groups=tuple(each._replace(opt_state=None) for each in kept.groups))
    weights, _ = _taken(kept, step, plan, group, "kept=")
    require_like(jax.tree.map(lambda leaf: leaf[0], weights), like, "parameters", "kept=")
    return weights


def _taken(kept: Kept, step: int, plan: Plan, group: Group, given: str) -> tuple[Any, Any]:
    """The kept weights and optimizer state for the runs of a group, leaves (runs, ...)."""
    index, taken = kept._index(step), []
    for place in group.members:
        point = values_at(plan.axes, np.unravel_index(place, tuple(len(axis.values) for axis in plan.axes)))
        there, row = kept._find(point, given)
        taken.append(jax.tree.map(lambda leaf, row=row: leaf[row, index], (there.params, there.opt_state)))
    try:
        return jax.tree.map(lambda *leaves: np.stack(leaves), *taken)
    except ValueError:
        raise UserError(f"{given} has runs whose weights differ in shape from those of the grid's runs") from None


def require_like(tree: Any, expected: Any, words: str, given: str = "start=") -> None:
    """Raises UserError unless two trees of arrays have the same structure and shapes."""
    ours, theirs = map(_described, (tree, expected))
    require(ours == theirs, f"{given} has {words} {shortened(ours, 200)}; the model has {shortened(theirs, 200)}")


def _described(tree: Any) -> str:
    named = jax.tree.leaves_with_path(tree)
    words = (f"{keystr(path, simple=True, separator='/')}{tuple(np.shape(leaf))}" for path, leaf in named)
    return ", ".join(words) or "nothing"


def bytes_kept(keep: Keep | None, moving: Any) -> int:
    """The host memory in bytes that one run's kept weights take."""
    if keep is None:
        return 0
    held = moving if keep.state else moving.params
    return len(keep.steps) * bytes_of(held)
