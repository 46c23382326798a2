"""Lazy to rich, Section 4.1: the output scale, the scale of the labels and the width as routes to lazy training.

Results: dims ('task.target_scale,model.output_scale,model.width,optimizer.learning_rate', 'seed', 'step').
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.lazy_to_rich.relative_loss import relative_losses
from experiments.lazy_to_rich.waits import how_many_differ
from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.grokking import last_value, relative, time_to_grok
from grok_jax.analysis.power_law import rank_correlation
from grok_jax.plotting.curves import curves_along, legend
from grok_jax.plotting.style import OKABE_ITO, panel_label, short_log_axes, style
from grok_jax.plotting.times import marks_along

TARGET_SCALE, OUTPUT_SCALE, WIDTH = "task.target_scale", "model.output_scale", "model.width"
POINT = f"{TARGET_SCALE},{OUTPUT_SCALE},{WIDTH},optimizer.learning_rate"
LAZINESS = "laziness"
LEVEL = 0.2  # a loss below this share of its start counts as learned
STRONG = 0.8  # rank correlation
SAME = 0.01  # relative
CLOSE = 0.25  # relative
STILL = 1.5  # a change by less than this factor counts as none
FEWEST = 3  # points of a sweep, or distinct finite waits

Measure = Callable[[xr.Dataset], Float[xr.DataArray, "*grid"]]


class Route(NamedTuple):
    """A sweep toward lazy training."""

    name: str
    symbol: str
    marker: str


OUTPUT, LABEL, USUAL, PLAIN = 0, 1, 2, 3  # indices in ROUTES
ROUTES = (
    Route("output scale α", "α", "o"),
    Route("labels times 1/α", "α", "x"),
    Route("width N, 1/√N", "N", "s"),
    Route("width N, 1/N", "N", "^"),
)


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) to (d) relative losses along each route; (e) change of the kernel and (f) wait over the laziness.

    The laziness is α, or √(N / N₀) for a width N. The wait is from train to test loss reaching LEVEL of their start.
    """
    with style():
        figure = Figure(figsize=(13.2, 7.6), layout="constrained")
        grid = figure.subplots(2, 3)
        losses, ends = [*grid[0], grid[1, 0]], grid[1, 1:]
        for i, (ax, route) in enumerate(zip(losses, ROUTES, strict=True)):
            runs = relative_losses(_route(ds, i))
            axis = LAZINESS if i < USUAL else WIDTH
            curves_along(ax, runs.swap_dims({POINT: axis}), axis, symbol=route.symbol)
            ax.axhline(LEVEL, color="0.4", linestyle=":")
            ax.sharey(losses[0])
            ax.set(title=route.name, ylabel="loss / its start (dashed: train)")
            legend(ax, loc="lower left")
        _ends(ends[0], ds, _change, "|K - K₀| / |K₀| at the end")
        _ends(ends[1], ds, _wait, "wait in steps (no mark: not over)")
        for ax, letter in zip([*losses, *ends], "abcdef", strict=True):
            panel_label(ax, letter)
    return figure


def _ends(ax: Axes, ds: xr.Dataset, measure: Measure, label: str) -> None:
    """Draws a marker for each run of each route, over its laziness."""
    for i, (route, color) in enumerate(zip(ROUTES, OKABE_ITO, strict=False)):
        runs = _route(ds, i)
        heights = measure(runs)
        heights = heights.where(np.isfinite(heights) & (heights > 0))
        marks_along(ax, heights, LAZINESS, route.marker, color=color, label=route.name, markerfacecolor="none")
    ax.set(xlabel="laziness: α, or √(N / N₀)", ylabel=label)
    short_log_axes(ax)
    legend(ax)


def _change(runs: xr.Dataset) -> Float[xr.DataArray, "*grid"]:
    """Returns how far the kernel has moved at the end."""
    return last_value(runs["kernel_distance"])


def _wait(runs: xr.Dataset) -> Float[xr.DataArray, "*grid"]:
    return time_to_grok(relative_losses(runs), LEVEL)


def _members(ds: xr.Dataset) -> list[Bool[np.ndarray, " points"]]:
    """Returns which points belong to each route; the point α = 1, unscaled labels, N = N₀ belongs to all."""
    labels, alpha, width = (ds[name].values for name in (TARGET_SCALE, OUTPUT_SCALE, WIDTH))
    base = _base_width(ds)
    one = [np.isclose(x, 1, rtol=1e-5) for x in (labels, alpha, alpha / np.sqrt(width / base))]
    return [one[0] & (width == base), one[1] & (width == base), one[0] & one[2], one[0] & one[1]]


def _base_width(ds: xr.Dataset) -> int:
    """Returns N₀, the width of the sweeps over α and labels: the most common width."""
    widths, counts = np.unique(ds[WIDTH].values, return_counts=True)
    return int(widths[np.argmax(counts)])


def _route(ds: xr.Dataset, route: int) -> xr.Dataset:
    """Returns the runs of a route, ordered by LAZINESS: α, one over the scale of the labels, or √(N / N₀).

    Raises:
      NotMeasured: the results lack this sweep.
    """
    if POINT not in ds.dims:
        raise NotMeasured(f"needs the axis {POINT}")
    runs = ds.isel({POINT: np.flatnonzero(_members(ds)[route])})
    if runs.sizes[POINT] < FEWEST:
        raise NotMeasured(f"needs {FEWEST} or more points of the sweep over {ROUTES[route].name}")
    laziness = (
        (runs[OUTPUT_SCALE], 1 / runs[TARGET_SCALE])[route] if route < USUAL else np.sqrt(runs[WIDTH] / _base_width(ds))
    )
    # Rounded so that sweeps can be compared point by point, as the results store these numbers as float32.
    return runs.assign_coords({LAZINESS: (POINT, [float(f"{x:.5g}") for x in laziness.values])}).sortby(LAZINESS)


def _off_output_scale(ds: xr.Dataset, route: int, measure: Measure) -> Float[xr.DataArray, "laziness ..."]:
    """Returns the relative difference of a route's runs from the equally lazy runs of the output-scale route."""
    both = [measure(_route(ds, way).swap_dims({POINT: LAZINESS})) for way in (route, OUTPUT)]
    both = [x.drop_vars([name for name in x.coords if name not in x.dims]) for x in both]
    here, there = xr.align(*both, join="inner", exclude=["seed", "step"])
    if here.sizes[LAZINESS] < FEWEST:
        raise NotMeasured(f"needs {FEWEST} or more points of the sweep over {ROUTES[route].name} at one of the α")
    return np.abs(here / there - 1)


def _moves_by(ds: xr.Dataset, factor: float, measure: Measure = _change) -> Bool[xr.DataArray, "..."]:
    """Returns whether the output scale changes a measure by more than a factor: else equal curves tell nothing."""
    along = measure(_route(ds, OUTPUT))
    change = along.max(POINT) / along.min(POINT)
    return change.max([dim for dim in change.dims if dim != "seed"]) > factor


def _labels_are_output_scale(ds: xr.Dataset) -> Measured:
    measures = {
        "test loss / its start, any record": lambda runs: relative(runs["test_loss"]),
        "change of the kernel": _change,
        "change of the weights": lambda runs: last_value(runs["relative_distance"]),
    }
    off = {name: _off_output_scale(ds, LABEL, measure) for name, measure in measures.items()}
    worst = {name: x.max([dim for dim in x.dims if dim != "seed"]) for name, x in off.items()}
    largest = xr.concat(list(worst.values()), "what").max("what", skipna=False)
    named = {f"largest relative difference: {name}": value for name, value in worst.items()}
    moved = [_moves_by(ds, 1 + SAME, measure) for measure in measures.values()]
    decided = largest.notnull() & xr.concat(moved, "what").all("what")
    return over_seeds(largest <= SAME, named, decided=decided)


def _is_lazier_along(ds: xr.Dataset, route: int) -> Measured:
    runs = _route(ds, route)
    change, wait = _change(runs), _wait(runs)
    falling, rising = (rank_correlation(x, POINT, runs[LAZINESS]) for x in (change, wait))
    values = {"rank correlation of the kernel's change": falling, "of the wait": rising}
    for i, name in ((0, "at the first point"), (-1, "at the last")):
        values[f"change of the kernel {name}"] = change.isel({POINT: i}, drop=True)
        values[f"steps of wait {name}"] = wait.isel({POINT: i}, drop=True)
    decided = falling.notnull() & rising.notnull() & (how_many_differ(wait, [POINT]) >= FEWEST)
    return over_seeds((falling < -STRONG) & (rising > STRONG), values, decided=decided)


def _plain_width_changes_nothing(ds: xr.Dataset) -> Measured:
    change = _change(_route(ds, PLAIN))
    factor = change.max(POINT) / change.min(POINT)
    values = {"largest / smallest change of the kernel": factor}
    for i, name in ((0, "narrowest"), (-1, "widest")):
        values[f"change of the kernel, {name}"] = change.isel({POINT: i}, drop=True)
    return over_seeds(factor <= STILL, values, decided=change.notnull().all(POINT) & _moves_by(ds, STILL))


def _usual_width_is_output_scale(ds: xr.Dataset) -> Measured:
    off = _off_output_scale(ds, USUAL, _change)
    values = {"largest relative difference": off.max(LAZINESS)}
    values |= {f"at √(N / N₀) = {x:g}": off.sel({LAZINESS: x}, drop=True) for x in off[LAZINESS].values}
    decided = off.notnull().all(LAZINESS) & _moves_by(ds, 1 + CLOSE)
    return over_seeds(off.max(LAZINESS) <= CLOSE, values, decided=decided)


LAZIER = "the kernel moves less (rank correlation < -.8) and the wait from train to test loss grows (> .8)"
CLAIMS = [
    Claim(
        "lazy_to_rich/sec4/1",
        f"the larger the output scale α, the lazier: {LAZIER}",
        "multiplying the network output logits by a large scale factor α can also induce lazy training",
        lambda ds: _is_lazier_along(ds, OUTPUT),
    ),
    Claim(
        "lazy_to_rich/sec4/2",
        f"the smaller the labels, the lazier: {LAZIER}",
        "scaling y by factor 1/α can induce lazy training",
        lambda ds: _is_lazier_along(ds, LABEL),
    ),
    Claim(
        "lazy_to_rich/sec4/3",
        f"the wider the network, in the parametrization with 1/√N, the lazier: {LAZIER}",
        "large width: in commonly used parameterization, increasing the network width improves this approximation",
        lambda ds: _is_lazier_along(ds, USUAL),
    ),
    Claim(
        "lazy_to_rich/sec4/4",
        "scaling the labels by 1/α is the same as output scale α: losses over their start, kernels and "
        "weights agree within 1%",
        "these methods of inducing laziness are equivalent in inducing grokking",
        _labels_are_output_scale,
    ),
    Claim(
        "lazy_to_rich/sec4/5",
        "width N with 1/√N moves the kernel as far as output scale √(N/100) does at N = 100, within 25%",
        "the paper calls the methods equivalent, large width among them, and states no law for it",
        _usual_width_is_output_scale,
        own=True,
    ),
    Claim(
        "lazy_to_rich/sec4/6",
        "with the 1/N of Eq. 3, width alone makes nothing lazier: the kernel's change varies by a factor "
        "of 1.5 at most",
        "the paper says that width does so in common parametrizations, but its toy model uses another one",
        _plain_width_changes_nothing,
        own=True,
    ),
]
