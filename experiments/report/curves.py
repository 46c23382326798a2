"""The curves of a figure's runs, small enough to lie in a page: accuracies and losses against the step.

One form for every figure, whatever its own picture shows. At most MOST_SETTINGS settings of the grid are kept, evenly
spread over it, and at most MOST_STEPS records, evenly spread over the logarithm of the step. Seeds become a median, a
lowest and a highest value.
"""

import math
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Real

from grok_jax.analysis.seeds import axes_of_seeds
from grok_jax.analysis.selection import fields_along
from grok_jax.plotting.grid import spread, value_text

MOST_SETTINGS, MOST_STEPS = 6, 40
MOST_FIELDS = 4  # in the label of a point of an axis
DIGITS = 3  # of a value; the page draws a curve some 300 pixels high
SPLITS = ("train", "test")


def curves_of(ds: xr.Dataset) -> dict[str, Any]:
    """Returns the curves of a grid in types that JSON can store.

    Args:
      ds: results with the axis 'step'.

    Returns:
      {"settings": labels, "of": settings of the whole grid, "seeds": runs of each, "step": steps} and, for each of
      "accuracy" and "loss" that the results have, {"train": curves, "test": curves}. The curves are one
      {"median": values, "low": values, "high": values} for each setting; with a single run, "median" alone. A value
      that is missing or infinite is None. Empty if the results have no such curves.
    """
    kinds = [kind for kind in ("accuracy", "loss") if all(_is_curve(ds, f"{split}_{kind}") for split in SPLITS)]
    if not kinds:
        return {}
    ds = ds[[f"{split}_{kind}" for kind in kinds for split in SPLITS]]
    ds = ds.isel(step=_kept_records(ds["step"].values))
    seeds = axes_of_seeds(ds)
    axes = [str(dim) for dim in ds.dims if dim not in (*seeds, "step")]
    every = list(product(*(range(ds.sizes[axis]) for axis in axes)))
    chosen = [ds.isel(dict(zip(axes, place, strict=True))) for place in spread(every, MOST_SETTINGS)]
    return {
        "settings": [_label(ds, axes, runs) for runs in chosen],
        "of": len(every),
        "seeds": math.prod(ds.sizes[seed] for seed in seeds),
        "step": [int(step) for step in ds["step"].values],
        **{
            kind: {split: [_over_seeds(runs[f"{split}_{kind}"], seeds) for runs in chosen] for split in SPLITS}
            for kind in kinds
        },
    }


def _is_curve(ds: xr.Dataset, name: str) -> bool:
    return name in ds and "step" in ds[name].dims and bool(np.isfinite(ds[name]).any())


def _kept_records(steps: Sequence[int]) -> list[int]:
    """The indices of some records at or after step 1, which a logarithmic axis can show."""
    later = [i for i, step in enumerate(steps) if step >= 1] or list(range(len(steps)))
    if len(later) <= MOST_STEPS:
        return later
    known = np.log([steps[i] for i in later])
    nearest = np.abs(known[:, None] - np.linspace(known[0], known[-1], MOST_STEPS)).argmin(axis=0)
    return [later[i] for i in sorted(set(nearest.tolist()))]


def _over_seeds(x: Real[xr.DataArray, "*seeds step"], seeds: Sequence[str]) -> dict[str, list[float | None]]:
    x = x.where(np.isfinite(x))
    found = {"median": x.median(seeds)}
    if any(x.sizes[seed] > 1 for seed in seeds):
        found |= {"low": x.min(seeds), "high": x.max(seeds)}
    return {name: [_rounded(float(value)) for value in values] for name, values in found.items()}


def _rounded(value: float) -> float | None:
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None


def _label(ds: xr.Dataset, axes: Sequence[str], runs: xr.Dataset) -> str:
    """The values of a setting in words, such as "init scale 2, weight decay 0.03"."""
    return ", ".join(_setting(field, runs) for axis in axes for field in _telling_fields(ds, axis))


def _telling_fields(ds: xr.Dataset, axis: str) -> list[str]:
    """The fields that vary along an axis; of more than MOST_FIELDS the first, as few as tell its points apart."""
    varying = [field for field in fields_along(ds, axis) if len(set(map(str, ds[field].values))) > 1]
    for count in range(1, len(varying) if len(varying) > MOST_FIELDS else 1):
        points = list(zip(*(map(str, ds[field].values) for field in varying[:count]), strict=True))
        if len(set(points)) == len(points):
            return varying[:count]
    return varying


def _setting(field: str, runs: xr.Dataset) -> str:
    value, name = runs[field].item(), field.rpartition(".")[2].replace("_", " ")
    if isinstance(value, bool):
        return name if value else f"not {name}"
    return value if isinstance(value, str) else f"{name} {value_text(value)}"
