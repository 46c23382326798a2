"""The kernel over pairs of outputs of every model, by neural-tangents, against whole Jacobians."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import grok_jax
from grok_jax.kernels import full_tangent_kernel, kernel_product
from grok_jax.models import MODELS
from grok_jax.models.mixture import Mixture

ROWS = 4
TASKS = {  # of each model that needs no file, and fields that make both small
    "mlp": ("teacher_student", {"model.widths": (6,)}),
    "committee": ("single_index", {"task.features": 6, "model.width": 5}),
    "fourier_mlp": ("image_field", {"task.size": 6, "model.widths": (5,), "model.frequencies": 3}),
    "siren": ("image_field", {"task.size": 6, "model.widths": (5,)}),
    "nerf": ("radiance_field", {"task.size": 4, "model.widths": (5,), "model.octaves": 2, "model.samples": 3}),
    "embedded_sum": ("toy_addition", {"task.encoding": "tokens"}),
    "graph_network": ("qm9", {"task.size": 20}),
    "lstm": ("modular_arithmetic", {"task.p": 5, "task.encoding": "tokens"}),
    "token_mlp": ("modular_arithmetic", {"task.p": 5, "task.encoding": "tokens"}),
    "transformer": ("modular_arithmetic", {"task.p": 5, "task.encoding": "tokens"}),
}


def read(network, params, inputs):
    """The full kernel in both ways, the gradients that it is made of, and a product with it."""
    ways = [full_tangent_kernel(network, params, inputs, block_rows=rows) for rows in (3, None)]
    weights = jnp.cos(jnp.arange(len(ways[0]), dtype=jnp.float32)).reshape(ROWS, -1)
    product = kernel_product(network, params, inputs, inputs, weights)
    return ways, jax.tree.leaves(jax.jacobian(network)(params, inputs)), weights, product


def require_equal(ways, gradients, weights, product):
    rows = np.concatenate([np.asarray(leaf, np.float64).reshape(weights.size, -1) for leaf in gradients], axis=1)
    expected = rows @ rows.T
    size = np.abs(expected).max()
    assert size > 0
    for kernel in ways:
        np.testing.assert_allclose(kernel, expected, rtol=1e-4, atol=1e-5 * size)
    np.testing.assert_allclose(product.ravel(), expected @ weights.ravel(), rtol=1e-4, atol=1e-4 * size)


def test_these_are_all_models():
    assert {*TASKS, "mixture"} == MODELS.keys()


@pytest.mark.sampled
@pytest.mark.parametrize("model", TASKS)
def test_the_full_kernel_and_its_products_are_those_of_whole_jacobians(model):
    task, fields = TASKS[model]
    config = grok_jax.default_config(task, model, "gd")
    config.update_from_flattened_dict(fields)

    def read_first(run):
        return read(run.network, run.params, jax.tree.map(lambda a: a[:ROWS], run.train.inputs))

    ((_, found),) = grok_jax.observe(read_first, config)
    require_equal(*found)


@pytest.mark.slow
def test_those_of_a_mixture_of_circuits_are_too():
    module, inputs = Mixture(2.0, 0.5), jax.random.normal(jax.random.key(0), (ROWS, 2, 3))
    params = jax.tree.map(lambda w: w + 0.1, module.init(jax.random.key(1), inputs)["params"])
    require_equal(*read(lambda w, x: module.apply({"params": w}, x), params, inputs))
