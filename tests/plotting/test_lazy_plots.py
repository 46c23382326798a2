import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

from grok_jax.analysis.claims import NotMeasured
from grok_jax.analysis.lazy import LINEARIZED, network_and_twin
from grok_jax.plotting.lazy import NETWORK, TWIN, curves_against_twin, lazy_overview

STEPS = np.array([0, 1, 10, 100])
ALWAYS = ("train_loss", "test_loss", "train_accuracy", "test_accuracy", "weight_norm")
PROBED = ("kernel_alignment", "kernel_distance")


def results(**grid):
    """Networks and twins over a grid; the probes at every second record and the last."""
    axes = {LINEARIZED: [False, True], **grid, "step": STEPS}
    shape = tuple(map(len, axes.values()))
    draw = np.random.default_rng(0)
    values = {name: (tuple(axes), draw.uniform(0.1, 1, shape)) for name in (*ALWAYS, *PROBED)}
    ds = xr.Dataset(values, axes)
    for name in PROBED:
        ds[name] = ds[name].where(ds.step != 1)
    return ds


def with_regression(ds):
    return ds.assign(kernel_regression_loss=xr.full_like(ds.test_loss, 0.3).where(ds.step == 0))


def labels(ax):
    return ax.get_legend_handles_labels()[1]


def legend_of(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


def test_network_and_twin_have_their_colors_and_dashed_training_curves(ax):
    curves_against_twin(ax, network_and_twin(results(seed=[0, 1])))
    drawn = {(line.get_color(), line.get_linestyle()) for line in ax.lines}
    assert drawn == {(color, style) for color in (NETWORK, TWIN) for style in ("-", "--")}
    assert labels(ax) == ["linearized", "network"]


def test_kernel_regression_is_a_horizontal_line_where_it_was_measured(ax):
    curves_against_twin(ax, network_and_twin(with_regression(results(seed=[0, 1]))))
    assert labels(ax) == ["linearized", "network", "kernel regression, K₀ averaged over outputs"]
    assert list(ax.lines[-1].get_ydata()) == [0.3, 0.3]


@pytest.mark.parametrize(("outputs", "words"), [(1, ""), (10, " averaged over outputs")])
def test_the_legend_says_where_the_kernel_is_averaged_over_outputs(ax, outputs, words):
    curves_against_twin(ax, network_and_twin(with_regression(results(seed=[0, 1])).assign_attrs(outputs=outputs)))
    assert labels(ax)[-1] == f"kernel regression, K₀{words}"


def test_accuracies_have_no_line_of_kernel_regression(ax):
    curves_against_twin(ax, network_and_twin(with_regression(results())), "accuracy")
    assert labels(ax) == ["linearized", "network"]
    assert ax.get_yscale() == "linear"


def test_the_line_of_the_full_kernel_is_drawn_instead_of_that_of_the_averaged_one(ax):
    ds = with_regression(results(seed=[0, 1])).assign_attrs(outputs=10)
    curves_against_twin(ax, network_and_twin(ds.assign(lazy_limit_loss=("seed", [0.7, 0.7]))))
    assert labels(ax)[-1] == "kernel regression, K₀"
    assert ax.lines[-1].get_ydata()[0] == 0.7


def test_the_overview_has_a_column_for_each_setting(tmp_path):
    figure = lazy_overview(with_regression(results(**{"model.width": [10, 20], "optimizer.name": ["gd"], "seed": [0]})))
    titles = [ax.get_title() for ax in figure.axes if ax.get_title()]
    assert titles == ["model.width = 10\noptimizer.name = gd", "model.width = 20\noptimizer.name = gd"]
    figure.savefig(tmp_path / "figure.png")


def test_the_legend_of_the_overview_says_not_reached_only_where_no_setting_reaches_it():
    ds = results(**{"model.width": [10, 20]})
    together = ds.isel({LINEARIZED: [0, 0]}).assign_coords({LINEARIZED: [False, True]})
    assert legend_of(lazy_overview(together))[-1] == "test losses part by 10%: not reached"
    first_together = xr.concat(
        [part.isel({"model.width": [i]}) for i, part in enumerate((together, ds))], "model.width"
    )
    assert legend_of(lazy_overview(first_together))[-1] == "test losses part by 10%"


def test_an_axis_of_several_fields_is_named_by_each():
    ds = results(**{"model.width,seed": [0, 1]})
    ds = ds.assign_coords({"model.width": ("model.width,seed", [10, 20]), "seed": ("model.width,seed", [3, 4])})
    assert "model.width = 20\nseed = 4" in [ax.get_title() for ax in lazy_overview(ds).axes]


def test_the_overview_shows_six_settings_at_most_and_says_so():
    figure = lazy_overview(results(alpha=np.geomspace(0.1, 10, 9)))
    assert sum("alpha" in ax.get_title() for ax in figure.axes) == 6
    assert figure.get_suptitle() == "6 of 9 settings of alpha"


def test_accuracies_are_shown_only_where_they_tell_anything():
    ds = results(seed=[0])
    low = ds.assign(train_accuracy=0.1 * ds.train_accuracy)
    shown = ["accuracy (dashed: train)" in [ax.get_ylabel() for ax in lazy_overview(runs).axes] for runs in (ds, low)]
    assert shown == [True, False]


def test_results_without_twins_cannot_be_drawn():
    with pytest.raises(NotMeasured):
        lazy_overview(results().isel({LINEARIZED: [0]}))
