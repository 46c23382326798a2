import numpy as np
import pytest
import xarray as xr

from experiments.lazy_to_rich.output_scale import OUTPUT_SCALE, absent_at_the_smallest, grows, judged, waits_of_accuracy
from grok_jax.analysis.claims import FAILS, HOLDS, NOT_MEASURED, NotMeasured

STEPS = np.arange(0, 1001, 10)


def results(times):
    """Accuracies that rise linearly to .5 at given steps (train, test), one pair for each α, in falling order of α."""
    train, test = (np.minimum(0.5 * STEPS[None] / np.array(column)[:, None], 1) for column in zip(*times, strict=True))
    return xr.Dataset(
        {
            f"{split}_accuracy": ((OUTPUT_SCALE, "seed", "step"), np.repeat(curve[:, None], 3, axis=1))
            for split, curve in (("train", train), ("test", test))
        },
        {OUTPUT_SCALE: [1.0, 0.1, 0.01][: len(times)], "seed": range(3), "step": STEPS},
    )


def verdict(finding, *times):
    return judged(finding(waits_of_accuracy(results(times), 0.5))).verdict


def test_waits_are_steps_from_train_to_test_accuracy_in_the_order_of_the_scales():
    waits = waits_of_accuracy(results([(100, 800), (100, 400), (150, 120)]), 0.5)
    np.testing.assert_allclose(waits.wait.isel(seed=0), [0, 300, 700])
    assert waits.wait[OUTPUT_SCALE].values.tolist() == [0.01, 0.1, 1]


def test_a_run_that_never_fits_has_no_wait():
    assert waits_of_accuracy(results([(1e5, 800), (100, 400), (100, 150)]), 0.5).wait[-1].isnull().all()


def test_a_wait_that_rises_with_the_scale_grows():
    assert verdict(grows, (100, 800), (100, 400), (100, 150)) == HOLDS
    assert verdict(grows, (100, 150), (100, 400), (100, 800)) == FAILS


def test_fewer_than_three_different_finite_waits_show_no_trend():
    assert verdict(grows, (100, 1e5), (100, 400), (100, 150)) == NOT_MEASURED
    assert verdict(grows, (100, 400), (100, 400), (100, 150)) == NOT_MEASURED


def test_two_scales_are_too_few_for_a_sweep():
    with pytest.raises(NotMeasured, match=r"needs 3 or more values of model\.output_scale"):
        waits_of_accuracy(results([(100, 800), (100, 400)]), 0.5)


def test_a_wait_is_gone_that_is_at_most_a_twentieth_of_the_longest():
    assert verdict(absent_at_the_smallest, (100, 800), (100, 400), (100, 120)) == HOLDS
    assert verdict(absent_at_the_smallest, (100, 800), (100, 400), (100, 150)) == FAILS


def test_the_budget_stands_for_a_longest_wait_that_was_cut_off():
    assert verdict(absent_at_the_smallest, (100, 1e5), (100, 400), (100, 120)) == HOLDS
    assert verdict(absent_at_the_smallest, (100, 1e5), (100, 400), (100, 200)) == NOT_MEASURED


def test_never_at_the_smallest_scale_decides_where_it_was_waited_for():
    assert verdict(absent_at_the_smallest, (100, 800), (100, 400), (100, 1e5)) == FAILS
    assert verdict(absent_at_the_smallest, (100, 800), (100, 400), (990, 1e5)) == NOT_MEASURED


def test_several_findings_hold_together():
    waits = waits_of_accuracy(results([(100, 800), (100, 400), (100, 150)]), 0.5)
    assert judged(grows(waits)).verdict == HOLDS
    assert judged(grows(waits), absent_at_the_smallest(waits)).verdict == FAILS
