"""What diff says of two results."""

import json

import numpy as np
import xarray as xr

from grok_jax.difference import difference

CONFIG = {"seed": 0, "grid": "a, b = (1, 2), (3, 4); seed=range(3)", "training": {"steps": 10}}
EXPERIMENT = {"training.steps": 10, "version of jax": "1.0"}


def results(seeds=(0, 1, 2), steps=(0, 1, 10), pairs=((1, 2), (3, 4)), **fields):
    rng = np.random.default_rng(0)
    loss = rng.normal(size=(2, 10, 11)).astype(np.float32)[:, list(seeds)][:, :, list(steps)]
    loss[:, :, -1] = np.nan
    attributes = {"config": json.dumps({**CONFIG, **fields}), "experiment": json.dumps(EXPERIMENT)}
    firsts, seconds = zip(*pairs, strict=True)
    return xr.Dataset(
        {
            "train_loss": (("a,b", "seed", "step"), loss),
            "margins": (("a,b", "seed", "step", "class"), np.stack([loss, -loss], axis=-1)),
            "final_step": (("a,b", "seed"), np.full(loss.shape[:2], 10)),
        },
        {"a,b": [0, 1], "a": ("a,b", list(firsts)), "b": ("a,b", list(seconds)), "seed": list(seeds), "step": [*steps]},
        attributes,
    )


def with_value(dataset, name, value, **place):
    changed = dataset.copy(deep=True)
    changed[name][place] = value
    return changed


def test_the_same_results_do_not_differ_where_they_are_nan_too():
    assert difference(results(), results()) == []


def test_older_results_which_have_no_final_step_can_be_compared():
    older = results().drop_vars("final_step")
    assert difference(older, results()) == ["only the second has final_step"]


def test_a_field_is_named_with_both_values():
    assert difference(results(), results(training={"steps": 20})) == ["training.steps (was 10, is 20)"]


def test_a_version_is_named_with_both_values():
    other = results().assign_attrs(experiment=json.dumps({**EXPERIMENT, "version of jax": "2.0"}))
    assert difference(results(), other) == ["version of jax (was 1.0, is 2.0)"]


def test_a_curve_that_differs_is_named_with_its_runs_and_its_first_step_and_run():
    one = with_value(results(), "train_loss", 1.0, **{"a,b": 1, "seed": 2, "step": 1})
    other = with_value(one, "train_loss", 1.5, **{"a,b": 1, "seed": 2, "step": 1})
    other = with_value(other, "train_loss", 7.0, **{"a,b": 0, "seed": 0, "step": 2})
    (line,) = difference(one, other)
    told = "train_loss differs in 2 of 6 runs, first at step 1 (in a,b=(3, 4), seed=2): 1 and 1.5"
    assert line == f"{told}; largest relative difference 0.33"


def test_one_that_is_nan_differs():
    one = with_value(results(), "train_loss", np.nan, **{"a,b": 0, "seed": 1, "step": 0})
    (line,) = difference(one, results())
    assert line.startswith("train_loss differs in 1 of 6 runs, first at step 0 (in a,b=(1, 2), seed=1): nan and ")
    assert "relative" not in line


def test_a_variable_of_more_dimensions_is_compared_too():
    other = with_value(results(), "margins", 9.0, **{"a,b": 1, "seed": 0, "step": 1, "class": 1})
    (line,) = difference(results(), other)
    assert line.startswith("margins differs in 1 of 6 runs, first at step 1 (in a,b=(3, 4), seed=0): ")


def test_a_variable_without_steps_is_compared_too():
    other = with_value(results(), "final_step", 7, **{"a,b": 1, "seed": 1})
    assert difference(results(), other) == ["final_step differs in 1 of 6 runs (in a,b=(3, 4), seed=1): 10 and 7"]


def test_only_points_and_steps_that_both_have_are_compared():
    lines = difference(results(seeds=(0, 1, 2)), results(seeds=(2, 0, 5), steps=(0, 10)))
    assert lines == [
        "only the first has seed = 1",
        "only the second has seed = 5",
        "only the first has step = 1",
    ]


def test_points_of_an_axis_of_several_fields_are_told_apart_by_the_fields():
    lines = difference(results(), results(pairs=((1, 2), (3, 5))))
    assert lines[:2] == ["only the first has a,b = (3, 4)", "only the second has a,b = (3, 5)"]
    assert len(lines) == 2


def test_results_without_a_common_point_have_no_curves_to_compare():
    assert difference(results(), results(seeds=(7, 8)))[-1] == "there is no point that both have"


def test_a_variable_that_one_lacks_is_named():
    assert difference(results(), results().drop_vars("margins")) == ["only the first has margins"]


def test_other_axes_are_named():
    other = results().isel(seed=0, drop=True)
    assert difference(results(), other) == ["axes: a,b, seed; and a,b"]


def test_the_order_of_the_axes_does_not_matter():
    assert difference(results(), results().transpose("seed", "a,b", ...)) == []
