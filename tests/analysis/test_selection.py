import json

import numpy as np
import pytest
import xarray as xr

from grok_jax.analysis.claims import NotMeasured
from grok_jax.analysis.selection import config_value, runs_at, sorted_along, with_axis

CONFIG = {"optimizer": {"name": "adamw", "weight_decay": 0.01}, "seed": 0}


def results():
    return xr.Dataset(
        {"x": (("model.init_scale", "step"), np.arange(6.0).reshape(2, 3))},
        coords={"model.init_scale": np.float32([0.3, 2.0]), "step": [0, 1, 2]},
        attrs={"config": json.dumps(CONFIG)},
    )


def test_runs_are_found_along_an_axis_of_the_grid():
    assert runs_at(results(), {"model.init_scale": 0.3}).x.values.tolist() == [0, 1, 2]


def test_runs_are_found_where_one_axis_sets_several_fields():
    ds = xr.Dataset(
        {"x": (("pair", "step"), np.arange(8.0).reshape(4, 2))},
        {"model.width": ("pair", [10, 10, 20, 20]), "optimizer.weight_decay": ("pair", ["None", "1.0", "None", "1.0"])},
    )
    assert runs_at(ds, {"model.width": 20.0}).x.values.tolist() == [[4, 5], [6, 7]]
    assert runs_at(ds, {"model.width": 20.0, "optimizer.weight_decay": 1.0}).x.values.tolist() == [6, 7]


def test_runs_are_found_by_a_setting_that_all_share():
    both = {"optimizer.weight_decay": 0.01, "model.init_scale": 2.0}
    assert runs_at(results(), both).x.values.tolist() == [3, 4, 5]


@pytest.mark.parametrize("setting", [{"model.init_scale": 1.0}, {"optimizer.weight_decay": 1.0}, {"task.epsilon": 1.0}])
def test_runs_that_were_not_made_cannot_be_measured(setting):
    with pytest.raises(NotMeasured, match=next(iter(setting))):
        runs_at(results(), setting)


def test_a_setting_is_known_where_all_runs_share_it():
    ds = results()
    assert config_value(ds, "optimizer.weight_decay") == 0.01
    assert config_value(ds, "model.init_scale") is None
    assert config_value(ds.isel({"model.init_scale": 1}), "model.init_scale") == 2.0
    assert config_value(xr.Dataset(), "optimizer.weight_decay") is None
    assert config_value(ds, "seed.deeper") is None


def test_a_shared_setting_can_be_made_an_axis():
    ds = with_axis(results(), "optimizer.weight_decay")
    assert ds["optimizer.weight_decay"].values.tolist() == [0.01]
    assert ds.x.dims[0] == "optimizer.weight_decay"
    assert with_axis(ds, "optimizer.weight_decay") is ds
    one = with_axis(results().isel({"model.init_scale": 1}), "model.init_scale")
    assert one["model.init_scale"].values.tolist() == [2.0]


def test_a_setting_that_changes_with_another_becomes_the_axis_of_both():
    zipped = "model.output_scale,optimizer.weight_decay"
    settings = {"model.output_scale": (zipped, [0.5, 1.4]), "optimizer.weight_decay": (zipped, [1.0, 5.0])}
    ds = with_axis(xr.Dataset({"x": (zipped, [3, 4])}, settings), "optimizer.weight_decay")
    assert ds.x.dims == ("optimizer.weight_decay",)
    assert ds.x.sel({"optimizer.weight_decay": 5.0}) == 4


def test_too_few_points_of_an_axis_are_not_measured_and_enough_are_sorted():
    ds = xr.Dataset({"x": ("model.init_scale", [3, 1, 2])}, {"model.init_scale": [3.0, 1.0, 2.0]})
    assert sorted_along(ds, "model.init_scale").x.values.tolist() == [1, 2, 3]
    with pytest.raises(NotMeasured, match="needs 4 or more values"):
        sorted_along(ds, "model.init_scale", 4)
