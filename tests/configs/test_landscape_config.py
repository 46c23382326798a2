import pytest

import grok_jax
from configs.landscape import get_config
from experiments.figures import figure_of, make
from grok_jax import results
from grok_jax.errors import UserError


def test_a_landscape_keeps_the_norm_and_measures_the_gradient_along_the_sphere():
    config = get_config()
    assert config.optimizer.name == "adam"
    assert config.optimizer.constant_norm
    assert config.optimizer.weight_decay == 0
    assert config.training.probes == ("gradient",)
    grok_jax.check(config)


def test_the_figure_is_the_landscape_without_claims():
    assert get_config().figure == "landscape"
    assert figure_of(get_config()).claims == []


def test_each_word_chooses_a_part():
    config = get_config("task=single_index,model=committee,optimizer=gd")
    assert (config.task.name, config.model.name, config.optimizer.name) == ("single_index", "committee", "gd")


def test_a_wrong_word_is_one_line_that_says_what_is_allowed():
    with pytest.raises(UserError, match="'landscape' is not allowed; write task=<name>"):
        get_config("landscape")


@pytest.mark.parametrize("second", ["", pytest.param("task.train_size=5, 9; ", marks=pytest.mark.slow)])
def test_one_command_trains_draws_and_keeps_a_landscape(tmp_path, second):
    config = get_config("task=single_index,model=committee")
    config.task.features, config.task.train_size, config.task.test_size, config.model.width = 3, 9, 6, 4
    config.training.steps = 2
    config.grid = f"model.init_scale=0.5, 2; {second}seed=range(2)"
    assert make(config, tmp_path / "out", progress=False) == []
    ds = results.load_dataset(tmp_path / "out")
    norm = ds["weight_norm"]
    assert float(abs(norm.isel(step=-1) / norm.isel(step=0) - 1).max()) < 1e-5
    assert (tmp_path / "out" / "figure.png").stat().st_size > 10_000
