import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from grok_jax.plotting.landscape import convergence, slice_along, train_and_test, way_over


@pytest.fixture
def ax():
    return Figure().subplots()


def values(rows, name="train_loss", scales=(0.1, 1.0, 10.0)):
    return xr.DataArray(np.asarray(rows, float), {"scale": list(scales)}, ("seed", "scale"), name=name)


def test_a_slice_is_the_median_with_a_band_from_smallest_to_largest(ax):
    slice_along(ax, values([[1, 2, 3], [4, 5, 9], [2, 3, 4]]), "scale", color="k")
    assert ax.lines[0].get_xydata().tolist() == [[0.1, 2], [1, 3], [10, 4]]
    assert ax.collections[0].get_datalim(ax.transData).extents.tolist() == [0.1, 1, 10, 9]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "linear")


def test_a_slice_goes_from_left_to_right_whatever_the_order_of_the_grid(ax):
    slice_along(ax, values([[3, 1, 2]], scales=(10.0, 0.1, 1.0)), "scale", color="k")
    assert ax.lines[0].get_xydata().tolist() == [[0.1, 1], [1, 2], [10, 3]]


def test_values_that_are_nan_or_have_no_logarithm_are_left_out(ax):
    slice_along(ax, values([[np.nan, 0, 3], [np.inf, -1, 5]]), "scale", color="k", log="xy")
    assert ax.lines[0].get_xydata().tolist() == [[10, 4]]


def test_a_zero_stays_on_a_linear_axis(ax):
    slice_along(ax, values([[0, 0, 3]]), "scale", color="k")
    assert ax.lines[0].get_ydata().tolist() == [0, 0, 3]


def test_a_slice_without_any_value_can_be_drawn(ax, tmp_path):
    slice_along(ax, values([[np.nan] * 3]), "scale", color="k", log="xy")
    ax.figure.savefig(tmp_path / "figure.png")


def test_train_and_test_are_named_after_themselves(ax):
    train_and_test(ax, values([[1, 2, 3]]), values([[4, 5, 6]], "test_loss"), "scale", name="scale α")
    assert ax.get_legend_handles_labels()[1] == ["train loss", "test loss"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("scale α", "loss")
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")


def results(*, gradient=True):
    loss = np.array([[[8.0, 2.0, 1.0], [8.0, 1.0, 1.0], [8.0, 1.0, 5.0]]])
    variables = {"train_loss": (("seed", "scale", "step"), loss)}
    if gradient:
        variables["tangential_gradient"] = (("seed", "scale", "step"), loss * [1.0, np.nan, 1.0])
    return xr.Dataset(variables, {"scale": [0.1, 1.0, 10.0], "step": [0, 90, 100]})


def test_convergence_shows_the_gradient_at_both_ends_and_what_the_last_tenth_took_away(ax):
    twin = convergence(ax, results(), "scale", name="α")
    assert [line.get_ydata().tolist() for line in ax.lines] == [[8, 8, 8], [1, 1, 5]]
    assert twin.lines[0].get_ydata().tolist() == [0.5, 0, -1]


def test_convergence_without_the_probe_shows_the_share_alone(ax, tmp_path):
    twin = convergence(ax, results(gradient=False), "scale", name="α")
    assert not ax.lines
    assert len(twin.lines) == 1
    ax.figure.savefig(tmp_path / "figure.png")


def way(rows):
    return xr.DataArray(np.asarray(rows, float), {"step": [0, 10, 20]}, ("seed", "step"))


def test_a_way_is_the_median_of_its_runs_with_its_marks_and_arrows(ax, tmp_path):
    norm, loss = way([[4, 2, 1], [4, 2, 1], [4, 3, 1]]), way([[1, 0.1, 0.01]] * 3)
    ax.set(xscale="log", yscale="log")
    way_over(ax, norm, loss, color="k", marks={"o": 15.0, "*": np.inf}, arrows=2)
    line, mark = ax.lines
    np.testing.assert_allclose(line.get_xydata(), [[4, 1], [2, 0.1], [1, 0.01]])
    np.testing.assert_allclose(mark.get_xydata(), [[2**0.5, 10**-1.5]])
    assert len(ax.texts) == 2
    ax.figure.savefig(tmp_path / "way.png")


def test_a_run_that_never_moves_has_a_way_without_arrows(ax, tmp_path):
    way_over(ax, way([[1, 1, 1]]), way([[1, 1, 1]]), color="k")
    assert not ax.texts
    ax.figure.savefig(tmp_path / "way.png")
