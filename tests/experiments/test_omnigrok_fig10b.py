import numpy as np
import pytest
import xarray as xr

from experiments.omnigrok.fig10b_mnist_time_vs_decay import CLAIMS, plot
from grok_jax.analysis.claims import judge

WEIGHT_DECAY = "optimizer.weight_decay"
DECAYS = (0.0316, 0.1, 0.178, 0.316, 1.0)
STEPS = np.unique(np.geomspace(1, 30_000, 300).round()).astype(int)


def late(gamma, slope=-1.0, low=0.6):
    """1000 steps at decay 1; below a decay of .1 only a share of what the law says."""
    return 1000 * gamma**slope * (low if gamma < 0.09 else 1.0)


def results(time=late, decays=DECAYS, seeds=3, last=30_000, **settings):
    steps = STEPS[last >= STEPS]
    test = np.stack([np.minimum(0.8 * steps / time(gamma, **settings), 0.9) for gamma in decays])
    dims = (WEIGHT_DECAY, "seed", "step")
    test = test[:, None].repeat(seeds, 1)
    train = np.broadcast_to(np.minimum(steps / 500, 1.0), test.shape)
    coords = {WEIGHT_DECAY: list(decays), "seed": range(seeds), "step": steps}
    return xr.Dataset({"train_accuracy": (dims, train), "test_accuracy": (dims, test)}, coords)


def judged(**settings):
    return [v["verdict"] for v in judge(CLAIMS, results(**settings))]


def test_the_papers_law_and_its_bend_at_low_decay_pass():
    verdicts = judge(CLAIMS, results())
    assert [v["verdict"] for v in verdicts] == ["holds"] * 2
    assert verdicts[0]["measured"]["slope"] == pytest.approx(-1, abs=0.01)
    expected = -1 - np.log(0.6) / np.log(0.1 / 0.0316)
    assert verdicts[1]["measured"]["local slope from γ = 0.0316 to 0.1"] == pytest.approx(expected, abs=0.01)
    assert verdicts[0]["measured"]["mean over seeds, 95% from"] == pytest.approx(-1, abs=0.01)


@pytest.mark.parametrize("slope", [-0.7, -1.3])
def test_claim_1_fails_where_the_slope_is_another(slope):
    assert judged(slope=slope)[0] == "does not hold"


def test_claim_1_does_not_look_at_low_decay():
    assert judged(low=0.1)[0] == "holds"


def test_claim_1_is_open_where_a_decay_of_its_range_never_generalizes():
    assert judged(last=8_000)[0] == "not measured"


def test_claim_2_fails_where_the_law_goes_on():
    assert judged(low=1.0, last=40_000)[1] == "does not hold"


def test_claim_2_fails_where_the_run_ends_after_the_law_says_and_is_open_before():
    assert judged(low=2.0)[1] == "does not hold"
    assert judged(low=2.0, last=20_000)[1] == "not measured"


def test_claim_2_needs_a_low_decay():
    assert judged(decays=(0.1, 0.178, 0.316, 1.0)) == ["holds", "not measured"]


def test_few_decays_or_two_seeds_give_no_verdict():
    assert judged(decays=(0.0316, 0.1, 1.0))[0] == "not measured"
    assert judged(seeds=2) == ["not measured"] * 2


def test_an_axis_that_sets_decay_and_steps_together_is_judged_alike():
    ds = results()
    axis = f"{WEIGHT_DECAY},training.steps"
    joint = ds.rename_dims({WEIGHT_DECAY: axis}).reset_index(WEIGHT_DECAY).assign_coords({axis: range(len(DECAYS))})
    assert judge(CLAIMS, joint) == judge(CLAIMS, ds)
    plot(joint)


def test_the_figure_has_the_law_and_the_curves(tmp_path):
    figure = plot(results())
    names = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert "t ∝ 1/γ, through γ = .1 to 1" in names
    assert len(figure.axes[1].get_legend().get_texts()) == len(DECAYS)
    figure.savefig(tmp_path / "figure.png")


def test_one_decay_can_be_drawn(tmp_path):
    plot(results().isel({WEIGHT_DECAY: 1})).savefig(tmp_path / "figure.png")
