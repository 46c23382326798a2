import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from grok_jax.plotting.times import legend_below, line_of_slope, marks_along, times_along

AXIS = "task.train_size"


def drawn(times, **settings):
    time = xr.DataArray(times, {AXIS: [100, 200, 400]}, dims=(AXIS, "seed"))
    ax = Figure().subplots()
    times_along(ax, time, AXIS, color="C0", label="test", budget=1000.0, **settings)
    return ax


def test_every_seed_is_a_point_and_the_medians_are_a_line():
    ax = drawn([[9.0, 7.0, 8.0], [6.0, 5.0, 4.0], [3.0, 2.0, 1.0]])
    assert len(ax.lines) == 4
    np.testing.assert_array_equal(ax.lines[3].get_ydata(), [8, 5, 2])


def test_the_points_of_a_seed_can_be_joined():
    times = [[9.0, 7.0, 8.0], [6.0, 5.0, 4.0], [3.0, 2.0, 1.0]]
    assert [line.get_linestyle() for line in drawn(times).lines] == ["None"] * 3 + ["-"]
    assert [line.get_linestyle() for line in drawn(times, is_joined=True).lines] == ["-"] * 4


def test_a_run_that_does_not_get_there_is_marked_at_its_budget():
    ax = drawn([[np.inf, np.inf, 8.0], [6.0, 5.0, np.inf], [3.0, 2.0, 1.0]])
    np.testing.assert_array_equal(ax.lines[3].get_ydata(), [np.nan, 6, 2])
    np.testing.assert_array_equal(ax.lines[4].get_xdata(), [100, 200])
    assert set(ax.lines[4].get_ydata()) == {1000}


def test_times_without_seeds_can_be_drawn():
    ax = Figure().subplots()
    time = xr.DataArray([9.0, np.inf], {AXIS: [100, 200]}, dims=AXIS)
    times_along(ax, time, AXIS, color="C0", label="test", budget=1000.0)
    assert len(ax.lines) == 3


def test_a_line_of_slope_runs_through_the_middle_of_the_times_that_were_reached():
    time = xr.DataArray([[40.0, 90.0], [20.0, 45.0], [np.inf, np.inf]], {AXIS: [100, 200, 400]}, dims=(AXIS, "seed"))
    ax = Figure().subplots()
    line_of_slope(ax, time, AXIS, -1.0, label="t ∝ 1/N")
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [60, 30, 15])
    line_of_slope(ax, time + np.inf, AXIS, -1.0, label="t ∝ 1/N")
    assert len(ax.lines) == 1


def test_the_legend_lies_below_the_points():
    ax = drawn([[9.0, 7.0, 8.0], [6.0, 5.0, 4.0], [3.0, 2.0, 1.0]])
    legend_below(ax)
    assert ax.get_ylim()[0] < 0.9


def test_marks_lie_over_the_coordinate_of_their_run():
    x = xr.DataArray([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], {"width": ("point", [8, 16, 32])}, ("seed", "point"))
    ax = Figure().subplots()
    marks_along(ax, x, "width", color="k", label="runs")
    (marks,) = ax.lines
    assert marks.get_xydata().tolist() == [[8, 1], [16, 2], [32, 3], [8, 4], [16, 5], [32, 6]]
