"""The closed form of a run's kernel alignment, and its estimate over drawn rows."""

import numpy as np
import pytest

from grok_jax import UserError, default_config, sweep


def config_of(**fields):
    config = default_config(task="single_index", model="committee", optimizer="gd")
    config.task.features, config.task.train_size, config.task.test_size = 5, 30, 1500
    config.model.width, config.model.epsilon = 20, 2.0
    config.optimizer.learning_rate = 1.0
    config.training.steps, config.training.records, config.training.probe_rows = 40, 2, 1500
    config.training.probes = ("experiments.lazy_to_rich.moments:population_alignment", "kernel")
    config.update_from_flattened_dict(fields)
    return config


@pytest.mark.sampled
@pytest.mark.parametrize("directions", [1, 2])
def test_pairs_of_rows_estimate_the_alignment_over_all_inputs(directions):
    runs = sweep(config_of(**{"task.directions": directions}), {"seed": range(4)}, progress=False)
    ratio = runs["pair_alignment"] / runs["population_alignment"]
    np.testing.assert_allclose(ratio.mean("seed"), 1, atol=0.08)  # at the start and at the end


@pytest.mark.sampled
def test_the_alignment_over_rows_is_larger_by_the_pairs_of_a_row_with_itself():
    runs = sweep(config_of(**{"model.epsilon": 0.0, "task.test_size": 300}), {"seed": range(4)}, progress=False)
    assert np.all(runs["population_alignment"] == 0)  # linear functions know nothing of the target
    assert np.all(np.abs(runs["pair_alignment"].mean("seed")) < 0.01)
    assert np.all(runs["kernel_alignment"] - runs["pair_alignment"] > 2 / 300)


def test_the_cosine_is_one_where_the_weights_lie_along_the_target():
    runs = sweep(config_of(**{"model.solution_share": 1.0, "model.init_scale": 0.0}), progress=False)
    np.testing.assert_allclose(runs["moment_cosine"], 1, rtol=1e-4)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"task.target": "hermite"}, "task.target='quadratic'"),
        ({"model.hermite_degree": 3}, "hermite_degree=None"),
        ({"model.train_readout": True}, "train_readout=False"),
    ],
)
def test_another_kernel_or_target_is_refused(fields, words):
    with pytest.raises(UserError, match=words):
        sweep(config_of(**fields), progress=False)
