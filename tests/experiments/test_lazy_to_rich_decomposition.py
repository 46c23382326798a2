import json

import numpy as np
import pytest
import xarray as xr

from experiments.lazy_to_rich.decomposition import (
    PARTS,
    misalignment_falls_late,
    rise_is_linear_power,
    sampling_error,
    sum_is_test_loss,
    typical_run,
)
from grok_jax.analysis.claims import FAILS, HOLDS, MIXED, NOT_MEASURED, NotMeasured
from grok_jax.analysis.grokking import relative

ROWS = 10_000
STEPS = np.array([0, 1, 10, 100, 1000])
CONFIG = {"config": json.dumps({"task": {"test_size": ROWS}})}


def results(seeds=20, linear=(0.1, 0.5, 1.0, 0.3, 0.01), misalignment=(1, 1, 1, 1, 0.05), train=(1, 0.8, 0.4, 0.1, 0)):
    """Runs all alike, the test loss equal to the sum of the parts."""

    def same(curve):
        return ("seed", "step"), np.tile(np.asarray(curve, float), (seeds, 1))

    ds = xr.Dataset(
        {
            "variance_error": same(np.full(5, 0.01)),
            "misalignment_error": same(misalignment),
            "linear_power": same(linear),
            "train_loss": same(train),
        },
        {"seed": range(seeds), "step": STEPS},
        CONFIG,
    )
    total = sum(ds[name] for name in PARTS)
    return ds.assign(decomposed_loss=total, test_loss=total)


def parts(wrong, linear_weights):
    """The three parts of the residual x'Bx / 2 - w.x for x ~ N(0, I/D)."""
    d = len(wrong)
    values = ((np.trace(wrong) / d) ** 2 / 4, np.sum(wrong**2) / (2 * d**2), linear_weights @ linear_weights / d)
    return xr.Dataset(dict(zip(PARTS, values, strict=True)))


def simulated_error(wrong, linear_weights, draws=400_000):
    x = np.random.default_rng(0).normal(size=(draws, len(wrong))) / len(wrong) ** 0.5
    residual = ((x @ wrong) * x).sum(1) / 2 - x @ linear_weights
    return (residual**2).std() / ROWS**0.5


def test_the_sampling_error_of_a_residual_of_one_direction_is_exact():
    # r = a z²: Var(r²) = a⁴ (105 - 9)
    beta = np.array([2.0, 0, 0, 0])
    error = float(sampling_error(parts(np.outer(beta, beta), np.zeros(4)), ROWS))
    assert error == pytest.approx(0.5**2 * 96**0.5 / ROWS**0.5)


@pytest.mark.parametrize("trace", [-1, 0, 1])
def test_the_sampling_error_is_an_upper_bound(trace):
    rng = np.random.default_rng(1)
    wrong = rng.normal(size=(6, 6))
    wrong, weights = wrong + wrong.T + trace * np.eye(6), rng.normal(size=6)
    exact = simulated_error(wrong, weights)
    assert exact < float(sampling_error(parts(wrong, weights), ROWS)) < 3 * exact


def test_the_sampling_error_of_a_linear_residual_is_that_of_a_gaussian():
    # r ~ N(0, l): Var(r²) = 2 l²
    error = float(sampling_error(parts(np.zeros((3, 3)), np.array([3.0, 0, 0])), ROWS))
    assert error == pytest.approx(3 * 2**0.5 / ROWS**0.5)


def test_losses_that_scatter_as_samples_do_are_the_sum():
    ds = results()
    scatter = np.random.default_rng(0).normal(size=20)[:, None] * sampling_error(ds, ROWS)
    assert sum_is_test_loss(ds.assign(test_loss=ds.test_loss + scatter)).verdict == HOLDS


def test_a_part_counted_wrongly_in_every_run_is_not_the_sum():
    ds = results()
    assert sum_is_test_loss(ds.assign(test_loss=ds.test_loss + ds.linear_power)).verdict == FAILS


@pytest.mark.parametrize(("wrong", "expected"), [(4, HOLDS), (5, MIXED), (10, MIXED), (11, FAILS)])
def test_the_share_of_runs_whose_parts_add_up_decides(wrong, expected):
    ds = results()
    off = xr.where(ds.seed < wrong, 5, 3) * sampling_error(ds, ROWS)
    found = sum_is_test_loss(ds.assign(test_loss=ds.test_loss + off))
    assert found.value["seeds"].startswith(f"{20 - wrong} of 20")
    assert found.verdict == expected


def test_the_mean_over_runs_is_told_and_decides_nothing():
    ds = results()
    found = sum_is_test_loss(ds.assign(test_loss=ds.test_loss + 2 * sampling_error(ds, ROWS)))
    assert found.value["seeds"] == "20 of 20 (0.88 to 1.00)"
    assert found.value["largest |mean difference| / standard error"] == pytest.approx(2 * 20**0.5)
    assert found.verdict == HOLDS


def test_losses_at_the_rounding_error_are_not_compared():
    ds = results()
    ends = dict.fromkeys((*PARTS, "decomposed_loss"), 1e-13) | {"test_loss": 1e-11}
    fallen = ds.assign({name: ds[name].where(ds.step < 1000, end) for name, end in ends.items()})
    assert sum_is_test_loss(fallen).verdict == HOLDS


def test_the_sum_takes_a_known_number_of_test_rows():
    with pytest.raises(NotMeasured, match="test_size"):
        sum_is_test_loss(results().assign_attrs(config="{}"))


def test_one_run_gives_no_verdict():
    ds = results().isel(seed=0, drop=True)
    measures = (sum_is_test_loss, rise_is_linear_power, misalignment_falls_late)
    assert {measure(ds).verdict for measure in measures} == {NOT_MEASURED}


def test_the_rise_is_that_of_linear_power():
    found = rise_is_linear_power(results())
    assert found.verdict == HOLDS
    assert found.value["step of the peak"] == 10
    assert found.value["rise of linear power meanwhile / the same"] == pytest.approx(0.9 / 1.11)


def test_a_loss_that_never_rises_shows_no_rise():
    assert rise_is_linear_power(results(linear=(1, 0.8, 0.5, 0.3, 0.01))).verdict == FAILS


def test_a_rise_counts_from_the_lowest_so_far():
    found = rise_is_linear_power(results(linear=(1.0, 0.2, 1.1, 0.3, 0.01)))
    assert found.verdict == HOLDS
    assert found.value["rise of the test loss from its lowest / its start"] == pytest.approx(0.9 / 2.01)
    assert found.value["rise of linear power meanwhile / the same"] == pytest.approx(0.9 / 2.01)


@pytest.mark.parametrize("measure", [rise_is_linear_power, misalignment_falls_late])
def test_runs_that_do_not_generalize_decide_nothing(measure):
    stays = results(misalignment=(1, 1, 1, 1.5, 2))
    with pytest.raises(NotMeasured, match="0 of 20 runs generalize"):
        measure(stays)
    grok = results().isel(seed=slice(4))
    mixed = xr.concat([grok, stays.isel(seed=slice(4, None))], "seed")
    assert measure(mixed).verdict == HOLDS


def test_a_rise_by_misalignment_is_not_that_of_linear_power():
    assert (
        rise_is_linear_power(results(linear=(0.1, 0.1, 0.1, 0.1, 0.01), misalignment=(1, 2, 3, 1, 0.05))).verdict
        == FAILS
    )


def test_a_rise_after_the_weights_have_aligned_is_not_early():
    late = results(linear=(0.1, 0.1, 0.1, 3.0, 0.01), misalignment=(1, 1, 0.4, 0.2, 0.05))
    assert rise_is_linear_power(late).verdict == FAILS


def test_the_misalignment_falls_late_after_the_train_loss():
    assert misalignment_falls_late(results()).verdict == HOLDS


def test_a_misalignment_that_falls_with_the_train_loss_is_not_late():
    assert misalignment_falls_late(results(misalignment=(1, 0.8, 0.4, 0.1, 0.0))).verdict == FAILS


def test_a_relative_curve_starts_at_one():
    assert relative(results().linear_power).isel(seed=0).values.tolist() == pytest.approx([1, 5, 10, 3, 0.1])


def test_the_typical_run_takes_the_median_time_among_those_that_generalize():
    ds = results(seeds=4)
    falls = [(1, 1, 0.01, 0.01, 0.01), (1, 1, 1, 1, 1), (1, 1, 1, 1, 0.01), (1, 1, 1, 0.01, 0.01)]
    assert typical_run(ds.assign(test_loss=(("seed", "step"), falls))) == 3


def test_the_typical_run_where_none_generalizes_has_the_median_final_loss():
    ds = results(seeds=3)
    ends = [(1, 1, 1, 1, end) for end in (3.0, 0.5, 0.9)]
    assert typical_run(ds.assign(test_loss=(("seed", "step"), ends))) == 2
