import numpy as np
import pytest
import xarray as xr

from experiments.lazy_to_rich.fig12_decay_and_laziness import CLAIMS, OUTPUT_SCALE, SETTINGS, WEIGHT_DECAY, plot
from grok_jax.analysis.claims import judge

POINT = f"{OUTPUT_SCALE},{WEIGHT_DECAY}"
FIT = 100.0  # step at which train accuracy passes 95%


def results(*, delays=(60.0, 1.5, 30.0), seeds=3, last=10_000):
    """Test accuracy passes .95 `delays` times later than train accuracy."""
    steps = np.r_[0, np.unique(np.geomspace(1, last, 200).round()).astype(int)]
    test = np.array([np.minimum(0.95 * steps / (FIT * d), 1) for d in delays])
    train = np.tile(np.minimum(0.95 * steps / FIT, 1), (len(delays), 1))
    curves = {"train_accuracy": train, "test_accuracy": test, "train_loss": 1.1 - train, "test_loss": 1.1 - test}
    shape = (len(delays), seeds, steps.size)
    alphas, gammas = zip(*SETTINGS[: len(delays)], strict=True)
    return xr.Dataset(
        {name: ((POINT, "seed", "step"), np.broadcast_to(curve[:, None], shape)) for name, curve in curves.items()},
        {OUTPUT_SCALE: (POINT, list(alphas)), WEIGHT_DECAY: (POINT, list(gammas)), "seed": range(seeds), "step": steps},
    )


def judged(**settings):
    return [verdict["verdict"] for verdict in judge(CLAIMS, results(**settings))]


def test_the_papers_figure_passes_every_claim():
    verdicts = judge(CLAIMS, results())
    assert [verdict["verdict"] for verdict in verdicts] == ["holds"] * 3
    assert [verdict["measured"]["delay"] for verdict in verdicts] == pytest.approx([60, 1.5, 30], rel=0.02)


def test_claim_1_fails_where_the_delay_is_small_to_begin_with():
    assert judged(delays=(5.0, 1.5, 30.0))[0] == "does not hold"


def test_claim_2_fails_where_decay_leaves_a_delay():
    assert judged(delays=(60.0, 12.0, 30.0))[1] == "does not hold"


def test_claim_3_fails_where_laziness_brings_nothing_back():
    assert judged(delays=(60.0, 1.5, 1.5))[2] == "does not hold"


def test_a_run_that_never_generalizes_has_no_large_delay_and_none_that_is_gone():
    assert judged(delays=(1e4, 1e4, 1e4)) == ["not measured", "does not hold", "not measured"]


def test_a_run_that_has_just_fitted_decides_nothing():
    assert judged(delays=(1e4, 1e4, 1e4), last=150) == ["not measured"] * 3


def test_claim_3_takes_its_setting():
    assert judged(delays=(60.0, 1.5)) == ["holds", "holds", "not measured"]


def test_the_figure_has_a_column_for_each_setting(tmp_path):
    figure = plot(results())
    assert [ax.get_title() for ax in figure.axes[:3]] == [
        "α = 0.5, decay 1",
        "α = 0.5, decay 5",
        "α = 1.4, decay 5",
    ]
    assert all(ax.get_lines() for ax in figure.axes)
    figure.savefig(tmp_path / "figure.png")


def test_the_figure_leaves_a_setting_out_that_was_not_trained(tmp_path):
    figure = plot(results(delays=(60.0, 1.5)))
    assert [bool(ax.get_lines()) for ax in figure.axes[:3]] == [True, True, False]
    figure.savefig(tmp_path / "figure.png")
