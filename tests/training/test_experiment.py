"""The identity of an experiment: what slices of one grid have in common, and what makes another experiment."""

import json

import jax
import numpy as np
import pytest

from grok_jax import Run, data, metric, sweep
from grok_jax.models.mlp import MLP
from grok_jax.training.identity import experiment
from grok_jax.training.plan import plan_grid

GRID = {"model.init_scale": [0.5, 2.0], "seed": range(3)}


def experiment_of(config, grid=GRID):
    return experiment(plan_grid(config, grid))


@pytest.mark.parametrize(
    "grid",
    [
        {"model.init_scale": [1.0], "seed": range(7, 9)},
        {"seed": [5], "model.init_scale": [8.0, 9.0, 10.0]},
        {"seed,model.init_scale": [(0, 1.0), (3, 2.0)]},
    ],
)
def test_slices_of_a_grid_and_more_of_its_points_are_one_experiment(small_config, grid):
    assert experiment_of(small_config(), grid) == experiment_of(small_config())


@pytest.mark.parametrize(
    "field", [{"execution.mapping": "map"}, {"execution.chunk_runs": 2}, {"execution.capacity": (64, 64)}]
)
def test_where_and_how_runs_train_does_not_change_the_experiment(small_config, field):
    assert experiment_of(small_config(**field)) == experiment_of(small_config())


def test_a_value_that_the_grid_replaces_makes_no_other_experiment(small_config):
    assert experiment_of(small_config(**{"model.init_scale": 3.0, "seed": 4})) == experiment_of(small_config())


@pytest.mark.parametrize(
    ("field", "value"),
    [("optimizer.weight_decay", 0.5), ("training.steps", 7), ("task.test_size", 9), ("task.seed", 1)],
)
def test_a_field_beside_the_grid_makes_another_experiment_by_its_name_alone(small_config, field, value):
    before, now = experiment_of(small_config()), experiment_of(small_config(**{field: value}))
    assert {name for name in now if now[name] != before[name]} == {field}


def test_an_axis_more_makes_another_experiment(small_config):
    more = {**GRID, "optimizer.weight_decay": [0.0, 1.0]}
    assert set(experiment_of(small_config())) - set(experiment_of(small_config(), more)) == {"optimizer.weight_decay"}


def scaled(probed, scale=1.0):
    """a number"""
    return scale * probed.test_weights.sum()


def also_scaled(probed, scale=1.0):
    """a number"""
    return scale + probed.test_weights.sum()


def own_run(inputs, function=scaled, scale=2.0):
    arrays = data(inputs, inputs[:, :1], train_size=4, test_size=2)
    return Run(arrays, MLP(widths=(3,), outputs=1), "adamw", metrics={"own": metric(function, scale=scale)})


@pytest.fixture
def inputs():
    return np.arange(24, dtype=np.float32).reshape(8, 3)


def test_an_edited_metric_makes_another_experiment(inputs):
    before, now = (experiment_of(own_run(inputs, function), {}) for function in (scaled, also_scaled))
    assert {name for name in now if now[name] != before[name]} == {"metric own", "training.probes"}


def test_a_metrics_field_counts_unless_it_is_an_axis(inputs):
    one, other = own_run(inputs), own_run(inputs, scale=3.0)
    assert experiment_of(one, {}) != experiment_of(other, {})
    axis = {"metrics.own.scale": [1.0, 2.0]}
    assert experiment_of(one, axis) == experiment_of(other, axis)


def test_other_data_make_another_experiment(inputs):
    before, now = (experiment_of(own_run(each), {}) for each in (inputs, inputs + 1))
    assert {name for name in now if now[name] != before[name]} == {"data of task data", "task.arrays"}


def test_results_carry_the_identity_of_their_experiment(small_config):
    results = sweep(small_config(), GRID, progress=False)
    assert json.loads(results.attrs["experiment"]) == json.loads(json.dumps(experiment_of(small_config())))


def test_the_meaning_of_a_metric_does_not_change_the_experiment(inputs):
    named = metric(scaled, scale=2.0, long_name="twice", units="m")
    one = own_run(inputs)
    assert experiment_of(one, {}) == experiment_of(one.replace(metrics={"own": named}), {})


def test_a_copy_of_a_run_is_the_same_experiment(inputs):
    arrays = data(inputs, inputs[:, :1], train_size=4, test_size=2)
    run = Run(arrays, MLP(widths=(3,), outputs=1), "adamw", metrics=("kernel",))
    assert experiment_of(run, {}) == experiment_of(jax.tree.map(lambda leaf: leaf, run), {})
