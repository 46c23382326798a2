"""Lazy to rich, Figure 1: a network first follows its linearized twin and then learns features.

Results: dims ('model.linearized', 'seed', 'step'), with the probes kernel, kernel_regression and subspace, and with the
limit of the linearized networks.
"""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from configs.lazy_to_rich.fig1_polynomial_regression import STEPS
from experiments.checks import at_steps, peak
from experiments.lazy_baseline import with_lazy_limit
from experiments.lazy_to_rich.motion import ways_through_weight_space
from experiments.lazy_to_rich.network_and_twin import first_of_seeds, norm_and_alignment
from grok_jax.analysis.claims import Claim, Measured, over_seeds
from grok_jax.analysis.grokking import last_value
from grok_jax.analysis.lazy import TOLERANCE, kernel_regression_loss, network_and_twin, t_part, t_peak
from grok_jax.plotting.curves import legend
from grok_jax.plotting.lazy import curves_against_twin
from grok_jax.plotting.style import panel_label, style

RISE = 1.05  # a test loss has risen at this many times its initial value
FALL = 10.0  # least ratio of the peak to the last value
BELOW_REGRESSION = 5.0  # least ratio of kernel regression's loss to the network's
ENOUGH_STEPS = STEPS // 2  # a test loss that has not fallen by then never does


extend = with_lazy_limit  # the horizontal line of kernel regression


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) paths in weight space, (b) losses, twin, kernel regression, (c) norm and alignment; the first seed."""
    pair = first_of_seeds(network_and_twin(ds))
    with style():
        figure = Figure(figsize=(13.5, 4.0), layout="constrained")
        grid = figure.add_gridspec(1, 3, width_ratios=(1.15, 1, 1))
        way = figure.add_subplot(grid[0], projection="3d")
        losses, norm = (figure.add_subplot(cell) for cell in (grid[1], grid[2]))
        ways_through_weight_space(way, pair)
        curves_against_twin(losses, pair)
        legend(losses, loc="lower left")
        second = norm_and_alignment(norm, pair.network)
        legend(norm, second, loc="upper left")
        for ax, letter in zip((way, losses, norm), "abc", strict=True):
            panel_label(ax, letter)
    return figure


def _rises_then_falls(ds: xr.Dataset) -> Measured:
    loss = network_and_twin(ds).network["test_loss"]
    start, peak, end = loss.sel(step=0), loss.max("step"), last_value(loss)
    rises, falls = peak >= RISE * start, end * FALL <= peak
    return over_seeds(
        rises & falls,
        {"peak / initial": peak / start, "peak / final": peak / end, "initial": start, "final": end},
        decided=falls | (int(ds["step"][-1]) >= ENOUGH_STEPS),
    )


def _follows_the_twin_then_beats_the_kernel(ds: xr.Dataset) -> Measured:
    pair = network_and_twin(ds)
    peak, part = t_peak(pair.network["test_loss"]), t_part(pair)
    kernel, end = kernel_regression_loss(pair.network), last_value(pair.network["test_loss"])
    better = end * BELOW_REGRESSION <= kernel
    return over_seeds(
        (peak > 0) & (part > peak) & better,
        {
            "network and twin part at": part,
            "test loss peaks at": peak,
            "kernel regression": kernel,
            "kernel regression / final network": kernel / end,
            "final twin": last_value(pair.twin["test_loss"]),
        },
        decided=better | (int(ds["step"][-1]) >= ENOUGH_STEPS),
    )


def _norm_grows(ds: xr.Dataset) -> Measured:
    norm = network_and_twin(ds).network["weight_norm"]
    ratio = last_value(norm) / norm.sel(step=0)
    return over_seeds(ratio > 1, {"final norm / initial norm": ratio}, decided=np.isfinite(norm.isel(step=-1)))


def _alignment_rises(ds: xr.Dataset) -> Measured:
    alignment = network_and_twin(ds).network["kernel_alignment"]
    start, end = alignment.sel(step=0), last_value(alignment)
    return over_seeds(end > start, {"CKA at the start": start, "at the end": end})


CLAIMS = [
    Claim(
        "lazy_to_rich/fig1/1",
        "the test loss rises to a peak of at least 1.05 times its start, then falls at least 10 times from there",
        "test loss rises, then falls",
        _rises_then_falls,
    ),
    Claim(
        "lazy_to_rich/fig1/2",
        f"the test losses of the network and its linearized twin differ by less than {TOLERANCE:.0%} until "
        "the network's peaks; the network ends at least 5 times below kernel regression with K₀",
        "tracks the linearized dynamics, then leaves the subspace and generalizes better",
        _follows_the_twin_then_beats_the_kernel,
    ),
    Claim(
        "lazy_to_rich/fig1/3",
        "the weight norm ends above its start",
        "parameter weight norm increases",
        _norm_grows,
    ),
    Claim(
        "lazy_to_rich/fig1/4",
        "the kernel alignment (CKA on test points) ends above its start",
        "features get aligned",
        _alignment_rises,
    ),
]

NETWORK = {"model.linearized": False}

# One run of the authors' code. The limit is kernel regression.
CHECKS = [
    *at_steps("test_loss", NETWORK, {0: 0.5166, 15_000: 0.156, 100_000: 0.0177}),
    *peak("test_loss", NETWORK, step=644, height=0.6766),
    *at_steps("train_loss", NETWORK, {0: 0.5213, 644: 0.418, 15_000: 0.021, 100_000: 6.0e-4}),
    *at_steps("weight_norm", NETWORK, {0: 223.7, 100_000: 1480.8}),
    *at_steps("lazy_limit_loss", NETWORK, {0: 0.4084}),
]
