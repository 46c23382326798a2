import numpy as np
import pytest
import xarray as xr

from experiments.landscape import plot

INIT_SCALE, TRAIN_SIZE = "model.init_scale", "task.train_size"
ALL = {INIT_SCALE: [0.1, 1.0, 10.0], TRAIN_SIZE: [10, 100], "seed": [0, 1], "optimizer.name": ["adam", "gd"]}
STEPS = [0, 90, 100]


def results(*axes, accuracy=True, gradient=True):
    """Losses and accuracies with a value of their own in every run."""
    sizes = [len(ALL[axis]) for axis in axes]
    loss = np.geomspace(1e-4, 1, int(np.prod([*sizes, 3]))).reshape(*sizes, 3)[..., ::-1]
    names = ["train_loss", "test_loss"] + ["tangential_gradient"] * gradient
    variables = dict.fromkeys(names, ((*axes, "step"), loss))
    if accuracy:
        variables |= {f"{split}_accuracy": ((*axes, "step"), 1 - loss) for split in ("train", "test")}
    return xr.Dataset(variables, {axis: ALL[axis] for axis in axes} | {"step": STEPS})


def names(figure):
    return [ax.get_ylabel() for ax in figure.axes]


def test_one_axis_gives_slices_of_losses_errors_and_convergence(tmp_path):
    figure = plot(results(INIT_SCALE, "seed"))
    assert names(figure)[:2] == ["reduced loss", "reduced error"]
    assert len(figure.axes) == 4  # the last panel has two axes
    assert figure.axes[0].get_legend_handles_labels()[1] == [
        "final train loss",
        "final test loss",
        "best train loss",
        "best test loss",
    ]
    figure.savefig(tmp_path / "figure.png")


def test_two_axes_give_maps_with_the_scale_to_the_right(tmp_path):
    figure = plot(results(TRAIN_SIZE, INIT_SCALE, "seed"))
    maps = [ax for ax in figure.axes if ax.get_xlabel() == INIT_SCALE]
    assert len(maps) == 10
    assert {ax.get_ylabel() for ax in maps} == {TRAIN_SIZE}
    bars = [name for name in names(figure) if name != TRAIN_SIZE]
    assert bars[:4] == ["final train loss", "final test loss", "best train loss", "best test loss"]
    assert bars[4] == "final train error"
    figure.savefig(tmp_path / "figure.png")


def test_a_task_without_accuracies_has_no_panels_of_errors():
    assert "reduced error" not in names(plot(results(INIT_SCALE, "seed", accuracy=False)))
    assert (
        len([ax for ax in plot(results(INIT_SCALE, TRAIN_SIZE, accuracy=False)).axes if ax.get_xlabel() == INIT_SCALE])
        == 6
    )


def test_without_the_probe_the_share_alone_shows_convergence(tmp_path):
    plot(results(INIT_SCALE, TRAIN_SIZE, gradient=False)).savefig(tmp_path / "figure.png")


def test_an_axis_of_words_is_shown_at_its_first_and_said_so():
    figure = plot(results(INIT_SCALE, "optimizer.name", "seed"))
    assert figure.get_suptitle() == "at optimizer.name = adam"


@pytest.mark.parametrize("axes", [(), ("seed",)])
def test_a_single_sphere_can_be_drawn(tmp_path, axes):
    ds = results(*axes).assign_attrs(config='{"model": {"init_scale": 2.0}}')
    figure = plot(ds)
    assert figure.axes[0].lines[0].get_xdata().tolist() == [2.0]
    figure.savefig(tmp_path / "figure.png")
