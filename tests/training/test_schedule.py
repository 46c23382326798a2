"""When runs are measured, and when they are done."""

import numpy as np
import pytest

from grok_jax.training.chunks import CALL_SECONDS, FEWEST_STEPS, LONGEST_CALL, pace_after
from grok_jax.training.schedule import Schedule, has_diverged, has_generalized, is_probed, record_steps


def test_records_are_zero_then_log_spaced_then_the_last():
    steps = record_steps(Schedule(1000, 8))
    assert steps[0] == 0
    assert steps[-1] == 1000
    np.testing.assert_allclose(np.diff(np.log(steps[1:])), np.log(1000) / 6, atol=0.06)


def test_two_records_are_the_first_and_the_last():
    assert record_steps(Schedule(1000, 2)).tolist() == [0, 1000]


def test_no_steps_are_one_record():
    assert record_steps(Schedule(0)).tolist() == [0]


def test_given_records_are_kept_and_the_last_step_added():
    assert record_steps(Schedule(50, record_steps=(10, 5))).tolist() == [5, 10, 50]


def test_probes_are_at_every_record_unless_told_otherwise():
    assert is_probed(Schedule(1000, 8)).all()


def test_every_third_record_back_from_the_last_is_probed_and_the_first():
    schedule = Schedule(60, record_steps=(0, 10, 20, 30, 40, 50), probe_every=3)
    assert is_probed(schedule).tolist() == [True, False, False, True, False, False, True]
    schedule = Schedule(40, record_steps=(0, 10, 20, 30), probe_every=3)
    assert is_probed(schedule).tolist() == [True, True, False, False, True]


def test_probes_rarer_than_records_are_at_the_first_and_the_last():
    assert is_probed(Schedule(30, record_steps=(0, 10, 20), probe_every=99)).tolist() == [True, False, False, True]


def test_a_run_has_generalized_when_train_and_test_are_right_and_a_diverged_one_never_has():
    latest = {
        "train_accuracy": np.array([1, 1, 0.5, np.nan]),
        "test_accuracy": np.array([0.95, 0.9, 1, np.nan]),
        "train_loss": np.array([0, 0, 1, np.nan]),
    }
    assert has_generalized(latest).tolist() == [True, False, False, False]
    assert has_diverged(latest).tolist() == [False, False, False, True]


@pytest.mark.parametrize(
    ("rate", "steps"),
    [
        (1000, 1000 * CALL_SECONDS),
        (8, FEWEST_STEPS),  # four seconds: the state of many runs is read and written less often
        (1, 1 * LONGEST_CALL),
        (0.01, 1),
    ],
)
def test_a_call_takes_about_a_second_but_not_few_steps_unless_they_take_long(rate, steps):
    assert pace_after(pace=10_000, count=4, seconds=4 / rate) == pytest.approx(steps, abs=1)


def test_calls_grow_tenfold_at_most():
    assert pace_after(pace=3, count=3, seconds=1e-6) == 30
