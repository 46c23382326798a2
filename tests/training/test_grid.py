"""Grids as text and as dicts, their points and compiled groups."""

import numpy as np
import pytest

from grok_jax import UserError, default_config
from grok_jax.training.grid import expand, group_runs, parse_grid

CONFIG = default_config().to_dict()


def values(text):
    return [[value for (value,) in axis.values] for axis in parse_grid(text)]


def test_text_and_dict_give_the_same_axes():
    grid = {"model.init_scale": [0.5, 2], "seed": range(3)}
    assert parse_grid("model.init_scale=0.5, 2; seed=range(3)") == parse_grid(grid)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=log(.1, 10, 3)", [[0.1, 1.0, 10.0]]),
        ("a=lin(0, 1, 3)", [[0.0, 0.5, 1.0]]),
        ("a=intlog(1, 1000, 4)", [[1, 10, 100, 1000]]),
        ("a=range(2, 4)", [[2, 3]]),
        ("a='adam', 'gd'", [["adam", "gd"]]),
        ("a=[1, 2]", [[1, 2]]),
        ("a=(5, 5), (7,)", [[(5, 5), (7,)]]),
        ("", []),
    ],
)
def test_text_is_read_as_it_looks(text, expected):
    assert values(text) == expected


@pytest.mark.parametrize("text", ["seed", "seed=", "seed=range(", "seed=foo", "seed=1; seed=2", "seed,task.seed=1, 2"])
def test_text_that_cannot_be_read_is_refused_in_one_line(text):
    with pytest.raises(UserError, match="seed") as raised:
        parse_grid(text)
    assert "\n" not in str(raised.value)


def test_the_last_axis_is_the_fastest():
    points = expand(CONFIG, parse_grid("model.init_scale=1, 2; seed=range(3)"))
    assert [point.hyper["model.seed"] for point in points] == [0, 1, 2, 0, 1, 2]


def test_fields_on_one_axis_change_together():
    axes = parse_grid("model.init_scale, optimizer.weight_decay = (6, 1), (1, 0)")
    pairs = [(p.hyper["model.init_scale"], p.hyper["optimizer.weight_decay"]) for p in expand(CONFIG, axes)]
    assert pairs == [(6, 1), (1, 0)]


def test_traced_axes_are_one_program_and_static_axes_one_for_each_value():
    axes = parse_grid("optimizer.name='gd', 'adamw'; model.init_scale=1, 2; task.train_size=20, 50; seed=range(3)")
    groups = group_runs(expand(CONFIG, axes))
    assert [len(group.members) for group in groups] == [12, 12]
    assert sorted(np.concatenate([group.members for group in groups])) == list(range(24))


def test_capacity_is_that_of_the_largest_run():
    (group,) = group_runs(expand(CONFIG, parse_grid("task.train_size=20, 50, 30")))
    assert group.capacity.train == 50


def test_none_leaves_out_a_field_that_only_another_model_has():
    axes = parse_grid("model.name, model.widths, model.width = ('mlp', (4,), None), ('committee', None, 6)")
    mlp, committee = (dict(point.static.model) for point in expand(CONFIG, axes))
    assert (mlp["widths"], committee["width"]) == ((4,), 6)
    assert "width" not in mlp


@pytest.mark.parametrize("text", ["model.widht=None, None", "model.width=None, 6"])
def test_none_for_a_field_of_no_model_and_a_value_for_that_of_another_are_user_errors(text):
    with pytest.raises(UserError, match="is not a field; model has"):
        expand(CONFIG, parse_grid(text))


def test_an_axis_over_names_brings_the_fields_of_the_new_one():
    axes = parse_grid({"model.widths": [(3,), (4,)], "model.name": ["mlp"]})
    assert dict(expand(CONFIG, axes)[1].static.model)["widths"] == (4,)
