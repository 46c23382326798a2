import numpy as np
import pytest
import xarray as xr

from experiments.omnigrok.fig3abc_mnist_landscape import CLAIMS, plot
from experiments.settings import preset_config
from grok_jax.analysis.claims import judge

INIT_SCALE, TRAIN_SIZE = "model.init_scale", "task.train_size"
SCALES = 10.0 ** np.linspace(-1, 1, 11).round(1)
SIZES = (13, 51, 193, 1000, 7196, 60000)


def results(*, center=0.1, slope=lambda n: 90 / n, floor=lambda n: 6 / n**0.5, train=0.0, sizes=SIZES, seeds=3):
    """Test error: a parabola in log α around a center, lower and flatter with N; train error: high below α = .3."""
    log_alpha = np.log10(SCALES)
    test = np.array([np.minimum(floor(n) + slope(n) * (log_alpha - center) ** 2, 0.9) for n in sizes])
    test = np.where(SCALES < 0.3, 0.9, test)
    train = np.broadcast_to(np.where(SCALES < 0.3, 0.9, train), test.shape)
    dims, steps = (TRAIN_SIZE, INIT_SCALE, "seed", "step"), np.array([0, 900, 1000])

    def curve(end):
        start = np.full(end.shape, 0.9)
        return np.stack([start, end, end], -1)[:, :, None].repeat(seeds, 2)

    variables = {
        "train_accuracy": 1 - curve(train),
        "test_accuracy": 1 - curve(test),
        "train_loss": curve(train),
        "tangential_gradient": curve(train) + 0.01,
    }
    coords = {TRAIN_SIZE: list(sizes), INIT_SCALE: SCALES, "seed": range(seeds), "step": steps}
    return xr.Dataset({name: (dims, values) for name, values in variables.items()}, coords)


def judged(ds):
    return [v["verdict"] for v in judge(CLAIMS, ds)]


def test_the_papers_landscape_passes_every_claim():
    verdicts = judge(CLAIMS, results())
    assert [v["verdict"] for v in verdicts] == ["holds"] * 4
    assert 193 < verdicts[3]["measured"]["smallest N"] < 1000


@pytest.mark.parametrize("figure", ["fig3abc_mnist_landscape", "fig11_mnist_cross_entropy_landscape"])
def test_the_paper_preset_takes_the_first_digits_as_the_authors_do(figure):
    task = preset_config(f"omnigrok/{figure}", "paper").task
    assert (task.source, task.subset) == ("full", "first")


def test_claim_1_fails_where_few_digits_are_not_fitted():
    assert judged(results(train=0.1))[0] == "does not hold"


def test_claim_1_fails_where_the_minimum_is_elsewhere():
    assert judged(results(center=0.5))[0] == "does not hold"


def test_claim_1_fails_where_test_error_does_not_rise_with_the_scale():
    assert judged(results(slope=lambda n: 0.0))[0] == "does not hold"


def test_claim_2_fails_where_more_data_do_not_help_at_large_scales():
    assert judged(results(slope=lambda n: 1.0))[1] == "does not hold"


def test_claim_3_fails_where_the_gap_stays():
    assert judged(results(floor=lambda n: 0.3))[2] == "does not hold"


def test_claim_4_fails_where_no_size_is_enough():
    assert judged(results(floor=lambda n: 0.5))[3] == "does not hold"


def test_claim_4_is_open_where_the_smallest_size_is_enough():
    assert judged(results(floor=lambda n: 0.1))[3] == "not measured"


def test_the_sizes_of_the_embedded_digits_leave_claims_2_and_3_open():
    verdicts = judge(CLAIMS, results(sizes=(26, 193, 1000, 3727)))
    assert [v["verdict"] for v in verdicts] == ["holds", "not measured", "not measured", "holds"]
    assert "the largest size is 3,727" in verdicts[2]["note"]


def test_one_point_of_an_axis_or_two_seeds_give_no_verdict():
    assert judged(results().isel({TRAIN_SIZE: 2})) == ["holds", *["not measured"] * 3]
    assert judged(results().isel({INIT_SCALE: 5})) == ["not measured"] * 4
    assert judged(results(seeds=2)) == ["not measured"] * 4


def test_the_figure_has_contours_slices_and_the_tip_of_the_thumb(tmp_path):
    figure = plot(results())
    titles = [ax.get_title() for ax in figure.axes]
    assert "reduced test error, contour 0.4" in titles
    assert {"N = 193", "N = 60,000", "convergence, N = 193"} <= set(titles)
    texts = [text.get_text() for ax in figure.axes for text in ax.texts]
    assert any(text.startswith("tip: N = ") for text in texts)
    figure.savefig(tmp_path / "figure.png")


@pytest.mark.sampled
@pytest.mark.parametrize("axis", [TRAIN_SIZE, INIT_SCALE])
def test_a_single_size_or_scale_can_be_drawn(tmp_path, axis):
    plot(results().isel({axis: [2]})).savefig(tmp_path / "figure.png")
    plot(results().isel({axis: 2})).savefig(tmp_path / "figure.png")
