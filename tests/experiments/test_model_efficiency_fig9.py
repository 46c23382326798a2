import numpy as np
import pytest
import xarray as xr

from experiments.model_efficiency.fig9_semi_grokking import CLAIMS, plot
from grok_jax.analysis.claims import judge

FRACTIONS = [0.1, 0.2, 0.3, 0.4]
BATCHES = "task.train_fraction,training.batch_size"
STEPS = np.arange(0, 5001, 100)


def results(*, final=(0.02, 0.5, 1.0, 1.0), rise=0.0, late=1000, train=1.0, seeds=3):
    """Train accuracy is there at step 200, test accuracy from `late` on; at the second fraction it rises at the end.

    The batch changes with the fraction on the same axis.
    """
    test = np.stack([np.where(late <= STEPS, end, 0.0) for end in final])
    test[1] += rise * (STEPS > 4000)
    shape = (len(FRACTIONS), seeds, STEPS.size)
    curves = {
        "test_accuracy": np.broadcast_to(test[:, None], shape),
        "train_accuracy": np.broadcast_to(np.where(STEPS >= 200, train, 0.0), shape),
    }
    along = {"task.train_fraction": FRACTIONS, "training.batch_size": [470, 512, 512, 512]}
    return xr.Dataset(
        {name: ((BATCHES, "seed", "step"), x.copy()) for name, x in curves.items()},
        {**{name: (BATCHES, x) for name, x in along.items()}, "seed": range(seeds), "step": STEPS},
    )


def verdicts(ds):
    return [verdict["verdict"] for verdict in judge(CLAIMS, ds)]


def judged(**settings):
    return verdicts(results(**settings))


def test_a_flat_window_between_guessing_and_grokking_passes_every_claim():
    assert judged() == ["holds"] * 2


def test_claim_1_fails_where_accuracy_jumps_from_nothing_to_all():
    assert judged(final=(0.02, 0.05, 1.0, 1.0)) == ["does not hold", "holds"]


def test_claim_1_fails_where_a_fraction_under_the_window_generalizes_or_one_above_it_does_not():
    assert judged(final=(0.02, 1.0, 0.5, 1.0))[0] == "does not hold"
    assert judged(final=(0.02, 0.5, 0.05, 1.0))[0] == "does not hold"


def test_claim_1_is_open_where_the_fractions_do_not_reach_from_guessing_to_grokking():
    assert judged(final=(0.2, 0.5, 1.0, 1.0))[0] == "not measured"
    assert judged(final=(0.02, 0.5, 0.6, 0.7)) == ["not measured"] * 2


def test_claim_1_is_open_where_what_is_in_the_middle_rises_still():
    assert judged(rise=0.2)[0] == "not measured"


def test_runs_that_have_not_fitted_leave_both_open():
    assert judged(train=0.8) == ["not measured"] * 2


def test_a_collapse_that_is_recovered_from_changes_no_verdict_and_is_counted():
    ds = results()
    for name in ("train_accuracy", "test_accuracy"):
        ds[name][3, :, -6:-3] = 0.05
    assert verdicts(ds) == ["holds"] * 2
    assert "in 3 of 12 runs, 3 of them back at 95% at the end" in judge(CLAIMS, ds)[0]["note"]


def test_claim_2_fails_where_runs_generalize_as_they_fit():
    assert judged(late=200)[1] == "does not hold"


def test_two_fractions_and_two_seeds_give_no_verdict():
    assert verdicts(results().isel({BATCHES: [0, 2]})) == ["not measured"] * 2
    assert judged(seeds=2) == ["not measured"] * 2


@pytest.mark.parametrize("fractions", [4, 1])
def test_the_picture_has_both_panels(fractions, tmp_path):
    figure = plot(results().isel({BATCHES: slice(fractions)}))
    assert len(figure.axes) == 2
    figure.savefig(tmp_path / "figure.png")
