import json

import numpy as np
import pytest
import xarray as xr

from experiments.lazy_to_rich.sec13_decay_drift import CLAIMS, WEIGHT_DECAY, plot
from grok_jax.analysis.claims import judge

DECAYS = np.array([0.0, 0.001, 0.003, 0.01])
STEPS = np.array([0, 100, 5000, 10_000])
RATE, SCALE = 0.1, 16.0
CONFIG = {
    "model": {"widths": [100, 100], "use_bias": False, "activation": "relu", "output_scale": SCALE},
    "optimizer": {"learning_rate": RATE, "scale_learning_rate": True},
}


def free_decay(decay, step):
    return 1 - np.exp(-4 * RATE / SCALE**2 * decay * step)


def results(distance=free_decay, fit=0.005, left=0.001, seeds=3, decays=DECAYS):
    """Kernels that move by `fit` to fit and then by `distance`, and train losses that end at `left`."""
    moved = np.array([[distance(decay, step) + fit * (step > 0) for step in STEPS] for decay in decays])
    ones = np.ones((len(decays), seeds, STEPS.size))
    loss = np.where(STEPS == 0, 1.0, left)
    dims = (WEIGHT_DECAY, "seed", "step")
    ds = xr.Dataset(
        {"kernel_distance": (dims, moved[:, None, :] * ones), "train_loss": (dims, loss * ones)},
        {WEIGHT_DECAY: decays, "seed": range(seeds), "step": STEPS},
    )
    return ds.assign_attrs(config=json.dumps(CONFIG))


def judged(ds):
    return [v["verdict"] for v in judge(CLAIMS, ds)]


def test_kernels_of_freely_decaying_weights_pass_every_claim():
    assert judged(results(fit=0.0005)) == ["holds"] * 4


def test_claim_1_fails_where_the_distance_goes_as_the_square_of_the_decay():
    assert judged(results(lambda decay, step: 100 * decay**2 * step / 1e4))[0] == "does not hold"


def test_claim_1_fails_where_fitting_moves_the_kernel_as_far():
    assert judged(results(fit=0.2))[0] == "does not hold"


def test_claim_2_fails_where_the_kernel_comes_to_rest():
    found = judged(results(lambda decay, step: 20 * decay * (step > 0), fit=0.0))
    assert found[:2] == ["holds", "does not hold"]


def test_claim_3_fails_where_the_kernel_moves_on_without_decay():
    assert judged(results(lambda decay, step: free_decay(decay + 0.001, step)))[2] == "does not hold"


@pytest.mark.parametrize("factor", [0.8, 1.2])
def test_claim_4_fails_for_another_rate(factor):
    found = judged(results(lambda decay, step: factor * free_decay(decay, step), fit=0.0005))
    assert found == ["holds", "holds", "holds", "does not hold"]


def test_claim_4_takes_a_network_without_biases():
    config = {**CONFIG, "model": {**CONFIG["model"], "use_bias": True}}
    assert judged(results(fit=0.0005).assign_attrs(config=json.dumps(config)))[3] == "not measured"


def test_runs_that_do_not_fit_and_two_seeds_give_no_verdict():
    assert judged(results(left=0.5)) == ["not measured"] * 4
    assert judged(results(seeds=2)) == ["not measured"] * 4


def test_without_a_run_without_decay_the_others_are_judged():
    found = judged(results(fit=0.0005, decays=DECAYS[1:]))
    assert found == ["holds", "holds", "not measured", "holds"]


def test_two_decays_give_no_verdict_on_a_slope():
    assert judged(results(fit=0.0005, decays=DECAYS[:3]))[0] == "not measured"


def test_the_figure_has_a_point_for_each_run_with_decay(tmp_path):
    figure = plot(results())
    losses, distances, ends = figure.axes
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["(a)", "(b)", "(c)"]
    assert len(losses.lines) == len(distances.lines) == DECAYS.size
    runs, _, free = ends.lines[:3]
    assert runs.get_xdata().size == 3 * 3
    np.testing.assert_allclose(free.get_ydata(), [free_decay(decay, 10_000) for decay in DECAYS[1:]])
    figure.savefig(tmp_path / "figure.png")


def test_the_figure_can_be_drawn_without_decays(tmp_path):
    plot(results(decays=DECAYS[:1])).savefig(tmp_path / "figure.png")
