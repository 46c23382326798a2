import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from grok_jax.plotting.times import legend_below, times_along

AXIS = "task.train_size"


def drawn(times):
    time = xr.DataArray(times, {AXIS: [100, 200, 400]}, dims=(AXIS, "seed"))
    ax = Figure().subplots()
    times_along(ax, time, AXIS, colour="C0", label="test", budget=1000.0)
    return ax


def test_every_seed_is_a_point_and_the_medians_are_a_line():
    ax = drawn([[9.0, 7.0, 8.0], [6.0, 5.0, 4.0], [3.0, 2.0, 1.0]])
    assert len(ax.lines) == 4
    np.testing.assert_array_equal(ax.lines[3].get_ydata(), [8, 5, 2])


def test_a_run_that_does_not_get_there_is_marked_at_its_budget():
    ax = drawn([[np.inf, np.inf, 8.0], [6.0, 5.0, np.inf], [3.0, 2.0, 1.0]])
    np.testing.assert_array_equal(ax.lines[3].get_ydata(), [np.nan, 6, 2])
    np.testing.assert_array_equal(ax.lines[4].get_xdata(), [100, 200])
    assert set(ax.lines[4].get_ydata()) == {1000}


def test_times_without_seeds_can_be_drawn():
    ax = Figure().subplots()
    time = xr.DataArray([9.0, np.inf], {AXIS: [100, 200]}, dims=AXIS)
    times_along(ax, time, AXIS, colour="C0", label="test", budget=1000.0)
    assert len(ax.lines) == 3


def test_the_legend_lies_below_the_points():
    ax = drawn([[9.0, 7.0, 8.0], [6.0, 5.0, 4.0], [3.0, 2.0, 1.0]])
    legend_below(ax)
    assert ax.get_ylim()[0] < 0.9
