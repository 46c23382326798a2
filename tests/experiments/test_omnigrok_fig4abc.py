import ast

import numpy as np
import pytest
import xarray as xr

from configs.omnigrok.fig4abc_imdb_landscape import get_config
from experiments.omnigrok.fig4abc_imdb_landscape import CLAIMS, plot
from grok_jax.analysis.claims import judge

INIT_SCALE, SIZE = "model.init_scale", "task.size"
AXIS = f"{SIZE},training.steps"
SCALES = 10.0 ** np.linspace(-1, 1, 11).round(1)
SIZES = (1000, 8000, 50_000)


def results(*, gap=lambda n: 40 / n**0.75 * SCALES, slope=0.2, rise=0.0, sizes=SIZES, seeds=3):
    """Train error: at few reviews 0 but for a rise with log α, a parabola in log α at more; test error: a gap above it.

    Each size trains for as many steps as it has reviews; sizes and steps are one axis.
    """
    log_alpha = np.log10(SCALES)
    few = rise * np.maximum(log_alpha, 0)
    train = np.array([np.where(n > 1000, 0.1 + slope * log_alpha**2, few) for n in sizes])
    test = train + np.array([np.clip(gap(n) + 0 * SCALES, 0, 0.6) / 2 for n in sizes])
    steps = np.unique([0, *sizes])

    def accuracy(end):
        curve = np.where(steps < np.array(sizes)[:, None, None], 0.5, end[..., None])
        curve = np.where(steps > np.array(sizes)[:, None, None], np.nan, curve)
        return 1 - curve[:, :, None].repeat(seeds, 2)

    dims = (AXIS, INIT_SCALE, "seed", "step")
    variables = {"train_accuracy": accuracy(train), "test_accuracy": accuracy(test), "train_loss": accuracy(train)}
    coords = {
        SIZE: (AXIS, list(sizes)),
        "training.steps": (AXIS, list(sizes)),
        INIT_SCALE: SCALES,
        "seed": range(seeds),
    }
    data = {name: (dims, values) for name, values in variables.items()}
    return xr.Dataset(data, {**coords, "step": steps})


def judged(ds):
    return [v["verdict"] for v in judge(CLAIMS, ds)]


def test_the_papers_landscape_passes_both_claims():
    assert judged(results()) == ["holds"] * 2


def test_claim_1_fails_where_few_reviews_are_learned_alike():
    assert judged(results(gap=lambda n: 0.0))[0] == "does not hold"


def test_claim_1_fails_where_the_gap_is_the_same_at_every_scale():
    verdict = judge(CLAIMS, results(gap=lambda n: 0.5))[0]
    assert verdict["verdict"] == "does not hold"
    assert verdict["measured"]["lowest test error"] == pytest.approx(0.25)


def test_claim_1_fails_where_the_train_error_rises_with_the_test_error():
    assert judged(results(gap=lambda n: 0.1, rise=0.5))[0] == "does not hold"


def test_claim_2_fails_where_many_reviews_leave_a_gap():
    assert judged(results(gap=lambda n: 0.1 * SCALES))[1] == "does not hold"


def test_claim_2_holds_where_the_gap_is_the_same_at_every_scale():
    assert judged(results(gap=lambda n: 0.2))[1] == "holds"


def test_claim_2_fails_where_the_errors_do_not_rise():
    assert judged(results(slope=0.01))[1] == "does not hold"


def test_claim_2_is_open_without_all_reviews_but_has_its_numbers():
    verdict = judge(CLAIMS, results(sizes=(1000, 8000)))[1]
    assert verdict["verdict"] == "not measured"
    assert verdict["measured"]["lowest test error"] > 0
    assert "8,000 were measured" in verdict["note"]


def test_one_scale_or_two_seeds_give_no_verdict():
    assert judged(results().isel({INIT_SCALE: [5]})) == ["not measured"] * 2
    assert judged(results(seeds=2)) == ["not measured"] * 2


def test_every_size_trains_for_five_epochs_of_its_own():
    config = get_config("paper")
    pairs = dict(ast.literal_eval(f"[{config.grid.split(';')[0].split('=')[1]}]"))
    # Read off the public code: 5 epochs of 3/4 of the reviews in batches of 50, the last one smaller.
    expected = (10, 15, 20, 30, 50, 75, 120, 190, 300, 475, 750, 1190, 1885, 2990, 3750)
    assert tuple(pairs.values()) == expected


def test_the_figure_has_maps_and_slices_of_both_errors(tmp_path):
    figure = plot(results())
    titles = [ax.get_title() for ax in figure.axes]
    assert {"reduced train error", "reduced test error", "N = 1,000", "N = 50,000"} <= set(titles)
    figure.savefig(tmp_path / "figure.png")
