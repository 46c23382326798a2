"""Saving an unfinished chunk of runs so that a killed sweep goes on where it was.

A chunk's folder holds step_<n>/ (the moving state, by orbax) with records_<n>.npz beside it while it trains,
and records.npz once it is done. The rest of a run's state is a function of its hyper-parameters and is made
again. Files appear whole or not at all: orbax and `_write` both rename a finished temporary.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Num
from orbax.checkpoint import v1 as ocp

Records = Mapping[str, Num[np.ndarray, "runs records"]]


class Saved(NamedTuple):
    """Where an unfinished chunk stood."""

    step: int
    moving: Any
    records: Records


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
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        np.savez(file, **records)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _read(path: Path) -> Records:
    with np.load(path) as file:
        return dict(file)
