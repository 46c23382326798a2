import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

from experiments.lazy_to_rich.network_and_twin import (
    agree_until,
    first_of_seeds,
    norm_and_alignment,
    part_before_the_fall,
    t_fall,
)
from grok_jax.analysis.claims import FAILS, HOLDS, NOT_MEASURED
from grok_jax.analysis.lazy import LINEARIZED, network_and_twin, t_peak

STEPS = [0, 10, 20, 40]


def results(network, twin, **further):
    """Test losses of both, one run each, and further variables of both over the steps."""
    variables = {"test_loss": [network, twin], **{name: [values, values] for name, values in further.items()}}
    data = {name: ((LINEARIZED, "step"), np.array(values, float)) for name, values in variables.items()}
    return xr.Dataset(data, {LINEARIZED: [False, True], "step": STEPS})


def curve(*values):
    return xr.DataArray(np.array(values, float), {"step": STEPS}, ["step"], name="test_loss")


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


def test_a_curve_falls_after_its_peak_not_before():
    assert t_fall(curve(1, 4, 3, 1), 2.0).item() == 30  # half of 4, between 3 and 1
    assert t_fall(curve(1, 4, 4, 4), 2.0).item() == np.inf


def test_the_first_of_the_seeds_is_one_run_of_each():
    runs = xr.concat([results([1, 1, 1, s], [1, 1, 1, 1]) for s in (0.2, 0.4)], xr.DataArray([0, 1], dims="seed"))
    pair = first_of_seeds(network_and_twin(runs))
    assert pair.network.test_loss.values.tolist() == [1, 1, 1, 0.2]


def three_seeds(network, twin):
    """The same curves three times, as test and as training losses."""
    ds = results(network, twin, train_loss=network)
    return ds.expand_dims(seed=3)


def test_an_event_before_they_part_is_one_until_which_they_agree():
    ds = three_seeds([1, 1, 0.8, 0.5], [1, 1, 1, 1])
    assert agree_until(ds, lambda runs: 0 * t_peak(runs["test_loss"]) + 14, "event at").verdict == HOLDS
    assert agree_until(ds, lambda runs: 0 * t_peak(runs["test_loss"]) + 16, "event at").verdict == FAILS


def test_an_event_beyond_the_budget_is_open_and_one_that_does_not_exist_fails():
    ds = three_seeds([1, 1, 0.8, 0.5], [1, 1, 1, 1])
    assert agree_until(ds, lambda runs: t_peak(runs["test_loss"]) + np.inf, "event at").verdict == NOT_MEASURED
    assert agree_until(ds, lambda runs: t_peak(runs["test_loss"]) * np.nan, "event at").verdict == FAILS


def test_parting_within_a_share_of_the_steps_to_the_fall():
    ds = three_seeds([1, 1, 0.8, 0.4], [1, 1, 1, 1])  # they part at 15; half the peak at 35
    measured = part_before_the_fall(ds, 2.0)
    assert measured.verdict == HOLDS
    assert measured.value["share of these steps"] == pytest.approx(15 / 35)
    assert part_before_the_fall(ds, 2.0, share=0.4).verdict == FAILS
    assert part_before_the_fall(ds, 100.0).verdict == NOT_MEASURED


def network_with_probes(**attrs):
    """A network with a weight norm at every record, and an alignment at every other and the last."""
    ds = results([1, 1, 1, 1], [1, 1, 1, 1], weight_norm=[1, 2, 3, 4], kernel_alignment=[0.1, np.nan, 0.3, 0.4])
    return network_and_twin(ds.assign_attrs(**attrs)).network


def test_the_alignment_has_an_axis_of_its_own_and_skips_records_without_it(ax):
    second = norm_and_alignment(ax, network_with_probes())
    assert list(second.lines[0].get_xdata()) == [20, 40]
    assert list(ax.lines[0].get_xdata()) == [10, 20, 40]


@pytest.mark.parametrize(("outputs", "label"), [(1, "kernel alignment (CKA)"), (10, "CKA of K averaged over outputs")])
def test_the_axis_of_alignment_says_where_the_kernel_is_averaged_over_outputs(ax, outputs, label):
    assert norm_and_alignment(ax, network_with_probes(outputs=outputs)).get_ylabel() == label
