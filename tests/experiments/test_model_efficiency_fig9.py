import numpy as np
import pytest
import xarray as xr

from experiments.model_efficiency.fig9_semi_grokking import CLAIMS, plot
from grok_jax.analysis.claims import judge

FRACTIONS = [0.2, 0.25, 0.3, 0.4]


def results(*, final=(0.02, 0.5, 1.0, 1.0), late=1000, train=1.0, seeds=3):
    """Train accuracy is there at step 100, test accuracy from `late` on."""
    steps = np.r_[0, np.unique(np.geomspace(1, 5000, 80).round()).astype(int)]
    test = np.stack([np.where(steps >= late, end, 0.0) for end in final])
    shape = (len(FRACTIONS), seeds, steps.size)
    curves = {
        "test_accuracy": np.broadcast_to(test[:, None], shape),
        "train_accuracy": np.broadcast_to(np.where(steps >= 100, train, 0.0), shape),
    }
    return xr.Dataset(
        {name: (("task.train_fraction", "seed", "step"), x) for name, x in curves.items()},
        {"task.train_fraction": FRACTIONS, "seed": range(seeds), "step": steps},
    )


def judged(**settings):
    return [verdict["verdict"] for verdict in judge(CLAIMS, results(**settings))]


def test_a_window_of_middling_accuracy_below_grokking_passes_every_claim():
    assert judged() == ["holds"] * 2


def test_claim_1_fails_where_accuracy_jumps_from_nothing_to_all():
    assert judged(final=(0.02, 0.05, 1.0, 1.0))[0] == "does not hold"


def test_claim_1_fails_where_what_is_in_the_middle_has_not_fitted():
    assert judged(train=0.8)[0] == "does not hold"


def test_claim_2_fails_where_a_larger_fraction_does_not_generalise():
    assert judged(final=(0.02, 0.5, 1.0, 0.92))[1] == "does not hold"
    assert judged(final=(0.02, 0.5, 0.6, 0.7))[1] == "does not hold"


def test_claim_2_fails_where_runs_generalise_at_once():
    assert judged(late=100)[1] == "does not hold"


def test_two_fractions_and_two_seeds_are_no_verdict():
    two = results().isel({"task.train_fraction": [0, 2]})
    assert [verdict["verdict"] for verdict in judge(CLAIMS, two)] == ["not measured"] * 2
    assert judged(seeds=2) == ["not measured"] * 2


@pytest.mark.parametrize("fractions", [4, 1])
def test_the_picture_has_both_panels(fractions):
    ds = results().isel({"task.train_fraction": slice(fractions)})
    assert len(plot(ds).axes) == 2
