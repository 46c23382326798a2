import json

import numpy as np
import xarray as xr

from experiments.omnigrok.fig12_mnist_cross_entropy import CLAIMS, plot
from grok_jax.analysis.claims import judge


def results(*, fit=300, plateau=0.38, drift=0.0, late=6_000, end=0.75, norm=10.0, last=20_000, seeds=3):
    """Train accuracy reaches 1 at `fit`; test accuracy has a plateau, drifts along it, and ends higher or not."""
    steps = np.r_[0, np.unique(np.geomspace(1, last, 120).round()).astype(int)]
    train = np.minimum(steps / fit, 1)
    test = 0.1 + (plateau - 0.1) * train + drift * np.clip((steps / fit - 1) / 9, 0, 1)
    test = np.where(steps > late, end, test)
    curves = {
        "train_accuracy": train,
        "test_accuracy": test,
        "train_loss": 1e4 * (1 - train),
        "test_loss": 1e4 * (1 - test),
        "weight_norm": np.geomspace(1170, norm, steps.size),
    }
    ds = xr.Dataset(
        {name: (("seed", "step"), np.tile(curve, (seeds, 1))) for name, curve in curves.items()},
        {"seed": range(seeds), "step": steps},
    )
    settings = {"task": {"train_size": 200}, "model": {"init_scale": 100.0}, "optimizer": {"weight_decay": 0.3}}
    ds.attrs["config"] = json.dumps(settings)
    return ds


def judged(**settings):
    return [verdict["verdict"] for verdict in judge(CLAIMS, results(**settings))]


def test_a_plateau_and_a_late_rise_pass_every_claim():
    assert judged() == ["holds"] * 2


def test_claim_1_fails_where_fitting_takes_longer():
    assert judged(fit=3_100)[0] == "does not hold"
    assert judged(fit=1e9)[0] == "does not hold"


def test_claim_1_is_open_where_the_run_is_too_short_to_tell():
    assert judged(fit=1e9, last=2_000)[0] == "not measured"


def test_claim_2_fails_where_the_plateau_is_at_chance_or_too_high():
    assert judged(plateau=0.28)[1] == "does not hold"
    assert judged(plateau=0.42, end=0.9)[1] == "does not hold"


def test_claim_2_fails_where_test_accuracy_goes_on_rising():
    assert judged(plateau=0.3, drift=0.1)[1] == "does not hold"


def test_claim_2_fails_where_small_weights_bring_no_rise():
    assert judged(end=0.5)[1] == "does not hold"


def test_claim_2_is_open_while_the_weights_are_still_large():
    assert judged(end=0.5, norm=100.0)[1] == "not measured"


def test_claim_2_is_open_where_the_run_ends_on_the_plateau():
    assert judged(last=2_000)[1] == "not measured"


def test_claims_take_three_seeds():
    assert judged(seeds=2) == ["not measured"] * 2


def test_the_figure_names_the_setting_and_shows_a_loss_of_zero(tmp_path):
    figure = plot(results())
    assert figure.axes[0].get_title() == "N = 200, α = 100, γ = 0.3"
    assert figure.axes[1].get_lines()[0].get_ydata().min() > 0
    figure.savefig(tmp_path / "figure.png")
