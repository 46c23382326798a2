import json

import numpy as np
import pytest
import xarray as xr

from experiments.model_efficiency import fig7_ungrokking, fig8_ungrokking_decay
from grok_jax.analysis.claims import judge

SHRINK_TO, WEIGHT_DECAY, NETWORK = "training.shrink_to", "optimizer.weight_decay", "model.name,model.width"
NAMES = ["transformer", "lstm", "token_mlp"]


def results(axis, *, after=0.03, before=1.0, points=3, shares=(0.125, 0.75), seeds=3, p=23):
    """Test accuracies that fall at the first share, to `after` (one, or one for each point of the axis)."""
    after = np.broadcast_to(after, points)
    fall = np.array([[0.0, before, end, end] for end in after])
    test = np.stack([fall, np.ones_like(fall)], axis=1)[:, : len(shares), None].repeat(seeds, 2)
    dims = (axis, SHRINK_TO, "seed", "step")
    fit = np.broadcast_to([0.0, 1.0, 1.0, 1.0], test.shape)
    data = {"test_accuracy": test, "train_accuracy": fit, "weight_norm": 20 + fit}
    coords = {SHRINK_TO: list(shares), "seed": range(seeds), "step": [0, 1000, 2000, 3000]}
    if axis == NETWORK:
        coords["model.name"] = (NETWORK, NAMES[:points])
    else:
        coords[WEIGHT_DECAY] = [0.5, 1.0, 2.0][:points]
    config = {"task": {"train_fraction": 0.8, "p": p}, "training": {"shrink_step": 1000}}
    return xr.Dataset({k: (dims, v) for k, v in data.items()}, coords, {"config": json.dumps(config)})


CASES = pytest.mark.parametrize(("figure", "axis"), [(fig7_ungrokking, NETWORK), (fig8_ungrokking_decay, WEIGHT_DECAY)])


def verdict(figure, ds):
    return judge(figure.CLAIMS, ds)[0]["verdict"]


@CASES
def test_runs_that_forget_everywhere_pass(figure, axis):
    assert verdict(figure, results(axis)) == "holds"


@CASES
@pytest.mark.parametrize("remembers", [0.1, 0.9])
def test_one_point_that_remembers_fails(figure, axis, remembers):
    assert verdict(figure, results(axis, after=(0.03, remembers, 0.03))) == "does not hold"


@CASES
def test_what_is_forgotten_is_below_twice_chance_whatever_p(figure, axis):
    assert verdict(figure, results(axis, after=0.05, p=23)) == "holds"
    assert verdict(figure, results(axis, after=0.05, p=97)) == "does not hold"


@CASES
@pytest.mark.parametrize("changes", [{"before": 0.3}, {"seeds": 2}, {"points": 2}, {"shares": (0.1,)}, {"p": None}])
def test_what_cannot_be_decided_is_not_measured(figure, axis, changes):
    assert verdict(figure, results(axis, **changes)) == "not measured"


@CASES
@pytest.mark.parametrize("shares", [(0.125,), (0.125, 0.75)])
def test_the_figure_has_a_panel_for_each_point(figure, axis, shares, tmp_path):
    drawn = figure.plot(results(axis, shares=shares))
    assert len(drawn.axes) == 3
    drawn.savefig(tmp_path / "figure.png")


def test_the_accuracy_of_each_architecture_is_reported():
    (found,) = judge(fig7_ungrokking.CLAIMS, results(NETWORK, after=(0.01, 0.02, 0.03)))
    accuracies = [found["measured"][f"test accuracy, {name}"] for name in ("transformer", "LSTM", "MLP")]
    assert accuracies == [0.01, 0.02, 0.03]
