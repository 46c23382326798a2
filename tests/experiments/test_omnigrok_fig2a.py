import numpy as np
import pytest
import xarray as xr

from experiments.omnigrok.fig2a_teacher_student_landscape import CLAIMS, plot
from grok_jax.analysis.claims import judge

INIT_SCALE = "model.init_scale"
SCALES = np.geomspace(0.1, 10, 11)
TRAIN = np.where(SCALES < 0.99, 1e-2 * (0.1 / SCALES) ** 3, 1e-7)
TEST = 1e-5 + 1e-2 * np.abs(np.log10(SCALES)) ** 2 + 1.0 * (SCALES > 2) * SCALES


def results(train=TRAIN, test=TEST, last=10_000, seeds=3):
    """Losses that are 1 until nine tenths of the training and then the given ones, in every seed the same."""
    steps = [0, int(0.9 * last), last]

    def loss(final):
        curves = np.stack([np.ones(11), final, final], -1)
        return ((INIT_SCALE, "seed", "step"), np.repeat(curves[:, None], seeds, 1))

    variables = {"train_loss": loss(train), "test_loss": loss(test), "tangential_gradient": loss(train)}
    return xr.Dataset(variables, {INIT_SCALE: SCALES.astype(np.float32), "seed": range(seeds), "step": steps})


def verdict(number, **settings):
    return judge(CLAIMS, results(**settings))[number - 1]["verdict"]


def test_the_papers_figure_passes_every_claim():
    verdicts = judge(CLAIMS, results())
    assert [v["verdict"] for v in verdicts] == ["holds"] * 3
    assert verdicts[0]["measured"]["α of the minimum"] == pytest.approx(1)
    assert verdicts[2]["measured"]["test(α = 10) / minimum"] > 1e5


def test_claim_1_fails_where_the_minimum_lies_elsewhere():
    assert verdict(1, test=np.roll(TEST, 3)) == "does not hold"


def test_claim_1_counts_the_limit_as_inside():
    assert verdict(1, test=np.roll(TEST, 1)) == "holds"  # 1.585


@pytest.mark.parametrize("test", [np.maximum(TEST, 5e-3), np.where(SCALES > 1, 1e-5 * SCALES, TEST)])
def test_claim_1_fails_where_an_end_is_hardly_above_the_minimum(test):
    test = test.copy()
    test[5] = test.min() * 0.99
    test[-1] = min(test[-1], 2 * test.min())
    assert verdict(1, test=test) == "does not hold"


def test_claim_2_fails_where_the_train_loss_rises_below_1_or_stays_high_above():
    assert verdict(2, train=np.where(SCALES < 0.99, TRAIN[::-1] + SCALES, TRAIN)) == "does not hold"
    assert verdict(2, train=np.where(SCALES > 5, 1e-3, TRAIN)) == "does not hold"


def test_claim_3_fails_where_the_end_is_near_the_minimum():
    assert verdict(3, test=np.where(SCALES > 5, 5e-3, TEST)) == "does not hold"


def test_a_diverged_end_does_not_count_for_a_claim():
    assert verdict(3, test=np.where(SCALES > 9, np.nan, TEST)) == "does not hold"


def test_a_shorter_training_is_no_minimum_and_leaves_every_claim_open():
    assert [v["verdict"] for v in judge(CLAIMS, results(last=100))] == ["not measured"] * 3


def test_a_grid_without_the_scales_of_a_claim_leaves_it_open():
    ds = results()
    assert judge(CLAIMS, ds.isel({INIT_SCALE: slice(0, 10)}))[2]["verdict"] == "not measured"
    assert judge(CLAIMS, ds.isel({INIT_SCALE: slice(5, 11)}))[1]["verdict"] == "not measured"
    assert judge(CLAIMS, ds.isel({INIT_SCALE: slice(0, 2)}))[0]["verdict"] == "not measured"


def test_the_figure_has_the_landscape_and_its_convergence(tmp_path):
    figure = plot(results())
    left, right, _ = figure.axes
    assert [ax.get_title(loc="left") for ax in (left, right)] == ["(a)", "(b)"]
    assert left.get_legend_handles_labels()[1] == ["train loss", "test loss", "standard initialization"]
    assert (left.get_xscale(), left.get_yscale()) == ("log", "log")
    figure.savefig(tmp_path / "figure.png")
