"""Findings and panels that the two figures about networks of coordinates share: images, and scenes in space.

Losses are divided by the level that a network must reach, so the level is 1 here. A finding is about one network; it
may have an axis of images beside the seeds.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float

from experiments.questions.occurrence import least_delay, on_all, over_all
from grok_jax.analysis.claims import Measured, NotMeasured
from grok_jax.analysis.grokking import last_value, loss_delay, t_loss
from grok_jax.analysis.landscape import reduced
from grok_jax.analysis.selection import config_value, runs_at, sorted_along, with_axis

NAME, SCALE, DECAY = "model.name", "model.init_scale", "optimizer.weight_decay"
NORM_FROM, CENTERED, OUTPUT = "optimizer.constant_norm_from", "model.centered", "model.output_scale"
LEVEL = 1.0
FACTOR = 1.5  # the least change of a time, of a delay or of a loss that counts


class Study(NamedTuple):
    """The settings that a figure varies, and those that its claims use."""

    data: str  # the field that sets how much data there is
    amount: float  # of data, where it does not vary
    standard: float  # initial scales
    large: float
    decay: Mapping[str, float]  # network -> weight decay for which grokking is expected at the large scale


class Finding(NamedTuple):
    """For each seed: whether a statement holds, whether the run decides it, and the numbers behind it."""

    holds: Bool[xr.DataArray, "..."]
    decided: Bool[xr.DataArray, "..."]
    values: dict[str, Float[xr.DataArray, "..."]]


def of_network(ds: xr.Dataset, name: str) -> xr.Dataset:
    """Returns the runs of one network.

    Raises:
      NotMeasured: there are none.
    """
    if NAME not in ds.coords or ds[NAME].ndim == 0:
        if config_value(ds, NAME) != name:
            raise NotMeasured(f"no run of {name}")
        return ds
    chosen = np.flatnonzero(ds[NAME].values == name)
    if not chosen.size:
        raise NotMeasured(f"no run of {name}")
    return ds.isel({ds[NAME].dims[0]: chosen})


def free(ds: xr.Dataset) -> xr.Dataset:
    """Returns the runs whose norm is free and whose outputs are not centered."""
    return _chosen(runs_at(ds, {CENTERED: False}), kept=False)


def _chosen(ds: xr.Dataset, *, kept: bool) -> xr.Dataset:
    if NORM_FROM not in ds.coords or ds[NORM_FROM].ndim != 1:
        raise NotMeasured(f"needs several values of {NORM_FROM}")
    chosen = np.flatnonzero((ds[NORM_FROM].values == 0) == kept)
    return ds.isel({ds[NORM_FROM].dims[0]: chosen})


def at(ds: xr.Dataset, study: Study, scale: float, decay: float) -> xr.Dataset:
    """Returns the free runs of one network at one initial scale, one weight decay and the usual amount of data."""
    return runs_at(free(ds), {study.data: study.amount, SCALE: scale, DECAY: decay}).reset_coords(drop=True)


def over_amounts(ds: xr.Dataset, study: Study, name: str) -> xr.Dataset:
    """Returns the free runs of one network at the large scale with the expected decay, along the amount of data."""
    runs = runs_at(free(ds), {SCALE: study.large, DECAY: study.decay[name]})
    return sorted_along(with_axis(runs, study.data), study.data, fewest=2)


def over_decays(ds: xr.Dataset, study: Study) -> xr.Dataset:
    """Returns the free runs of one network at the large scale and the usual amount of data, along the decay."""
    runs = runs_at(free(ds), {study.data: study.amount, SCALE: study.large})
    return sorted_along(with_axis(runs, DECAY), DECAY, fewest=3)


def over_norms(ds: xr.Dataset) -> xr.Dataset:
    """Returns the runs of one network whose norm is kept, along the initial scale."""
    return sorted_along(with_axis(_chosen(ds, kept=True), SCALE), SCALE)


def over_outputs(ds: xr.Dataset) -> xr.Dataset:
    """Returns the centered runs of one network along the output scale."""
    return sorted_along(with_axis(runs_at(ds, {CENTERED: True}), OUTPUT), OUTPUT, fewest=2)


def map_of(ds: xr.Dataset, study: Study) -> xr.Dataset:
    """Returns the losses of free runs at the usual amount of data, over the initial scale and the decay."""
    runs = runs_at(free(ds), {study.data: study.amount})[["train_loss", "test_loss"]]
    axis = runs[SCALE].dims[0]
    others = [name for name in runs.coords if name not in (SCALE, DECAY, "seed", "step")]
    return runs.drop_vars(others).set_index({axis: (SCALE, DECAY)}).unstack(axis)


def _grows(
    first: Float[xr.DataArray, "..."],
    second: Float[xr.DataArray, "..."],
    least: tuple[Float[xr.DataArray, "..."], Float[xr.DataArray, "..."]],
) -> tuple[Bool[xr.DataArray, "..."], Bool[xr.DataArray, "..."]]:
    """Returns whether a number grows by FACTOR from first to second, and whether this is known.

    An infinite number is only known to be at least its `least`, which is that of first or of second.
    """
    holds = np.isfinite(first) & (second.where(~np.isinf(second), least[1]) >= FACTOR * first)
    fails = np.isfinite(second) & (second < FACTOR * first.where(~np.isinf(first), least[0]))
    return holds, holds | fails


def later_with_less_decay(ds: xr.Dataset, study: Study) -> Finding:
    """Finds whether, at the large scale, generalization takes longer with the weakest decay than with the strongest."""
    runs = over_decays(ds, study)
    runs = runs.isel({DECAY: np.flatnonzero(runs[DECAY].values > 0)})
    fit, time = t_loss(runs, LEVEL)
    weak, strong = (time.isel({DECAY: place}, drop=True) for place in (0, -1))
    holds, known = _grows(strong, weak, (xr.full_like(weak, float(ds["step"][-1])),) * 2)
    ends = {
        f"steps to generalize at decay {runs[DECAY].values[i]:g}": time.isel({DECAY: i}, drop=True) for i in (0, -1)
    }
    return Finding(holds, known & np.isfinite(fit.isel({DECAY: [0, -1]})).all(DECAY), ends)


def later_with_less_data(ds: xr.Dataset, study: Study, name: str) -> Finding:
    """Finds whether, at the large scale with decay, the delay is longer with the least data than with the most."""
    runs = over_amounts(ds, study, name)
    return _of_delays(runs, study.data, first=-1, second=0)


def later_with_output_scale(ds: xr.Dataset) -> Finding:
    """Finds whether the delay is longer at the largest output scale than at the smallest."""
    return _of_delays(over_outputs(ds), OUTPUT, first=0, second=-1)


def _of_delays(ds: xr.Dataset, axis: str, *, first: int, second: int) -> Finding:
    late, least = (
        [delay.isel({axis: place}, drop=True) for place in (first, second)]
        for delay in (loss_delay(ds, LEVEL), least_delay(ds, LEVEL))
    )
    holds, known = _grows(*late, (least[0], least[1]))
    word = axis.rpartition(".")[2].replace("_", " ")
    values = {
        f"delay at {word} {ds[axis].values[place]:g}": delay
        for place, delay in sorted(zip((first, second), late, strict=True), key=lambda pair: pair[0])
    }
    return Finding(holds, known, values)


def is_lu(ds: xr.Dataset) -> Finding:
    """Finds whether the reduced train loss is L-shaped over the norm, and the reduced test loss U-shaped.

    L: the train loss is above the level at the smallest norm, and at or below it from the norm with the lowest test
    loss on. U: at both ends the test loss is FACTOR times its lowest or more.
    """
    runs = over_norms(ds)
    train, test = (reduced(runs[f"{split}_loss"]) for split in ("train", "test"))
    lowest = test.min(SCALE)
    best = test.fillna(np.inf).idxmin(SCALE)
    beyond = train.where(train[SCALE] >= best)
    first, last = ({SCALE: place} for place in (0, -1))
    is_l = (train.isel(first, drop=True) > LEVEL) & (beyond.max(SCALE) <= LEVEL)
    rises = [test.isel(end, drop=True) / lowest for end in (first, last)]
    is_u = (rises[0] >= FACTOR) & (rises[1] >= FACTOR)
    values = {
        "best α": best,
        "test over its lowest at the smallest": rises[0],
        "at the largest": rises[1],
        "largest train loss / level from the best α on": beyond.max(SCALE),
    }
    return Finding(is_l & is_u, (train.min(SCALE) <= LEVEL) & np.isfinite(test).all(SCALE), values)


def is_lazier(ds: xr.Dataset) -> Finding:
    """Finds whether the kernel moves less at the largest output scale than at the smallest.

    Raises:
      NotMeasured: the kernel was not recorded.
    """
    if "kernel_distance" not in ds:
        raise NotMeasured("needs 'kernel' among training.probes")
    runs = over_outputs(ds)
    moved = last_value(runs["kernel_distance"])
    small, large = (moved.isel({OUTPUT: place}, drop=True) for place in (0, -1))
    values = {f"kernel moves at α = {runs[OUTPUT].values[i]:g}": moved.isel({OUTPUT: i}, drop=True) for i in (0, -1)}
    return Finding(large < small, np.isfinite(large) & np.isfinite(small), values)


def judge_finding(finding: Finding) -> Measured:
    """Judges a finding by its seeds; with an axis of images it must be decided, and hold, on each of them."""
    return over_all(finding.holds, finding.values, finding.decided)


def judge_most(findings: Mapping[str, Finding]) -> Measured:
    """Judges a statement by the seeds in which it holds for more than half of the networks; as many must decide it.

    Args:
      findings: network in words -> its finding.
    """
    needed = len(findings) // 2 + 1
    each = [(on_all(found.holds & found.decided), on_all(found.decided)) for found in findings.values()]
    holding, deciding = (sum(flag.astype(int) for flag in flags) for flags in zip(*each, strict=True))
    values = {f"{words}: {name}": x for words, found in findings.items() for name, x in found.values.items()}
    return over_all(holding >= needed, values, deciding >= needed)
