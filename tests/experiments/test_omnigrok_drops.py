"""Plateaus and drops of losses that are known."""

import numpy as np
import pytest
import xarray as xr

from experiments.omnigrok.drops import falls, smoothed, t_drop


def records(last):
    return np.unique(np.geomspace(1, last, 150).round()).astype(int)


def along_steps(values, steps):
    return xr.DataArray(np.atleast_2d(values), {"step": steps}, ("seed", "step"))


def test_the_drop_is_where_the_loss_is_a_tenth_of_its_plateau():
    steps = records(30_000)
    loss = along_steps(np.where(steps < 5_000, 100.0, 1.0), steps)
    assert t_drop(loss, 1e3).item() == pytest.approx(5_000, rel=0.08)


def test_a_drop_before_the_given_step_is_none():
    steps = records(30_000)
    assert np.isinf(t_drop(along_steps(np.where(steps < 500, 100.0, 1.0), steps), 1e3)).all()


def test_one_bad_record_is_smoothed_away():
    steps = records(1_000)
    loss = np.ones(steps.size)
    loss[-20] = 1e6
    np.testing.assert_array_equal(smoothed(along_steps(loss, steps)), np.ones((1, steps.size)))


def test_falls_looks_no_further_than_a_decade_of_steps():
    steps = np.array([1, 10, 11, 100])
    np.testing.assert_allclose(falls(along_steps([8.0, 4.0, 2.0, 1.0], steps))[0], [2, 4, 2, 1])
