import json

import numpy as np
import xarray as xr

from experiments.omnigrok.fig11_mnist_cross_entropy_landscape import CLAIMS, plot
from grok_jax.analysis.claims import judge

LOSS, INIT_SCALE, TRAIN_SIZE = "training.loss", "model.init_scale", "task.train_size"
SCALES = 10.0 ** np.linspace(-1, 2, 31).round(1)


def results(
    *,
    slopes=None,
    train=0.0,
    losses=("cross_entropy", "mse"),
    sizes=(193, 1000),
    scales=SCALES,
    seeds=3,
    widens=0.2,
):
    """Test error .2 plus a slope times (log α - .2)², up to .9; at the last size .09 plus a part of that slope."""
    slopes = {"cross_entropy": 0.3, "mse": 1.0, **(slopes or {})}
    log_alpha = np.log10(scales)
    rows = [np.minimum(0.2 + slopes[loss] * (log_alpha - 0.2) ** 2, 0.9) for loss in losses]
    many = [np.minimum(0.09 + widens * (row - 0.2), 0.9) for row in rows]
    test = np.stack([*([np.stack(rows)] * (len(sizes) - 1)), np.stack(many)], 1)
    train = np.broadcast_to(np.where(scales < 0.3, 0.9, train), test.shape)
    dims, steps = (LOSS, TRAIN_SIZE, INIT_SCALE, "seed", "step"), np.array([0, 900, 1000])

    def curve(end):
        return np.stack([np.full(end.shape, 0.9), end, end], -1)[..., None, :].repeat(seeds, -2)

    variables = {"train_accuracy": 1 - curve(train), "test_accuracy": 1 - curve(test), "train_loss": curve(train)}
    coords = {LOSS: list(losses), TRAIN_SIZE: list(sizes), INIT_SCALE: scales, "seed": range(seeds), "step": steps}
    return xr.Dataset({name: (dims, values) for name, values in variables.items()}, coords)


def judged(**settings):
    return [v["verdict"] for v in judge(CLAIMS, results(**settings))]


def test_a_wider_zone_with_cross_entropy_passes():
    verdicts = judge(CLAIMS, results())
    assert [v["verdict"] for v in verdicts] == ["holds"] * 5
    measured = verdicts[1]["measured"]
    assert 1.6 < measured["decades with cross-entropy"] < 1.7
    assert 0.85 < measured["with the squared error"] < 0.95


def test_claim_1_fails_where_rows_are_not_fitted_or_test_error_is_flat():
    assert judged(train=0.1)[0] == "does not hold"
    assert judged(slopes={"cross_entropy": 0.02})[0] == "does not hold"


def test_claim_2_fails_where_the_zone_is_narrower():
    assert judged(slopes={"cross_entropy": 2.0})[1] == "does not hold"


def test_a_zone_cut_by_the_grid_is_wide_enough_where_it_is_wider_already():
    verdict = judge(CLAIMS, results(slopes={"cross_entropy": 0.05}))[1]
    assert verdict["verdict"] == "holds"
    assert "3 with cross-entropy, 0 with the squared error" in verdict["note"]


def test_claim_2_is_open_where_both_zones_are_cut():
    assert judged(slopes={"cross_entropy": 0.05, "mse": 0.06})[1] == "not measured"


def test_claim_2_needs_both_losses():
    assert judged(losses=("cross_entropy",)) == ["holds", "not measured", "not measured", "holds", "not measured"]
    assert judged(losses=("mse",)) == ["not measured"] * 5


def test_the_loss_may_be_the_same_for_all_runs():
    ds = results(losses=("cross_entropy",)).squeeze(LOSS, drop=True)
    ds.attrs["config"] = json.dumps({"training": {"loss": "cross_entropy"}})
    assert [v["verdict"] for v in judge(CLAIMS, ds)] == [
        "holds",
        "not measured",
        "not measured",
        "holds",
        "not measured",
    ]
    plot(ds)


def test_two_seeds_or_one_scale_give_no_verdict():
    assert judged(seeds=2) == ["not measured"] * 5
    assert judged(scales=SCALES[10:11]) == ["not measured"] * 5


def test_claim_3_fails_where_the_zone_narrows_and_needs_more_digits():
    assert judged(widens=1.6)[2] == "does not hold"
    assert judged(sizes=(193, 250))[2] == "not measured"


def test_claim_4_fails_where_the_u_stays_a_u_and_needs_more_digits():
    verdict = judge(CLAIMS, results(widens=0.8))[3]
    assert verdict["verdict"] == "does not hold"
    assert "the largest N is 1,000, the paper's 60,000" in verdict["note"]
    assert judged(sizes=(193, 250))[3] == "not measured"


def test_claim_5_fails_where_the_test_error_rises_more_and_is_open_without_the_scales_of_figure_3():
    assert judged(slopes={"cross_entropy": 2.0})[4] == "does not hold"
    assert judged(scales=SCALES[:18])[4] == "not measured"


def test_claim_5_is_open_where_the_training_rows_are_not_fitted():
    assert judged(train=0.1)[4] == "not measured"


def test_the_figure_shows_the_zones_of_both_losses(tmp_path):
    figure = plot(results())
    names = [text.get_text() for ax in figure.axes if ax.get_legend() for text in ax.get_legend().get_texts()]
    assert names.count("zone, cross-entropy") == names.count("zone, squared error") == 2
    figure.savefig(tmp_path / "figure.png")
