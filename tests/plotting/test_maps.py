import numpy as np
import pytest
import xarray as xr
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure

from grok_jax.plotting.maps import heat_map


@pytest.fixture
def ax():
    return Figure().subplots()


def field(values, x=(1.0, 10.0, 100.0), y=(0.0, 1.0)):
    return xr.DataArray(np.asarray(values, float), {"y": list(y), "x": list(x)}, ("y", "x"))


def draw(ax, z, **settings):
    return heat_map(ax, z, "x", "y", labels=("speed [m/s]", "height", "time [steps]"), **settings)


def named(ax):
    return ax.get_legend_handles_labels()[1]


def test_a_cell_reaches_halfway_to_its_neighbors(ax):
    draw(ax, field([[1, 2, 3], [4, 5, 6]]))
    assert ax.get_xlim() == (-3.5, 145.0)
    assert ax.get_ylim() == (-0.5, 1.5)


def test_halfway_is_measured_on_the_axis_of_its_scale(ax):
    draw(ax, field([[1, 2, 3], [4, 5, 6]]), log="x")
    assert ax.get_xscale() == "log"
    assert ax.get_xlim() == pytest.approx((10**-0.5, 10**2.5))


def test_rows_go_up_whatever_the_order_of_axes_and_values(ax):
    z = field([[1, 2, 3], [4, 5, 6]])
    cells = draw(ax, z.transpose("x", "y").isel(y=[1, 0]))
    assert cells.get_array().tolist() == [[1, 2, 3], [4, 5, 6]]


def test_the_color_bar_carries_the_name_and_unit(ax):
    assert draw(ax, field([[1, 2, 3], [4, 5, 6]])).colorbar.ax.get_ylabel() == "time [steps]"


def test_censored_and_missing_cells_are_named_and_have_no_color(ax):
    cells = draw(ax, field([[1, np.inf, 3], [4, 5, np.nan]]), never="not reached", missing="diverged")
    assert named(ax) == ["not reached", "diverged"]
    assert cells.get_array().mask.tolist() == [[False, True, False], [False, False, True]]
    assert cells.norm.vmax == 5


def test_nothing_is_named_where_every_cell_has_a_value(ax):
    draw(ax, field([[1, 2, 3], [4, 5, 6]]))
    assert named(ax) == []


def test_zero_takes_the_lowest_color_of_a_logarithmic_bar(ax):
    cells = draw(ax, field([[0, 2, 30], [4, 5, 6]]), log="z")
    assert cells.norm.vmin == 2
    assert cells.get_array()[0, 0] == 2
    assert cells.colorbar.extend == "min"


def test_a_contour_runs_where_the_level_is(ax):
    draw(ax, field([[0, 2, 4], [0, 2, 4]], x=(0.0, 2.0, 4.0)), contours=(1.0,))
    (path,) = next(c for c in ax.collections if isinstance(c, ContourSet)).get_paths()
    assert np.allclose(path.vertices[:, 0], 1.0)


@pytest.mark.parametrize("value", [0.0, 3.0, np.inf, np.nan])
def test_a_map_of_one_value_can_be_drawn(ax, tmp_path, value):
    draw(ax, field([[value]], x=(1.0,), y=(0.0,)), log="z")
    ax.figure.savefig(tmp_path / "map.png")


def test_ticks_are_at_the_points_of_the_grid(ax):
    draw(ax, field([[1, 2, 3], [4, 5, 6]], x=(0.3, 30.0, 3000.0)), log="x")
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0.3", "30", "3,000"]
    assert ax.get_xticks(minor=True).size == 0
    assert ax.get_yticks().tolist() == [0, 1]


def test_ticks_leave_out_points_where_labels_would_overlap(ax):
    draw(ax, field(np.ones((2, 25)), x=np.arange(25.0)))
    assert ax.get_xticks().tolist() == [0, 4, 8, 12, 16, 20, 24]
