"""Lazy to rich, Figure 15: how late the test loss falls for Hermite polynomials of degree 3 and 4.

Results: dims (one with the coordinate 'task.degree', 'seed', 'step') and, with linearised twins, 'model.linearized'.
"""

import xarray as xr
from matplotlib.figure import Figure

from experiments.lazy_to_rich.relative_loss import generalizes_late, relative_loss_row
from grok_jax.analysis.claims import Claim, Measured
from grok_jax.analysis.selection import runs_at, with_axis

DEGREE = "task.degree"
LEARNED = 0.2  # part of the start, which is the target's variance
LATE = 2.0  # times as many steps for the test loss as for the training loss


def plot(ds: xr.Dataset) -> Figure:
    """Losses over their start, a panel for each degree."""
    return relative_loss_row(with_axis(ds, DEGREE), DEGREE, "degree", LEARNED)


def _late_with(degree: int, ds: xr.Dataset) -> Measured:
    return generalizes_late(runs_at(ds, {DEGREE: float(degree)}), LEARNED, LATE)


CLAIMS = [
    Claim(
        f"lazy_to_rich/fig15/{number}",
        f"degree {degree}: the test loss falls to a fifth of its start, at least 2 times later than the train loss",
        "grokking persists for higher degree polynomial targets",
        lambda ds, degree=degree: _late_with(degree, ds),
    )
    for number, degree in ((1, 3), (2, 4))
]
