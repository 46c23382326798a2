import numpy as np
import pytest
import xarray as xr

from grok_jax.analysis.claims import NotMeasured
from grok_jax.analysis.lazy import (
    LINEARIZED,
    comparison,
    kernel_regression_loss,
    network_and_twin,
    regression_averages_outputs,
    t_part,
    t_peak,
)

STEPS = [0, 10, 20, 40]


def results(network, twin, **further):
    """Test losses of both, one run each, and further variables of both over the steps."""
    variables = {"test_loss": [network, twin], **{name: [values, values] for name, values in further.items()}}
    data = {name: ((LINEARIZED, "step"), np.array(values, float)) for name, values in variables.items()}
    return xr.Dataset(data, {LINEARIZED: [False, True], "step": STEPS})


def curve(*values):
    return xr.DataArray(np.array(values, float), {"step": STEPS}, ["step"], name="test_loss")


def test_they_part_where_the_relative_difference_reaches_the_tolerance():
    pair = network_and_twin(results([1, 1, 0.8, 0.5], [1, 1, 1, 1]))
    assert t_part(pair).item() == 15  # 0 at step 10, 20% of the larger at step 20
    assert t_part(pair, tolerance=0.2).item() == 20


def test_it_does_not_matter_which_of_the_two_is_larger():
    losses = [1, 1, 0.8, 0.5], [1, 1, 1, 1]
    assert t_part(network_and_twin(results(*losses))).item() == t_part(network_and_twin(results(*losses[::-1]))).item()


def test_those_that_never_part_are_censored():
    assert t_part(network_and_twin(results([1, 0.9, 0.8, 0], [1, 0.9, 0.8, 0]))).item() == np.inf


def test_it_is_not_known_when_they_part_where_the_twin_diverges_first():
    assert np.isnan(t_part(network_and_twin(results([1, 1, 0.8, 0.5], [1, np.nan, np.nan, np.nan]))).item())


def test_any_curve_can_be_compared():
    ds = results([1, 1, 1, 1], [1, 1, 1, 1])
    ds["train_loss"] = (ds.test_loss.dims, [[1, 1, 1, 0.8], [1, 1, 1, 1]])
    assert t_part(network_and_twin(ds), "train_loss").item() == 30


def test_the_two_may_differ_in_another_field_on_the_same_axis():
    ds = results([1, 1, 0.8, 0.5], [1, 1, 1, 1]).drop_vars(LINEARIZED).rename({LINEARIZED: "both"})
    ds = ds.assign_coords({LINEARIZED: ("both", [False, True]), "optimizer.learning_rate": ("both", [1.0, 2.0])})
    assert t_part(network_and_twin(ds)).item() == 15


def test_networks_alone_have_no_twin():
    with pytest.raises(NotMeasured, match=LINEARIZED):
        network_and_twin(results([1, 1, 1, 1], [1, 1, 1, 1]).isel({LINEARIZED: [0]}))


def test_a_peak_is_at_the_highest_record():
    assert t_peak(curve(1, np.nan, 3, 2)).item() == 20
    assert t_peak(curve(3, 2, 1, 0)).item() == 0
    assert np.isnan(t_peak(curve(*[np.nan] * 4)).item())


def test_kernel_regression_is_that_of_the_first_record():
    ds = results([1, 1, 1, 1], [1, 1, 1, 1], kernel_regression_loss=[0.5, np.nan, 0.1, 0.1])
    assert kernel_regression_loss(ds).values.tolist() == [0.5, 0.5]


def test_kernel_regression_that_was_not_asked_for_is_not_measured():
    with pytest.raises(NotMeasured, match="kernel_regression"):
        kernel_regression_loss(results([1, 1, 1, 1], [1, 1, 1, 1]))


def test_a_comparison_is_the_median_over_seeds_of_any_section():
    probes = {
        "kernel_regression_loss": [0.5, np.nan, np.nan, 0.1],
        "kernel_alignment": [0.2, np.nan, np.nan, 0.6],
        "kernel_distance": [0, np.nan, np.nan, 3],
    }
    runs = [results([1, 1, end, end], [1, 1, 1, 1], **probes) for end in (0.2, 0.4, 0.8)]
    ds = xr.concat(runs, xr.DataArray([0, 1, 2], dims="task.seed", name="task.seed"))
    found = comparison(ds.expand_dims({"model.seed": [0], "task.noise": [0.0, 1.0]}))
    assert found.sizes == {"task.noise": 2}
    assert {name: x.isel({"task.noise": 0}).item() for name, x in found.items()} == pytest.approx(
        {
            "network_test_loss": 0.4,
            "twin_test_loss": 1.0,
            "kernel_regression_loss": 0.5,
            "t_part": 10 + 10 / 6,
            "alignment_start": 0.2,
            "alignment_end": 0.6,
            "kernel_distance": 3.0,
        }
    )


def test_a_comparison_has_nan_for_probes_that_were_not_asked_for():
    found = comparison(results([1, 1, 1, 0.5], [1, 1, 1, 1]))
    assert found.network_test_loss.item() == 0.5
    assert [np.isnan(found[name].item()) for name in ("kernel_regression_loss", "alignment_end")] == [True, True]


def test_the_limit_of_the_linearized_networks_comes_before_what_a_probe_measured():
    ds = results([1, 1, 1, 1], [1, 1, 1, 1], kernel_regression_loss=[0.5, np.nan, 0.1, 0.1]).assign_attrs(outputs=10)
    assert regression_averages_outputs(ds)
    ds = ds.assign(lazy_limit_loss=0.7)
    assert kernel_regression_loss(network_and_twin(ds).network).item() == 0.7
    assert comparison(ds).kernel_regression_loss.item() == 0.7
    assert not regression_averages_outputs(ds)
