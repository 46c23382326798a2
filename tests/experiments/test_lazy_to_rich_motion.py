import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from experiments.lazy_to_rich.motion import losses_and_paths, paths_along, ways_through_weight_space
from grok_jax.analysis.lazy import LINEARIZED, network_and_twin

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


def network_beside_twin():
    """A network and its twin with the coordinates of their ways, which are missing at the second record."""
    axes = {LINEARIZED: [False, True], "seed": [0], "step": [0, 1, 10, 100]}
    draw = np.random.default_rng(0)
    names = ("lazy_progress", "tangent_distance", "normal_distance")
    ds = xr.Dataset({name: (tuple(axes), draw.uniform(0.1, 1, (2, 1, 4))) for name in names}, axes)
    return ds.where(ds.step != 1)


def test_ways_end_where_the_runs_do_and_points_are_named(tmp_path):
    figure = plt.figure()
    ax = figure.add_subplot(projection="3d")
    pair = network_and_twin(network_beside_twin())
    ways_through_weight_space(ax, pair)
    last = pair.network.isel(step=-1, seed=0)
    end = [last[name].item() for name in ("lazy_progress", "tangent_distance", "normal_distance")]
    assert np.array(ax.lines[0].get_data_3d())[:, -1].tolist() == end
    assert {"$w_0$", "$w_{feature}$", "$w_{lazy}$", "S"} <= {text.get_text().strip() for text in ax.texts}
    figure.savefig(tmp_path / "figure.png")
    plt.close(figure)


def test_the_way_of_a_run_that_diverges_ends_before():
    ds = network_beside_twin()
    away = ds.normal_distance.where(ds.step < ds.step[-1], np.inf)
    figure = plt.figure()
    ax = figure.add_subplot(projection="3d")
    ways_through_weight_space(ax, network_and_twin(ds.assign(normal_distance=away)))
    assert len(ax.lines[0].get_data_3d()[0]) == int(ds.normal_distance.isel(seed=0)[0].notnull().sum()) - 1
    plt.close(figure)


def test_runs_that_stay_near_their_start_have_an_arrow_to_the_lazy_solution(tmp_path):
    ds = network_beside_twin()
    figure = plt.figure()
    ax = figure.add_subplot(projection="3d")
    ways_through_weight_space(ax, network_and_twin(ds.assign(lazy_progress=ds.lazy_progress / 100)))
    assert "to $w_{lazy}$" in {text.get_text() for text in ax.texts}
    assert ax.get_xlim()[1] < 0.1
    figure.savefig(tmp_path / "figure.png")
    plt.close(figure)
