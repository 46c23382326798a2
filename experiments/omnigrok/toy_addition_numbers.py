"""Numbers of the authors' own landscapes of toy addition (fig. 6), to hold against ours.

They are of one draw of the task (seed 58) and one run at each point of the plane. Theirs keep the first layer's weight
matrix twice in the norm.
"""

from collections.abc import Callable

import xarray as xr

from configs.omnigrok.fig6_toy_addition import FINE, SIZES
from experiments.checks import Check, at_steps, on_slice, rises
from experiments.omnigrok.drawn import at_points, blurred
from experiments.omnigrok.reduced_landscape import contour, reduced_losses
from experiments.omnigrok.toy_addition import INIT_SCALE, MAIN, MESSINESS, TRAIN_SIZE
from grok_jax.analysis.grokking import value_at

LEVEL = 0.02  # train loss of the contours
FINE_POINTS = {INIT_SCALE: FINE[0], MESSINESS: FINE[1]}
# The notebook printed the losses of 353 of its 441 points, nearly all up to this α.
UP_TO = 3.7
PRINTED = {**FINE_POINTS, INIT_SCALE: FINE[0][FINE[0] < UP_TO + 1e-6]}
MOST = SIZES[-1]  # training pairs

# Deciles and median of the train losses at the printed points, and the share of losses above LEVEL at the end.
STEPS = (100, 1000, 4900, 10_100, 14_900)
SHARES = {
    0.1: (0.488, 0.0178, 0.0028, 3e-6, 4e-6),
    0.5: (0.558, 0.0397, 0.0155, 1.6e-5, 4.3e-5),
    0.9: (0.604, 0.0815, 0.164, 0.113, 0.144),
}
ABOVE = 0.44
# Losses of a decoder of norm 0, by the number of pairs.
ZERO_TRAIN, ZERO_TEST = dict(zip(SIZES, (1.0199, 1.0252, 1.0401, 1.0530), strict=True)), {MAIN: 1.1216}
# Train losses at the start, by pairs, m and α.
START = {
    (MAIN, 0): {2.5: 3.2923, 4: 41.343},
    (MAIN, 0.1): {2.5: 3.0580, 4: 37.525},
    (MOST, 0): {2.5: 3.3724, 4: 41.942},
    (MOST, 0.1): {2.5: 3.1345},
}
# Losses at step 15,000 of 45 pairs and α = 2.8, by m.
END = {"train_loss": {0: 3e-5, 0.05: 0.085}, "test_loss": {0: 0.250, 0.05: 0.684}}
# Where the blurred train loss is LEVEL: α at m = .1, and m at α = 2.5, by the number of pairs; read off the picture.
AT_TOP = dict(zip(SIZES, (2.7, 3.0, 3.35, 3.6), strict=True))
AT_LINE = {SIZES[2]: 2.7, SIZES[3]: 2.7}
AT_EDGE = {SIZES[0]: 0.04, SIZES[1]: 0.015}


def _quantile(share: float) -> Callable[[xr.Dataset], xr.DataArray]:
    def quantile(ds: xr.Dataset) -> xr.DataArray:
        return at_points(ds["train_loss"], PRINTED).quantile(share, [INIT_SCALE, MESSINESS]).drop_vars("quantile")

    return quantile


def _record(name: str, step: int) -> Callable[[xr.Dataset], xr.DataArray]:
    return lambda ds: value_at(ds[name], step)


def _share_above(ds: xr.Dataset) -> xr.DataArray:
    return (at_points(ds["train_loss"], PRINTED) > LEVEL).mean([INIT_SCALE, MESSINESS])


def _contour(ds: xr.Dataset) -> xr.DataArray:
    return contour(blurred(reduced_losses(ds, "final").train, FINE_POINTS), INIT_SCALE, LEVEL)


def _at_edge(ds: xr.Dataset) -> xr.DataArray:
    return blurred(reduced_losses(ds, "final").train, FINE_POINTS).isel({INIT_SCALE: 0}, drop=True)


def _checks() -> list[Check]:
    checks = []
    of_most = {TRAIN_SIZE: MOST}
    for share, losses in SHARES.items():
        curve = at_steps(f"{share:.0%} quantile of the train loss", of_most, dict(zip(STEPS, losses, strict=True)))
        checks += [check._replace(of=_quantile(share)) for check in curve]
    above = at_steps(f"share of train losses above {LEVEL:g}", of_most, {STEPS[-1]: ABOVE})
    checks += [check._replace(of=_share_above) for check in above]
    zero = {INIT_SCALE: 0, MESSINESS: 0}
    checks += on_slice(TRAIN_SIZE, _record("train_loss", 0), at_steps("train_loss at step 0", zero, ZERO_TRAIN))
    checks += on_slice(TRAIN_SIZE, _record("test_loss", 0), at_steps("test_loss at step 0", zero, ZERO_TEST))
    for (size, m), losses in START.items():
        start = at_steps("train_loss at step 0", {MESSINESS: m, TRAIN_SIZE: size}, losses)
        checks += on_slice(INIT_SCALE, _record("train_loss", 0), start)
    for name, losses in END.items():
        end = at_steps(f"{name} at step 15,000", {INIT_SCALE: 2.8, TRAIN_SIZE: MAIN}, losses)
        checks += on_slice(MESSINESS, _record(name, 15_000), end)
    line = f"α of the contour of train loss {LEVEL:g}"
    for size, scale in AT_TOP.items():
        checks += on_slice(MESSINESS, _contour, at_steps(line, {TRAIN_SIZE: size}, {0.1: scale}))
    for size, scale in AT_LINE.items():
        checks += on_slice(MESSINESS, _contour, at_steps(line, {TRAIN_SIZE: size}, {0: scale}))
    for size, m in AT_EDGE.items():
        checks += on_slice(MESSINESS, _at_edge, rises("train loss at α = 2.5, blurred", {TRAIN_SIZE: size}, {LEVEL: m}))
    return checks


CHECKS = _checks()
