"""Grids as text and as dicts, their points and compiled groups."""

import numpy as np
import pytest

from grok_jax import UserError, default_config
from grok_jax.parts import dotted_leaves
from grok_jax.training.config import from_config
from grok_jax.training.grid import grid_text, intlog, lin, log, parse_grid
from grok_jax.training.plan import plan_grid
from grok_jax.training.run import Run

CONFIG = default_config()


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


@pytest.mark.parametrize(
    ("text", "spaced"),
    [("log(.03, 1, 6)", log(0.03, 1, 6)), ("intlog(7, 500, 9)", intlog(7, 500, 9)), ("lin(0, .7, 8)", lin(0, 0.7, 8))],
)
def test_a_spacing_gives_in_python_what_it_gives_in_text(text, spaced):
    assert values(f"a={text}") == [spaced]


@pytest.mark.parametrize("spacing", [lambda: log(-1, 1, 3), lambda: intlog(0, 1, 3), lambda: lin(0, 1e301, 3)])
def test_ends_that_cannot_be_spaced_are_refused(spacing):
    with pytest.raises(UserError, match=r"an end above the limit|has no logarithm"):
        spacing()


@pytest.mark.parametrize(
    "spacing", [lambda: log(1, 8, -1), lambda: log("a", 8, 2), lambda: lin(1, 8, 2.5), lambda: lin(0, float("inf"), 3)]
)
def test_an_invalid_spacing_is_refused(spacing):
    with pytest.raises(UserError, match="it takes two finite numbers and a whole number, 0 or above"):
        spacing()


def test_a_grid_as_text_is_short_and_reads_as_the_same_axes():
    grid = {"model.init_scale": (0.5, 2), "a,b": [(0, 0.0), (1, 1e-5)], "linearized": (False, True), "seed": range(20)}
    text = grid_text(grid)
    assert text == "model.init_scale=0.5, 2; a,b=(0, 0.0), (1, 1e-05); linearized=False, True; seed=range(20)"
    assert parse_grid(text) == parse_grid(grid)


@pytest.mark.parametrize("text", ["seed", "seed=", "seed=range(", "seed=foo", "seed=1; seed=2", "seed,task.seed=1, 2"])
def test_text_that_cannot_be_read_is_refused_in_one_line(text):
    with pytest.raises(UserError, match="seed") as raised:
        parse_grid(text)
    assert "\n" not in str(raised.value)


def test_the_last_axis_is_the_fastest():
    (group,) = plan_grid(CONFIG, "model.init_scale=1, 2; seed=range(3)").groups
    assert group.hyper["model.seed"].tolist() == [0, 1, 2, 0, 1, 2]


def test_fields_on_one_axis_change_together():
    (group,) = plan_grid(CONFIG, "model.init_scale, optimizer.weight_decay = (6, 1), (1, 0)").groups
    assert group.hyper["model.init_scale"].tolist() == [6, 1]
    assert group.hyper["optimizer.weight_decay"].tolist() == [1, 0]


def test_traced_axes_are_one_program_and_static_axes_one_for_each_value():
    axes = "optimizer.name='gd', 'adamw'; model.init_scale=1, 2; task.train_size=20, 50; seed=range(3)"
    groups = plan_grid(CONFIG, axes).groups
    assert [len(group.members) for group in groups] == [12, 12]
    assert sorted(np.concatenate([group.members for group in groups])) == list(range(24))


def test_capacity_is_that_of_the_largest_run():
    (group,) = plan_grid(CONFIG, "task.train_size=20, 50, 30").groups
    assert group.capacity.train == 50


def test_a_run_of_a_plan_has_the_fields_that_the_run_alone_has():
    axes = "optimizer.update_noise=None, .1, .2; task.train_size, seed = (20, 3), (30, 4); model.init_scale=1, 2"
    for group in plan_grid(CONFIG, axes).groups:
        for at, place in enumerate(group.members):
            noise, pair, scale = np.unravel_index(place, (3, 2, 2))
            alone = from_config(CONFIG).at("optimizer.update_noise", (None, 0.1, 0.2)[noise])
            alone = alone.at("task.train_size", (20, 30)[pair]).at("seed", (3, 4)[pair])
            leaves = dotted_leaves(alone.at("model.init_scale", (1, 2)[scale]).seeded())
            assert {name: values[at] for name, values in group.hyper.items()} == pytest.approx(leaves)


def test_every_point_of_the_axes_of_a_part_is_checked():
    with pytest.raises(UserError, match="drop_every is 2000, and training"):
        plan_grid(CONFIG, {"optimizer.drop_every,optimizer.drop_factor": [(10, 0.1), (2000, 0.1)]})
    with pytest.raises(UserError, match=r"b1 is 1\.0"):
        plan_grid(CONFIG, {"optimizer.b1": [0.9, 1], "seed": range(2)})
    with pytest.raises(UserError, match=r"seed is 0\.5"):
        plan_grid(CONFIG, {"seed": [0, 0.5]})


def test_a_large_grid_over_traced_fields_is_planned_by_its_axes():
    made = []
    axes = {"model.init_scale": range(1, 101), "optimizer.weight_decay": range(100), "seed": range(10)}
    with pytest.MonkeyPatch.context() as patch:
        before = Run.__post_init__
        patch.setattr(Run, "__post_init__", lambda self: (made.append(1), before(self))[1])
        (group,) = plan_grid(CONFIG, axes).groups
    assert len(group.members) == 100_000
    assert len(made) < 10


def test_none_leaves_out_a_field_that_only_another_model_has():
    axes = "model.name, model.widths, model.width = ('mlp', (4,), None), ('committee', None, 6)"
    mlp, committee = (group.form.bare.model.values() for group in plan_grid(CONFIG, axes).groups)
    assert (mlp["widths"], committee["width"]) == ((4,), 6)
    assert "width" not in mlp


@pytest.mark.parametrize("text", ["model.widht=None, None", "model.width=None, 6"])
def test_none_for_a_field_of_no_model_and_a_value_for_that_of_another_are_user_errors(text):
    with pytest.raises(UserError, match="is not a field; model has"):
        plan_grid(CONFIG, text)


def test_an_axis_over_names_brings_the_fields_of_the_new_one():
    axes = {"model.widths": [(3,), (4,)], "model.name": ["mlp"]}
    assert plan_grid(CONFIG, axes).groups[1].form.bare.model.values()["widths"] == (4,)
