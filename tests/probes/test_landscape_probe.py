"""The gradient along and across the sphere of equal weight norm."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import grok_jax


def measured(grid="", **fields):
    config = grok_jax.default_config(task="single_index", model="mlp", optimizer="gd")
    config.task.features, config.task.train_size, config.task.test_size = 4, 12, 5
    config.model.widths, config.model.activation = (6,), "tanh"
    config.training.probes = ("gradient",)
    config.update_from_flattened_dict({"training.steps": 0, **fields})
    return grok_jax.sweep(config, grid, progress=False)


def read(probed):
    """The training loss after the weights moved by a step in three ways, and the norm of the gradient."""

    def loss(params):
        error = probed.network(params, probed.train.inputs) - probed.train.targets
        return probed.train_weights @ jnp.mean(error**2, axis=-1)

    gradient = jax.grad(loss)(probed.params)
    flat = jnp.concatenate([x.ravel() for x in jax.tree.leaves(gradient)])
    weights = jnp.concatenate([x.ravel() for x in jax.tree.leaves(probed.params)])
    scaled = [loss(jax.tree.map(lambda w, c=c: c * w, probed.params)) for c in (0.99, 1.01)]
    return {"gradient": flat, "weights": weights, "scaled": jnp.stack(scaled)}


@pytest.fixture(scope="module")
def found():
    config = grok_jax.default_config(task="single_index", model="mlp", optimizer="gd")
    config.task.features, config.task.train_size, config.task.test_size = 4, 12, 5
    config.model.widths, config.model.activation = (6,), "tanh"
    ((_, values),) = grok_jax.observe(read, config)
    return values, measured().isel(step=0)


@pytest.mark.slow
def test_the_radial_part_is_the_slope_of_the_loss_over_the_weight_norm(found):
    values, ds = found
    norm = np.linalg.norm(values["weights"])
    slope = (values["scaled"][1] - values["scaled"][0]) / (0.02 * norm)
    np.testing.assert_allclose(ds["radial_gradient"], slope, rtol=1e-2)


def test_both_parts_together_are_the_whole_gradient(found):
    values, ds = found
    norm = np.linalg.norm(values["weights"])
    whole = np.hypot(ds["radial_gradient"], ds["tangential_gradient"] / norm)
    np.testing.assert_allclose(whole, np.linalg.norm(values["gradient"]), rtol=1e-4)


def test_the_tangential_part_vanishes_where_the_loss_is_minimal_on_the_sphere():
    fields = {"optimizer.constant_norm": True, "optimizer.learning_rate": 0.2, "training.records": 2}
    ds = measured(**fields, **{"model.widths": (), "model.init_scale": 0.3, "training.steps": 3000})
    start, end = ds["tangential_gradient"].values
    assert end < 1e-3 * start
    assert abs(ds["radial_gradient"].values[-1]) > 10 * end


def test_weights_of_zero_have_no_gradient_along_a_sphere_that_is_a_point():
    ds = measured(**{"model.init_scale": 0.0})
    assert float(ds["tangential_gradient"][-1]) == 0
    assert float(ds["radial_gradient"][-1]) == 0


def tripled(outputs, targets):
    return 3 * jnp.mean((outputs - targets) ** 2, axis=-1)


def test_the_gradient_is_that_of_the_loss_that_is_trained():
    one, three = measured(), measured(**{"training.loss": f"{__name__}:tripled"})
    for name in ("radial_gradient", "tangential_gradient"):
        np.testing.assert_allclose(three[name], 3 * one[name], rtol=1e-5)


def test_a_loss_that_other_outputs_cannot_be_given_is_refused():
    config = grok_jax.default_config(task="single_index", model="mlp", optimizer="gd")
    run = grok_jax.from_config(config).replace(loss=lambda view: jnp.mean(view.outputs**2, axis=-1))
    with pytest.raises(grok_jax.UserError, match="takes a LossView; this measurement needs a loss of outputs and"):
        run.replace(metrics=("gradient",))
