"""The kernels of a grid as labeled matrices."""

import jax.numpy as jnp
import numpy as np
import pytest

import grok_jax
from grok_jax.kernels import kernel_regression


@pytest.fixture(scope="module")
def config():
    config = grok_jax.default_config(task="single_index", model="committee", optimizer="gd")
    config.task.features, config.task.train_size, config.task.test_size, config.model.width = 6, 8, 5, 10
    return config


@pytest.fixture(scope="module")
def kernels(config):
    return grok_jax.tangent_kernels(config, {"task.train_size": [6, 8], "seed": [0, 1]})


@pytest.mark.slow
def test_regression_with_a_runs_matrices_is_what_its_probe_measures(config, kernels):
    config = config.copy_and_resolve_references()
    config.training.probes, config.training.steps = ("kernel_regression",), 0
    measured = grok_jax.sweep(config, {"seed": [0, 1]}, progress=False).kernel_regression_loss.isel(step=0)
    for seed in (0, 1):
        run = kernels.isel(run=2 + seed)
        arrays = {name: jnp.asarray(values) for name, values in run.data_vars.items()}
        starts = {"train_start": arrays["outputs"], "test_start": arrays["test_outputs"]}
        found = kernel_regression(arrays["kernel"], arrays["test_kernel"], arrays["targets"], **starts)
        loss = jnp.mean((found.test - arrays["test_targets"]) ** 2)
        np.testing.assert_allclose(loss, measured.sel(seed=seed), rtol=1e-3)


def test_runs_carry_their_settings(kernels):
    assert kernels["task.train_size"].values.tolist() == [6, 6, 8, 8]
    assert kernels["seed"].values.tolist() == [0, 1, 0, 1]


def test_rows_that_a_run_does_not_use_are_nan(kernels):
    assert kernels.kernel.isel(run=0)[:6, :6].notnull().all()
    assert kernels.kernel.isel(run=0)[6:].isnull().all()
    assert kernels.test_kernel.isel(run=0).sizes == {"test": 5, "train": 8}
    assert kernels.kernel.isel(run=2).notnull().all()


def test_an_axis_of_words_or_tuples_is_a_coordinate_too(config):
    config = config.copy_and_resolve_references()
    found = grok_jax.tangent_kernels(config, {"optimizer.name": ["gd", "adam"]})
    assert found["optimizer.name"].values.tolist() == ["gd", "adam"]


def test_later_kernels_differ_from_the_initial_ones(config, kernels):
    config = config.copy_and_resolve_references()
    config.optimizer.learning_rate = 1.0
    later = grok_jax.tangent_kernels(config, {"seed": [0, 1]}, step=3)
    assert (abs(later.kernel - kernels.kernel.isel(run=[2, 3])) > 0).any()


@pytest.mark.slow
def test_kernels_and_spectra_of_kept_weights_are_those_of_training_so_far(config):
    adding = grok_jax.default_config(task="modular_arithmetic", model="mlp")
    adding.task.p, adding.model.widths = 11, (8,)
    for measured, run in ((grok_jax.tangent_kernels, config), (grok_jax.embedding_spectrum, adding)):
        run = run.copy_and_resolve_references()
        run.training.steps = 4
        _, kept = grok_jax.sweep(run, {"seed": [0, 1]}, progress=False, keep_params=[3])
        assert measured(run, {"seed": [0, 1]}, step=3, kept=kept).equals(measured(run, {"seed": [0, 1]}, step=3))
