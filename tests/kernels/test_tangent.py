"""The neural tangent kernel against products of whole Jacobians."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax.errors import UserError
from grok_jax.kernels import tangent, tangent_kernel


class Tokens(nn.Module):
    """A network whose inputs are whole numbers."""

    @nn.compact
    def __call__(self, tokens):
        return nn.Dense(3)(jnp.tanh(nn.Embed(5, 4)(tokens)).reshape(len(tokens), -1))


@pytest.mark.parametrize("block_rows", [None, 1, 2, 5, 100])
def test_kernel_is_the_mean_over_outputs_of_jacobian_products(two_outputs, plain_kernel, block_rows):
    network, params, inputs, _ = two_outputs
    kernel = jax.jit(lambda w: tangent_kernel(network, w, inputs, block_rows=block_rows))(params)
    np.testing.assert_allclose(kernel, plain_kernel(network, params, inputs, inputs), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("block_rows", [None, 1, 3])
def test_kernel_between_two_sets_of_rows_is_rectangular(two_outputs, plain_kernel, block_rows):
    network, params, inputs, others = two_outputs
    kernel = jax.jit(lambda w: tangent_kernel(network, w, inputs, others, block_rows=block_rows))(params)
    assert kernel.shape == (5, 4)
    np.testing.assert_allclose(kernel, plain_kernel(network, params, inputs, others), rtol=1e-5, atol=1e-5)


def test_kernel_of_more_columns_than_rows_is_that_of_fewer_transposed(two_outputs):
    network, params, inputs, others = two_outputs
    one, two = (tangent_kernel(network, params, *rows, block_rows=2) for rows in ((others, inputs), (inputs, others)))
    np.testing.assert_allclose(one, two.T, rtol=1e-5, atol=1e-6)


def test_blocks_as_small_as_memory_allows_give_the_same(two_outputs, plain_kernel, monkeypatch):
    network, params, inputs, _ = two_outputs
    monkeypatch.setattr(tangent, "BLOCK_BYTES", 1)
    kernel = tangent_kernel(network, params, inputs)
    np.testing.assert_allclose(kernel, plain_kernel(network, params, inputs, inputs), rtol=1e-5, atol=1e-5)


def test_kernel_is_exactly_symmetric(two_outputs):
    network, params, inputs, _ = two_outputs
    kernel = tangent_kernel(network, params, inputs, block_rows=2)
    np.testing.assert_array_equal(kernel, kernel.T)


def test_network_of_whole_number_inputs_has_a_kernel(plain_kernel):
    tokens = jax.random.randint(jax.random.key(0), (7, 2), 0, 5)
    module = Tokens()
    params = jax.jit(module.init)(jax.random.key(1), tokens)["params"]

    def network(w, x):
        return module.apply({"params": w}, x)

    kernel = tangent_kernel(network, params, tokens, block_rows=3)
    np.testing.assert_allclose(kernel, plain_kernel(network, params, tokens, tokens), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_kernel_has_the_precision_of_the_parameters(two_outputs, dtype):
    network, params, inputs, _ = two_outputs
    with jax.enable_x64(dtype == "float64"):
        params, inputs = jax.tree.map(lambda x: jnp.asarray(np.asarray(x), dtype), (params, inputs))
        assert tangent_kernel(network, params, inputs, block_rows=4).dtype == dtype


def test_kernels_of_many_networks_in_one_program_are_those_of_each(two_outputs):
    network, params, inputs, _ = two_outputs
    scales = jnp.array([0.5, 2.0])

    def scaled(scale):
        return tangent_kernel(network, jax.tree.map(lambda w: scale * w, params), inputs, block_rows=3)

    together = jax.jit(jax.vmap(scaled))(scales)
    for scale, kernel in zip(scales, together, strict=True):
        np.testing.assert_allclose(kernel, scaled(scale), rtol=1e-5, atol=1e-5)


def test_parameters_may_lie_in_any_container(two_outputs):
    network, params, inputs, _ = two_outputs
    kernel = tangent_kernel(lambda w, x: network({"first": w[0], "second": w[1]}, x), tuple(params.values()), inputs)
    np.testing.assert_allclose(kernel, tangent_kernel(network, params, inputs), rtol=1e-5, atol=1e-6)


def test_a_block_of_no_rows_is_a_user_error(two_outputs):
    network, params, inputs, _ = two_outputs
    with pytest.raises(UserError, match=r"^block_rows is 0; it must be 1 or above$"):
        tangent_kernel(network, params, inputs, block_rows=0)


@pytest.mark.parametrize("block_rows", [None, 2])
def test_inputs_of_several_arrays_have_the_kernel_of_the_one_they_make(two_outputs, block_rows):
    network, params, inputs, others = two_outputs

    def of_parts(params, parts):
        return network(params, jnp.concatenate(parts, axis=1))

    parts, other_parts = ((x[:, :1], x[:, 1:]) for x in (inputs, others))
    expected = tangent_kernel(network, params, inputs, others)
    kernel = tangent_kernel(of_parts, params, parts, other_parts, block_rows=block_rows)
    np.testing.assert_allclose(kernel, expected, rtol=1e-5, atol=1e-5)
