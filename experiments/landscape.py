"""Plots any reduced landscape: curves over one axis of the grid, or heat maps over two.

Results have dims (grid axes, 'step'); axes of seeds count as repeats.
"""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from grok_jax.analysis.claims import Claim
from grok_jax.analysis.landscape import VALUES, error, reduced, still_falling
from grok_jax.analysis.seeds import axes_of_seeds
from grok_jax.analysis.selection import with_axis
from grok_jax.plotting.curves import legend
from grok_jax.plotting.grid import value_text
from grok_jax.plotting.landscape import convergence, train_and_test
from grok_jax.plotting.maps import heat_map
from grok_jax.plotting.style import panel_label, style

INIT_SCALE = "model.init_scale"
WIDE = 5.0  # an axis is logarithmic if its largest value / smallest is at least this
LINES = {"final": "-", "best": "--"}
CLAIMS: list[Claim] = []


def plot(ds: xr.Dataset) -> Figure:
    """Plots reduced losses and errors, final and best, and whether the loss was minimized, over the grid's axes."""
    axes, ds, held = _axes_to_show(ds)
    with style():
        figure = _maps(ds, *axes) if len(axes) > 1 else _slices(ds, axes[0])
        if held:
            figure.suptitle(f"at {held}")
    return figure


def _axes_to_show(ds: xr.Dataset) -> tuple[list[str], xr.Dataset, str]:
    """Returns one or two numeric axes, init_scale first; the results without the other axes; their fixed values."""
    seeds = axes_of_seeds(ds)
    axes = [str(d) for d in ds.dims if d != "step" and d not in seeds]
    numbers = [d for d in axes if np.issubdtype(ds[d].dtype, np.number)]
    shown = sorted(numbers, key=lambda d: d != INIT_SCALE)[:2]
    hidden = [d for d in axes if d not in shown]
    held = ", ".join(f"{d} = {value_text(ds[d].values[0])}" for d in hidden)
    ds = ds.isel(dict.fromkeys(hidden, 0), drop=True)
    return (shown, ds, held) if shown else ([INIT_SCALE], with_axis(ds, INIT_SCALE), held)


def _values(ds: xr.Dataset, kind: str, value: str) -> list[xr.DataArray]:
    """Returns the reduced training and test values (losses or errors) of each run."""
    if kind == "loss":
        return [reduced(ds[f"{split}_loss"], value) for split in ("train", "test")]
    return [error(reduced(ds[f"{split}_accuracy"], value)) for split in ("train", "test")]


def _kinds(ds: xr.Dataset) -> list[str]:
    known = "test_accuracy" in ds and bool(ds["test_accuracy"].notnull().any())
    return ["loss", "error"] if known else ["loss"]


def _slices(ds: xr.Dataset, axis: str) -> Figure:
    kinds, scale = _kinds(ds), "x" if _is_wide(ds, axis) else ""
    figure = Figure(figsize=(1.2 + 4.6 * (len(kinds) + 1), 3.9), layout="constrained")
    panels = figure.subplots(1, len(kinds) + 1)
    for ax, kind in zip(panels, kinds, strict=False):
        log = f"{scale}y" if kind == "loss" else scale
        for value in VALUES:
            train, test = (x.rename(f"{value} {x.name}") for x in _values(ds, kind, value))
            train_and_test(ax, train, test, axis, name=axis, log=log, linestyle=LINES[value])
        ax.set_ylabel(f"reduced {kind}")
        legend(ax)
    convergence(panels[-1], ds, axis, name=axis, log=scale)
    _letters(panels)
    return figure


def _maps(ds: xr.Dataset, x: str, y: str) -> Figure:
    log = "".join(letter for letter, axis in (("x", x), ("y", y)) if _is_wide(ds, axis))
    rows = [
        (f"{value} {kind}", [(q.name, q, f"{log}z" if kind == "loss" else log) for q in _values(ds, kind, value)])
        for kind in _kinds(ds)
        for value in VALUES
    ]
    checks = [("share of train loss lost in the last tenth", still_falling(ds["train_loss"]).clip(min=-1.0), log)]
    if "tangential_gradient" in ds:
        checks.append(("final gradient along the sphere [1 / radian]", reduced(ds["tangential_gradient"]), f"{log}z"))
    rows.append(("", checks))
    figure = Figure(figsize=(10.5, 0.4 + 3.3 * len(rows)), layout="constrained")
    panels = figure.subplots(len(rows), 2, squeeze=False)
    for axes, (title, quantities) in zip(panels, rows, strict=True):
        for ax, (name, quantity, scales) in zip(axes, quantities, strict=False):
            median = quantity.median([d for d in quantity.dims if d not in (x, y)])
            label = f"{title.split(' ')[0]} {name}".replace("_", " ").strip()
            heat_map(ax, median, x, y, labels=(x, y, label), log=scales, contours=_contours(median, "z" in scales))
    if len(checks) == 1:
        panels[-1, 1].set_axis_off()
    _letters([ax for ax in panels.flat if ax.axison])
    return figure


def _contours(z: xr.DataArray, logarithmic: bool) -> list[float]:
    """Returns powers of ten for a logarithmic map, a few round levels for a linear one; none if an axis is trivial."""
    known = z.values[np.isfinite(z.values) & ((z.values > 0) | (not logarithmic))]
    if min(z.shape) < 2 or not known.size or known.min() == known.max():
        return []
    if not logarithmic:
        levels = MaxNLocator(4).tick_values(known.min(), known.max())
        return [float(level) for level in levels if known.min() < level < known.max()]
    low, high = np.log10(known.min()), np.log10(known.max())
    powers = np.arange(np.ceil(low), np.floor(high) + 1)
    return [float(10.0**power) for power in powers[:: 1 + powers.size // 6]]


def _is_wide(ds: xr.Dataset, axis: str) -> bool:
    values = ds[axis].values
    return bool(values.min() > 0 and values.max() / values.min() >= WIDE)


def _letters(panels: list[Axes]) -> None:
    for i, ax in enumerate(panels):
        panel_label(ax, chr(ord("a") + i))
