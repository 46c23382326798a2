import numpy as np
import xarray as xr

from experiments.omnigrok.fig3e_time_vs_size import CLAIMS, plot
from grok_jax.analysis.claims import judge

TRAIN_SIZE = "task.train_size"
SIZES = (100, 200, 300, 500, 1000, 4000)
STEPS = np.arange(0, 10_001, 100)


def results(late=lambda n: 2000 / (1 - 230 / n), critical=250, rise=0.0, sizes=SIZES, seeds=3):
    """Test accuracy reaches .8 at the given steps; up to the critical size it stays below, or rises slowly."""
    train = np.minimum(STEPS / 1000, 1.0)
    below = np.minimum(0.3 + STEPS / 20_000, 0.7) + rise * np.maximum(STEPS / 10_000 - 0.8, 0) / 0.2
    curves = [np.minimum(0.8 * STEPS / late(n), 0.9) if n > critical else below for n in sizes]
    test = np.stack(curves)[:, None].repeat(seeds, 1)
    dims = (TRAIN_SIZE, "seed", "step")
    coords = {TRAIN_SIZE: list(sizes), "seed": range(seeds), "step": STEPS}
    return xr.Dataset(
        {"train_accuracy": (dims, np.broadcast_to(train, test.shape)), "test_accuracy": (dims, test)}, coords
    )


def judged(**settings):
    return [v["verdict"] for v in judge(CLAIMS, results(**settings))]


def test_times_that_diverge_at_a_critical_size_pass():
    verdicts = judge(CLAIMS, results())
    assert [v["verdict"] for v in verdicts] == ["holds"] * 2
    measured = verdicts[1]["measured"]
    assert (measured["never up to N"], measured["from N on it does"]) == (200, 300)
    assert 200 < measured["critical N"] < 300


def test_claim_1_fails_where_times_rise_with_the_size():
    assert judged(late=lambda n: 1000 + n)[0] == "does not hold"


def test_claim_1_is_open_where_too_few_sizes_generalize():
    assert judged(critical=600)[0] == "not measured"


def test_claim_2_fails_where_the_slope_stays_what_it_is_at_large_sizes():
    assert judged(late=lambda n: 1e5 / n**0.5)[1] == "does not hold"


def test_claim_2_is_open_where_no_size_is_near_the_critical_one():
    assert judged(sizes=(100, 300, 500, 1000, 4000))[1] == "not measured"


def test_claim_2_is_open_where_every_size_generalizes():
    assert judged(late=lambda n: 1e6 / n, critical=50)[1] == "not measured"


def test_claim_2_is_open_where_the_test_accuracy_still_rises():
    assert judged(rise=0.05)[1] == "not measured"


def test_two_sizes_or_two_seeds_give_no_verdict():
    assert judged(sizes=(100, 1000)) == ["not measured"] * 2
    assert judged(seeds=2) == ["not measured"] * 2


def test_the_figure_names_the_critical_size(tmp_path):
    figure = plot(results())
    names = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert any(name.startswith("best test accuracy 80%: N = ") for name in names)
    assert any("not within 10,000 steps" in name for name in names)
    figure.savefig(tmp_path / "figure.png")


def test_one_size_can_be_drawn(tmp_path):
    plot(results().isel({TRAIN_SIZE: 3})).savefig(tmp_path / "figure.png")
