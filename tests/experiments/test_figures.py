"""What is done before a figure's runs, and what is made of them."""

import importlib
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure
from ml_collections import ConfigDict

import grok_jax
from experiments.catalogue import all_figures, figure_id, paper_of
from experiments.checks import at_steps
from experiments.evidence_table import KINDS
from experiments.figures import FigureOf, figure_of, make
from grok_jax import UserError


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


def test_claims_of_a_module_bring_what_was_found_out_about_them():
    config = grok_jax.default_config()
    config.figure = "lazy_to_rich/fig4_loss_decomposition"
    assert [bool(claim.finding) for claim in figure_of(config).claims] == [False, True, False]


def test_every_finding_is_of_a_claim():
    claims = {claim.id for name in all_figures() for claim in module_of(name).CLAIMS}
    papers = {paper_of(name) for name in all_figures()}
    found = [name for paper in papers for name in module_of(f"{paper}/findings").FINDINGS]
    assert found
    assert set(found) <= claims


def test_every_finding_begins_with_its_kind():
    papers = {paper_of(name) for name in all_figures()}
    texts = [text for paper in papers for text in module_of(f"{paper}/findings").FINDINGS.values()]
    assert {text.partition(": ")[0] for text in texts} == set(KINDS)


def test_every_remark_is_of_a_figure_with_numbers_of_the_authors():
    checked = {figure_id(name) for name in all_figures() if getattr(module_of(name), "CHECKS", ())}
    remarks = [name for paper in map(paper_of, checked) for name in module_of(f"{paper}/findings").REMARKS]
    assert remarks
    assert set(remarks) <= checked


def module_of(name):
    return importlib.import_module(f"experiments.{name.replace('/', '.')}")


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


def test_weights_that_are_to_be_kept_are_left_beside_the_results(config, tmp_path):
    make(config, tmp_path, figure=figure(), progress=False, keep_params=(0, 2))
    kept = grok_jax.load_params(tmp_path / "params.npz")
    assert kept.steps == (0, 2)
    norm = np.sqrt(sum((leaf**2).sum() for leaf in jax.tree.leaves(kept.at(step=2))))
    assert norm == pytest.approx(float(grok_jax.load(tmp_path).weight_norm[-1]), rel=1e-6)


def test_numbers_of_the_authors_are_left_beside_the_claims(config, tmp_path):
    config.figure = "lazy_to_rich/fig2_modular_mlp"
    checks = [*at_steps("train_loss", {}, {1: 0.2}), *at_steps("train_loss", {}, {9: 0.2})]
    make(config, tmp_path / "out", figure=figure(checks=checks), progress=False)
    rows = json.loads((tmp_path / "out" / "checks.json").read_text())
    assert [row["verdict"] for row in rows] == ["not compared"] * 2  # p = 5 is no setting of the authors
    assert not (tmp_path / "out" / "checks.png").exists()


def test_a_config_with_numbers_of_numpy_and_jax_leaves_theirs(tmp_path):
    training = {"steps": np.int64(2), "records": np.float32(2), "stop_when_generalized": np.bool_(True)}
    given = {
        "training": training,
        "model": {"widths": np.array([4])},
        "execution": {"checkpoint_seconds": jnp.float32(9)},
    }
    given["task"] = {"name": "modular_arithmetic", "p": jnp.int32(5)}
    make(ConfigDict(given), tmp_path / "out", figure=figure(), progress=False)
    kept = json.loads((tmp_path / "out" / "config.json").read_text())["config"]
    assert (kept["training"], kept["model"]) == (
        {"steps": 2, "records": 2, "stop_when_generalized": True},
        {"widths": [4]},
    )
    assert (kept["task"]["p"], kept["execution"]) == (5, {"checkpoint_seconds": 9})


def test_a_value_of_no_field_is_refused_before_the_folder_is_looked_at(config, tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(UserError, match=r"training\.steps is \{1\}"):
        make(ConfigDict({"training": {"steps": {1}}}), tmp_path, figure=figure(), resume=True, progress=False)
