import numpy as np
import pytest
import xarray as xr

from experiments.lazy_to_rich.fig6a_mnist import CLAIMS, plot
from grok_jax.analysis.claims import judge

OUTPUT_SCALE = "model.output_scale"
SCALES = tuple(s / 28 for s in (1e-3, 1e-2, 0.05, 0.5))


def results(*, delays=(1.3, 2.0, 4.0, 40.0), norms=(94.0,) * 4, scales=SCALES, seeds=3, last=10_000):
    """Train accuracy passes .8 at step 100, test accuracy `delays` times later."""
    steps = np.r_[0, np.unique(np.geomspace(1, last, 200).round()).astype(int)]
    grid = ((OUTPUT_SCALE, "seed", "step"), (len(scales), seeds, steps.size))
    test = np.array([np.minimum(0.8 * steps / (100 * d), 0.9) for d in delays])
    train = np.tile(np.minimum(0.8 * steps / 100, 1), (len(scales), 1))
    norm = np.outer(norms, np.ones(steps.size))
    curves = {"train_accuracy": train, "test_accuracy": test, "weight_norm": norm}
    return xr.Dataset(
        {name: (grid[0], np.broadcast_to(curve[:, None], grid[1])) for name, curve in curves.items()},
        {OUTPUT_SCALE: list(scales), "seed": range(seeds), "step": steps},
    )


def judged(**settings):
    return [verdict["verdict"] for verdict in judge(CLAIMS, results(**settings))]


def test_waits_that_shrink_with_the_output_scale_pass_every_claim():
    verdicts = judge(CLAIMS, results())
    assert [verdict["verdict"] for verdict in verdicts] == ["holds"] * 2
    assert verdicts[0]["measured"]["at 0.05"] == pytest.approx(300, rel=0.02)


def test_a_test_accuracy_beyond_the_budget_is_the_longest_wait():
    verdicts = judge(CLAIMS, results(delays=(1.3, 2.0, 4.0, 1e4)))
    assert verdicts[0]["verdict"] == "holds"
    assert verdicts[0]["measured"]["at 0.5"] == np.inf


def test_claim_1_fails_where_the_wait_does_not_follow_the_scale():
    assert judged(delays=(4.0, 1.5, 1.3, 40.0))[0] == "does not hold"


def test_claim_2_fails_where_a_wait_is_left_at_the_smallest_scale():
    assert judged(delays=(5.0, 6.0, 7.0, 40.0))[1] == "does not hold"


def test_two_output_scales_are_too_few_for_a_sweep():
    assert judged(delays=(1.3, 40.0), norms=(94.0,) * 2, scales=(1e-3, 0.5)) == ["not measured"] * 2


def test_claims_take_three_seeds():
    assert judged(seeds=2) == ["not measured"] * 2


def test_the_figure_shows_delays_beyond_the_budget(tmp_path):
    figure = plot(results(delays=(1.3, 1.5, 4.0, 1e4)))
    labels = [text.get_text() for text in figure.axes[1].get_legend().get_texts()]
    assert labels[:2] == ["a seed", "never within the budget"]
    figure.savefig(tmp_path / "figure.png")


def test_the_figure_draws_one_run_without_axes(tmp_path):
    plot(results().isel({OUTPUT_SCALE: 0, "seed": 0})).savefig(tmp_path / "figure.png")
