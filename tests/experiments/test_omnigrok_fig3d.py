import json

import numpy as np
import pytest
import xarray as xr

from experiments.omnigrok.fig3d_mnist_grokking import CLAIMS, plot
from grok_jax.analysis.claims import judge

WEIGHT_DECAY = "optimizer.weight_decay"


def results(*, fit=1_000, late=30_000, ceiling=0.9, norm=lambda s: 94 / (1 + s / 2e4), wd=0.01, last=100_000, seeds=5):
    """Train accuracy rises linearly to .95 at `fit`, test accuracy from .15 toward its ceiling around `late`."""
    steps = np.r_[0, np.unique(np.geomspace(1, last, 200).round()).astype(int)]
    train = np.minimum(0.95 * steps / fit, 1)
    test = 0.15 + (ceiling - 0.15) / (1 + (late / np.maximum(steps, 1)) ** 4)
    curves = {"train_accuracy": train, "test_accuracy": test, "weight_norm": norm(steps)}
    curves |= {"train_loss": 0.1 * np.exp(-steps / fit), "test_loss": 0.1 - 0.09 * test}
    ds = xr.Dataset(
        {n: (("seed", "step"), np.tile(v, (seeds, 1))) for n, v in curves.items()},
        {"seed": range(seeds), "step": steps},
    )
    ds.attrs["config"] = json.dumps({"optimizer": {"weight_decay": wd}})
    return ds


def judged(**settings):
    return [v["verdict"] for v in judge(CLAIMS, results(**settings))]


QUICK = {"wd": 0.1, "last": 10_000, "late": 3_000, "norm": lambda s: 94 / (1 + s / 2e3)}


def test_a_run_as_in_the_paper_passes_every_claim():
    verdicts = judge(CLAIMS, results())
    assert [v["verdict"] for v in verdicts] == ["holds"] * 4
    assert "test accuracy at 5e3 steps" in verdicts[1]["measured"]
    assert not any(v["note"] for v in verdicts[:3])


def test_a_quick_run_passes_and_says_how_it_differs():
    verdicts = judge(CLAIMS, results(**QUICK))
    assert [v["verdict"] for v in verdicts] == ["holds"] * 4
    assert "test accuracy at t95(train)" in verdicts[1]["measured"]
    assert "weight decay 0.1 and 10,000 steps" in verdicts[1]["note"]
    assert verdicts[2]["note"]


def test_claim_1_fails_where_fitting_takes_longer():
    assert judged(fit=3_100)[0] == "does not hold"
    assert judged(fit=np.inf)[0] == "does not hold"


def test_claim_1_is_open_where_the_run_is_too_short_to_tell():
    assert judged(fit=np.inf, last=2_000)[0] == "not measured"


def test_claim_2_fails_where_test_accuracy_rises_at_once():
    assert judged(late=2_000)[1] == "does not hold"
    assert judged(**QUICK | {"late": 500})[1] == "does not hold"


def test_claim_3_fails_where_the_network_never_generalizes():
    assert judged(ceiling=0.6)[2] == "does not hold"
    assert judged(ceiling=0.78, last=150_000)[2] == "does not hold"


def test_claim_3_is_open_where_a_shorter_run_does_not_generalize():
    assert judged(**QUICK | {"ceiling": 0.6})[2] == "not measured"


def test_claim_4_fails_where_the_norm_rises_after_fitting():
    assert judged(norm=lambda s: 94 + s / 1e4)[3] == "does not hold"
    assert judged(norm=lambda s: 94 / (1 + s / 2e4) + 5 * (s > 2e4))[3] == "does not hold"


def test_claim_4_does_not_look_before_fitting():
    assert judged(norm=lambda s: np.where(s < 900, 10 + s / 10, 94 / (1 + s / 2e4)))[3] == "holds"


def test_claim_4_ignores_small_noise():
    assert judged(norm=lambda s: 94 / (1 + s / 2e4) * (1 + 1e-3 * np.sin(np.arange(s.size))))[3] == "holds"


def test_an_axis_of_one_weight_decay_changes_nothing():
    ds = results()
    with_axis = ds.expand_dims({WEIGHT_DECAY: [0.01]})
    with_axis.attrs = {}
    assert judge(CLAIMS, with_axis) == judge(CLAIMS, ds)


def test_several_weight_decays_are_another_figure():
    ds = xr.concat([results().expand_dims({WEIGHT_DECAY: [wd]}) for wd in (0.01, 0.1)], WEIGHT_DECAY)
    assert [v["verdict"] for v in judge(CLAIMS, ds)] == ["not measured"] * 4


def test_the_figure_marks_when_the_run_fits_and_generalizes(tmp_path):
    figure = plot(results())
    labels = [text.get_text() for text in figure.axes[2].get_legend().get_texts()]
    assert labels == ["train accuracy", "test accuracy", "95% train accuracy", "80% test accuracy", "weight norm"]
    marks = [line.get_xdata()[0] for line in figure.axes[0].lines if len(line.get_xdata()) == 2]
    assert marks[0] == pytest.approx(1_000, rel=0.01)
    assert marks[1] > 30_000
    figure.savefig(tmp_path / "figure.png")
