import numpy as np
import pytest
import xarray as xr

from experiments.lazy_to_rich.fig13a_momentum import CLAIMS, plot
from grok_jax.analysis.claims import judge
from grok_jax.analysis.lazy import LINEARIZED

STEPS = np.array([0, 1, 10, 30, 100, 200, 300, 400, 1000])
NETWORK = np.array([0.5, 0.51, 0.6, 0.7, 0.65, 0.6, 0.4, 0.3, 0.03])
TRAIN = np.array([0.5, 0.5, 0.48, 0.42, 0.3, 0.2, 0.1, 0.05, 0.01])
TWIN = np.array([0.5, 0.51, 0.6, 0.7, 0.65, 0.6, 0.6, 0.6, 0.55])


def results(network=NETWORK, twin=TWIN, train=TRAIN, seeds=3):
    both = {
        "test_loss": (network, twin),
        "train_loss": (train, train),
        "weight_norm": (200 + STEPS, 200 + STEPS / 2),
        "kernel_alignment": (0.02 + STEPS / 1e5, 0.02 + 0 * STEPS),
    }
    dims = (LINEARIZED, "seed", "step")
    values = {name: (dims, np.tile(np.stack(pair)[:, None], (1, seeds, 1))) for name, pair in both.items()}
    return xr.Dataset(values, {LINEARIZED: [False, True], "seed": range(seeds), "step": STEPS})


def judged(*args, **settings):
    return [v["verdict"] for v in judge(CLAIMS, results(*args, **settings))]


def test_the_papers_figure_passes_both_claims():
    verdicts = judge(CLAIMS, results())
    assert [v["verdict"] for v in verdicts] == ["holds"] * 2
    assert 200 < verdicts[1]["measured"]["network and twin part at"] < 300
    assert verdicts[1]["measured"]["test loss 2 times below its peak at"] == pytest.approx(350)


def test_claim_1_fails_where_they_part_at_once():
    assert judged(twin=np.where(STEPS < 10, TWIN, 0.5))[0] == "does not hold"


def test_claim_1_is_open_where_the_training_loss_does_not_fall():
    assert judged(train=np.full(STEPS.size, 0.5))[0] == "not measured"


def test_claim_2_fails_where_the_twin_falls_as_well():
    twin = np.where(STEPS <= 400, NETWORK, 0.3)
    assert judged(twin=twin)[1] == "does not hold"


def test_claim_2_is_open_where_neither_happens():
    assert judged(network=TWIN)[1] == "not measured"


def test_two_seeds_give_no_verdict():
    assert judged(seeds=2) == ["not measured"] * 2


def test_the_figure_marks_where_they_part(tmp_path):
    figure = plot(results())
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels == ["linearized", "network", "test losses 10% apart"]
    figure.savefig(tmp_path / "figure.png")
