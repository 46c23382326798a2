"""Omnigrok, Figure 2a: over the weight norm, the reduced train loss is an "L" and the reduced test loss a "U".

Results: dims ('model.init_scale', 'seed', 'step').
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from configs.omnigrok.fig2a_teacher_student_landscape import LARGEST, STEPS
from experiments.checks import Check, at_steps, on_slice
from experiments.omnigrok.shapes import l_shape, u_shape
from grok_jax.analysis.claims import Claim, Measured, over_seeds
from grok_jax.analysis.grokking import value_at
from grok_jax.analysis.landscape import minimized, reduced
from grok_jax.analysis.selection import runs_at, with_axis
from grok_jax.plotting.curves import legend
from grok_jax.plotting.landscape import convergence, train_and_test
from grok_jax.plotting.style import panel_label, style

INIT_SCALE = "model.init_scale"
STANDARD, GOLDILOCKS = 1.0, (0.5, 1.6)  # scales: train loss is flat from the first on; range of the lowest test loss
MISMATCH = 1e3


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) the reduced losses over α, (b) whether the minimum on each sphere was reached."""
    ds = with_axis(ds, INIT_SCALE)
    name = "initialization scale α = w/w₀"
    with style():
        figure = Figure(figsize=(10.5, 3.9), layout="constrained")
        left, right = figure.subplots(1, 2)
        train_and_test(left, reduced(ds["train_loss"]), reduced(ds["test_loss"]), INIT_SCALE, name=name)
        left.axvline(STANDARD, color="0.5", linestyle=":", linewidth=1.2, label="standard initialization")
        left.set_ylabel("reduced loss")
        legend(left)
        convergence(right, ds, INIT_SCALE, name=name)
        for ax, letter in ((left, "a"), (right, "b")):
            panel_label(ax, letter)
    return figure


def _is_u_shaped(ds: xr.Dataset) -> Measured:
    return over_seeds(*u_shape(minimized(ds, INIT_SCALE, STEPS), INIT_SCALE, GOLDILOCKS))


def _is_l_shaped(ds: xr.Dataset) -> Measured:
    return over_seeds(*l_shape(minimized(ds, INIT_SCALE, STEPS), INIT_SCALE, STANDARD))


def _ends_high(ds: xr.Dataset) -> Measured:
    test = minimized(ds, INIT_SCALE, STEPS)["test_loss"]
    end, lowest = runs_at(test.to_dataset(), {INIT_SCALE: LARGEST})["test_loss"], test.min(INIT_SCALE, skipna=False)
    ratio = end / lowest
    holds = np.isfinite(ratio) & (ratio > MISMATCH)
    return over_seeds(holds, {"test(α = 10) / minimum": ratio, "test(α = 10)": end, "minimum": lowest})


CLAIMS = [
    Claim(
        "omnigrok/fig2a/1",
        "the reduced test loss is U-shaped (both ends at least 3 times its minimum), with its minimum at "
        ".5 <= α <= 1.6",
        "a U-shape with a minimum at α ≈ 1",
        _is_u_shaped,
    ),
    Claim(
        "omnigrok/fig2a/2",
        "the reduced train loss is L-shaped: it falls with α below 1 (rank correlation < -.8), and is < 1e-4 at every"
        " α >= 1",
        "decreases when α < 1 and remains flat near zero when α >= 1",
        _is_l_shaped,
    ),
    Claim(
        "omnigrok/fig2a/3",
        "the reduced test loss at α = 10 is more than 1e3 times its minimum",
        "the mismatch between train and test landscapes at large weight norm",
        _ends_high,
    ),
]

# Values that the authors' notebook printed for its 11 α at step 9800, except rounded zeros; and at the start.
START = {0.1: 0.018496, 1: 0.048158, 10: 23.1645}
TRAIN = (0.014226, 0.007434, 0.001398, 8.6e-5)
TEST = (0.016421, 0.011689, 0.002266, 3.33e-4, 8.6e-5, 7.8e-5, 1.471e-3, 0.040637, 0.429469, 2.4393, 9.6240)


def _checks() -> list[Check]:
    checks = []
    for name, step, losses in (("train_loss", 0, START), ("train_loss", 9800, TRAIN), ("test_loss", 9800, TEST)):
        at = losses if isinstance(losses, dict) else {10 ** (i / 5 - 1): loss for i, loss in enumerate(losses)}
        curve = at_steps(f"{name} at step {step:,}", {}, at)
        checks += on_slice(INIT_SCALE, lambda ds, name=name, step=step: value_at(ds[name], step), curve)
    return checks


CHECKS = _checks()
