"""The results folder of an experiment: its config, its results, and its checkpoints while it runs.

config.json    the resolved config, versions, device, git revision, date, wall and compile time
results.nc     the Dataset returned by sweep
figure.png     the picture
checks.json    published numbers next to the measured ones, if there are any
checks.png     curves with these numbers
table.csv      the numbers, for commands that make a table
claims.json    the paper's claims, measured
params.npz     the weights of every run, if they were kept (grok_jax.load_params)
checkpoint/    exists while the run is unfinished
shards/        the shards that were trained as jobs and joined here, if it was launched so (experiments.launch)

The folder of a shard (see training.shards) has config.json and results.nc alone, and a checkpoint meanwhile.
"""

import contextlib
import csv
import hashlib
import json
import os
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from grok_jax import errors
from grok_jax.environment import environment
from grok_jax.errors import UserError, require
from grok_jax.files import PARTIAL, sha256_of, whole_file
from grok_jax.training.checkpoints import locked as locked_checkpoint
from grok_jax.training.grid import parse_grid
from grok_jax.training.identity import differences

SHARDS = "shards"
OWN = ("checkpoint", SHARDS)  # folders that may be there before config.json
CHECKSUM = "config_sha256"  # covers the config and identity; the rest of config.json records how the run went


def require_free(
    folder: Path,
    config: Mapping[str, Any],
    *,
    resume: bool = False,
    overwrite: bool = False,
    identity: Mapping[str, Any] | None = None,
) -> None:
    """Checks whether a run may use a results folder; changes nothing.

    Args:
      folder: need not exist.
      config: the run's config as a plain dict; when resuming, it must match the unfinished run's config.
      resume: continue the unfinished run in the folder; if the folder does not exist, start a new run.
      overwrite: discard what an earlier run left there.
      identity: everything else that determines the run's numbers; when resuming, it must match too.

    Raises:
      UserError: the folder holds results, an unfinished run or other files, and neither flag allows that; or
        resume is set but the run is finished, has a different config, or was started with different code, data,
        versions or devices.
    """
    require(not (resume and overwrite), "--resume and --overwrite exclude each other; give at most one")
    try:
        present = folder.exists()
    except OSError as error:  # a name that is too long
        raise UserError(f"--out={folder} cannot be used ({error.strerror})") from error
    require(not present or folder.is_dir(), f"--out={folder} is a file; it must be a folder")
    if (folder / "config.json").exists() and not overwrite:
        require(not is_finished(folder), f"--out={folder} holds a finished run; give another folder, or --overwrite")
        require(resume, f"--out={folder} holds an unfinished run; give --resume, --overwrite or another folder")
        changed = changed_fields(folder, config)
        require(not changed, f"{', '.join(changed[:3])} differ from the unfinished run's config in {folder}")
        record = record_of(folder)
        changed = differences(record.get("identity") or {}, identity) if record and identity else []
        require(
            not changed,
            f"the unfinished run in {folder} was started differently: {'; '.join(changed[:4])}; restore that "
            "setup, or start over with --overwrite",
        )
    elif present and not (folder / "config.json").exists():
        # A checkpoint and shards belong to this project: the config was lost, or is about to be written.
        others = sorted(path.name for path in folder.iterdir() if path.suffix != PARTIAL and path.name not in OWN)
        require(not others, f"--out={folder} holds other files ({', '.join(others[:3])}); give a new or empty folder")


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Locks a folder against other processes and threads that write results; creates it if it does not exist.

    Raises:
      UserError: another process or thread holds the lock, or the folder is not writable.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with locked_checkpoint(folder / "checkpoint"):
        yield


def writing(folder: Path) -> contextlib.AbstractContextManager[None]:
    """Turns an OSError raised while writing to a results folder into a UserError."""
    return errors.writing(f"--out={folder}", "its contents are kept, and --resume continues from there")


def begin(
    folder: Path,
    config: Mapping[str, Any],
    *,
    resume: bool = False,
    overwrite: bool = False,
    identity: Mapping[str, Any] | None = None,
) -> Path:
    """Prepares a results folder for a run and returns the path for its checkpoints.

    Args: those of require_free; the identity is saved in config.json.

    Raises: the same as require_free, and UserError if the folder is not writable.
    """
    require_free(folder, config, resume=resume, overwrite=overwrite, identity=identity)
    if overwrite:
        with writing(folder):
            _clear(folder)
    asked = {"config": config, "identity": identity}
    record = record_of(folder) or {**asked, **environment(), CHECKSUM: _json_checksum(asked)}
    if (folder / "config.json").exists():
        record = {**record, "resumed": [*record.get("resumed", []), environment()]}
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "config.json", lambda path: path.write_text(_as_json(record), "utf-8"))
    return folder / "checkpoint"


def saved_config(folder: Path) -> dict[str, Any]:
    """The config of the run in a folder, finished or not.

    Raises:
      UserError: the config is missing or unreadable.
    """
    require((folder / "config.json").exists(), f"--out={folder} holds no run; give --config=<file> to start one")
    record = record_of(folder)
    require(bool(record), f"{folder / 'config.json'} cannot be read; give --config=<file> too")
    return record["config"]


def record_of(folder: Path) -> dict[str, Any]:
    """The contents of config.json; empty if the file is missing, damaged, or not the config of a run."""
    try:
        record = json.loads((folder / "config.json").read_text("utf-8"))
        asked = {"config": record["config"], "identity": record.get("identity")}
        whole = record.get(CHECKSUM) in (None, _json_checksum(asked))
        return record if whole and isinstance(record["config"], dict) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def changed_fields(folder: Path, config: Mapping[str, Any]) -> list[str]:
    """The fields in which a config differs from the config of the run in a folder, except the checkpoint interval.

    If config.json is unreadable but there is a checkpoint, the list is empty: the checkpoint has its own identity.

    Raises:
      UserError: the folder's config.json is unreadable and there is no checkpoint.
    """
    record = record_of(folder)
    if not record:
        ours = (folder / "checkpoint" / "identity.json").exists()
        message = f"{folder / 'config.json'} cannot be read"
        require(ours, f"{message}; give --overwrite or another folder")
        warnings.warn(f"{message}; it is rewritten from the given config", stacklevel=2)
        return []
    before, now = (_with_axes(flat(fields)) for fields in (record["config"], json.loads(json.dumps(config))))
    changed = [name for name in before | now if before.get(name) != now.get(name)]
    return [name for name in changed if name != "execution.checkpoint_seconds"]


def _with_axes(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a config, with its grid parsed, so that spelling does not matter."""
    return {**fields, "grid": parse_grid(fields.get("grid", ""))}


def write_dataset(folder: Path, dataset: xr.Dataset) -> None:
    """Writes results.nc, and adds the times and the file's checksum to config.json."""
    write_whole(folder / "results.nc", lambda path: dataset.to_netcdf(path, engine="scipy"))
    times = {name: round(dataset.attrs[name], 2) for name in ("wall_seconds", "compile_seconds")}
    layout = {"programs": dataset.attrs["programs"], "chunk_runs": [int(n) for n in dataset.attrs["chunk_runs"]]}
    layout["devices"] = dataset.attrs["devices"]  # those of all machines, if it was merged
    record = {**json.loads((folder / "config.json").read_text("utf-8")), **times, **layout}
    record["results_sha256"] = sha256_of(folder / "results.nc")
    write_whole(folder / "config.json", lambda path: path.write_text(_as_json(record), "utf-8"))


def finish(folder: Path) -> None:
    """Deletes the checkpoints of a run once everything else is written."""
    shutil.rmtree(folder / "checkpoint", ignore_errors=True)


def is_finished(folder: Path) -> bool:
    """Whether a folder holds every file of a finished run and no checkpoint."""
    # The lock file may stay behind. Any other file means that the run is unfinished, or was stopped while cleaning up.
    unfinished = any(path.name != ".lock" for path in (folder / "checkpoint").glob("*"))
    names = ("config.json", "results.nc", *(() if shard_in(folder) else ("figure.png", "claims.json")))
    return not unfinished and all((folder / name).exists() for name in names)


def shard_in(folder: Path) -> str | None:
    """Which shard of a grid a folder holds, such as "3/8"; None if it holds no shard."""
    return (record_of(folder).get("identity") or {}).get("shard")


def load_dataset(folder: str | Path) -> xr.Dataset:
    """The Dataset of a finished run.

    Raises:
      UserError: the folder does not exist, its run is unfinished, or its file is damaged.
    """
    with opened(folder) as dataset, _damaged_unless_read(folder):
        return dataset.load()


@contextlib.contextmanager
def opened(folder: str | Path) -> Iterator[xr.Dataset]:
    """The Dataset of a finished run, from which the body reads only the values that it uses.

    Raises:
      UserError: as for load_dataset.
    """
    path = Path(os.path.expanduser(folder)) / "results.nc"
    if not path.exists():
        unfinished = path.with_name("config.json").exists()
        raise UserError(f"{folder} holds {'an unfinished run; continue with --resume' if unfinished else 'no results'}")
    with _damaged_unless_read(folder):
        require(record_of(path.parent).get("results_sha256") in (None, sha256_of(path)), "wrong checksum")
        dataset = xr.open_dataset(path, engine="scipy")
    with dataset:
        yield dataset


@contextlib.contextmanager
def _damaged_unless_read(folder: str | Path) -> Iterator[None]:
    """Turns any error in the body into one line; a damaged file can make its reader raise anything."""
    try:
        yield
    except Exception as error:
        path = Path(os.path.expanduser(folder)) / "results.nc"
        raise UserError(f"{path} is damaged: it is not what the run wrote; run again with --overwrite") from error


def write_whole(path: Path, write: Callable[[Path], Any]) -> None:
    """Calls `write` to make a file in a results folder; if it fails, the old file stays as it was."""
    with writing(path.parent), whole_file(path) as partial:
        write(partial)


def write_figure(folder: Path, figure: Any, name: str = "figure.png") -> Path:
    """Writes a picture and returns its path."""
    path = folder / name
    write_whole(path, lambda partial: figure.savefig(partial, format="png", dpi=150))
    return path


def write_table(folder: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Writes table.csv, one line per row with the keys of the first row as header; NaN becomes an empty cell."""
    path = folder / "table.csv"

    def write(partial: Path) -> None:
        with partial.open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, list(rows[0]))
            table.writeheader()
            table.writerows({key: "" if value != value else value for key, value in row.items()} for row in rows)

    write_whole(path, write)
    return path


def _json_checksum(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The fields of a config, keyed by their dotted names."""
    fields: dict[str, Any] = {}
    for name, value in config.items():
        fields |= flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return fields


def _clear(folder: Path) -> None:
    pictures = ("figure.png", "checks.png")
    for name in ("results.nc", "params.npz", *pictures, "table.csv", "checks.json", "claims.json", "config.json"):
        (folder / name).unlink(missing_ok=True)
    for path in (folder / "checkpoint").glob("*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != ".lock":  # this process holds it
            path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # not empty if the lock file is there
        (folder / "checkpoint").rmdir()


def _as_json(value: Any) -> str:
    return json.dumps(value, indent=1) + "\n"
