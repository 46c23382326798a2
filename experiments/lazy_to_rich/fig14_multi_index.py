"""Lazy to rich, Figure 14: targets with 2 and 3 directions are learned late, like those with one.

Results: dims ('task.directions', 'seed', 'step') and, with linearized twins, 'model.linearized'.
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from experiments.lazy_to_rich.relative_loss import generalizes_late, relative_loss_row
from grok_jax.analysis.claims import Claim
from grok_jax.analysis.selection import runs_at, with_axis

DIRECTIONS = "task.directions"
LEARNED = 0.2  # share of the start; the mean of y alone explains 1/3, 1/2, 3/5 of it for 1, 2, 3 directions
LATE = 2.0  # least ratio of steps, test loss over training loss


def plot(ds: xr.Dataset) -> Figure:
    """Plots losses over their start, one panel per number of directions."""
    return relative_loss_row(with_axis(ds, DIRECTIONS), DIRECTIONS, "directions", LEARNED)


def late_claim(claim_id: str, words: str, paper: str, field: str, value: int, steps: float = np.inf) -> Claim:
    """Returns the claim that the runs with one value of a field, described by `words`, learn the target late.

    Late is LATE times later than the training rows, or more than `steps` steps later.
    """
    or_steps = f", or more than {steps:,.0f} steps later" if np.isfinite(steps) else ""
    return Claim(
        claim_id,
        f"{words}: the test loss falls to a fifth of its start, at least {LATE:g} times later than the train "
        f"loss{or_steps}",
        paper,
        lambda ds: generalizes_late(runs_at(ds, {field: float(value)}), LEARNED, LATE, steps),
    )


CLAIMS = [
    late_claim(
        f"lazy_to_rich/fig14/{number}",
        f"{count} directions",
        "grokking persists if the target function spans multiple directions",
        DIRECTIONS,
        count,
    )
    for number, count in ((1, 2), (2, 3))
]
