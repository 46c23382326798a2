"""Trains and plots one figure of a paper, or a user's own grid, and measures its claims."""

import importlib
import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import xarray as xr
from matplotlib.figure import Figure
from ml_collections import ConfigDict

import grok_jax
from experiments.catalogue import figure_id, paper_of
from experiments.check_pictures import check_curves
from experiments.checks import Check, compare
from experiments.settings import preset_config
from grok_jax import results, values
from grok_jax.analysis.claims import Claim, format_claims, judge, save_verdicts
from grok_jax.analysis.grokking import add_grokking_times
from grok_jax.errors import UserError, require
from grok_jax.plotting.grid import overview
from grok_jax.plotting.tidy import tidy
from grok_jax.training.identity import identity
from grok_jax.training.kept import keep_of
from grok_jax.training.plan import plan_grid


class FigureOf(NamedTuple):
    """What a figure does with its config and results."""

    plot: Callable[[xr.Dataset], Figure]
    claims: list[Claim]
    table: Callable[[xr.Dataset], list[dict[str, Any]]] | None = None  # rows of table.csv
    prepare: Callable[[ConfigDict, Path], ConfigDict] | None = None  # config, folder -> config to train
    extend: Callable[[ConfigDict, xr.Dataset], xr.Dataset] | None = None  # config, results -> extended results
    checks: Sequence[Check] = ()  # numbers from the authors' own runs
    remark: str = ""  # why ours differ from them


def figure_of(config: ConfigDict) -> FigureOf:
    """Loads the figure that config.figure names, e.g. "omnigrok/fig2b_teacher_student"; "" means a user's own grid.

    A figure's module defines plot and CLAIMS, and optionally table, prepare, extend and CHECKS. The findings.py next to
    it says why claims do not hold or numbers differ.

    Raises:
      UserError: the figure does not exist.
    """
    if not config.figure:
        return FigureOf(overview, [])
    absent = f"figure {config.figure!r} does not exist; see the files experiments/<paper>/<figure>.py"
    file = Path(__file__).parent / f"{config.figure}.py"
    # Checked before the import, because importing some other file, such as a command, has side effects.
    found = bool(re.fullmatch(r"\w+(/\w+)*", str(config.figure))) and file.is_file()
    require(found and "\nCLAIMS" in file.read_text("utf-8"), absent)
    name = "experiments." + config.figure.replace("/", ".")
    module = importlib.import_module(name)
    further = {name: getattr(module, name, None) for name in ("table", "prepare", "extend")}
    checks = getattr(module, "CHECKS", ())
    if "/" not in config.figure:  # does not belong to a paper
        return FigureOf(module.plot, module.CLAIMS, **further, checks=checks)
    notes = importlib.import_module(f"experiments.{paper_of(config.figure)}.findings")
    claims = [claim._replace(finding=notes.FINDINGS.get(claim.id, "")) for claim in module.CLAIMS]
    remark = notes.REMARKS.get(figure_id(config.figure), "")
    return FigureOf(module.plot, claims, **further, checks=checks, remark=remark)


def make(
    config: ConfigDict,
    out: Path,
    *,
    figure: FigureOf | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: bool = True,
    keep_params: str | tuple[int, ...] | None = None,
) -> list[dict]:
    """Trains a config's grid and writes config.json, results.nc, figure.png and claims.json to `out`.

    If the figure has check values from the authors, also writes checks.json, and checks.png if any could be compared.

    Args:
      config: the config to train.
      out: the output folder.
      figure: what to do with the results; a figure with a table also writes table.csv. None: the figure that
        config.figure names. Its `prepare` makes what the training needs beforehand, and runs again when a run is
        resumed. Its `extend` adds variables that runs do not record.
      resume, overwrite: see results.begin.
      progress: whether to show a progress bar.
      keep_params: steps at which to save the weights of every run in params.npz, or "last".

    Returns:
      The verdicts on the figure's claims.

    Raises:
      UserError: the config is invalid or the folder is in use; nothing is changed in that case.
    """
    figure = figure or figure_of(config)
    plan = plan_grid(config, None)
    plain = values.plain(config.to_dict())  # in types that JSON can store
    results.require_free(out, plain, resume=resume, overwrite=overwrite)
    grok_jax.check(config)
    keep_of(keep_params, False, plan)
    with results.locked(out):
        checkpoint = results.begin(out, plain, resume=resume, overwrite=overwrite, identity=identity(plan))
        dataset = kept_dataset(out)
        if dataset is None:
            trained = figure.prepare(config, out) if figure.prepare else config
            dataset = grok_jax.sweep(trained, progress=progress, checkpoint=checkpoint, keep_params=keep_params)
            if keep_params is not None:
                dataset, kept = dataset
                results.write_whole(out / "params.npz", kept.save)
            dataset = write_results(figure, config, trained, dataset, out)
        return publish(figure, config, dataset, out)


def write_results(
    figure: FigureOf, config: ConfigDict, trained: ConfigDict, dataset: xr.Dataset, out: Path
) -> xr.Dataset:
    """Adds what runs do not record to the results of a whole grid, writes results.nc, and returns what it has.

    Args:
      figure: what to do with the results.
      config, trained: the config, and what the figure's `prepare` made of it.
      dataset: the results as recorded.
      out: the folder, which results.begin has prepared.
    """
    dataset = add_grokking_times(dataset)
    if figure.extend:
        dataset = figure.extend(trained, dataset)
    dataset = dataset.assign_attrs(config=json.dumps(values.plain(config.to_dict())))
    results.write_dataset(out, dataset)
    if dataset.attrs["diverged_runs"]:
        print(f"{dataset.attrs['diverged_runs']} runs diverged; their values are NaN from that step on")
    return dataset


def publish(figure: FigureOf, config: ConfigDict, dataset: xr.Dataset, out: Path) -> list[dict]:
    """Writes the picture, the table, the claims and the checks of results, and ends the run.

    Args:
      figure, config, out: as for write_results.
      dataset: the results that write_results returned.

    Returns:
      The verdicts on the figure's claims.
    """
    results.write_figure(out, tidy(figure.plot(dataset)))
    if figure.table:
        results.write_table(out, figure.table(dataset))
    verdicts = judge(figure.claims, dataset)
    with results.writing(out):
        if figure.checks:
            _leave_checks(out, figure.checks, dataset, config.figure)
        save_verdicts(out / "claims.json", verdicts)
    results.finish(out)
    return verdicts


def tell(verdicts: list[dict], out: Path) -> None:
    """Prints the verdicts on a figure's claims, and the folder that holds its results."""
    if verdicts:
        print(format_claims(verdicts))
    print(f"results, picture and claims are in {out}/")


def _leave_checks(out: Path, checks: Sequence[Check], dataset: xr.Dataset, name: str) -> None:
    compared = compare(checks, dataset, preset_config(name, "paper"))
    save_verdicts(out / "checks.json", compared)
    if picture := check_curves(checks, compared, dataset):
        results.write_figure(out, picture, "checks.png")


def kept_dataset(out: Path) -> xr.Dataset | None:
    """Returns the results of a run that was stopped while plotting; None if they are missing or damaged."""
    if not (out / "results.nc").exists():
        return None
    try:
        return results.load_dataset(out)
    except UserError:
        print(f"warning: {out / 'results.nc'} is damaged; rebuilding it from the checkpoint", file=sys.stderr)
        return None
