"""The folder that a run of an experiment leaves: what was asked, what came out, and how far it got.

config.json    the resolved config, versions, device, git revision, wall and compile time
results.nc     the Dataset of the sweep
figure.png     the picture
table.csv      its numbers, of commands that make a table
claims.json    what the paper says, measured
checkpoint/    while unfinished
"""

import csv
import importlib.metadata
import json
import platform
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import xarray as xr

from grok_jax.errors import UserError, require

PARTIAL = ".partial"  # what a file is called until it is whole
PACKAGES = ("jax", "jaxlib", "flax", "optax", "numpy", "xarray", "neural-tangents")


def require_free(folder: Path, config: Mapping[str, Any], *, resume: bool = False, overwrite: bool = False) -> None:
    """Finds out whether a run may use a results folder; changes nothing.

    Args:
      folder: need not exist.
      config: the run's config as a plain dict; must be the unfinished run's own when resuming.
      resume: go on with the unfinished run in the folder; a folder that is not there yet is begun.
      overwrite: give up what a run left there before.

    Raises:
      UserError: the folder holds results, an unfinished run or other files and neither flag allows that; or
        resume is asked for a finished run or another config.
    """
    require(not (resume and overwrite), "--resume and --overwrite exclude each other")
    require(not folder.exists() or folder.is_dir(), f"--out={folder} is a file; it must be a folder")
    if (folder / "config.json").exists() and not overwrite:
        require(not is_finished(folder), f"--out={folder} holds a finished run; give another folder, or --overwrite")
        require(resume, f"--out={folder} holds an unfinished run; give --resume, --overwrite or another folder")
        changed = changed_fields(folder, config)
        require(not changed, f"--resume: {', '.join(changed[:3])} differ from the unfinished run's config in {folder}")
    elif folder.exists() and not (folder / "config.json").exists():
        others = sorted(path.name for path in folder.iterdir() if path.suffix != PARTIAL)
        require(not others, f"--out={folder} holds other files ({', '.join(others[:3])}); give a new or empty folder")


def begin(folder: Path, config: Mapping[str, Any], *, resume: bool = False, overwrite: bool = False) -> Path:
    """Prepares a results folder for a run, and returns where to keep its checkpoints.

    Args, Raises: those of require_free; and UserError where the folder cannot be written to.
    """
    require_free(folder, config, resume=resume, overwrite=overwrite)
    if overwrite:
        _clear(folder)
    if not (folder / "config.json").exists():
        record = _as_json({"config": config, **environment()})
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _replace(folder / "config.json", lambda path: path.write_text(record))
        except OSError as error:
            raise UserError(f"--out={folder} cannot be written to ({error.strerror})") from error
    return folder / "checkpoint"


def changed_fields(folder: Path, config: Mapping[str, Any]) -> list[str]:
    """The fields in which a config differs from that of the run in a folder, how often it is saved aside.

    Raises:
      UserError: the folder's config.json cannot be read.
    """
    path = folder / "config.json"
    try:
        before = _flat(json.loads(path.read_text())["config"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{path} cannot be read ({type(error).__name__}); give --overwrite or another folder"
        ) from error
    now = _flat(json.loads(json.dumps(config)))
    changed = [name for name in before | now if before.get(name) != now.get(name)]
    return [name for name in changed if name != "execution.checkpoint_seconds"]


def write_dataset(folder: Path, dataset: xr.Dataset) -> None:
    """Writes results.nc, adds the times to config.json, and drops the checkpoints, which are not needed any more."""
    _replace(folder / "results.nc", lambda path: dataset.to_netcdf(path, engine="scipy"))
    record = json.loads((folder / "config.json").read_text())
    times = {name: round(dataset.attrs[name], 2) for name in ("wall_seconds", "compile_seconds")}
    layout = {"programs": dataset.attrs["programs"], "chunk_runs": [int(n) for n in dataset.attrs["chunk_runs"]]}
    _replace(folder / "config.json", lambda path: path.write_text(_as_json({**record, **times, **layout})))
    shutil.rmtree(folder / "checkpoint", ignore_errors=True)


def is_finished(folder: Path) -> bool:
    """Whether a folder holds everything that a run leaves."""
    return all((folder / name).exists() for name in ("config.json", "results.nc", "figure.png", "claims.json"))


def load_dataset(folder: str | Path) -> xr.Dataset:
    """The Dataset of a finished run.

    Raises:
      UserError: there is no such folder, or the run in it is unfinished.
    """
    path = Path(folder) / "results.nc"
    if not path.exists():
        unfinished = (Path(folder) / "config.json").exists()
        raise UserError(f"{folder} holds {'an unfinished run; go on with --resume' if unfinished else 'no results'}")
    return xr.load_dataset(path, engine="scipy")


def write_figure(folder: Path, figure: Any) -> Path:
    """Writes figure.png and returns its path."""
    path = folder / "figure.png"
    _replace(path, lambda partial: figure.savefig(partial, format="png", dpi=150))
    return path


def write_table(folder: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Writes table.csv, a line for each row under the keys of the first, and returns its path; NaN is left empty."""
    path = folder / "table.csv"

    def write(partial: Path) -> None:
        with partial.open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, list(rows[0]))
            table.writeheader()
            table.writerows({key: "" if value != value else value for key, value in row.items()} for row in rows)

    _replace(path, write)
    return path


def environment() -> dict[str, Any]:
    """Versions, device and git revision: what a result may depend on beside its config."""
    return {
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}},
        "devices": f"{jax.device_count()} x {jax.devices()[0].device_kind}",
        "git_revision": _git_revision(),
    }


def _flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat = {}
    for name, value in config.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return flat


def _clear(folder: Path) -> None:
    for name in ("results.nc", "figure.png", "table.csv", "claims.json", "config.json"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "checkpoint", ignore_errors=True)


def _replace(path: Path, write: Callable[[Path], Any]) -> None:
    """Lets `write` make the file under another name, then puts it in place in one step."""
    partial = path.with_name(path.name + PARTIAL)
    write(partial)
    partial.replace(path)


def _as_json(value: Any) -> str:
    return json.dumps(value, indent=1) + "\n"


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _git_revision() -> str | None:
    """The checkout's revision, with "+" where files have changed since; None outside a checkout."""
    here = Path(__file__).parent
    try:
        command = ["git", "-C", str(here), "describe", "--always", "--abbrev=40", "--dirty=+"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
