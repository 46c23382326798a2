import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from grok_jax.plotting.curves import (
    axis_label,
    curve,
    curves_along,
    learning_curves,
    legend,
    mark_time,
    weight_norm_axis,
)


def runs(values, name="test_accuracy", **attrs):
    values = np.asarray(values, float)
    steps = [0, 1, 10, 100][: values.shape[-1]]
    return xr.DataArray(values, dims=("seed", "step"), coords={"step": steps}, name=name, attrs=attrs)


@pytest.fixture
def ax():
    return Figure().subplots()


def test_a_curve_is_the_median_with_a_band_from_smallest_to_largest(ax):
    curve(ax, runs([[0, 1, 2, 3], [0, 5, 6, 7], [0, 2, 3, 9]]), color="k")
    (line,) = ax.lines
    assert line.get_xydata().tolist() == [[1, 2], [10, 3], [100, 7]]
    (band,) = ax.collections
    assert band.get_datalim(ax.transData).extents.tolist() == [1, 1, 100, 9]


def test_the_record_of_step_0_has_no_place_on_the_logarithmic_axis(ax):
    curve(ax, runs([[0.5, 1, 2, 3]]), color="k")
    assert ax.get_xscale() == "log"
    assert ax.lines[0].get_xdata()[0] == 1
    assert not ax.collections


def test_a_run_alone_is_a_line(ax):
    curve(ax, runs([[0, 1, 2, 3]]).isel(seed=0), color="k")
    assert ax.lines[0].get_ydata().tolist() == [1, 2, 3]


def test_runs_that_break_off_leave_the_median_to_the_others(ax):
    curve(ax, runs([[0, 1, 2, 3], [0, 3, np.nan, np.nan], [0, 2, 4, np.inf]]), color="k")
    assert ax.lines[0].get_ydata().tolist() == [2, 3, 3]


def test_learning_curves_are_named_after_their_variables(ax):
    ds = xr.Dataset(
        {
            "train_loss": runs([[1, 1, 0.1, 0.01]], "train_loss", units="squared outputs"),
            "test_loss": runs([[1, 1, 1, 0.1]], "test_loss", units="squared outputs"),
        }
    )
    learning_curves(ax, ds, ("train_loss", "test_loss"))
    assert ax.get_legend_handles_labels()[1] == ["train loss", "test loss"]
    assert ax.get_ylabel() == "loss [squared outputs]"
    assert ax.get_yscale() == "log"


def test_an_axis_label_is_what_the_names_share():
    assert axis_label([runs([[0.0] * 4], "train_accuracy", units="1"), runs([[0.0] * 4])]) == "accuracy"
    assert axis_label([runs([[0.0] * 4], "fit"), runs([[0.0] * 4], "norm")]) == "fit / norm"


def test_the_weight_norm_has_an_axis_and_an_entry_in_the_one_legend(ax):
    curve(ax, runs([[0, 1, 2, 3]]), color="k", label="test")
    twin = weight_norm_axis(ax, xr.Dataset({"weight_norm": runs([[50, 50, 40, 30]], "weight_norm")}))
    legend(ax, twin)
    assert twin.get_ylabel() == "weight norm"
    assert ax.get_legend() is None
    assert [text.get_text() for text in twin.get_legend().get_texts()] == ["test", "weight norm"]


def test_a_time_is_marked_at_its_median_and_named_where_it_is_not_reached(ax):
    mark_time(ax, xr.DataArray([1.0, 30.0, np.inf], dims="seed"), color="k", label="fit")
    mark_time(ax, xr.DataArray([1.0, np.inf, np.inf], dims="seed"), color="k", label="late")
    assert [line.get_xdata()[0] for line in ax.lines if len(line.get_xdata())] == [30]
    assert ax.get_legend_handles_labels()[1] == ["fit", "late: not reached"]


@pytest.fixture
def along():
    """Losses of two seeds at two laziness values."""
    values = np.array([[1, 1, 0.1, 0.01], [1, 1, 0.5, 0.1]])
    axes = ("model.output_scale", "seed", "step")
    coords = {"model.output_scale": [0.5, 2.0], "step": [0, 1, 10, 100]}
    names = {"train_loss": values, "test_loss": 2 * values}
    return xr.Dataset({name: (axes, np.stack([v, 3 * v], axis=1)) for name, v in names.items()}, coords)


def test_curves_along_an_axis_share_a_color_at_each_point_and_train_is_dashed(ax, along):
    curves_along(ax, along, "model.output_scale", symbol="α")
    assert [line.get_linestyle() for line in ax.lines] == ["--", "-", "--", "-"]
    drawn = [line.get_color() for line in ax.lines]
    assert drawn[0] == drawn[1] != drawn[2] == drawn[3]


def test_curves_along_an_axis_are_named_by_its_values(ax, along):
    curves_along(ax, along, "model.output_scale", symbol="α")
    assert ax.get_legend_handles_labels()[1] == ["α = 0.5", "α = 2"]
    assert ax.get_ylabel() == "loss (dashed: train)"


def test_curves_along_an_axis_are_medians_over_the_others(ax, along):
    curves_along(ax, along, "model.output_scale", symbol="α")
    np.testing.assert_allclose(ax.lines[1].get_ydata(), 2 * 2 * np.array([1, 0.1, 0.01]))


def test_losses_along_an_axis_are_logarithmic(ax, along):
    curves_along(ax, along, "model.output_scale", symbol="α")
    assert ax.get_yscale() == "log"


def test_losses_without_a_number_can_be_drawn(tmp_path):
    nothing = xr.DataArray(np.full((2, 3), np.nan), {"step": [0, 1, 2]}, ("seed", "step"))
    figure = Figure()
    learning_curves(
        figure.subplots(), xr.Dataset({"train_loss": nothing, "test_loss": nothing}), ("train_loss", "test_loss")
    )
    figure.savefig(tmp_path / "figure.png")
