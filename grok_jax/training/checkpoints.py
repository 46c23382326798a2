"""Saves unfinished chunks of runs, so that a killed sweep can continue where it was.

A sweep's folder holds identity.json and one folder per chunk. While a chunk trains, its folder has state_<n>.npz (the
moving state, leaf by leaf), records_<n>.npz and seal_<n>.json; once it is done, records.npz and seal.json. The rest of
a run's state is a function of its hyperparameters and is rebuilt. A seal is written last; it holds the checksums of the
files it seals and of the sweep's identity. A save that is incomplete, damaged or from another sweep is therefore never
used: it is dropped with a warning, and training continues from the save before it or from the start.

The files are NumPy's, not orbax's. On a full disk, orbax's threads print pages of traceback, may wait for each other
for five minutes, and leave folders behind that fill the disk further.
"""

import contextlib
import json
import os
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from filelock import FileLock, Timeout
from jaxtyping import Num

from grok_jax import errors
from grok_jax.errors import UserError, require
from grok_jax.files import PARTIAL, sha256_of, whole_file
from grok_jax.training.identity import differences, identity_hash

Records = Mapping[str, Num[np.ndarray, "runs records"]]
CHECKSUM = "sha256 of the above"
KEPT = 2  # saves of a chunk: the last one, and the one before in case the last is damaged


class Saved(NamedTuple):
    """The saved state of an unfinished chunk."""

    step: int
    moving: Any
    records: Records


class Damaged(Exception):
    """Part of a checkpoint is not what was saved; the message says what is wrong."""


class Unsealed(Exception):
    """A save has no seal: the process ended while saving."""


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Locks a folder against other processes and threads; creates it if it does not exist.

    Raises:
      UserError: another process or thread is working in the folder, or it is not writable.
    """
    with _writing(folder):
        require(not folder.exists() or folder.is_dir(), f"checkpoint {folder} is a file; it must be a folder")
        folder.mkdir(parents=True, exist_ok=True)
        # One lock per folder and thread, so that a thread can lock the same folder again.
        lock = FileLock(folder / ".lock", timeout=0, is_singleton=True)
        try:
            lock.acquire()
        except Timeout:
            raise UserError(
                f"another process or thread is working in {folder}; wait until it ends, or give another folder"
            ) from None
    try:
        yield
    finally:
        lock.release()


def claim(folder: Path, identity: Mapping[str, Any]) -> None:
    """Makes a folder the checkpoint of one sweep.

    Args:
      folder: folder of the whole sweep.
      identity: what determines the sweep's numbers, from identity.identity.

    Raises:
      UserError: the folder holds another sweep, or this one with different code, data, versions or devices.
    """
    path = folder / "identity.json"
    if path.exists():
        try:
            before = json.loads(path.read_text("utf-8"))
            if not isinstance(before, dict) or before.pop(CHECKSUM, None) != identity_hash(before):
                raise ValueError("wrong checksum")
        except (ValueError, OSError) as error:
            # Every seal includes the identity too, so nothing from another sweep is used.
            _warn(f"{path} is damaged ({_in_a_line(error)}); it is rewritten")
        else:
            changed = differences(before, identity)
            require(
                not changed,
                f"checkpoint {folder} is from another sweep, or was started differently: {'; '.join(changed[:4])}; "
                "restore that setup, or use another folder",
            )
            return
    with _writing(folder), whole_file(path) as partial:
        partial.write_text(json.dumps({**identity, CHECKSUM: identity_hash(identity)}, indent=1) + "\n", "utf-8")


def chunk_runs(group_folder: Path) -> int:
    """Chunk size a group was started with, otherwise derived from free memory; 0 if it was not started."""
    ends = [path.name.removeprefix("runs_0_") for path in group_folder.glob("runs_0_*")]
    return max((int(end) for end in ends if end.isdigit()), default=0)


def save(folder: Path, identity: Mapping[str, Any], step: int, moving: Any, records: Records) -> None:
    """Saves a chunk's state at a step, then deletes all earlier saves but the last.

    Raises:
      UserError: the save cannot be written; earlier saves are unchanged.
    """
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _remove_save(folder, step)
        try:
            _write(_records(folder, step), records)
            _write(_state(folder, step), _leaves(moving))
            checksums = {
                "state": sha256_of(_state(folder, step)),
                "records": sha256_of(_records(folder, step)),
            }
            _seal(folder / f"seal_{step}.json", identity, checksums)
        except BaseException:
            _remove_save(folder, step)
            raise
        for earlier in _saved_steps(folder)[:-KEPT]:
            _remove_save(folder, earlier)


def load(folder: Path, identity: Mapping[str, Any], abstract: Any) -> Saved | None:
    """The latest intact state of a chunk, or None. Damaged later ones are dropped with a warning.

    Args:
      folder: the chunk's folder.
      identity: identity of the sweep.
      abstract: shapes, dtypes and shardings of the state.
    """
    for partial in folder.glob(f"*{PARTIAL}"):  # left by a killed process
        partial.unlink()
    for step in reversed(_saved_steps(folder)):
        try:
            checksums = _unsealed(folder / f"seal_{step}.json", identity)
            records = _checked(_records(folder, step), checksums.get("records"))
            moving = _tree(_checked(_state(folder, step), checksums.get("state")), abstract)
            return Saved(step, moving, records)
        except Exception as error:  # A damaged file can make its reader raise anything.
            others = [other for other in _saved_steps(folder) if other < step]
            before = f"step {others[-1]}" if others else "the start"
            _warn(f"checkpoint {folder}, step {step}, {_what_is_wrong(error)}; continuing from {before}")
            _remove_save(folder, step)
    return None


def save_finished(folder: Path, identity: Mapping[str, Any], records: Records) -> None:
    """Saves the records of a finished chunk and deletes its state.

    Raises:
      UserError: the records cannot be written; earlier saves are unchanged.
    """
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            _write(folder / "records.npz", records)
            _seal(folder / "seal.json", identity, {"records": sha256_of(folder / "records.npz")})
        except BaseException:
            (folder / "records.npz").unlink(missing_ok=True)
            raise
        for step in _saved_steps(folder):
            _remove_save(folder, step)


def load_finished(folder: Path, identity: Mapping[str, Any]) -> Records | None:
    """The records of a finished chunk, or None; damaged ones are dropped with a warning."""
    if not (folder / "seal.json").exists() and not (folder / "records.npz").exists():
        return None
    try:
        checksums = _unsealed(folder / "seal.json", identity)
        return _checked(folder / "records.npz", checksums.get("records"))
    except Exception as error:  # A damaged file can make its reader raise anything.
        _warn(f"checkpoint {folder} {_what_is_wrong(error)}; its runs train again")
        for name in ("seal.json", "records.npz"):
            (folder / name).unlink(missing_ok=True)
        return None


def _saved_steps(folder: Path) -> list[int]:
    """Steps that have any file of a save, complete or not."""
    names = [path.stem.removeprefix("state_") for path in folder.glob("state_*.npz")]
    names += [path.stem.removeprefix("seal_") for path in folder.glob("seal_*.json")]
    return sorted({int(name) for name in names if name.isdigit()})


def _records(folder: Path, step: int) -> Path:
    return folder / f"records_{step}.npz"


def _state(folder: Path, step: int) -> Path:
    return folder / f"state_{step}.npz"


def _remove_save(folder: Path, step: int) -> None:
    for path in (folder / f"seal_{step}.json", _state(folder, step), _records(folder, step)):
        path.unlink(missing_ok=True)


def _leaves(tree: Any) -> dict[str, Num[np.ndarray, " bytes"]]:
    """The bytes of each leaf of a tree, so that dtypes unknown to NumPy's files can be saved too."""
    leaves = jax.device_get(jax.tree.leaves(tree))
    return {str(number): np.ascontiguousarray(leaf).reshape(-1).view(np.uint8) for number, leaf in enumerate(leaves)}


def _tree(leaves: Mapping[str, Num[np.ndarray, " bytes"]], abstract: Any) -> Any:
    """Rebuilds the tree from these leaves, on the devices given by `abstract`."""
    like, structure = jax.tree.flatten(abstract)
    arrays = [leaves[str(number)].view(leaf.dtype).reshape(leaf.shape) for number, leaf in enumerate(like)]
    shardings = [getattr(leaf, "sharding", None) for leaf in like]
    return jax.tree.unflatten(structure, map(jax.device_put, arrays, shardings))


def _seal(path: Path, identity: Mapping[str, Any], checksums: Mapping[str, str]) -> None:
    with whole_file(path) as partial:
        partial.write_text(json.dumps({"identity": identity_hash(identity), **checksums}), "utf-8")


def _unsealed(path: Path, identity: Mapping[str, Any]) -> dict[str, str]:
    """The checksums of a seal."""
    if not path.exists():
        raise Unsealed
    checksums = json.loads(path.read_text("utf-8"))
    if checksums["identity"] != identity_hash(identity):
        raise Damaged("it is from another sweep")
    return checksums


def _checked(path: Path, checksum: str | None) -> dict[str, np.ndarray]:
    """The arrays of a file, after checking its checksum."""
    if not path.exists():
        raise Damaged(f"{path.name} is missing")
    if sha256_of(path) != checksum:
        raise Damaged(f"{path.name} has the wrong checksum")
    with np.load(path) as file:
        return dict(file)


def _write(path: Path, arrays: Mapping[str, Any]) -> None:
    with whole_file(path) as partial, partial.open("wb") as file:
        np.savez(file, **arrays)
        file.flush()
        os.fsync(file.fileno())


def _writing(folder: Path) -> contextlib.AbstractContextManager[None]:
    """Turns an OSError raised while writing into one line."""
    return errors.writing(f"checkpoint {folder}", "earlier saves are kept, and resuming continues from them")


def _what_is_wrong(error: Exception) -> str:
    return "was not saved completely" if isinstance(error, Unsealed) else f"is damaged ({_in_a_line(error)})"


def _in_a_line(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(text.split())[:200]


def _warn(message: str) -> None:
    warnings.warn(message, stacklevel=3)
