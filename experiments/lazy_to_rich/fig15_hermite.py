"""Lazy to rich, Figure 15: how late the test loss falls for Hermite polynomials of degree 3 and 4.

Results: dims (one with the coordinate 'task.degree', 'seed', 'step') and, with linearized twins, 'model.linearized'.
"""

import xarray as xr
from matplotlib.figure import Figure

from experiments.lazy_to_rich.fig14_multi_index import LEARNED, late_claim
from experiments.lazy_to_rich.relative_loss import relative_loss_row
from grok_jax.analysis.selection import with_axis

DEGREE = "task.degree"
SEVERAL_THOUSAND = 2000.0  # steps: "several" is more than two


def plot(ds: xr.Dataset) -> Figure:
    """Plots losses over their start, one panel per degree."""
    return relative_loss_row(with_axis(ds, DEGREE), DEGREE, "degree", LEARNED)


CLAIMS = [
    late_claim(
        f"lazy_to_rich/fig15/{number}",
        f"degree {degree}",
        "grokking persists for higher degree polynomial targets; a small gap on the right of the (logarithmic) plot "
        "corresponds to a delay of several thousand epochs",
        DEGREE,
        degree,
        SEVERAL_THOUSAND,
    )
    for number, degree in ((1, 3), (2, 4))
]
