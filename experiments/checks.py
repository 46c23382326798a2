"""Check values: numbers from the authors' own runs, compared with ours.

They are not claims. The authors have one run, with different random numbers. So an authors' number agrees with ours if
it lies within the range of our seeds, widened at both ends by a factor of WIDENING; this rule was fixed before any
number was compared. A level that is never reached counts as reached after all steps. Where our seeds differ by more
than a factor of WIDE, agreement says little and gets its own verdict; that was added after a first look at two figures
with networks of two neurons. A number is compared only if our runs use the settings of the current paper preset; seeds,
records and length may differ.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Real
from ml_collections import ConfigDict

from experiments.settings import other_fields
from grok_jax.analysis.claims import NotMeasured, show_value
from grok_jax.analysis.grokking import relative
from grok_jax.analysis.readings import read_off
from grok_jax.analysis.seeds import median_of_seeds
from grok_jax.analysis.selection import runs_at

WIDENING, WIDE = 1.25, 10.0
AGREES, SPREAD, DIFFERS, NOT_COMPARED = "agrees", "ours spread", "differs", "not compared"  # the verdicts
# Fields that do not affect a check: length of a run, how often it is recorded, test rows, and speed.
IRRELEVANT = ("grid", "seed", "training.steps", "training.record", "training.probe", "training.matmul", "execution.")
IRRELEVANT += ("task.test_size",)


class Check(NamedTuple):
    """One number from an authors' run."""

    curve: str  # variable of the results
    runs: Mapping[str, float]  # selects the runs: dotted field names -> values
    kind: str  # what to read off the curve, at `where`: see grok_jax.analysis.readings
    where: float  # for a "peak" its step, for a "peak step" its height; only the plot uses these two
    theirs: float
    relative: bool = False  # whether the curve is divided by its first record


def at_steps(
    curve: str, runs: Mapping[str, float], at: Mapping[float, float], *, relative: bool = False
) -> list[Check]:
    """Returns checks of a curve's values; `at` maps steps to the authors' values."""
    return [Check(curve, runs, "value", step, value, relative) for step, value in at.items()]


def peak(curve: str, runs: Mapping[str, float], step: float, height: float) -> list[Check]:
    """Returns two checks of a curve's peak: its height and its step."""
    return [Check(curve, runs, "peak", step, height), Check(curve, runs, "peak step", height, step)]


def rises(curve: str, runs: Mapping[str, float], steps: Mapping[float, float]) -> list[Check]:
    """Returns checks of when a curve first rises to a level; `steps` maps levels to the authors' steps."""
    return [Check(curve, runs, "rise", level, step) for level, step in steps.items()]


def falls(
    curve: str, runs: Mapping[str, float], steps: Mapping[float, float], *, relative: bool = False
) -> list[Check]:
    """Returns checks of when a curve first falls to a level; `steps` maps levels to the authors' steps."""
    return [Check(curve, runs, "fall", level, step, relative) for level, step in steps.items()]


def compare(checks: Sequence[Check], ds: xr.Dataset, setting: ConfigDict | None = None) -> list[dict[str, Any]]:
    """Compares the authors' numbers with our results.

    Args:
      checks: the authors' numbers.
      ds: our results.
      setting: the authors' config. The results may differ from it in the fields that are axes of their grid and in
        IRRELEVANT. None: do not compare configs.

    Returns:
      For each check {"check", "theirs", "ours", "low", "high", "verdict", "note"}: "ours" is the median over our
      seeds, "low" and "high" are the smallest and the largest.
    """
    others = other_fields(json.loads(ds.attrs["config"]), setting) if setting else []
    others = [name for name in others if not name.startswith(IRRELEVANT) and name not in ds.coords]
    note = f"not the authors' setting: {', '.join(others[:3])}" if others else ""
    return [_compare(check, ds, note) for check in checks]


def _compare(check: Check, ds: xr.Dataset, note: str) -> dict[str, Any]:
    row = {"check": words(check), "theirs": check.theirs, "ours": np.nan, "low": np.nan, "high": np.nan}
    try:
        if note:
            raise NotMeasured(note)
        ours = _ours(check, ds)
    except NotMeasured as reason:
        return {**row, "verdict": NOT_COMPARED, "note": str(reason)}
    low, high = float(ours.min()), float(ours.max())
    inside = low / WIDENING <= check.theirs <= high * WIDENING
    verdict = DIFFERS if not inside else AGREES if high <= WIDE * low else SPREAD
    row |= {"ours": float(median_of_seeds(ours).median), "low": low, "high": high}
    return {**row, "verdict": verdict, "note": ""}


def curve_of(check: Check, ds: xr.Dataset) -> Real[xr.DataArray, "seed step"]:
    """Returns our curves for a check, one per seed.

    Raises:
      NotMeasured: the results lack the curve, or have axes besides the seed.
    """
    if check.curve not in ds:
        raise NotMeasured(f"the results have no {check.curve}")
    x = runs_at(ds, check.runs)[check.curve]
    further = [str(dim) for dim in x.dims if dim not in ("seed", "step")]
    if further:
        raise NotMeasured(f"the results have other axes too: {', '.join(further)}")
    x = x if "seed" in x.dims else x.expand_dims("seed")
    if "step" not in x.dims:  # one number for each run, such as lazy_limit_loss
        x = x.expand_dims(step=[0, 1], axis=-1)
    return relative(x) if check.relative else x


def _ours(check: Check, ds: xr.Dataset) -> Real[xr.DataArray, " seed"]:
    x = curve_of(check, ds)
    last, needed = int(x["step"][-1]), at_step(check)
    if last < needed:
        raise NotMeasured(f"the runs end at step {last:,}")
    ours = read_off(x, check.kind, check.where).dropna("seed")
    if not ours.size:
        raise NotMeasured("no run has this number: they diverged or ended early")
    return ours


def at_step(check: Check) -> float:
    """Returns the step at which a plot shows the authors' number."""
    return check.where if check.kind in ("value", "peak") else check.theirs


def at_height(check: Check) -> float:
    """Returns the height at which a plot shows the authors' number."""
    return check.theirs if check.kind in ("value", "peak") else check.where


def words(check: Check) -> str:
    """Describes a check in words."""
    name = check.curve.replace("_", " ") + (" / its start" if check.relative else "")
    level = show_value(check.where)
    read = {
        "value": f"{name} at step {level}",
        "peak": f"peak of the {name}",
        "peak step": f"steps to the peak of the {name}",
        "rise": f"steps until {name} is {level}",
        "fall": f"steps until {name} is {level}",
    }[check.kind]
    return f"{read} ({setting_words(check)})" if check.runs else read


def setting_words(check: Check) -> str:
    """Describes in words which runs a check is about."""
    flags = {("model.linearized", False): "network", ("model.linearized", True): "linearized twin"}
    shown = [
        flags.get((name, value)) or f"{name.rpartition('.')[2].replace('_', ' ')} {value:.4g}"
        for name, value in check.runs.items()
    ]
    return ", ".join(shown)
