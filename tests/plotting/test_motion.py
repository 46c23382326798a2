import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from grok_jax.plotting.motion import losses_and_paths, paths_along

AXIS = "model.output_scale"
STEPS = [0, 1, 10, 100]


def results(scales=(0.5, 2.0)):
    """The paths of two seeds, a and 3a times (step/100) along and up, probed at every other record."""
    size = np.array(scales)[:, None, None] * np.array([1.0, 3.0])[:, None] * np.array(STEPS) / 100
    probed = np.where([True, False, True, True], size, np.nan)
    coords = {AXIS: list(scales), "seed": [0, 1], "step": STEPS}
    curves = {"lazy_progress": probed, "normal_distance": probed, "train_loss": 1 / (1 + size), "test_loss": 1 + size}
    return xr.Dataset({name: ((AXIS, "seed", "step"), values) for name, values in curves.items()}, coords)


def test_a_path_runs_through_the_probed_records_as_the_median_of_seeds():
    ax = Figure().subplots()
    paths_along(ax, results(), AXIS, symbol="α")
    assert ax.lines[0].get_xydata() == pytest.approx(np.array([[0, 0], [0.1, 0.1], [1, 1]]))
    assert ax.lines[1].get_xydata().tolist() == [[1, 1]]


def test_the_lazy_solution_lies_one_length_away():
    ax = Figure().subplots()
    paths_along(ax, results(), AXIS, symbol="α")
    assert ax.lines[-1].get_xydata().tolist() == [[1, 0]]
    assert ax.get_legend_handles_labels()[1] == ["α = 0.5", "α = 2", "lazy solution"]


def test_a_path_ends_where_the_run_diverges():
    ds = results()
    ds["normal_distance"] = ds.normal_distance.where(ds.step < 100, np.inf)
    ax = Figure().subplots()
    paths_along(ax, ds, AXIS, symbol="α")
    assert ax.lines[1].get_xydata() == pytest.approx(np.array([[0.1, 0.1]]))


def test_losses_stand_above_the_paths_with_the_level_of_the_delays(tmp_path):
    figure = losses_and_paths(results(), AXIS, symbol="α", level=0.1, letters="ac")
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["(a)", "(c)"]
    assert "loss 0.1" in [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    figure.savefig(tmp_path / "figure.png")


def test_results_of_one_setting_can_be_drawn(tmp_path):
    losses_and_paths(results().isel({AXIS: 0}), AXIS, symbol="α", level=0.1, letters="ac").savefig(tmp_path / "f.png")
