import json

import numpy as np
import pytest
import xarray as xr

from experiments.omnigrok.fig9_transformer_landscape import CLAIMS, plot
from grok_jax.analysis.claims import judge

INIT_SCALE, TRAIN_FRACTION = "model.init_scale", "task.train_fraction"
SCALES = np.array([0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0])
FRACTIONS = (0.1, 0.2, 0.3, 0.5)
TRAIN = np.array([4.0, 3.5, 2.0, 1e-6, 1e-7, 1e-6, 0.5])
TEST = np.array([5.0, 4.5, 3.0, 0.1, 10.0, 100.0, 0.2])
UP_TO_4 = {"scales": SCALES[:-1], "train": TRAIN[:-1], "test": TEST[:-1]}


def results(*, train=TRAIN, test=TEST, critical=0.25, scales=SCALES, fractions=FRACTIONS, p=113, seeds=3):
    """Losses over α, alike at every fraction; test error .01 at α = 1 and a large fraction, .2 below the critical."""
    error = np.array([[0.01 if f > critical and s == 1 else 0.2 for s in scales] for f in fractions])
    steps = np.array([0, 900, 1000])
    dims = (TRAIN_FRACTION, INIT_SCALE, "seed", "step")

    def curve(start, end):
        end = np.broadcast_to(end, error.shape)
        return dims, np.stack([np.full(end.shape, start), end, end], -1)[:, :, None].repeat(seeds, 2)

    variables = {
        "train_loss": curve(5.0, train),
        "test_loss": curve(5.0, test),
        "train_accuracy": curve(0.0, np.where(train < 1e-3, 1.0, 0.1)),
        "test_accuracy": curve(0.0, 1 - error),
    }
    coords = {
        TRAIN_FRACTION: list(fractions),
        INIT_SCALE: scales.astype(np.float32),
        "seed": range(seeds),
        "step": steps,
    }
    return xr.Dataset(variables, coords, {"config": json.dumps({"task": {"p": p}})})


def judged(**settings):
    return [v["verdict"] for v in judge(CLAIMS, results(**settings))]


def test_the_papers_landscape_passes():
    verdicts = judge(CLAIMS, results())
    assert [v["verdict"] for v in verdicts] == ["holds"] * 3
    assert verdicts[0]["measured"]["α of the minimum"] == 1
    assert 0.2 < verdicts[1]["measured"]["critical fraction"] < 0.3


@pytest.mark.parametrize(("place", "loss"), [(5, 1e-3), (3, 1e-3), (1, 4.5)])
def test_claim_1_fails_where_the_train_loss_is_not_l_shaped(place, loss):
    train = TRAIN.copy()
    train[place] = loss
    train[2] = 4.2 if place == 1 else train[2]
    assert judged(train=train) == ["does not hold", "holds", "holds"]


@pytest.mark.parametrize("place", [0, 5])
def test_claim_1_fails_where_an_end_of_test_loss_is_low(place):
    test = TEST.copy()
    test[place] = 0.2
    assert judged(test=test)[0] == "does not hold"


def test_claim_3_fails_where_the_largest_scale_fits_as_well():
    assert judged(train=np.append(TRAIN[:-1], 2e-6))[2] == "does not hold"


def test_claim_1_needs_scales_up_to_4_and_claim_3_one_above():
    assert judged(**UP_TO_4) == ["holds", "holds", "not measured"]
    assert judged(**{name: values[:-1] for name, values in UP_TO_4.items()})[0] == "not measured"


def test_claim_1_needs_its_fraction():
    assert judged(fractions=(0.1, 0.2, 0.5))[0] == "not measured"


def test_claim_1_looks_at_the_fraction_that_goes_with_p():
    assert judged(p=23, fractions=(0.1, 0.5))[0] == "holds"
    assert judged(p=23, fractions=(0.1, 0.3))[0] == "not measured"
    assert judged(p=59)[0] == "not measured"


@pytest.mark.parametrize("critical", [0.15, 0.4, 0.6])
def test_claim_2_fails_where_the_critical_fraction_is_another(critical):
    assert judged(critical=critical)[1] == "does not hold"


def test_claim_2_is_open_where_every_fraction_generalizes():
    assert judged(critical=0.05)[1] == "not measured"


def test_claim_2_reports_the_critical_fraction_of_another_p():
    verdict = judge(CLAIMS, results(p=23))[1]
    assert verdict["verdict"] == "not measured"
    assert "p = 23" in verdict["note"]
    assert verdict["measured"]["critical fraction"] < 0.3


def test_claim_2_needs_several_fractions():
    assert judged(fractions=(0.3,)) == ["holds", "not measured", "holds"]


def test_two_seeds_give_no_verdict():
    assert judged(seeds=2) == ["not measured"] * 3


@pytest.mark.parametrize("settings", [{}, {"p": 23}, {"p": 5, "fractions": (0.3,)}])
def test_the_figure_can_be_drawn(settings, tmp_path):
    figure = plot(results(**settings))
    assert "critical fraction" in [ax.get_title() for ax in figure.axes]
    figure.savefig(tmp_path / "figure.png")
