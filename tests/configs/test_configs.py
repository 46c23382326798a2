"""Every config of every paper, in each of its presets."""

import importlib
import re
from pathlib import Path

import pytest
from ml_collections import ConfigDict

import configs
import grok_jax
from configs.presets import PRESETS
from experiments.figures import figure_of
from grok_jax.analysis.claims import VERDICTS, judge
from grok_jax.errors import UserError

SHARED = {"__init__", "architectures", "size_landscape"}  # by the figures of a paper
FILES = sorted(path for path in Path(configs.__file__).parent.glob("*/*.py") if path.stem not in SHARED)
NAMES = [f"{path.parent.name}/{path.stem}" for path in FILES]


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    for scheme in ("http", "https"):
        monkeypatch.setenv(f"{scheme}_proxy", "http://127.0.0.1:9")


def build(name: str, *preset: str) -> ConfigDict:
    return importlib.import_module(f"configs.{name.replace('/', '.')}").get_config(*preset)


def test_there_are_configs():
    assert len(NAMES) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_a_file_begins_with_the_id_of_its_figure(name):
    assert re.fullmatch(r"[a-z_]+/fig\d+[a-z]*_[a-z0-9_]+", name)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", NAMES)
def test_a_config_names_the_figure_of_its_file_in_every_preset(name, preset):
    assert build(name, preset).figure == name


@pytest.mark.parametrize("name", NAMES)
def test_a_config_without_a_word_is_the_quick_one(name):
    assert build(name).to_dict() == build(name, "quick").to_dict()


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", NAMES)
def test_a_config_shares_nothing_with_the_one_built_before(name, preset):
    first = build(name, preset)
    before = first.to_dict()
    first.unlock()
    for section in (*filter(lambda value: isinstance(value, ConfigDict), first.values()), first):
        for field in list(section):
            del section[field]
    assert build(name, preset).to_dict() == before


@pytest.mark.parametrize("name", NAMES)
def test_another_preset_is_refused_with_the_ones_there_are(name):
    with pytest.raises(UserError, match="there are smoke, quick, paper"):
        build(name, "fast")


@pytest.mark.parametrize("name", NAMES)
def test_the_claims_of_a_figure_carry_its_id(name):
    claims = figure_of(build(name)).claims
    figure = re.match(r".*/fig\d+[a-z]*", name)[0]
    assert [claim.id for claim in claims] == [f"{figure}/{number}" for number in range(1, len(claims) + 1)]


@pytest.mark.parametrize("preset", ["smoke", "quick"])
@pytest.mark.parametrize("name", NAMES)
def test_a_config_can_train_without_a_network(name, preset):
    grok_jax.check(build(name, preset))


@pytest.mark.parametrize("name", NAMES)
def test_one_step_of_a_smoke_run_is_measured_drawn_and_judged(name, tmp_path):
    config = build(name, "smoke")
    config.training.steps, config.training.record_steps = 1, ()
    figure = figure_of(config)
    trained = figure.prepare(config, tmp_path) if figure.prepare else config
    dataset = grok_jax.sweep(trained, progress=False)
    assert dataset.isel(step=0).notnull().all().to_array().all()
    figure.plot(dataset).savefig(tmp_path / "figure.png")
    verdicts = judge(figure.claims, dataset)
    assert len(verdicts) == len(figure.claims)
    assert {verdict["verdict"] for verdict in verdicts} <= set(VERDICTS.values())
