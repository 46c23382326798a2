"""Numbers of every make, as the values of fields."""

import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax import UserError, default_config
from grok_jax.parts import dotted_leaves
from grok_jax.training.config import from_config
from grok_jax.training.grid import parse_grid

HUNDRED = [100, 1e2, np.int64(100), np.float32(100), np.array(100), jnp.int32(100), jnp.float32(100), np.uint8(100)]


def kinds(values):
    return [type(value).__name__ for value in values]


of_any_make = pytest.mark.parametrize("hundred", HUNDRED, ids=kinds(HUNDRED))


@of_any_make
@pytest.mark.parametrize("field", ["training.steps", "training.batch_size", "task.features", "task.train_size"])
def test_a_hundred_is_a_whole_number_where_one_is_meant(hundred, field):
    config = default_config()
    section, key = field.split(".")
    config[section][key] = hundred
    assert config[section][key] == 100
    assert type(config[section][key]) is int


@of_any_make
def test_a_hundred_is_a_whole_number_in_a_plain_config(hundred):
    run = from_config({"training": {"steps": hundred, "batch_size": hundred}, "seed": hundred})
    assert run.training.steps == 100
    assert type(run.training.steps) is int
    assert type(run.training.batch_size) is int
    assert type(run.seed) is int


@of_any_make
def test_a_hundred_is_a_number_where_one_is_meant(hundred):
    config = default_config()
    config.optimizer.clip_norm = hundred
    found = dotted_leaves(from_config(config))["optimizer.clip_norm"]
    assert found == 100.0
    assert type(found) is float


@of_any_make
def test_a_hundred_is_a_width(hundred):
    config = default_config()
    config.model.widths = (hundred, hundred)
    assert from_config(config).model.values()["widths"] == (100, 100)


@of_any_make
def test_a_hundred_is_a_value_of_a_grid(hundred):
    (axis,) = parse_grid({"training.steps": [hundred]})
    ((value,),) = axis.values
    assert from_config(default_config()).at("training.steps", value).training.steps == 100
    assert type(value) in (int, float)


@of_any_make
def test_a_hundred_ends_a_range_of_text(hundred):
    assert parse_grid(f"seed=range({float(hundred)})") == parse_grid("seed=range(100)")


def test_an_array_is_a_tuple():
    config = default_config()
    config.model.widths = np.array([5, 6])
    assert config.model.widths == (5, 6)
    assert all(type(width) is int for width in config.model.widths)


def test_an_array_of_seeds_is_a_grid():
    assert parse_grid({"seed": np.arange(3)}) == parse_grid({"seed": jnp.arange(3)}) == parse_grid({"seed": range(3)})


@pytest.mark.parametrize("true", [True, np.True_, jnp.bool_(True)], ids=["bool", "numpy", "jax"])
def test_bools_stay_bools(true):
    config = default_config()
    config.model.centered = true
    assert config.model.centered is True
    with pytest.raises(UserError, match="must be a whole number"):
        from_config(config).at("training.steps", true)


@pytest.mark.parametrize("number", [1, 1.0, np.int64(1)])
def test_numbers_are_not_bools(number):
    with pytest.raises(UserError, match="must be True or False"):
        from_config(default_config()).at("model.centered", number)


@pytest.mark.parametrize("value", [2.5, "100", None, np.array([1, 2]), np.nan])
def test_anything_but_a_whole_number_is_refused(value):
    with pytest.raises(UserError, match=r"training\.steps is "):
        from_config(default_config()).at("training.steps", value)


def test_a_config_refuses_a_fraction_for_a_whole_number():
    with pytest.raises(TypeError):
        default_config().training.steps = 2.5


def test_a_long_value_is_cut_in_the_message():
    with pytest.raises(UserError) as raised:
        from_config(default_config()).at("training.steps", tuple(range(1000)))
    assert len(str(raised.value)) < 200


def test_a_config_is_shown_with_one_field_on_each_line():
    config = default_config()
    config.model.widths = (5, 6)
    for text in (str(config), repr(config)):
        assert {"seed: 0", "model:", "  name: 'mlp'", "  widths: (5, 6)", "  clip_norm: None"} <= set(text.splitlines())
        assert "!!" not in text
