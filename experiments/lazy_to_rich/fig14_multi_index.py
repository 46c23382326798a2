"""Lazy to rich, Figure 14: targets of 2 and 3 directions are learned late, as those of one are.

Results: dims ('task.directions', 'seed', 'step') and, with linearised twins, 'model.linearized'.
"""

import xarray as xr
from matplotlib.figure import Figure

from experiments.lazy_to_rich.relative_loss import generalizes_late, relative_loss_row
from grok_jax.analysis.claims import Claim, Measured
from grok_jax.analysis.selection import runs_at, with_axis

DIRECTIONS = "task.directions"
LEARNED = 0.2  # part of the start; the mean of y alone explains 1/3, 1/2, 3/5 of it for 1, 2, 3 directions
LATE = 2.0  # times as many steps for the test loss as for the training loss


def plot(ds: xr.Dataset) -> Figure:
    """Losses over their start, a panel for each number of directions."""
    return relative_loss_row(with_axis(ds, DIRECTIONS), DIRECTIONS, "directions", LEARNED)


def _late_with(count: int, ds: xr.Dataset) -> Measured:
    return generalizes_late(runs_at(ds, {DIRECTIONS: float(count)}), LEARNED, LATE)


CLAIMS = [
    Claim(
        f"lazy_to_rich/fig14/{number}",
        f"{count} directions: the test loss falls to a fifth of its start, at least 2 times later than the train loss",
        "grokking persists if the target function spans multiple directions",
        lambda ds, count=count: _late_with(count, ds),
    )
    for number, count in ((1, 2), (2, 3))
]
