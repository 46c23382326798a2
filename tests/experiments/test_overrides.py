"""Fields of a config that are set on the command line."""

from pathlib import Path

import pytest
from absl import flags
from ml_collections import config_flags

from experiments import command
from grok_jax import default_config
from grok_jax.training.naming import REGISTRIES

START = Path(__file__).parents[2] / "docs" / "start.md"
# (section, name of the component, field) of every field that may be left out.
OPTIONAL = [
    *(
        (section, name, key)
        for section, registry in REGISTRIES.items()
        for name in registry
        for key, value in default_config(**{section: name})[section].items()
        if value is None
    ),
    *(("training", "", key) for key, value in default_config().training.items() if value is None),
]


def overridden(*arguments, **names):
    """The default config under these arguments, read as a command reads them."""
    values, line = flags.FlagValues(), ["command", *(f"--config.{argument}" for argument in arguments)]
    config_flags.DEFINE_config_dict("config", default_config(**names), flag_values=values, sys_argv=line)
    values(line)
    return values.config


@pytest.mark.parametrize("place", OPTIONAL, ids=".".join)
def test_every_optional_field_takes_none_and_numbers(place):
    section, name, key = place
    names = {section: name} if name else {}
    number = overridden(f"{section}.{key}=1e2", **names)[section][key]
    assert number == 100
    assert isinstance(number, int | float)
    assert overridden(f"{section}.{key}=3", f"{section}.{key}=None", **names)[section][key] is None


def test_there_are_optional_fields_of_every_section():
    assert {section for section, _, _ in OPTIONAL} == {"task", "model", "optimizer", "training"}
    assert command.define_config  # which brings the way that numbers are read


@pytest.mark.parametrize("text", ["100000", "1e5", "100_000", "100000.0", " 100000 "])
def test_a_whole_number_may_be_written_in_every_way(text):
    steps = overridden(f"training.steps={text}").training.steps
    assert steps == 100_000
    assert type(steps) is int


@pytest.mark.parametrize("text", ["2.5", "abc", "True", "", "nan", "1e400", "(1,)"])
def test_anything_but_a_whole_number_is_refused_in_one_line(text):
    with pytest.raises(flags.Error, match="it must be a whole number or None") as raised:
        overridden(f"training.steps={text}")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("text", ["0.5", ".5", "5e-1"])
def test_a_number_may_be_written_in_every_way(text):
    assert overridden(f"optimizer.learning_rate={text}").optimizer.learning_rate == 0.5


def test_bools_stay_bools():
    assert overridden("model.centered").model.centered is True
    assert overridden("model.centered=false").model.centered is False
    with pytest.raises(flags.Error, match="Non-boolean"):
        overridden("model.centered=None")


@pytest.mark.parametrize("told", [lambda: flags.FLAGS["config"].help, lambda: START.read_text("utf-8")])
def test_it_is_said_that_a_config_file_is_executed(told):
    if "config" not in flags.FLAGS:
        command.define_config()
    assert "is executed" in told()
