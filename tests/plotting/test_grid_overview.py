import numpy as np
import pytest
import xarray as xr

import grok_jax
from grok_jax.errors import UserError
from grok_jax.plotting.grid import overview

STEPS = np.array([0, 1, 10, 100])


def results(accuracy=True, **grid):
    dims = (*grid, "step")
    shape = (*map(len, grid.values()), STEPS.size)
    values = np.random.default_rng(0).uniform(0.1, 1, shape)
    names = ["train_loss", "test_loss", "weight_norm", *(["train_accuracy", "test_accuracy"] if accuracy else [])]
    return xr.Dataset(dict.fromkeys(names, (dims, values)), {**grid, "step": STEPS})


def drawn(ax):
    return [line for line in ax.lines if len(line.get_xdata())]


def labels(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_the_first_axis_is_the_color_and_the_second_the_columns(tmp_path):
    figure = overview(results(**{"alpha": [0.5, 1.0, 2.0], "optimizer.name": ["sgd", "adam"], "seed": [0, 1]}))
    assert len(figure.axes) == 4
    assert [len(drawn(ax)) for ax in figure.axes] == [6, 6, 3, 3]
    assert figure.axes[1].get_title() == "optimizer.name = adam"
    assert labels(figure) == ["0.5", "1", "2", "train", "test"]
    figure.savefig(tmp_path / "figure.png")


def test_an_axis_of_many_fields_leaves_the_panels_room(tmp_path):
    zipped = "model.init_scale,optimizer.constant_norm,optimizer.weight_decay,training.steps"
    figure = overview(results(**{zipped: ["(1.0, False, 1.0, 16000)", "(0.8, True, 0.0, 6000)"]}))
    assert figure.legends[0].get_title().get_text().count("\n") == 3
    figure.savefig(tmp_path / "figure.png")


def test_seeds_of_any_section_are_bands_not_colors():
    figure = overview(results(**{"seed": [0, 1], "task.seed": [0, 1]}))
    assert [len(drawn(ax)) for ax in figure.axes] == [2, 1]
    assert all(len(ax.collections) for ax in figure.axes)


def test_results_without_accuracies_show_losses():
    figure = overview(results(accuracy=False, alpha=[1.0]))
    assert figure.axes[0].get_ylabel() == "loss"
    assert figure.axes[0].get_yscale() == "log"
    assert overview(results(alpha=[1.0])).axes[0].get_ylabel() == "accuracy"


def test_accuracies_that_are_all_nan_count_as_none():
    ds = results(alpha=[1.0])
    ds["test_accuracy"] = ds.test_accuracy * np.nan
    assert overview(ds).axes[0].get_ylabel() == "loss"


def test_a_large_grid_shows_some_columns_and_says_so():
    figure = overview(results(alpha=np.geomspace(0.1, 10, 9), wd=[0.0, 1.0, 2.0], n=[1, 2, 3]))
    assert len(figure.axes) == 12
    assert figure.get_suptitle() == "6 of 9 settings of wd, n"
    assert len(labels(figure)) == 8 + 2
    assert labels(figure)[0] == "0.1"
    assert labels(figure)[7] == "10"


def test_a_single_run_can_be_drawn(tmp_path):
    overview(results()).savefig(tmp_path / "figure.png")


@pytest.mark.parametrize("read", ["plot", "final", "times"])
@pytest.mark.parametrize("given", [5, None, "results/mine", xr.Dataset()], ids=["number", "none", "folder", "empty"])
def test_what_are_not_results_is_refused_in_one_line(read, given):
    with pytest.raises(UserError, match=r"^(given .*; it must be results|the results have no)") as raised:
        getattr(grok_jax, read)(given)
    assert "\n" not in str(raised.value)
