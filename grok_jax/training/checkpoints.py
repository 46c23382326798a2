"""Saving an unfinished chunk of runs so that a killed sweep goes on where it was.

A chunk's folder holds step_<n>/ (the moving state, by orbax) with records_<n>.npz beside it while it trains,
and records.npz once it is done. The rest of a run's state is a function of its hyper-parameters and is made
again. Files appear whole or not at all: orbax and `_replace` both rename a finished temporary.
"""

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Num
from orbax.checkpoint import v1 as ocp

from grok_jax.errors import require

Records = Mapping[str, Num[np.ndarray, "runs records"]]


class Saved(NamedTuple):
    """Where an unfinished chunk stood."""

    step: int
    moving: Any
    records: Records


def claim(folder: Path, fingerprint: str) -> None:
    """Makes a folder the checkpoint of one sweep.

    Args:
      folder: of the whole sweep; made if it does not exist.
      fingerprint: of the sweep and of the devices it runs on.

    Raises:
      UserError: the folder holds another sweep, or this one begun on other devices.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "sweep.txt"
    if not path.exists():
        _replace(path, lambda partial: partial.write_text(fingerprint))
    require(
        path.read_text() == fingerprint,
        f"checkpoint {folder} is of another sweep, or was begun on other devices; resume it as it was, or start anew",
    )


def chunk_runs(group_folder: Path) -> int:
    """How many runs at a time a group was begun with; 0 if it was not begun."""
    path = group_folder / "chunk_runs.txt"
    return int(path.read_text()) if path.exists() else 0


def keep_chunk_runs(group_folder: Path, runs: int) -> None:
    """Remembers how many runs of a group train at a time, which else follows from the memory that is free."""
    group_folder.mkdir(parents=True, exist_ok=True)
    _replace(group_folder / "chunk_runs.txt", lambda partial: partial.write_text(str(runs)))


def save(folder: Path, step: int, moving: Any, records: Records) -> None:
    """Saves a chunk's state at a step, then drops the one before it."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / f"records_{step}.npz", records)
    ocp.save(folder.absolute() / f"step_{step}", moving, overwrite=True)
    for earlier in _saved_steps(folder)[:-1]:
        shutil.rmtree(folder / f"step_{earlier}")
        (folder / f"records_{earlier}.npz").unlink(missing_ok=True)


def load(folder: Path, abstract: Any) -> Saved | None:
    """The latest saved state of a chunk, or None.

    Args:
      folder: the chunk's.
      abstract: shapes, dtypes and shardings of the state.
    """
    steps = _saved_steps(folder)
    if not steps:
        return None
    moving = ocp.load(folder.absolute() / f"step_{steps[-1]}", abstract)
    return Saved(steps[-1], moving, _read(folder / f"records_{steps[-1]}.npz"))


def save_finished(folder: Path, records: Records) -> None:
    """Keeps the records of a finished chunk and drops its state."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "records.npz", records)
    for step in _saved_steps(folder):
        shutil.rmtree(folder / f"step_{step}")
        (folder / f"records_{step}.npz").unlink(missing_ok=True)


def load_finished(folder: Path) -> Records | None:
    """The records of a finished chunk, or None."""
    path = folder / "records.npz"
    return _read(path) if path.exists() else None


def _saved_steps(folder: Path) -> list[int]:
    names = [path.name.removeprefix("step_") for path in folder.glob("step_*")]
    return sorted(int(name) for name in names if name.isdigit())  # orbax's temporaries have longer names


def _write(path: Path, records: Records) -> None:
    def write(partial: Path) -> None:
        with partial.open("wb") as file:
            np.savez(file, **records)
            file.flush()
            os.fsync(file.fileno())

    _replace(path, write)


def _replace(path: Path, write: Callable[[Path], Any]) -> None:
    partial = path.with_name(path.name + ".partial")
    write(partial)
    partial.replace(path)


def _read(path: Path) -> Records:
    with np.load(path) as file:
        return dict(file)
