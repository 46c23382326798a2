import json

import numpy as np
import pytest
import xarray as xr

from experiments.model_efficiency.fig6d_critical_size import AXIS, CLAIMS, plot, table
from grok_jax.analysis.claims import judge

FRACTIONS = np.array([0.2, 0.3, 0.4, 0.5, 0.6])


def results(*, semi=0.45, un=0.4, norm=30.0, seeds=3):
    """Runs of all three kinds; test accuracy is 1 above the critical fraction of their kind; C_gen has one norm."""
    noise = np.repeat([1.0, 0.0, 0.0], 5)
    fraction = np.concatenate([FRACTIONS, FRACTIONS, np.full(5, 0.8)])
    share = np.concatenate([np.ones(10), FRACTIONS / 0.8])
    norms = np.concatenate([20 + 30 * FRACTIONS, np.full(10, norm)])
    test = np.concatenate([np.zeros(5), *((critical < FRACTIONS).astype(float) for critical in (semi, un))])
    flat = np.ones(15)
    values = {"weight_norm": norms, "test_accuracy": test, "train_accuracy": flat, "correct_logit": 20 * flat}
    dims = (AXIS, "seed", "step")
    data = {name: (dims, np.tile(x[:, None, None], (1, seeds, 2))) for name, x in values.items()}
    along = dict(zip(AXIS.split(","), (noise, fraction, share), strict=True))
    coords = {**{name: (AXIS, x) for name, x in along.items()}, "seed": range(seeds), "step": [0, 1000]}
    return xr.Dataset(data, coords, {"config": json.dumps({"task": {"p": 23}})})


def judged(ds):
    return [verdict["verdict"] for verdict in judge(CLAIMS, ds)]


def test_each_source_gives_its_own_estimate():
    hysteresis, between = judge(CLAIMS, results(semi=0.45, un=0.25))
    assert (hysteresis["verdict"], between["verdict"]) == ("holds", "holds")
    assert hysteresis["measured"]["learning / continued"] == pytest.approx(0.45 / 0.25)
    assert between["measured"]["efficiency"] == pytest.approx(1 / 3)
    assert between["measured"]["semi-grokking"] == pytest.approx(0.45)
    assert between["measured"]["ungrokking"] == pytest.approx(0.25)


def test_estimates_that_are_alike_show_no_hysteresis():
    assert judged(results(semi=0.35, un=0.35)) == ["does not hold", "does not hold"]


def test_an_estimate_by_efficiency_above_both_others_fails():
    assert judged(results(semi=0.45, un=0.25, norm=36.0)) == ["holds", "does not hold"]


def test_a_source_without_a_value_leaves_it_open():
    assert judged(results(un=0.9)) == ["not measured"] * 2
    assert judged(results(un=0.25, norm=80.0)) == ["holds", "not measured"]


def test_two_seeds_and_results_of_another_grid_give_no_verdict():
    for ds in (results(seeds=2), results().isel({AXIS: 0})):
        assert judged(ds) == ["not measured"] * 2


def test_the_table_has_a_row_for_each_source_in_fractions_and_pairs():
    rows = table(results())
    assert [row["source"] for row in rows] == ["efficiency", "semi-grokking", "ungrokking"]
    assert rows[0]["critical_pairs"] == pytest.approx(23**2 / 3)
    assert [row["seeds"] for row in rows] == [3, 3, 3]


@pytest.mark.parametrize("changes", [{}, {"un": 0.9}, {"norm": 10.0}])
def test_the_figure_can_be_drawn(changes, tmp_path):
    figure = plot(results(**changes))
    assert len(figure.axes) == 3
    figure.savefig(tmp_path / "figure.png")
