import numpy as np
import pytest
import xarray as xr

from experiments.omnigrok.fig10a_transformer_time_vs_decay import CLAIMS, plot
from grok_jax.analysis.claims import judge

WEIGHT_DECAY = "optimizer.weight_decay"
DECAYS = (0.3, 1.0, 3.0, 10.0)
STEPS = np.unique(np.geomspace(1, 20_000, 300).round()).astype(int)
PER_SEED = (1.0, 0.7, 1.4)  # some seeds take longer at every decay


def results(slopes=(-1.0, -1.0, -1.0), decays=DECAYS, last=20_000):
    """Test accuracy rises with the step up to 95% at 3000 γ^slope steps, or so, in each seed."""
    steps = STEPS[last >= STEPS]
    time = [[3000 * late * gamma**slope for slope, late in zip(slopes, PER_SEED, strict=False)] for gamma in decays]
    test = np.minimum(0.95 * steps / np.array(time)[..., None], 1.0)
    train = np.broadcast_to(np.minimum(steps / 100, 1.0), test.shape)
    dims = (WEIGHT_DECAY, "seed", "step")
    coords = {WEIGHT_DECAY: list(decays), "seed": range(len(slopes)), "step": steps}
    return xr.Dataset({"train_accuracy": (dims, train), "test_accuracy": (dims, test)}, coords)


def verdict(**settings):
    return judge(CLAIMS, results(**settings))[0]["verdict"]


def test_the_papers_law_passes():
    found = judge(CLAIMS, results())[0]
    assert found["verdict"] == "holds"
    assert found["measured"]["slope"] == pytest.approx(-1, abs=0.02)
    assert found["measured"]["steps at γ = 0.3"] == pytest.approx(10_000, rel=0.01)
    assert found["measured"]["mean over seeds, 95% from"] == pytest.approx(-1, abs=0.02)
    assert "over 1.5 decades" in found["note"]


@pytest.mark.parametrize("slope", [-0.7, -1.25])
def test_another_slope_fails(slope):
    assert verdict(slopes=(slope,) * 3) == "does not hold"


def test_the_share_of_seeds_decides():
    assert verdict(slopes=(-1.0, -1.1, -1.0)) == "holds"
    assert verdict(slopes=(-1.0, -1.1, -0.5)) == "mixed"
    assert verdict(slopes=(-1.0, -0.5, -0.5)) == "does not hold"


def test_it_is_open_where_a_decay_never_generalizes():
    assert verdict(last=4_000) == "not measured"


@pytest.mark.parametrize("decays", [(0.3, 3.0, 10.0), (1.0, 2.0, 4.0, 10.0), (0.0, 0.3, 1.0, 10.0)])
def test_few_decays_or_less_than_a_decade_and_a_half_give_no_verdict(decays):
    assert judge(CLAIMS, results(decays=DECAYS).reindex({WEIGHT_DECAY: list(decays)}))[0]["verdict"] == "not measured"


def test_two_seeds_give_no_verdict():
    assert verdict(slopes=(-1.0, -1.0)) == "not measured"


def test_the_figure_has_the_law_and_a_curve_for_each_decay(tmp_path):
    figure = plot(results())
    names = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert "t ∝ 1/γ" in names
    assert [t.get_text() for t in figure.axes[1].get_legend().get_texts()] == [f"γ = {gamma:g}" for gamma in DECAYS]
    figure.savefig(tmp_path / "figure.png")


def test_one_decay_can_be_drawn(tmp_path):
    plot(results().isel({WEIGHT_DECAY: 1})).savefig(tmp_path / "figure.png")
