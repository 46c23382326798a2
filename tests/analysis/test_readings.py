"""One number of each curve."""

import numpy as np
import pytest
import xarray as xr

from grok_jax.analysis.readings import read_off
from grok_jax.errors import UserError

CURVE = xr.DataArray([[1.0, 3.0, 0.0], [2.0, 1.0, np.nan]], dims=("seed", "step"), coords={"step": [0, 10, 20]})


@pytest.mark.parametrize(
    ("kind", "where", "found"),
    [
        ("value", 5, [2.0, 1.5]),
        ("peak", 0, [3.0, 2.0]),
        ("peak step", 0, [10, 0]),
        ("dip", 0, [0.0, 1.0]),
        ("dip step", 0, [20, 10]),
        ("rise", 2.0, [5, 0]),
        ("fall", 1.5, [0, 5]),
        ("rise", 4.0, [np.inf, np.nan]),
        ("value", 20, [0.0, np.nan]),
    ],
)
def test_each_kind_reads_its_number(kind, where, found):
    np.testing.assert_allclose(read_off(CURVE, kind, where), found)


def test_another_kind_is_refused():
    with pytest.raises(UserError, match="kind is 'middle'; it must be one of value, peak"):
        read_off(CURVE, "middle", 0)
