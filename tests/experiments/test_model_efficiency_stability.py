"""Runs that lose what they had fitted, and runs that have come to rest."""

import numpy as np
import pytest
import xarray as xr

from experiments.model_efficiency.stability import at_rest, collapse_note, collapses

STEPS = np.arange(0, 1001, 50)


def results(*curves):
    return xr.Dataset({"train_accuracy": (("seed", "step"), np.array(curves))}, {"step": STEPS})


STEADY = np.where(STEPS >= 200, 1.0, 0.1)
RECOVERS = np.where((STEPS >= 500) & (STEPS < 600), 0.2, STEADY)
IS_LOST = np.where(STEPS >= 900, 0.2, STEADY)
NEVER = np.full(STEPS.size, 0.3)


def test_a_collapse_is_below_half_after_the_fit_and_not_before_it():
    assert collapses(results(STEADY, RECOVERS, IS_LOST, NEVER)).values.tolist() == [False, True, True, False]


def test_the_note_counts_fits_collapses_and_recoveries():
    assert "in 2 of 3 runs, 1 of them back" in collapse_note(results(STEADY, RECOVERS, IS_LOST, NEVER))
    assert collapse_note(results(NEVER)) == ""


def test_a_curve_rests_at_the_median_of_its_last_quarter_and_drifts_from_the_one_before():
    rising = xr.DataArray(STEPS / 1000, {"step": STEPS}, dims="step")
    found = at_rest(rising)
    assert float(found.value) == pytest.approx(0.875)
    assert float(found.drift) == pytest.approx(0.25)


def test_a_collapse_for_less_than_half_a_quarter_does_not_move_a_curve_at_rest():
    curve = xr.DataArray(np.where((STEPS > 800) & (STEPS < 900), 0.1, 1.0), {"step": STEPS}, dims="step")
    assert (float(at_rest(curve).value), float(at_rest(curve).drift)) == (1.0, 0.0)


def test_records_that_miss_a_quarter_give_no_value():
    x = xr.DataArray([0.0, 1.0, 1.0], {"step": [0, 100, 1000]}, dims="step")
    assert np.isnan(at_rest(x).drift)
