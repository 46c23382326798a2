import numpy as np
import pytest
import xarray as xr

from experiments.lazy_to_rich.fig6b_transformer import CLAIMS, plot
from grok_jax.analysis.claims import judge

OUTPUT_SCALE = "model.output_scale"
SCALES = (0.15, 0.5, 1.0, 2.0)
FIT = 100.0  # step at which train accuracy passes 95%, and at which the train loss is a tenth of its start
START = 4.7  # of the losses


def results(*, delays=(1.5, 10.0, 50.0, 90.0), of_loss=None, scales=SCALES, seeds=3, last=10_000):
    """Test accuracy passes .95 `delays` times later than train accuracy; so does the loss, or `of_loss` times."""
    steps = np.r_[0, np.unique(np.geomspace(1, last, 200).round()).astype(int)]
    scales = scales[: len(delays)]

    def accuracy(late):
        return np.array([np.minimum(0.95 * steps / (FIT * d), 1) for d in late])

    def loss(late):
        return START * np.array([np.maximum(1 - 0.9 * steps / (FIT * d), 0) for d in late])

    at_once = (1.0,) * len(delays)
    curves = {"train_accuracy": accuracy(at_once), "test_accuracy": accuracy(delays)}
    curves |= {"train_loss": loss(at_once), "test_loss": loss(of_loss or delays)}
    curves["weight_norm"] = np.full((len(delays), steps.size), 29.4)
    shape = (len(scales), seeds, steps.size)
    return xr.Dataset(
        {
            name: ((OUTPUT_SCALE, "seed", "step"), np.broadcast_to(curve[:, None], shape))
            for name, curve in curves.items()
        },
        {OUTPUT_SCALE: list(scales), "seed": range(seeds), "step": steps},
    )


def judged(**settings):
    return [verdict["verdict"] for verdict in judge(CLAIMS, results(**settings))]


def test_the_papers_figure_passes_every_claim():
    verdicts = judge(CLAIMS, results())
    assert [verdict["verdict"] for verdict in verdicts] == ["holds"] * 2
    assert verdicts[0]["measured"]["at 0.5"] == pytest.approx(900, rel=0.02)
    assert verdicts[1]["measured"]["steps of wait at the smallest α"] == pytest.approx(50, rel=0.02)


def test_the_smallest_delay_and_those_at_the_papers_scale_are_reported():
    measured = judge(CLAIMS, results(scales=(0.05, 0.15, 0.5, 1.0)))[1]["measured"]
    assert measured["smallest delay t95(test) / t95(train)"] == pytest.approx(1.5, rel=0.02)
    assert measured["delay at α = 0.15"] == pytest.approx(10, rel=0.02)
    assert measured["wait at α = 0.15 / longest (at most)"] == pytest.approx(9 / 89, rel=0.02)


def test_a_sweep_without_the_papers_scale_reports_the_smallest_delay_alone():
    measured = judge(CLAIMS, results(scales=(0.05, 0.2, 0.5, 1.0)))[1]["measured"]
    assert [name for name in measured if "0.15" in name] == []
    assert measured["smallest delay t95(test) / t95(train)"] == pytest.approx(1.5, rel=0.02)


def test_the_losses_decide_and_not_the_accuracies():
    gone, left = (1.5, 10.0, 50.0, 90.0), (8.0, 10.0, 20.0, 50.0)
    assert judged(delays=left, of_loss=gone) == ["holds"] * 2
    assert judged(delays=gone, of_loss=left) == ["holds", "does not hold"]


def test_claim_1_fails_where_the_wait_falls_with_the_scale():
    assert judged(delays=(80.0, 70.0, 60.0, 50.0))[0] == "does not hold"


def test_claim_2_fails_where_a_wait_is_left_at_the_smallest_scale():
    assert judged(delays=(8.0, 10.0, 20.0, 50.0))[1] == "does not hold"


def test_two_scales_are_too_few_for_a_sweep():
    assert judged(delays=(1.5, 50.0)) == ["not measured"] * 2


def test_runs_whose_losses_do_not_fall_measure_nothing():
    ds = results()
    flat = ds.assign({name: xr.full_like(ds[name], START) for name in ("train_loss", "test_loss")})
    assert [verdict["verdict"] for verdict in judge(CLAIMS, flat)] == ["not measured"] * 2


def test_the_figure_draws_the_losses_of_each_scale_on_linear_axes(tmp_path):
    figure = plot(results())
    losses = figure.axes[0]
    assert [text.get_text() for text in losses.get_legend().get_texts()] == ["α = 0.15", "α = 0.5", "α = 1", "α = 2"]
    assert (losses.get_xscale(), losses.get_yscale()) == ("linear", "linear")
    assert losses.lines[0].get_ydata().max() > 4
    figure.savefig(tmp_path / "figure.png")
