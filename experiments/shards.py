"""Trains one shard of a config's grid, and makes the figure of all shards, or of more points."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from ml_collections import ConfigDict

import grok_jax
from experiments import command, figures
from grok_jax import merging, results, values
from grok_jax.errors import require
from grok_jax.training.devices import chosen_mapping
from grok_jax.training.grid import Axis, as_text, parse_grid
from grok_jax.training.identity import differences, experiment, identity
from grok_jax.training.plan import Plan, plan_grid
from grok_jax.training.shards import Shard, require_enough_runs, shard_identity
from grok_jax.training.sweep import sweep_runs

DATA = "data of "  # prefix of the entries of an experiment that hash data
ROUNDING = "rounding"  # attribute of extended results: why some points would differ in rounding if all trained at once


def train(config: ConfigDict, out: Path, shard: Shard, *, overwrite: bool = False, progress: bool = True) -> bool:
    """Trains one shard of a config's grid into its own folder; goes on where an earlier call was stopped.

    Args:
      config: the config of the whole grid.
      out: the folder.
      shard: the slice.
      overwrite: discard what an earlier run left in the folder.
      progress: whether to show a progress bar.

    Returns:
      Whether there was anything to do; a finished shard is left as it is.

    Raises:
      UserError: the config is invalid, or the folder holds something else or is in use; nothing is changed then.
    """
    figure, plan = figures.figure_of(config), plan_grid(config)
    plain = values.plain(config.to_dict())
    require_enough_runs(plan, shard)
    grok_jax.check(config, shard=shard)
    own = identity(plan) | shard_identity(shard, plan)
    if results.is_finished(out) and not overwrite:
        _require_finished_as(shard, plan, plain, out)
        return False
    begun = {"resume": not overwrite, "overwrite": overwrite, "identity": own}
    results.require_free(out, plain, **begun)
    with results.locked(out):
        checkpoint = results.begin(out, plain, **begun)
        if figures.kept_dataset(out) is None:
            trained = figure.prepare(config, out) if figure.prepare else config
            dataset = grok_jax.sweep(trained, progress=progress, checkpoint=checkpoint, shard=shard)
            told = {"config": plain, "experiment": _experiment(plan, dataset)}
            results.write_dataset(out, dataset.assign_attrs({name: json.dumps(each) for name, each in told.items()}))
        results.finish(out)
    return True


def unfinished(config: ConfigDict, folders: Mapping[Shard, Path]) -> list[Shard]:
    """The shards of a config that are not finished in their folders.

    Args:
      config: the config of the whole grid.
      folders: each shard's own folder, which need not exist.

    Raises:
      UserError: there are more shards than runs, or a folder holds something else.
    """
    plan, plain = plan_grid(config), values.plain(config.to_dict())
    left = []
    for shard, folder in folders.items():
        require_enough_runs(plan, shard)
        if results.is_finished(folder):
            _require_finished_as(shard, plan, plain, folder)
            continue
        held = results.shard_in(folder)
        require(held in (None, str(shard)), f"{folder} holds shard {held}, unfinished; it is to hold shard {shard}")
        results.require_free(folder, plain, resume=True)
        left.append(shard)
    return left


def _require_finished_as(shard: Shard, plan: Plan, plain: dict[str, Any], out: Path) -> None:
    """Raises UserError unless a folder holds the finished shard of a config, on whichever device it trained."""
    held = results.shard_in(out)
    with results.opened(out) as dataset:
        known = json.loads(dataset.attrs.get("experiment", "{}"))
    # Data that `prepare` made are known only once it has run.
    now = {name: each for name, each in experiment(plan).items() if not name.startswith(DATA)}
    before = {name: known[name] for name in now if name in known}
    changed = differences({**({"shard": held} if held else {}), **before}, {"shard": str(shard), **now})
    changed = changed or results.changed_fields(out, plain)
    told = f"--out={out} holds {f'shard {held}, finished' if held else 'a finished run'}"
    require(not changed, f"{told}, which differs: {'; '.join(changed[:4])}; give another folder, or --overwrite")


def merge(folders: Sequence[Path], out: Path, *, overwrite: bool = False) -> list[dict]:
    """Joins the shards in some folders, and makes the figure of the whole grid in another folder.

    Returns:
      The verdicts on the figure's claims.

    Raises:
      UserError: a shard is missing or from another experiment, or the folder is in use; nothing is changed then.
    """
    inside = [folder for folder in folders if folder.resolve() == out.resolve()]
    require(not inside, f"--out={out} is one of the folders to merge; give another folder")
    merged = grok_jax.merge(folders)
    config = command.saved(json.loads(merged.attrs["config"]))
    figure, plain = figures.figure_of(config), values.plain(config.to_dict())
    own = json.loads(merged.attrs["experiment"])
    begun = {"resume": not overwrite, "overwrite": overwrite, "identity": own}
    results.require_free(out, plain, **begun)
    with results.locked(out):
        results.begin(out, plain, **begun)
        trained = figure.prepare(config, out) if figure.prepare else config
        dataset = figures.write_results(figure, config, trained, merged, out)
        return figures.publish(figure, config, dataset, out)


def extend(
    folder: Path, grid: str, out: Path, *, overwrite: bool = False, progress: bool = True
) -> tuple[list[dict], str]:
    """Trains the points of a larger grid that some results lack, and makes the figure of all points in another folder.

    Args:
      folder: finished results of a grid, which stay as they are.
      grid: values for some of its axes. Those that it has not are appended to the axis.
      out: the folder for the extended results; an earlier call that was stopped there goes on.
      overwrite, progress: as for train.

    Returns:
      The verdicts on the figure's claims; and why the old points agree with the whole grid trained at once only to
      rounding, or "".

    Raises:
      UserError: the results cannot be extended so, or the folder is in use; nothing is changed then.
    """
    require(folder.resolve() != out.resolve(), f"--out={out} is the folder to extend; give another folder")
    shard = results.shard_in(folder)
    require(not shard, f"{folder} holds shard {shard}; merge the shards, then extend the whole grid")
    old, config = results.load_dataset(folder), command.saved(results.saved_config(folder))
    before = plan_grid(config)
    axes = _extended(before.axes, parse_grid(grid), folder)
    with config.unlocked():
        config.grid = as_text(axes)
    figure, plan = figures.figure_of(config), plan_grid(config)
    require(not figure.prepare, f"{config.figure} makes data for its own grid; extend cannot add points to it")
    require("experiment" in old.attrs, f"{folder} does not say which code made it; only newer results can be extended")
    known = json.loads(old.attrs["experiment"])
    # New points may bring parts of their own, such as another optimizer.
    changed = differences(known, {name: each for name, each in experiment(plan).items() if name in known})
    require(not changed, f"{folder} holds another experiment: {'; '.join(changed[:4])}; restore that setup")
    places = np.arange(math.prod(len(axis.values) for axis in axes)).reshape([len(axis.values) for axis in axes])
    there = places[tuple(slice(len(axis.values)) for axis in before.axes)].ravel()
    missing = np.setdiff1d(places, there)
    require(len(missing) > 0, f"{folder} has every point of {grid!r} already")
    grok_jax.check(config)
    plain = values.plain(config.to_dict())
    rounding = old.attrs.get(ROUNDING, "") or _rounding(before, plan)
    own = identity(plan) | {"extends": results.record_of(folder).get("results_sha256")}
    begun = {"resume": not overwrite, "overwrite": overwrite, "identity": own}
    results.require_free(out, plain, **begun)
    with results.locked(out):
        checkpoint = results.begin(out, plain, **begun)
        dataset = figures.kept_dataset(out)
        if dataset is None:
            new = sweep_runs(config, missing, "extension", progress=progress, checkpoint=checkpoint)
            names = [name for name in new.data_vars if name in old]
            joined = merging.join(merging.grid_of(new), [new, merging.as_part(old, there, names)])
            joined = joined.assign_attrs({ROUNDING: rounding} if rounding else {})
            dataset = figures.write_results(figure, config, config, joined, out)
        return figures.publish(figure, config, dataset, out), rounding


def _extended(axes: Sequence[Axis], further: Sequence[Axis], folder: Path) -> tuple[Axis, ...]:
    """The axes with the further values appended."""
    names = [axis.name for axis in axes]
    unknown = [axis.name for axis in further if axis.name not in names]
    require(not unknown, f"{', '.join(unknown)} is not an axis of {folder}; it has {', '.join(names) or 'none'}")
    more = {axis.name: axis.values for axis in further}
    return tuple(axis._replace(values=_distinct([*axis.values, *more.get(axis.name, ())])) for axis in axes)


def _distinct(given: list[tuple[Any, ...]]) -> tuple[tuple[Any, ...], ...]:
    """Values without repeats; those that cannot be hashed, which no field allows, are left for the plan to refuse."""
    try:
        return tuple(dict.fromkeys(given))
    except TypeError:
        return tuple(given)


def _rounding(before: Plan, now: Plan) -> str:
    """Why runs that were there before may differ in rounding from those of the whole grid trained at once; or ""."""
    if chosen_mapping(now.execution.mapping) == "vmap":
        return "with vmap, rounding depends on the runs that train together"
    wanted = {(group.form, group.schedule): group.capacity for group in now.groups}
    for group in before.groups:
        needed = wanted.get((group.form, group.schedule), group.capacity)
        if needed != group.capacity:
            counts = f"{needed.train} training and {needed.test} test rows; the old ones, for"
            return f"the new points need room for {counts} {group.capacity.train} and {group.capacity.test}"
    return ""


def _experiment(plan: Plan, dataset: xr.Dataset) -> dict[str, Any]:
    """The identity of an experiment, with the data that `prepare` made but without the paths that it set."""
    trained = json.loads(dataset.attrs["experiment"])
    data = {name: each for name, each in trained.items() if name.startswith(DATA)}
    return experiment(plan) | data
