import numpy as np
import xarray as xr

from grok_jax.analysis.output_scale import ALPHA, absent_at_the_smallest, delay_grows_with_scale, same_initial_norm

STEPS = np.arange(0, 1001, 10)


def results(times, norms=(1.0, 1.0, 1.0)):
    """Accuracies that rise linearly to .5 at given steps (train, test), one pair for each α, in falling order of α."""
    train, test = (np.minimum(0.5 * STEPS[None] / np.array(column)[:, None], 1) for column in zip(*times, strict=True))
    curves = {"train_accuracy": train, "test_accuracy": test, "weight_norm": np.outer(norms, np.ones(STEPS.size))}
    return xr.Dataset(
        {name: ((ALPHA, "seed", "step"), np.repeat(curve[:, None], 3, axis=1)) for name, curve in curves.items()},
        {ALPHA: [1.0, 0.1, 0.01], "seed": range(3), "step": STEPS},
    )


def test_the_delay_is_compared_in_the_order_of_the_scales():
    measured = delay_grows_with_scale(results([(100, 800), (100, 400), (100, 150)]), 0.5)
    assert measured.holds is True
    assert list(measured.value)[1:4] == ["delay at α = 0.01", "at 0.1", "at 1"]


def test_a_second_level_of_train_accuracy_is_reported_beside():
    ds = results([(100, 800), (100, 400), (100, 150)])
    assert len(delay_grows_with_scale(ds, 0.5, fitted=0.9).value) == len(delay_grows_with_scale(ds, 0.5).value) + 1


def test_the_smallest_scale_is_the_one_without_delay():
    assert absent_at_the_smallest(results([(100, 800), (100, 400), (100, 150)]), 0.5).holds is True
    assert absent_at_the_smallest(results([(100, 150), (100, 400), (100, 800)]), 0.5).holds is False


def test_never_generalising_decides_only_where_the_budget_is_twice_the_steps_to_fit():
    assert absent_at_the_smallest(results([(100, 800), (100, 400), (100, 1e5)]), 0.5).holds is False
    assert absent_at_the_smallest(results([(100, 800), (100, 400), (800, 1e5)]), 0.5).holds is None


def test_norms_are_compared_at_the_first_record():
    times = [(100, 800), (100, 400), (100, 150)]
    assert same_initial_norm(results(times)).holds is True
    assert same_initial_norm(results(times, norms=(1.0, 1.0, 1.001))).holds is False
