import pytest

import grok_jax
from configs.grid import get_config
from grok_jax.errors import UserError
from grok_jax.training.config import from_config


def test_without_a_word_the_config_is_the_default_one():
    assert get_config().to_dict() == grok_jax.default_config().to_dict()


def test_each_word_chooses_a_part_and_the_others_keep_their_default():
    config = get_config("task=mnist,optimizer=gd,loss=stablemax")
    assert (config.task.name, config.model.name, config.optimizer.name) == ("mnist", "mlp", "gd")
    assert (config.training.loss, config.loss.dtype) == ("stablemax", "float32")


def test_the_config_is_one_run_without_a_figure():
    config = get_config("task=single_index,model=committee")
    assert (config.figure, config.grid) == ("", "")
    assert from_config(config).training.steps == config.training.steps


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("mnist", "'mnist' is not allowed; write task=<name>"),
        ("modle=mlp", "'modle=mlp' is not allowed"),
        ("task=", "'task=' is not allowed"),
        ("task=mnist,task=mnist", "'task=mnist' is not allowed"),
        ("task=minst", "task.name 'minst' does not exist; there are .*mnist"),
        ("loss=mae", "training.loss is 'mae'; it must be one of mse"),
        ("optimizer=adamwx", "optimizer.name 'adamwx' does not exist"),
    ],
)
def test_a_wrong_word_is_one_line_that_says_what_is_allowed(spec, words):
    with pytest.raises(UserError, match=words) as caught:
        get_config(spec)
    assert "\n" not in str(caught.value)
