import numpy as np
import pytest
import xarray as xr

from experiments.lazy_to_rich.fig6b_transformer import CLAIMS, plot
from grok_jax.analysis.claims import judge

OUTPUT_SCALE = "model.output_scale"
SCALES = (0.15, 0.5, 1.0, 2.0)
FIT = 100.0  # step at which train accuracy passes 95%


def results(*, delays=(1.5, 10.0, 50.0, 90.0), norms=(29.4,) * 4, seeds=3, last=10_000):
    """Test accuracy passes .95 `delays` times later than train accuracy."""
    steps = np.r_[0, np.unique(np.geomspace(1, last, 200).round()).astype(int)]
    scales = SCALES[: len(delays)]
    test = np.array([np.minimum(0.95 * steps / (FIT * d), 1) for d in delays])
    train = np.tile(np.minimum(0.95 * steps / FIT, 1), (len(scales), 1))
    norm = np.outer(norms[: len(delays)], np.ones(steps.size))
    curves = {"train_accuracy": train, "test_accuracy": test, "weight_norm": norm}
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


def test_claim_1_fails_where_the_wait_falls_with_the_scale():
    assert judged(delays=(80.0, 70.0, 60.0, 50.0))[0] == "does not hold"


def test_claim_2_fails_where_a_wait_is_left_at_the_smallest_scale():
    assert judged(delays=(8.0, 10.0, 20.0, 50.0))[1] == "does not hold"


def test_two_scales_are_too_few_for_a_sweep():
    assert judged(delays=(1.5, 50.0)) == ["not measured"] * 2


def test_the_figure_draws_a_curve_for_each_scale(tmp_path):
    figure = plot(results())
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels == ["α = 0.15", "α = 0.5", "α = 1", "α = 2"]
    figure.savefig(tmp_path / "figure.png")
