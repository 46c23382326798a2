"""Lazy to rich, Figure 6b: the output scale α sets how late a one-layer transformer generalizes.

Results: dims ('model.output_scale', 'seed', 'step').
"""

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.figure import Figure

from experiments.lazy_to_rich.output_scale import (
    OUTPUT_SCALE,
    Waits,
    absent_at_the_smallest,
    at_least,
    grows,
    judged,
    output_scale_figure,
    waits_of_loss,
)
from experiments.lazy_to_rich.relative_loss import relative_losses
from grok_jax.analysis.claims import Claim, Measured
from grok_jax.analysis.grokking import LEVEL, delay
from grok_jax.analysis.selection import sorted_along

LEFT = 0.1  # share of the loss at the start: on a linear axis, a reader sees a loss fall down to about this
VANISHED = 0.15  # the α for which the paper says that grokking has vanished


def plot(ds: xr.Dataset) -> Figure:
    """Plots (b1) losses for each α on linear axes, as in the paper, (b2) the delay against α, (b3) the weight norms."""
    return output_scale_figure(ds, LEVEL, "b", losses=True)


def _waits(ds: xr.Dataset) -> Waits:
    return waits_of_loss(relative_losses(ds), LEFT)


def _delays(ds: xr.Dataset) -> dict[str, Float[xr.DataArray, "*grid"]]:
    """Returns the smallest delay of accuracy in the sweep; wait and delay at the paper's α if the sweep has it."""
    ds = sorted_along(ds, OUTPUT_SCALE)
    ratio, waits = delay(ds), _waits(ds)
    values = {"smallest delay t95(test) / t95(train)": ratio.min(OUTPUT_SCALE)}
    share = waits.wait / at_least(waits).max(OUTPUT_SCALE)
    for i in np.flatnonzero(np.isclose(ds[OUTPUT_SCALE].values, VANISHED)):
        at = {OUTPUT_SCALE: int(i)}
        values[f"wait at α = {VANISHED:g} / longest (at most)"] = share.isel(at, drop=True)
        values[f"delay at α = {VANISHED:g}"] = ratio.isel(at, drop=True)
    return values


def _gone(ds: xr.Dataset) -> Measured:
    finding = absent_at_the_smallest(_waits(ds))
    return judged(finding._replace(values={**finding.values, **_delays(ds)}))


CLAIMS = [
    Claim(
        "lazy_to_rich/fig6b/1",
        "the wait, the steps from a tenth of the train loss to a tenth of the test loss, grows with the output "
        "scale α (rank correlation > .8)",
        "α can continuously make grokking vanish, or more drastic",
        lambda ds: judged(grows(_waits(ds))),
    ),
    Claim(
        "lazy_to_rich/fig6b/2",
        "at the smallest α the wait between the losses is gone: at most 5% of the longest in the sweep",
        "grokking has vanished for α = .15, so it can barely be seen amidst the train curves",
        _gone,
    ),
]
