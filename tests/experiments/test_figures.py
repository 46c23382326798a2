"""What is done before a figure's runs, and what is made of them."""

import json

import pytest
import xarray as xr
from matplotlib.figure import Figure

import grok_jax
from experiments.figures import FigureOf, figure_of, make


@pytest.fixture
def config():
    config = grok_jax.default_config("modular_arithmetic", "mlp", "gd")
    config.task.p, config.task.train_fraction, config.model.widths = 5, 0.6, (4,)
    config.training.steps, config.training.records = 2, 2
    return config


def with_more_steps(config, out):
    (out / "made.txt").write_text("made")
    prepared = config.copy_and_resolve_references()
    prepared.training.steps = 3
    return prepared


def figure(**parts):
    return FigureOf(lambda ds: Figure(), [], **parts)


def test_a_module_brings_its_table_and_its_preparation():
    config = grok_jax.default_config()
    for name, has in (("fig6d_critical_size", (True, False)), ("fig5_mixture", (False, True))):
        config.figure = f"model_efficiency/{name}"
        found = figure_of(config)
        assert (found.table is not None, found.prepare is not None) == has


def test_what_is_prepared_is_trained_and_what_was_asked_for_is_kept(config, tmp_path):
    make(config, tmp_path / "out", figure=figure(prepare=with_more_steps), progress=False)
    assert (tmp_path / "out" / "made.txt").exists()
    assert xr.load_dataset(tmp_path / "out" / "results.nc")["step"].values[-1] == 3
    assert json.loads((tmp_path / "out" / "config.json").read_text())["config"]["training"]["steps"] == 2


def test_a_run_that_is_resumed_is_prepared_with_its_folder_as_it_was_left(config, tmp_path):
    out = tmp_path / "out"

    def stop(config, folder):
        with_more_steps(config, folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(config, out, figure=figure(prepare=stop), progress=False)

    def go_on(config, folder):
        assert (folder / "made.txt").exists()
        return with_more_steps(config, folder)

    make(config, out, figure=figure(prepare=go_on), resume=True, progress=False)
    assert (out / "results.nc").exists()


def test_a_table_is_left_beside_the_picture(config, tmp_path):
    make(config, tmp_path / "out", figure=figure(table=lambda ds: [{"a": 1, "b": float("nan")}]), progress=False)
    assert (tmp_path / "out" / "table.csv").read_text().split() == ["a,b", "1,"]
