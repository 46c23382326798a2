"""Which frequencies a network uses, and since when."""

import numpy as np
import xarray as xr

from experiments.omnigrok.fourier import final_keys, keys_settle, largest_frequencies

STEPS = [0, 10, 100, 1000]


def with_keys(*runs):
    """Results of runs, each a list of key frequencies (or NaN) per record."""
    keys = np.array(runs, float)
    names = {f"key_frequency_{i + 1}": (("seed", "step"), keys[..., i]) for i in range(keys.shape[-1])}
    return xr.Dataset(names, {"seed": range(len(runs)), "step": STEPS})


NEVER = [np.nan, np.nan]


def test_keys_settle_where_they_become_those_of_the_end_for_good():
    ds = with_keys([[1, 2], [3, 4], [1, 2], [3, 4]], [[1, 2], [3, 4], [3, 4], [3, 4]], [[3, 4]] * 4)
    assert keys_settle(ds).values.tolist() == [1000, 10, 0]


def test_records_without_probes_are_passed_over():
    ds = with_keys([NEVER, [3, 4], NEVER, [3, 4]], [[1, 2], NEVER, [3, 4], NEVER])
    assert keys_settle(ds).values.tolist() == [10, 100]
    assert final_keys(ds).values.T.tolist() == [[3, 4], [3, 4]]


def test_a_run_that_was_never_probed_has_no_time():
    assert np.isnan(keys_settle(with_keys([NEVER] * 4))).all()


def test_the_largest_frequencies_are_found_run_by_run():
    power = xr.DataArray([[0.1, 0.5, 0.3, 0.1], [0.7, 0.3, np.nan, np.nan]], dims=("run", "frequency"))
    expected = [[False, True, True, False], [True, True, False, False]]
    assert largest_frequencies(power, 2).values.tolist() == expected
