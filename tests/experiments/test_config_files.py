"""What a user's config file may give."""

import json

import pytest
from absl import flags

from experiments import command
from grok_jax import UserError, check

FILE = """
import numpy as np
from ml_collections import ConfigDict, FrozenConfigDict, config_dict

def get_config():
    return {given}
"""


@pytest.fixture
def config_of(tmp_path):
    """Python -> the config of a file whose get_config returns it, read as a command reads it."""
    if "config" not in flags.FLAGS:
        command.define_config()

    def read(given):
        (tmp_path / "mine.py").write_text(FILE.format(given=given))
        return flags.FLAGS["config"].parser.parse(str(tmp_path / "mine.py"))

    return read


@pytest.mark.parametrize("widths", ["[np.int32(3)]", "(np.int64(3),)", "np.array([3])"])
def test_numbers_of_numpy_are_plain_numbers(config_of, widths):
    config = config_of(f"ConfigDict({{'seed': np.int64(1), 'model': {{'widths': {widths}}}}})")
    check(config)
    written = json.loads(json.dumps(config.to_dict()))
    assert (written["seed"], written["model"]["widths"]) == (1, [3])


def test_a_frozen_config_is_a_config(config_of):
    assert config_of("FrozenConfigDict({'training': {'steps': 2}})").training.steps == 2


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("ConfigDict({'seed': config_dict.required_placeholder(int)})", "None value found in required reference"),
        ("ConfigDict({'grid': {'seed': [1, 2]}})", "it must be text such as 'seed=range"),
        ("ConfigDict({'seed': 0, 1.5: 2})", "names that are not strings"),
        ("{'seed': 0}", "get_config returned dict, not a ConfigDict"),
    ],
)
def test_another_thing_is_refused_in_one_line(config_of, given, words):
    with pytest.raises(UserError, match=words) as raised:
        config_of(given)
    assert "\n" not in str(raised.value)
