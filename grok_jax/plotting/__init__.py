"""Plots of results: small functions that draw xarray objects into matplotlib Axes, and a figure for any grid.

overview draws any Dataset from sweep; lazy_overview draws networks next to their linearized twins. The other functions
draw into your own Axes; wrap your code in `with grok_jax.plotting.style.style():` to get the same look.
"""

from grok_jax.plotting.curves import curve, curves_along, learning_curves, legend, mark_time, weight_norm_axis
from grok_jax.plotting.grid import overview
from grok_jax.plotting.landscape import convergence, slice_along, train_and_test, way_over
from grok_jax.plotting.lazy import curves_against_twin, lazy_overview
from grok_jax.plotting.maps import heat_map
from grok_jax.plotting.style import colors, panel_label, short_log_axes
from grok_jax.plotting.times import line_of_slope, marks_along, times_along

__all__ = [
    "colors",
    "convergence",
    "curve",
    "curves_against_twin",
    "curves_along",
    "heat_map",
    "lazy_overview",
    "learning_curves",
    "legend",
    "line_of_slope",
    "mark_time",
    "marks_along",
    "overview",
    "panel_label",
    "short_log_axes",
    "slice_along",
    "times_along",
    "train_and_test",
    "way_over",
    "weight_norm_axis",
]
