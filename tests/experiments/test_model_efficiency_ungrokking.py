"""Runs continued on few data."""

import json

import numpy as np
import pytest
import xarray as xr

from experiments.model_efficiency.critical_size import TRAIN_FRACTION
from experiments.model_efficiency.ungrokking import SHRINK_STEP, SHRINK_TO, all_forget, continued, kept_fraction
from grok_jax.analysis.claims import FAILS, HOLDS, NOT_MEASURED, NotMeasured

WEIGHT_DECAY = "optimizer.weight_decay"
STEPS = [0, 100, 200, 300, 400, 500]


def results(*, before=1.0, halfway=None, after=0.01, large=1.0, train=1.0, share=0.125, cut=100, seeds=3):
    """Test accuracy at two weight decays, seeds and two shares: `after` may be one for each decay."""
    after = np.broadcast_to(after, 2)
    small = [[0.0, before, *[end if halfway is None else halfway] * 2, end, end] for end in after]
    test = np.array([[curve, [0.0, 1.0, *[large] * 4]] for curve in small])[:, :, None].repeat(seeds, 2)
    fit = np.broadcast_to([0.0, 1.0, 0.2, train, train, 1.0], test.shape)  # one record of a collapse
    dims = (WEIGHT_DECAY, SHRINK_TO, "seed", "step")
    coords = {WEIGHT_DECAY: [0.5, 1.0], SHRINK_TO: [share, 0.75], "seed": range(seeds), "step": STEPS}
    config = {"task": {"train_fraction": 0.8}, "training": {"shrink_step": cut}}
    return xr.Dataset(
        {"test_accuracy": (dims, test), "train_accuracy": (dims, fit)}, coords, {"config": json.dumps(config)}
    )


def judged(**settings):
    return all_forget(results(**settings), WEIGHT_DECAY, ["a", "b"], chance=0.02)


def test_kept_is_a_share_of_all_examples():
    np.testing.assert_allclose(kept_fraction(results()), [0.1, 0.6])


def test_before_is_the_last_record_that_the_cut_has_not_touched():
    found = continued(results(cut=150).isel({WEIGHT_DECAY: 0, SHRINK_TO: 0, "seed": 0}))
    assert (float(found.before), float(found.after)) == (1.0, 0.01)


def test_a_cut_may_differ_between_runs():
    ds = results().isel({SHRINK_TO: 0}).assign_coords({SHRINK_STEP: (WEIGHT_DECAY, [100, 0])})
    np.testing.assert_allclose(continued(ds).before.isel(seed=0), [1.0, 0.0])


def test_runs_that_forget_at_every_point_and_stay_fitted_hold():
    measured = judged()
    assert measured.verdict == HOLDS
    assert measured.value["test accuracy, a"] == 0.01
    assert measured.value["critical fraction, a"] == pytest.approx(0.1 + 0.5 * 0.49 / 0.99)


def test_a_run_that_falls_still_and_is_below_half_holds():
    assert judged(halfway=0.4, after=0.3).verdict == HOLDS
    assert judged(halfway=0.32, after=0.3).verdict == FAILS
    assert judged(halfway=0.9, after=0.7).verdict == FAILS


@pytest.mark.parametrize("changes", [{"after": 0.3}, {"after": (0.01, 0.3)}, {"after": 1.0}, {"train": 0.9}])
def test_one_point_that_remembers_or_a_fit_that_is_lost_fails(changes):
    assert judged(**changes).verdict == FAILS


@pytest.mark.parametrize(
    "changes",
    [{"before": 0.5}, {"seeds": 2}, {"share": 0.6}, {"share": 0.3, "after": 1.0}],
    ids=["not generalized before", "two seeds", "not well below the critical size", "a share that is not small"],
)
def test_a_run_that_cannot_tell_is_undecided(changes):
    assert judged(**changes).verdict == NOT_MEASURED


def test_where_every_share_is_forgotten_the_largest_stands_for_the_critical_size():
    assert judged(large=0.01).verdict == HOLDS
    assert judged(large=0.01, share=0.5).verdict == NOT_MEASURED


def test_one_share_is_not_measured():
    with pytest.raises(NotMeasured, match=r"needs 2 or more values of training\.shrink_to"):
        all_forget(results().isel({SHRINK_TO: [0]}), WEIGHT_DECAY, ["a", "b"], chance=0.02)


def test_runs_without_a_cut_are_not_measured():
    ds = results()
    ds.attrs["config"] = json.dumps({"task": {"train_fraction": 0.8}})
    with pytest.raises(NotMeasured, match=SHRINK_STEP):
        all_forget(ds, WEIGHT_DECAY, ["a", "b"], chance=0.02)


def test_a_fraction_along_the_grid_counts():
    ds = (
        results()
        .isel({SHRINK_TO: 0}, drop=True)
        .expand_dims({TRAIN_FRACTION: [0.2, 0.4]})
        .assign_coords({SHRINK_TO: 0.5})
    )
    np.testing.assert_allclose(kept_fraction(ds), [0.1, 0.2])
