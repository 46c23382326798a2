"""Where linearized networks end, against their twins, trained to the end."""

import numpy as np
import pytest

import grok_jax
from grok_jax import UserError, lazy_limit, sweep
from grok_jax.kernels import DoesNotFit, tangent


def config_of(outputs, **fields):
    """Few rows and a narrow network, so that the twin ends within the steps and outputs have kernels of their own."""
    made = grok_jax.default_config("teacher_student", "mlp", "gd")
    made.update_from_flattened_dict(
        {
            "task.features": 8,
            "task.outputs": outputs,
            "task.train_size": 4,
            "task.test_size": 6,
            "model.widths": (16,),
            "model.activation": "tanh",
            "model.init_scale": 2.0,
            "optimizer.learning_rate": 0.03 * outputs,
            "training.steps": 3000,
            "training.records": 2,
            **fields,
        }
    )
    return made


@pytest.mark.parametrize(
    ("outputs", "centered"),
    [(1, False), (10, False), *(pytest.param(outputs, True, marks=pytest.mark.slow) for outputs in (1, 10))],
)
def test_the_limit_is_the_twin_trained_to_the_end(outputs, centered):
    config, grid = config_of(outputs, **{"model.centered": centered}), {"seed": [0, 1]}
    limit = lazy_limit(config, {"model.linearized": [False, True], **grid})
    assert dict(limit.sizes) == {"seed": 2}
    config.model.linearized = True
    twin = sweep(config, grid, progress=False).isel(step=-1)
    assert (twin.train_loss < 1e-10).all()
    np.testing.assert_allclose(twin.test_loss, limit.lazy_limit_loss, rtol=1e-3)


@pytest.mark.parametrize("outputs", [1, 10])
def test_neural_tangents_computes_the_limit_where_it_fits_and_above_that_the_layers_do_the_same(outputs, monkeypatch):
    config, grid = config_of(outputs), {"seed": [0, 1]}
    limits = [lazy_limit(config, grid)]
    monkeypatch.setattr(tangent, "MOST_PRODUCTS", 0)
    limits.append(lazy_limit(config, grid))
    for limit, by in zip(limits, ("neural-tangents", "layers"), strict=True):
        assert {limit[name].attrs["kernel_by"] for name in limit} == {by}
    np.testing.assert_allclose(*(limit.lazy_limit_loss for limit in limits), rtol=1e-4)
    np.testing.assert_allclose(*(limit.lazy_limit_condition for limit in limits), rtol=1e-2)


def test_a_run_and_its_config_have_the_same_limit():
    config, grid = config_of(2), {"model.linearized": [False, True], "seed": [0, 1]}
    run = grok_jax.from_config(config)
    of_config = lazy_limit(config, grid)
    assert of_config.sizes == {"seed": 2}
    assert of_config.identical(lazy_limit(run.replace(metrics=("gradient",)), grid))


@pytest.mark.slow
def test_a_run_has_the_same_limit_alone_and_among_larger_ones():
    config = config_of(3)
    together = lazy_limit(config, "task.train_size, task.test_size = (4, 6), (6, 9)")
    assert together["task.train_size"].values.tolist() == [4, 6]
    alone = lazy_limit(config, "task.train_size, task.test_size = (4, 6),")
    for name in alone:
        np.testing.assert_allclose(together[name][0], alone[name][0], rtol=1e-3, err_msg=name)


@pytest.mark.slow
def test_a_classification_has_the_limit_of_its_one_hot_targets():
    config = grok_jax.default_config("modular_arithmetic", "mlp", "gd")
    config.update_from_flattened_dict({"task.p": 3, "model.widths": (32,), "model.activation": "tanh"})
    config.update_from_flattened_dict({"optimizer.learning_rate": 0.3, "training.steps": 30_000, "training.records": 2})
    config.training.loss = "mse"
    limit = lazy_limit(config).lazy_limit_loss
    config.model.linearized = True
    np.testing.assert_allclose(sweep(config, progress=False).test_loss.isel(step=-1), limit, rtol=1e-3)


def test_another_loss_is_refused_in_one_line():
    config = grok_jax.default_config("modular_arithmetic", "mlp", "gd")
    config.training.loss = "cross_entropy"
    with pytest.raises(
        UserError, match=r"^training\.loss is 'cross_entropy'; kernel regression has a closed form only"
    ):
        lazy_limit(config)


def test_a_kernel_that_does_not_fit_is_refused_in_one_line_before_anything_is_made(monkeypatch):
    config = config_of(10, **{"task.train_size": 200_000})
    monkeypatch.setattr("grok_jax.training.program.stages_of", None)  # nothing of a run is looked at
    with pytest.raises(DoesNotFit, match=r"^the kernel over pairs of outputs of 200,000 x 200,000 rows and 10") as e:
        lazy_limit(config)
    assert "\n" not in str(e.value)
