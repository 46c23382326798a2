"""Check values: numbers from the authors' own runs, compared with ours.

They are not claims. The authors have one run, with different random numbers. So an authors' number agrees with ours if
it lies within the range of our seeds, widened at both ends by a factor of WIDENING; this rule was fixed before any
number was compared. A level that is never reached counts as reached after all steps. Where our seeds differ by more
than a factor of WIDE, agreement says little and gets its own verdict; that was added after a first look at two figures
with networks of two neurons. A number is compared only if our runs use the settings of the current paper preset; seeds,
records and length may differ.

Most numbers are read off curves over steps. Others are read off a slice of a landscape, a curve over the weight norm
that several runs make together; such a check computes its curve from the results.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
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

STEP = "step"
WIDENING, WIDE = 1.25, 10.0
AGREES, SPREAD, DIFFERS, NOT_COMPARED = "agrees", "ours spread", "differs", "not compared"  # the verdicts
FLAGS = {
    ("model.linearized", False): "network",
    ("model.linearized", True): "linearized twin",
    ("optimizer.constant_norm", False): "free norm",
    ("optimizer.constant_norm", True): "constant norm",
}
HEIGHTS = ("value", "peak", "dip")  # kinds that read a height; the others read a step
# Fields that do not affect a check: length of a run, how often it is recorded, test rows, and speed.
IRRELEVANT = ("grid", "seed", "training.steps", "training.record", "training.probe", "training.matmul", "execution.")
IRRELEVANT += ("task.test_size",)


class Check(NamedTuple):
    """One number from an authors' run, or from a landscape of many."""

    curve: str  # variable of the results, or the name of what `of` computes
    runs: Mapping[str, float]  # selects the runs: dotted field names -> values
    kind: str  # what to read off the curve, at `where`: see grok_jax.analysis.readings
    where: float  # for a "peak" or "dip" its step, for its step its height, NaN if unknown: only the plot uses them
    theirs: float
    relative: bool = False  # whether the curve is divided by its first record
    along: str = STEP  # the axis of the curve; what the rest calls a step is a place on it
    of: Callable[[xr.Dataset], xr.DataArray] | None = None  # computes the curve of each seed from the selected runs


def at_steps(
    curve: str, runs: Mapping[str, float], at: Mapping[float, float], *, relative: bool = False
) -> list[Check]:
    """Returns checks of a curve's values; `at` maps steps to the authors' values."""
    return [Check(curve, runs, "value", step, value, relative) for step, value in at.items()]


def peak(curve: str, runs: Mapping[str, float], step: float, height: float, *, relative: bool = False) -> list[Check]:
    """Returns two checks of a curve's peak, its height and its step; only its height if the step is NaN (unknown)."""
    return _extreme("peak", curve, runs, step, height, relative)


def dip(curve: str, runs: Mapping[str, float], step: float, height: float, *, relative: bool = False) -> list[Check]:
    """Returns two checks of a curve's smallest value, as for a peak."""
    return _extreme("dip", curve, runs, step, height, relative)


def _extreme(
    kind: str, curve: str, runs: Mapping[str, float], step: float, height: float, relative: bool
) -> list[Check]:
    value = Check(curve, runs, kind, step, height, relative)
    place = Check(curve, runs, f"{kind} step", height, step, relative)
    return [value] if math.isnan(step) else [value, place]


def rises(curve: str, runs: Mapping[str, float], steps: Mapping[float, float]) -> list[Check]:
    """Returns checks of when a curve first rises to a level; `steps` maps levels to the authors' steps."""
    return [Check(curve, runs, "rise", level, step) for level, step in steps.items()]


def falls(
    curve: str, runs: Mapping[str, float], steps: Mapping[float, float], *, relative: bool = False
) -> list[Check]:
    """Returns checks of when a curve first falls to a level; `steps` maps levels to the authors' steps."""
    return [Check(curve, runs, "fall", level, step, relative) for level, step in steps.items()]


def on_slice(axis: str, of: Callable[[xr.Dataset], xr.DataArray], checks: Sequence[Check]) -> list[Check]:
    """Returns the same checks of a curve along another axis than steps, such as init_scale.

    Args:
      axis: the axis; it takes the place of the step.
      of: computes the curve, with the axes 'seed' and `axis`, from the results of a check's runs.
      checks: what to read off it.
    """
    return [check._replace(along=axis, of=of) for check in checks]


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
    return [_compare(check, ds, [name for name in others if name not in check.runs]) for check in checks]


def _compare(check: Check, ds: xr.Dataset, others: Sequence[str]) -> dict[str, Any]:
    row = {"check": words(check), "theirs": check.theirs, "ours": np.nan, "low": np.nan, "high": np.nan}
    try:
        if others:
            raise NotMeasured(f"not the authors' setting: {', '.join(others[:3])}")
        ours = _ours(check, ds)
    except NotMeasured as reason:
        return {**row, "verdict": NOT_COMPARED, "note": str(reason)}
    low, high = float(ours.min()), float(ours.max())
    inside = low / WIDENING <= check.theirs <= high * WIDENING
    verdict = DIFFERS if not inside else AGREES if high <= WIDE * low else SPREAD
    row |= {"ours": float(median_of_seeds(ours).median), "low": low, "high": high}
    return {**row, "verdict": verdict, "note": ""}


def curve_of(check: Check, ds: xr.Dataset) -> Real[xr.DataArray, "seed step"]:
    """Returns our curves for a check, one per seed, along its axis.

    Raises:
      NotMeasured: the results lack the curve, or have axes besides the seed.
    """
    if not check.of and check.curve not in ds:
        raise NotMeasured(f"the results have no {check.curve}")
    runs = runs_at(ds, check.runs)
    x = check.of(runs) if check.of else runs[check.curve]
    further = [str(dim) for dim in x.dims if dim not in ("seed", check.along)]
    if further:
        raise NotMeasured(f"the results have other axes too: {', '.join(further)}")
    x = x if "seed" in x.dims else x.expand_dims("seed")
    if check.along not in x.dims:  # one number for each run, such as lazy_limit_loss
        x = x.expand_dims({check.along: [0, 1]}, axis=-1)
    return relative(x) if check.relative else x


def _ours(check: Check, ds: xr.Dataset) -> Real[xr.DataArray, " seed"]:
    x = curve_of(check, ds)
    if check.along == STEP and (last := int(x[STEP][-1])) < at_place(check):
        raise NotMeasured(f"the runs end at step {last:,}")
    ours = read(x, check, check.kind).dropna("seed")
    if not ours.size:
        raise NotMeasured("no run has this number: they diverged or ended early")
    return ours


def read(x: Real[xr.DataArray, "seed step"], check: Check, kind: str) -> Real[xr.DataArray, " seed"]:
    """Returns what a check, or another kind of it, reads off our curves; inf is kept, as of a level never reached."""
    if check.along == STEP:
        return read_off(x, kind, check.where)
    x = x.reset_coords(drop=True).rename({check.along: STEP})  # the axis that read_off knows
    there = np.isclose(x[STEP], check.where, rtol=1e-6)
    return x.isel(step=int(there.argmax())) if kind == "value" and there.any() else read_off(x, kind, check.where)


def at_place(check: Check) -> float:
    """Returns the step, or the place on another axis, at which a plot shows the authors' number; NaN if unknown."""
    return check.where if check.kind in HEIGHTS else check.theirs


def at_height(check: Check) -> float:
    """Returns the height at which a plot shows the authors' number."""
    return check.theirs if check.kind in HEIGHTS else check.where


def words(check: Check) -> str:
    """Describes a check in words."""
    name = check.curve.replace("_", " ") + (" / its start" if check.relative else "")
    level, axis = show_value(check.where), name_of_axis(check.along)
    if check.along == STEP:
        read = {
            "value": f"{name} at step {level}",
            "peak": f"peak of the {name}",
            "peak step": f"steps to the peak of the {name}",
            "dip": f"lowest {name}",
            "dip step": f"steps to the lowest {name}",
            "rise": f"steps until {name} is {level}",
            "fall": f"steps until {name} is {level}",
        }[check.kind]
    else:
        read = {
            "value": name,
            "peak": f"highest {name}",
            "peak step": f"{axis} of the highest {name}",
            "dip": f"lowest {name}",
            "dip step": f"{axis} of the lowest {name}",
            "rise": f"{axis} where {name} rises to {level}",
            "fall": f"{axis} where {name} falls to {level}",
        }[check.kind]
    place = f"{axis} {level}" if check.kind == "value" and check.along != STEP else ""
    setting = ", ".join(filter(None, (place, setting_words(check))))
    return f"{read} ({setting})" if setting else read


def name_of_axis(axis: str) -> str:
    """Returns the last part of a dotted name in words: model.init_scale -> init scale."""
    return axis.rpartition(".")[2].replace("_", " ")


def setting_words(check: Check) -> str:
    """Describes in words which runs a check is about."""
    shown = [FLAGS.get((name, value)) or f"{name_of_axis(name)} {value:.4g}" for name, value in check.runs.items()]
    return ", ".join(shown)
