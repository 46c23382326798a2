"""Landscapes of toy addition over weight norm and messiness, seed by seed, and measurements on each (fig. 6)."""

from collections.abc import Callable, Iterable

import numpy as np
import xarray as xr

from configs.omnigrok.fig6_toy_addition import SIZES
from experiments.omnigrok.reduced_landscape import Losses, reduced_losses
from grok_jax.analysis.claims import NotMeasured
from grok_jax.analysis.selection import runs_at

INIT_SCALE, MESSINESS, TRAIN_SIZE = "model.init_scale", "task.messiness", "task.train_size"
MAIN = SIZES[2]  # training pairs: 45 of the 55
FEWEST = 3  # points for fitting a line
SHOWN = 0.5  # share of the test loss at the smallest w; a landscape without lower values has no solution


def seeds_of(ds: xr.Dataset, size: int, starts: Iterable[tuple[float, float]] = ()) -> list[Losses]:
    """Returns the landscape of each seed at a training size; it must contain the starts."""
    losses = reduced_losses(runs_at(ds, {TRAIN_SIZE: float(size)}), "final")
    axes = losses.train.sizes
    if min(axes.get(INIT_SCALE, 1), axes.get(MESSINESS, 1)) < FEWEST:
        raise NotMeasured(f"needs {FEWEST} or more values of {INIT_SCALE} and of {MESSINESS}")
    further = [str(axis) for axis in axes if axis not in (INIT_SCALE, MESSINESS, "seed")]
    if further or "seed" not in axes:
        raise NotMeasured(f"needs an axis seed and no further one; the axes are {', '.join(map(str, axes))}")
    for start in starts:
        for axis, value in zip((INIT_SCALE, MESSINESS), start, strict=True):
            if not float(losses.train[axis].min()) <= value <= float(losses.train[axis].max()):
                raise NotMeasured(f"needs {axis} from below to above {value:g}")
    return [Losses(*(x.isel(seed=i, drop=True) for x in losses)) for i in range(axes["seed"])]


def by_seed(rows: list[dict[str, float]]) -> dict[str, xr.DataArray]:
    """Returns the numbers of each seed along 'seed', by name."""
    return {name: xr.DataArray([float(row[name]) for row in rows], dims="seed") for name in rows[0]}


def over_landscapes(
    ds: xr.Dataset, starts: Iterable[tuple[float, float]], measure: Callable[[Losses], dict[str, float]]
) -> dict[str, xr.DataArray]:
    """Measures the landscape of each seed at MAIN pairs.

    The result is NaN for a seed with a diverged run. If paths are followed from starts, it is also NaN for a seed whose
    landscape has no solution that generalizes.
    """
    starts = tuple(starts)
    seeds = seeds_of(ds, MAIN, starts)
    rows = [measure(seed) if seed.are_finite and (not starts or _has_solution(seed)) else {} for seed in seeds]
    known = next((row for row in rows if row), None)
    if known is None:
        raise NotMeasured("in every seed some run diverged, or nothing generalizes")
    return by_seed([{**dict.fromkeys(known, np.nan), **row} for row in rows])


def _has_solution(seed: Losses) -> bool:
    return bool(seed.test.min() <= SHOWN * seed.test.sortby(INIT_SCALE).isel({INIT_SCALE: 0}).mean())
