"""Writes results as other tools read them: a table, event files of TensorBoard, runs of Weights & Biases.

Each function goes through it run by run, so that results opened lazily
(grok_jax.results.opened) need not fit in memory, and leaves either the whole folder or nothing.

A run's name has its place in the grid, such as "weight_decay=1,seed=0". A variable with further dimensions becomes a
column for each of its entries: name/0, name/1, and so on.
"""

import contextlib
import csv
import itertools
import json
import math
import os
import re
import secrets
import shutil
import time
import warnings
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Int, Num

from grok_jax import errors
from grok_jax.errors import UserError, require, require_results, written
from grok_jax.files import PARTIAL
from grok_jax.training.devices import RUN
from grok_jax.training.shards import DEVICE

TABLE = "records.csv"
EVENTS = "events.out.tfevents.0"  # TensorBoard looks for "tfevents"
FORMAT = "brain.Event:2"  # of such files
MOST_COLUMNS = 1000  # of a variable; more are arrays, which these tools do not show
LONGEST_LABEL, LONGEST_NAME = 60, 150  # characters; a file system allows 255 bytes
MODES = ("offline", "online")


class Records(NamedTuple):
    """What one run recorded.

    Attributes:
      name: unique among the runs, and fit for a folder.
      labels: coordinate -> the run's place on it.
      steps: where the run recorded anything.
      values: column -> values; NaN where this column was not measured.
      ends: column -> what the run has once, such as final_step.
    """

    name: str
    labels: dict[str, Any]
    steps: Int[np.ndarray, " records"]
    values: dict[str, Num[np.ndarray, " records"]]
    ends: dict[str, Any]


def to_csv(runs: xr.Dataset, out: str | Path) -> None:
    """Writes records.csv, a table with one row for each run and record.

    Columns are the coordinates of the run, step, the variables, and what a run has once (repeated in its rows). A
    number has as many digits as tell it from its neighbors in float32. What was not measured is empty.

    Args:
      runs: results of sweep or load.
      out: a folder that does not exist, or is empty.

    Raises:
      UserError: these are not results of a sweep, or the folder is not free or cannot be written to.
    """
    every = _records(runs)
    with _new_folder(out) as folder, (folder / TABLE).open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        for place, run in enumerate(every):
            if place == 0:
                table.writerow([*run.labels, "step", *run.values, *run.ends])
            for at, step in enumerate(run.steps.tolist()):
                measured = (each[at] for each in run.values.values())
                row = (*run.labels.values(), step, *measured, *run.ends.values())
                table.writerow(["" if cell != cell else cell for cell in row])


def to_tensorboard(runs: xr.Dataset, out: str | Path) -> None:
    """Writes event files, in one folder for each run; `tensorboard --logdir=<out>` shows them.

    The coordinates of a run are its hyperparameters there. What a run has once is a scalar at its last record. All
    events have the wall time of the export, since results have none.

    Args: those of to_csv.

    Raises:
      UserError: as for to_csv, or tensorboard is not installed.
    """
    with _needing("tensorboard"):
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.plugins.hparams.summary_v2 import hparams_pb
        from tensorboard.summary.writer.record_writer import RecordWriter
    every, now = _records(runs), time.time()
    with _new_folder(out) as folder:
        for run in every:
            (folder / run.name).mkdir()
            with (folder / run.name / EVENTS).open("wb") as file:
                given = hparams_pb(run.labels, trial_id=run.name, start_time_secs=now)
                events = [Event(file_version=FORMAT), Event(summary=given)]
                for step, row in _rows(run, with_ends=True):
                    scalars = [Summary.Value(tag=name, simple_value=value) for name, value in row.items()]
                    events.append(Event(step=step, summary=Summary(value=scalars)))
                for event in events:
                    event.wall_time = now
                    RecordWriter(file).write(event.SerializeToString())


def to_wandb(runs: xr.Dataset, out: str | Path) -> None:
    """Writes runs of Weights & Biases, one after the other; `wandb sync <out>/wandb/*` uploads them.

    Its own variables apply. WANDB_MODE is offline unless it is set; WANDB_MODE=online uploads each run at once, and
    what is uploaded stays there even if a later run fails. WANDB_PROJECT is grok_jax unless it is set. The config of a
    run is the config of the results, with the run's own coordinates. What a run has once is in its summary.

    Args: those of to_csv.

    Raises:
      UserError: as for to_csv, or wandb is not installed, WANDB_MODE is not one of MODES, or it cannot be reached.
    """
    with _needing("wandb"):
        import wandb
    mode = os.environ.get("WANDB_MODE") or "offline"
    require(mode in MODES, f"WANDB_MODE is {written(mode)}; for an export it must be one of {', '.join(MODES)}")
    nothing_of_here = {  # this machine and its code did not make the results
        "disable_code": True,
        "disable_git": True,
        "x_disable_machine_info": True,
        "x_disable_meta": True,
        "x_disable_stats": True,
        "x_save_requirements": False,
    }
    settings: dict[str, Any] = {"mode": mode, "silent": True, "console": "off", "symlink": False, **nothing_of_here}
    project = os.environ.get("WANDB_PROJECT") or "grok_jax"
    every, config = _records(runs), json.loads(runs.attrs.get("config", "{}"))
    config.pop("grid", None)
    with _new_folder(out) as folder, _reaching(wandb.Error):
        for run in every:
            started = wandb.init(
                project=project,
                dir=folder,
                id=secrets.token_hex(4),
                name=run.name,
                config=_nested(config, run.labels),
                reinit="create_new",  # beside a run that the caller may have open
                settings=wandb.Settings(**settings),
            )
            for step, row in _rows(run):
                started.log(row, step=step)
            started.summary.update({name: end for name, end in run.ends.items() if end == end})
            started.finish()


EXPORTERS: dict[str, Callable[[xr.Dataset, str | Path], None]] = {
    "csv": to_csv,
    "tensorboard": to_tensorboard,
    "wandb": to_wandb,
}


def _records(runs: xr.Dataset) -> Iterator[Records]:
    """The runs of some results, in the order of the grid; checks the results at once and reads one run at a time.

    Raises:
      UserError: these are not results of a sweep.
    """
    require_results(runs)
    told = f"the results have {', '.join(map(str, runs.data_vars)) or 'nothing'}"
    curves = "train_loss" in runs and "step" in runs["train_loss"].dims
    require(curves, f"{told}; export takes results of sweep, which have train_loss at each step")
    axes = [dim for dim in runs["train_loss"].dims if dim != "step"]
    return _each(runs, axes, _columns(runs, axes))


def _each(runs: xr.Dataset, axes: Sequence[Hashable], columns: Mapping[str, list[str]]) -> Iterator[Records]:
    along = {str(name): each.variable for name, each in runs.coords.items() if set(each.dims) <= set(axes)}
    labels = {name: each for name, each in along.items() if "," not in name}  # an axis of several fields has theirs
    short = _short([name for name in labels if name not in (RUN, DEVICE)])
    steps, taken = runs["step"].values, set()
    for place, point in enumerate(itertools.product(*(range(runs.sizes[axis]) for axis in axes))):
        at = dict(zip(axes, point, strict=True))
        own = {name: _item(_read(each, at)) for name, each in labels.items()}
        called = _name({end: own[name] for name, end in short.items()})
        name = called if called not in taken else f"{called},{RUN}={place}"
        taken.add(name)
        values: dict[str, np.ndarray] = {}
        ends: dict[str, Any] = {}
        for variable, parts in columns.items():
            given = _read(runs[variable].variable, at)
            if "step" in runs[variable].dims:
                values |= dict(zip(parts, given.reshape(len(steps), -1).T, strict=True))
            else:
                ends |= dict(zip(parts, map(_item, given.ravel()), strict=True))
        measured = np.logical_or.reduce([~np.isnan(each) for each in values.values()])
        yield Records(name, own, steps[measured], {name: each[measured] for name, each in values.items()}, ends)


def _columns(runs: xr.Dataset, axes: Sequence[Hashable]) -> dict[str, list[str]]:
    """Variable -> the names of its columns; warns of each variable that would need too many."""
    columns = {}
    for name, each in runs.data_vars.items():
        inner = [size for dim, size in each.sizes.items() if dim not in (*axes, "step")]
        if math.prod(inner) > MOST_COLUMNS:
            told = f"{name} has {math.prod(inner):,} numbers for each run and record; exported are at most"
            warnings.warn(f"{told} {MOST_COLUMNS:,}, so it is left out", stacklevel=2)
            continue
        places = itertools.product(*map(range, inner))
        columns[str(name)] = ["/".join(map(str, (name, *place))) for place in places]
    return columns


def _read(variable: xr.Variable, at: Mapping[Hashable, int]) -> np.ndarray:
    """The part of a variable that belongs to one run, the steps first."""
    part = variable.isel({dim: place for dim, place in at.items() if dim in variable.dims})
    return (part.transpose("step", ...) if "step" in part.dims else part).values


def _rows(run: Records, *, with_ends: bool = False) -> Iterator[tuple[int, dict[str, float]]]:
    """Each step of a run, and what was measured there."""
    for place, step in enumerate(run.steps.tolist()):
        row = {name: float(each[place]) for name, each in run.values.items()}
        if with_ends and place == len(run.steps) - 1:
            row |= {name: float(end) for name, end in run.ends.items()}
        yield step, {name: value for name, value in row.items() if not math.isnan(value)}


def _item(value: Any) -> Any:
    """A Python number or string."""
    return np.asarray(value).item()


def _short(names: Sequence[str]) -> dict[str, str]:
    """Dotted name -> its last part, or all of it where two would be the same."""
    last = [name.rpartition(".")[2] for name in names]
    return {name: end if last.count(end) == 1 else name for name, end in zip(names, last, strict=True)}


def _name(labels: Mapping[str, Any]) -> str:
    """A run's name, of letters that every file system allows."""
    texts = {name: str(value).removesuffix(".0") for name, value in labels.items()}
    safe = {name: re.sub(r"[^A-Za-z0-9.+-]+", "_", text).strip("_")[:LONGEST_LABEL] for name, text in texts.items()}
    fields = {re.sub(r"[^A-Za-z0-9._]+", "_", name): text for name, text in safe.items()}
    return ",".join(f"{name}={text}" for name, text in fields.items())[:LONGEST_NAME] or RUN


def _nested(config: Mapping[str, Any], labels: Mapping[str, Any]) -> dict[str, Any]:
    """A config with the values of some dotted fields."""
    changed = json.loads(json.dumps(config))
    for name, value in labels.items():
        *sections, field = name.split(".")
        inside = changed
        for section in sections:
            if not isinstance(inside.get(section), dict):  # another label, or nothing
                inside[section] = {}
            inside = inside[section]
        inside[field] = value
    return changed


@contextlib.contextmanager
def _new_folder(out: str | Path) -> Iterator[Path]:
    """A folder to fill. It gets its final name when the body ends, and is removed if the body fails."""
    final = Path(os.path.expanduser(out)).resolve()
    with errors.writing(f"--out={out}", "nothing was written"):
        free = not final.exists() or (final.is_dir() and not any(final.iterdir()))
        require(free, f"--out={out} is not free; give a new or empty folder")
        partial = final.with_name(f"{final.name}.{secrets.token_hex(4)}{PARTIAL}")
        try:
            partial.mkdir(parents=True)
            yield partial
            partial.replace(final)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise


@contextlib.contextmanager
def _needing(package: str) -> Iterator[None]:
    """Turns an ImportError into one line that names the extra."""
    try:
        yield
    except ImportError as error:
        raise UserError(f"export to {package} needs {package}: pip install 'grok_jax[loggers]'") from error


@contextlib.contextmanager
def _reaching(failure: type[Exception]) -> Iterator[None]:
    """Turns what Weights & Biases raises where it cannot be reached, or is not logged in, into one line."""
    try:
        yield
    except failure as error:
        raise UserError(f"Weights & Biases: {error}; WANDB_MODE=offline needs no connection") from error
