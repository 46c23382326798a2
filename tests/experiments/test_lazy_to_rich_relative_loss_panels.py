import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from experiments.lazy_to_rich.relative_loss import SMALLEST, relative_loss_panel, relative_loss_row

STEPS = [0, 1, 10, 100]


def results(settings=2, seeds=3):
    curve = np.array([5.0, 4.0, 2.0, 1.0])
    data = {name: (("task.directions", "seed", "step"), np.tile(curve, (settings, seeds, 1))) for name in LOSSES}
    return xr.Dataset(data, {"task.directions": range(1, settings + 1), "seed": range(seeds), "step": STEPS})


LOSSES = ("train_loss", "test_loss")


def with_twins(ds):
    return xr.concat([ds, ds], xr.DataArray([False, True], dims="model.linearized", name="model.linearized"))


def test_a_panel_shows_losses_over_their_start():
    ax = Figure().subplots()
    relative_loss_panel(ax, results().isel({"task.directions": 0}), 0.2)
    np.testing.assert_allclose(ax.lines[1].get_ydata(), [0.8, 0.4, 0.2])


def test_a_panel_shows_the_twin_only_where_there_is_one():
    for ds, twin in ((results(), []), (with_twins(results()), ["test loss, linearized"])):
        ax = Figure().subplots()
        relative_loss_panel(ax, ds.isel({"task.directions": 0}), 0.2)
        names = [line.get_label() for line in ax.lines if not line.get_label().startswith("_")]
        assert names == ["train loss", "test loss", *twin, "0.2 of the start"]


def test_a_row_has_a_panel_for_each_value_of_its_axis(tmp_path):
    figure = relative_loss_row(with_twins(results(settings=3)), "task.directions", "k", 0.2)
    assert [ax.get_title() for ax in figure.axes] == ["k = 1", "k = 2", "k = 3"]
    figure.savefig(tmp_path / "row.png")


def test_the_panels_of_a_row_show_all_that_is_large_and_cut_off_what_is_tiny():
    ds = results()
    ds["test_loss"][1, :, -1], ds["train_loss"][0, :, -1] = 500.0, 1e-9
    low, high = relative_loss_row(ds, "task.directions", "k", 0.2).axes[0].get_ylim()
    assert low == SMALLEST
    assert high > 100
