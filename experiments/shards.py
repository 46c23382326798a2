"""Trains one shard of a config's grid, and makes the figure of all shards, or of more points."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xarray as xr
from ml_collections import ConfigDict

import grok_jax
from experiments import command, figures
from grok_jax import results, values
from grok_jax.errors import require
from grok_jax.training.identity import differences, experiment, identity
from grok_jax.training.plan import Plan, plan_grid
from grok_jax.training.shards import Shard, shard_identity

DATA = "data of "  # prefix of the entries of an experiment that hash data


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
    grok_jax.check(config)
    own = identity(plan) | shard_identity(shard, plan)
    if results.is_finished(out) and not overwrite:
        before = results.record_of(out).get("identity") or {}
        changed = differences(before, own) or results.changed_fields(out, plain)
        held = results.shard_in(out)
        told = f"--out={out} holds {f'shard {held}, finished' if held else 'a finished run'}"
        require(not changed, f"{told}, which differs: {'; '.join(changed[:4])}; give another folder, or --overwrite")
        return False
    results.require_free(out, plain, resume=not overwrite, overwrite=overwrite)
    with results.locked(out):
        begun = {"resume": not overwrite, "overwrite": overwrite, "identity": own}
        checkpoint = results.begin(out, plain, **begun)
        if figures.kept_dataset(out) is None:
            trained = figure.prepare(config, out) if figure.prepare else config
            dataset = grok_jax.sweep(trained, progress=progress, checkpoint=checkpoint, shard=shard)
            told = {"config": plain, "experiment": _experiment(plan, dataset)}
            results.write_dataset(out, dataset.assign_attrs({name: json.dumps(each) for name, each in told.items()}))
        results.finish(out)
    return True


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
    begun = {"resume": not overwrite, "overwrite": overwrite}
    results.require_free(out, plain, **begun)
    with results.locked(out):
        results.begin(out, plain, **begun, identity=own)
        trained = figure.prepare(config, out) if figure.prepare else config
        dataset = figures.write_results(figure, config, trained, merged, out)
        return figures.publish(figure, config, dataset, out)


def _experiment(plan: Plan, dataset: xr.Dataset) -> dict[str, Any]:
    """The identity of an experiment, with the data that `prepare` made but without the paths that it set."""
    trained = json.loads(dataset.attrs["experiment"])
    data = {name: each for name, each in trained.items() if name.startswith(DATA)}
    return experiment(plan) | data
