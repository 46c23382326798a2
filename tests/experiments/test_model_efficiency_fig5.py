import json

import numpy as np
import pytest
import xarray as xr

import grok_jax
from configs.model_efficiency import fig5_mixture as config_of
from experiments.model_efficiency.circuits import FILE, SETTINGS, with_circuits
from experiments.model_efficiency.fig5_mixture import CLAIMS, plot
from grok_jax.analysis.claims import judge

MEMORIZING_SPEED = "model.memorizing_speed"
STEPS = [0, 10, 100, 1000]


def results(
    *, unequal=(3.0, 5.0, 6.0, 0.1), equal=(3.0, 2.5, 2.0, 0.5), train=(3.0, 1.0, 0.1, 0.01), generalizes=1.0, seeds=3
):
    """Test losses at both speeds over one train loss."""
    test = np.array([unequal, equal])[:, None].repeat(seeds, 1)
    fit = np.broadcast_to(train, test.shape)
    dims = (MEMORIZING_SPEED, "seed", "step")
    values = {"test_loss": test, "train_loss": fit, "train_accuracy": fit / 3, "test_accuracy": fit / 3}
    values |= {"memorizing_weight": test, "generalizing_weight": fit}
    circuits = {"memorizing_train": 1.0, "memorizing_test": 0.1, "generalizing_test": generalizes}
    values |= {f"{name}_accuracy": np.full_like(test, value) for name, value in circuits.items()}
    coords = {MEMORIZING_SPEED: [10.0, 1.0], "seed": range(seeds), "step": STEPS}
    return xr.Dataset({name: (dims, x) for name, x in values.items()}, coords, {"config": json.dumps({})})


def judged(**settings):
    return [v["verdict"] for v in judge(CLAIMS, results(**settings))]


def test_the_papers_curves_pass():
    assert judged() == ["holds", "holds"]


@pytest.mark.parametrize("unequal", [(3.0, 2.9, 2.0, 0.1), (3.0, 5.0, 6.0, 7.0), (3.0, 5.0, 6.0, 0.4)])
def test_claim_1_fails_without_a_rise_without_a_fall_and_where_the_end_is_not_near_0(unequal):
    assert judged(unequal=unequal)[0] == "does not hold"


def test_claim_1_fails_where_the_test_loss_falls_before_the_train_loss_is_near_0():
    assert judged(unequal=(3.0, 6.0, 5.0, 0.1))[0] == "does not hold"


def test_claim_2_fails_where_the_test_loss_rises_too():
    assert judged(equal=(3.0, 4.0, 2.0, 0.1))[1] == "does not hold"


def test_a_rise_before_the_train_loss_has_fallen_is_none():
    assert judged(equal=(3.0, 4.0, 2.0, 0.1), train=(3.0, 2.9, 0.1, 0.01))[1] == "holds"


def test_runs_that_learn_nothing_and_two_seeds_give_no_verdict():
    assert judged(train=(3.0, 3.0, 2.9, 2.8)) == ["not measured"] * 2
    assert judged(seeds=2) == ["not measured"] * 2


def test_a_circuit_that_has_not_generalized_leaves_both_open():
    assert judged(generalizes=0.8) == ["not measured"] * 2


def test_the_figure_has_a_row_for_each_speed(tmp_path):
    figure = plot(results())
    assert len(figure.axes) == 6
    figure.savefig(tmp_path / "figure.png")


@pytest.mark.slow
def test_circuits_are_trained_once_for_a_folder_and_again_for_another_task(tmp_path):
    config = config_of.get_config("smoke")
    prepared = with_circuits(config, tmp_path)
    assert prepared.task.file == str((tmp_path / FILE).resolve())
    assert config.task.file == ""
    with np.load(tmp_path / FILE) as file:
        assert file["generalizing"].shape == (1, 49, 7)
        assert not np.allclose(file["generalizing"], file["memorizing"])
    first = (tmp_path / FILE).stat().st_mtime_ns
    with_circuits(config, tmp_path)
    assert (tmp_path / FILE).stat().st_mtime_ns == first
    config.task.memorizing_steps = 10
    with_circuits(config, tmp_path)
    assert (tmp_path / FILE).stat().st_mtime_ns != first
    assert json.loads((tmp_path / SETTINGS).read_text())["memorizing_steps"] == 10


def test_the_weights_of_circuits_in_a_network_that_has_none_are_a_user_error():
    config = grok_jax.default_config("modular_arithmetic", "mlp", "gd")
    config.training.probes = ("experiments.model_efficiency.mixture:mixture",)
    with pytest.raises(grok_jax.UserError, match=r"probe 'mixture' needs model\.name='mixture'; it is 'mlp'"):
        grok_jax.check(config)
