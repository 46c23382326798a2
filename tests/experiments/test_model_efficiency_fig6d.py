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


def test_each_source_gives_its_own_estimate():
    (verdict,) = judge(CLAIMS, results())
    assert verdict["verdict"] == "holds"
    found = verdict["measured"]
    assert found["efficiency"] == pytest.approx(1 / 3)
    assert found["semi-grokking"] == pytest.approx(0.45)
    assert found["ungrokking"] == pytest.approx(0.45)


def test_estimates_far_from_each_other_fail():
    (verdict,) = judge(CLAIMS, results(norm=36.0, un=0.25))
    assert verdict["verdict"] == "does not hold"


def test_a_source_without_a_value_leaves_it_open():
    (verdict,) = judge(CLAIMS, results(un=0.9))
    assert verdict["verdict"] == "not measured"


def test_two_seeds_and_results_of_another_grid_give_no_verdict():
    other = results().isel({AXIS: 0})
    for ds in (results(seeds=2), other):
        assert judge(CLAIMS, ds)[0]["verdict"] == "not measured"


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
