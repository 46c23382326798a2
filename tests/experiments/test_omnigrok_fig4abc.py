import json

import numpy as np
import pytest
import xarray as xr

from configs.omnigrok.fig4abc_imdb_landscape import get_config
from experiments.omnigrok.fig4abc_imdb_landscape import CLAIMS, plot
from grok_jax.analysis.claims import judge

ALPHA, SIZE = "model.init_scale", "task.size"
SCALES = 10.0 ** np.linspace(-1, 1, 11).round(1)
SIZES = (1000, 8000, 50_000)
EPOCHS = {1000: 75, 8000: 600, 50_000: 3750}  # steps of 5 epochs of 3/4 of the reviews in batches of 50
CONFIG = {"training": {"batch_size": 50}, "task": {"train_fraction": 0.75}}


def results(*, gap=lambda n: 40 / n**0.75, slope=0.2, early=0.5, sizes=SIZES, seeds=3):
    """Train error: 0 at few reviews and a parabola in log α at most; test error: that and a gap that grows with α.

    Both are `early` until after the first epochs of few reviews.
    """
    log_alpha = np.log10(SCALES)
    train = np.array([np.where(n > 1000, 0.1 + slope * log_alpha**2, 0.0) for n in sizes])
    test = train + np.array([np.clip(gap(n) * SCALES, 0, 0.6) / 2 for n in sizes])
    steps = np.array([0, 75, 600, 3400, 3750])

    def accuracy(end):
        curve = np.stack([np.full_like(end, 0.5), np.full_like(end, early), end, end, end], -1)
        return 1 - curve[:, :, None].repeat(seeds, 2)

    dims = (SIZE, ALPHA, "seed", "step")
    variables = {"train_accuracy": accuracy(train), "test_accuracy": accuracy(test), "train_loss": accuracy(train)}
    coords = {SIZE: list(sizes), ALPHA: SCALES, "seed": range(seeds), "step": steps}
    data = {name: (dims, values) for name, values in variables.items()}
    return xr.Dataset(data, coords, {"config": json.dumps(CONFIG)})


def judged(ds):
    return [v["verdict"] for v in judge(CLAIMS, ds)]


def test_the_papers_landscape_passes_both_claims():
    assert judged(results()) == ["holds"] * 2


def test_claim_1_fails_where_few_reviews_are_learned_alike():
    assert judged(results(gap=lambda n: 0.0))[0] == "does not hold"


def test_claim_1_reports_what_there_was_after_the_epochs_of_the_public_code():
    measured = judge(CLAIMS, results(early=0.5))[0]["measured"]
    assert measured["train error"] == 0
    assert measured["after 5 epochs: test - train error"] == 0
    assert measured["train error then"] == 0.5


def test_claim_1_does_without_these_where_nothing_was_recorded_then():
    verdict = judge(CLAIMS, results().sel(step=[0, 3400, 3750]))[0]
    assert verdict["verdict"] == "holds"
    assert "train error then" not in verdict["measured"]


def test_claim_2_fails_where_many_reviews_leave_a_gap():
    assert judged(results(gap=lambda n: 0.1))[1] == "does not hold"


def test_claim_2_fails_where_the_errors_do_not_rise():
    assert judged(results(slope=0.01))[1] == "does not hold"


def test_claim_2_is_open_without_all_reviews_but_has_its_numbers():
    verdict = judge(CLAIMS, results(sizes=(1000, 8000)))[1]
    assert verdict["verdict"] == "not measured"
    assert verdict["measured"]["lowest test error"] > 0
    assert "of 8,000" in verdict["note"]


def test_one_scale_or_two_seeds_give_no_verdict():
    assert judged(results().isel({ALPHA: [5]})) == ["not measured"] * 2
    assert judged(results(seeds=2)) == ["not measured"] * 2


@pytest.mark.parametrize("preset", ["quick", "paper"])
def test_every_size_is_recorded_at_the_end_of_its_epochs(preset):
    config = get_config(preset)
    sizes = [int(n) for n in config.grid.split(";")[0].split("=")[1].split(",")]
    ends = {EPOCHS.get(n, 5 * -(-int(0.75 * n) // 50)) for n in sizes}
    assert ends <= {*config.training.record_steps, config.training.steps}
    assert config.training.steps == max(ends)


def test_the_figure_has_maps_and_slices_of_both_errors(tmp_path):
    figure = plot(results())
    titles = [ax.get_title() for ax in figure.axes]
    assert {"reduced train error", "reduced test error", "N = 1,000", "N = 50,000"} <= set(titles)
    figure.savefig(tmp_path / "figure.png")
