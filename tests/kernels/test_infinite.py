"""Kernels of infinite width against those of wide networks."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax.errors import UserError
from grok_jax.kernels import full_tangent_kernel, infinite_width_kernels
from grok_jax.kernels.infinite import LAYERS
from grok_jax.models.activations import ACTIVATIONS
from grok_jax.models.mlp import MLP

INPUTS = jax.random.normal(jax.random.key(0), (4, 5))
NETWORKS = 3


def network(width, activation="relu", outputs=2, **fields):
    fields = {"initializer": "normal", "parametrization": "ntk", **fields}
    return MLP((width, width), outputs, activation, **fields)


def distances(activation, width, use_bias, init_std):
    """Of some networks' full kernels from the limit, over the size of the limit: the mean."""
    module = network(width, activation, use_bias=use_bias, init_std=init_std)
    limit = jnp.kron(infinite_width_kernels(module, INPUTS).ntk, jnp.eye(2))

    def kernel(key):
        params = module.init(key, INPUTS)["params"]
        return full_tangent_kernel(lambda w, x: module.apply({"params": w}, x), params, INPUTS)

    kernels = jax.jit(lambda keys: jax.lax.map(kernel, keys))(jax.random.split(jax.random.key(1), NETWORKS))
    return float(jnp.mean(jnp.linalg.norm(kernels - limit[None], axis=(1, 2))) / jnp.linalg.norm(limit))


@pytest.mark.sampled
@pytest.mark.parametrize(("use_bias", "init_std"), [(True, 1.3), (False, 1.0)])
@pytest.mark.parametrize("activation", LAYERS)
def test_tangent_kernels_approach_the_limit_as_widths_grow(activation, use_bias, init_std):
    narrow, wide = (distances(activation, width, use_bias, init_std) for width in (64, 1024))
    assert wide < 0.3  # of independent fluctuations; they shrink as 1/√width, by 4 here
    assert wide < narrow / 2


@pytest.mark.sampled
@pytest.mark.parametrize("activation", LAYERS)
def test_outputs_over_initializations_have_the_covariance_of_the_limit(activation):
    module = network(200, activation, outputs=50, init_std=0.8)

    def covariance(key):
        outputs = module.apply(module.init(key, INPUTS), INPUTS)
        return outputs @ outputs.T / 50

    found = jnp.mean(jax.jit(lambda keys: jax.lax.map(covariance, keys))(jax.random.split(jax.random.key(2), 100)), 0)
    limit = infinite_width_kernels(module, INPUTS).nngp
    assert jnp.linalg.norm(found - limit) < 0.1 * jnp.linalg.norm(limit)


def test_a_linear_network_of_one_layer_has_the_gram_matrix_of_its_inputs():
    found = infinite_width_kernels(network(3, init_std=2.0).clone(widths=()), INPUTS, INPUTS[:2])
    gram = INPUTS @ INPUTS[:2].T / 5
    np.testing.assert_allclose(found.nngp, 4 * gram, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.ntk, gram + 1, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("activation", sorted(set(ACTIVATIONS) - set(LAYERS)))
def test_an_activation_that_stax_does_not_know_is_refused_in_one_line(activation):
    with pytest.raises(
        UserError, match=rf"^activation '{activation}' has no kernel in neural_tangents\.stax; .*relu"
    ) as e:
        infinite_width_kernels(network(8, activation), INPUTS)
    assert "\n" not in str(e.value)


@pytest.mark.parametrize("fields", [{"parametrization": "standard"}, {"initializer": "pytorch"}], ids=str)
def test_a_parametrization_without_a_limit_is_refused_in_one_line(fields):
    with pytest.raises(UserError, match="kernels have an infinite-width limit only for 'ntk' and 'normal'"):
        infinite_width_kernels(network(8, **fields), INPUTS)
