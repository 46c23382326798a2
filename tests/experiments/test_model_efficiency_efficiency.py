"""The norm at one logit of networks that memorize and of networks that generalize."""

import numpy as np
import pytest
import xarray as xr

from experiments.model_efficiency.critical_size import TRAIN_FRACTION
from experiments.model_efficiency.efficiency import (
    LOGIT,
    Norms,
    critical_fraction,
    growth,
    is_generalizing,
    is_memorizing,
    norm_at_logit,
)
from grok_jax.analysis.claims import NotMeasured


def run(norm=(10.0, 40.0, 30.0), logit=(0.0, LOGIT, LOGIT + 2), train=(0.0, 1.0, 1.0), test=(0.0, 0.0, 0.0)):
    names = ("weight_norm", "correct_logit", "train_accuracy", "test_accuracy")
    curves = zip(names, (norm, logit, train, test), strict=True)
    return xr.Dataset({name: ("step", list(values)) for name, values in curves}, {"step": [0, 1, 2]})


def norms(memorizing, generalizing, at=(0.2, 0.4, 0.8)):
    return Norms(
        *(xr.DataArray(list(x), {TRAIN_FRACTION: list(at)}, dims=TRAIN_FRACTION) for x in (memorizing, generalizing))
    )


def test_the_norm_at_a_logit_is_the_smallest_at_or_above_it():
    ds = run()
    assert float(norm_at_logit(ds, is_memorizing(ds))) == 30.0


@pytest.mark.parametrize(
    "changes", [{"logit": (0.0, 1.0, LOGIT - 1)}, {"train": (0.0, 0.5, 0.9)}, {"test": (0.0, 0.6, 0.6)}]
)
def test_a_run_that_is_not_c_mem_at_the_logit_has_no_norm(changes):
    ds = run(**changes)
    assert np.isnan(norm_at_logit(ds, is_memorizing(ds)))


def test_only_records_that_generalize_are_c_gen():
    ds = run(norm=(10.0, 20.0, 30.0), test=(0.0, 0.5, 0.97))
    assert float(norm_at_logit(ds, is_generalizing(ds))) == 30.0


def test_results_without_logits_are_not_measured():
    ds = run().drop_vars("correct_logit")
    with pytest.raises(NotMeasured, match="logits"):
        norm_at_logit(ds, is_memorizing(ds))


def test_growth_is_the_exponent_of_a_power_law_over_the_points_there_are():
    at = xr.DataArray([0.1, 0.2, 0.4, 0.8], dims=TRAIN_FRACTION)
    norm = (5 * at**0.3).assign_coords({TRAIN_FRACTION: at.values})
    assert float(growth(norm)) == pytest.approx(0.3)
    assert float(growth(norm.where(norm[TRAIN_FRACTION] > 0.15))) == pytest.approx(0.3)
    assert np.isnan(growth(norm.where(norm[TRAIN_FRACTION] > 0.3)))


def test_the_critical_fraction_is_where_c_mem_passes_the_mean_of_c_gen():
    assert float(critical_fraction(norms((20.0, 30.0, 40.0), (np.nan, 24.0, 26.0)))) == pytest.approx(0.3)


def test_c_mem_that_stays_the_cheaper_has_no_finite_critical_fraction():
    assert float(critical_fraction(norms((20.0, 21.0, 22.0), (np.nan, 24.0, 26.0)))) == np.inf
