"""The layer-wise kernel against the product of Jacobians by neural-tangents."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax.kernels import layered
from grok_jax.kernels.layered import full_layered_kernel, is_layered, layered_kernel
from grok_jax.kernels.tangent import LAYERS, NEURAL_TANGENTS, full_tangent_kernel, tangent_kernel
from grok_jax.models.committee import Committee
from grok_jax.models.mlp import MLP, Layer

KEY = jax.random.key(0)
INPUTS = jax.random.normal(jax.random.fold_in(KEY, 0), (7, 5))
OTHERS = jax.random.normal(jax.random.fold_in(KEY, 1), (4, 5))


class Pooled(nn.Module):
    """A network that applies a layer along a short sequence."""

    @nn.compact
    def __call__(self, inputs):
        sequence = inputs.reshape(inputs.shape[0], 5, 1)
        hidden = jnp.tanh(Layer(6, True, "pytorch", 1.0, "standard", name="inner")(sequence))
        mixed = hidden * jnp.arange(1.0, 6.0)[None, :, None]
        return Layer(2, False, "pytorch", 1.0, "standard", name="outer")(jnp.sum(mixed**2, axis=1))


class Tied(nn.Module):
    """A network that applies one layer twice."""

    @nn.compact
    def __call__(self, inputs):
        layer = Layer(5, False, "pytorch", 1.0, "standard", name="tied")
        return layer(jnp.tanh(layer(inputs)))


class Folded(nn.Module):
    """A network whose layer sees the positions of a row as rows of their own."""

    @nn.compact
    def __call__(self, inputs):
        folded = jnp.tanh(Layer(6, True, "pytorch", 1.0, "standard", name="inner")(inputs.reshape(-1, 1)))
        return jnp.sum(folded.reshape(inputs.shape[0], 5, 6) ** 2, axis=1)


class Reused(nn.Module):
    """A network that reads out with the matrix of its layer."""

    @nn.compact
    def __call__(self, inputs):
        layer = Layer(6, False, "pytorch", 1.0, "standard", name="inner")
        hidden = jnp.tanh(layer(inputs))
        return hidden @ layer.variables["params"]["kernel"].T


def network_of(module):
    def network(params, inputs):
        return 2 * module.apply({"params": params}, inputs)

    return network, module.init(jax.random.fold_in(KEY, 2), INPUTS)["params"]


MODULES = {
    "biases": MLP((6, 4), 3, activation="tanh"),
    "ntk": MLP((6,), 2, "quadratic", use_bias=False, initializer="normal", parametrization="ntk"),
    "sequence": Pooled(),
    "narrow committee": Committee(3, 0.3),
    "committee by its moments": Committee(40, 0.3),
}


@pytest.mark.sampled
@pytest.mark.parametrize("others", [None, OTHERS], ids=["square", "rectangular"])
@pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)
def test_it_equals_the_product_of_jacobians(module, others):
    network, params = network_of(module)
    assert is_layered(network, params, INPUTS)
    expected = tangent_kernel(network, params, INPUTS, others, block_rows=3)
    np.testing.assert_allclose(layered_kernel(network, params, INPUTS, others), expected, rtol=2e-5, atol=2e-5)


@pytest.mark.sampled
@pytest.mark.parametrize("others", [None, OTHERS], ids=["square", "rectangular"])
@pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)
def test_the_full_kernel_of_layers_is_that_of_jacobians_by_neural_tangents(module, others, monkeypatch):
    network, params = network_of(module)
    outputs = network(params, INPUTS).shape[1]
    monkeypatch.setattr(layered, "BAND_BYTES", 3 * 4 * 7 * outputs**2)  # bands of 3 of the 7 rows
    expected = full_tangent_kernel(network, params, INPUTS, others, block_rows=3)
    found = full_layered_kernel(network, params, INPUTS, others)
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize(
    "module",
    [Committee(6, 0.3, train_readout=True), Tied(), Folded(), Reused(), nn.Dense(2)],
    ids=["readouts beside a layer", "tied", "folded", "reused", "other layers"],
)
def test_other_networks_are_told_apart(module):
    assert not is_layered(*network_of(module), INPUTS)


def test_a_network_that_changes_its_parameters_first_has_its_own_kernel():
    module = MLP((6,), 2)
    params = module.init(jax.random.fold_in(KEY, 2), INPUTS)["params"]

    def doubled(params, inputs):
        return module.apply({"params": jax.tree.map(lambda w: 2 * w, params)}, inputs)

    expected = tangent_kernel(doubled, params, INPUTS, block_rows=7)
    np.testing.assert_allclose(tangent_kernel(doubled, params, INPUTS), expected, rtol=1e-5, atol=1e-6)


def test_a_kernel_of_layers_is_taken_without_jacobians(monkeypatch):
    def refuse():
        raise AssertionError("a Jacobian was asked for")

    monkeypatch.setattr("grok_jax.kernels.tangent.neural_tangents", refuse)
    network, params = network_of(MLP((6,), 3))
    assert tangent_kernel(network, params, INPUTS).shape == (7, 7)
    assert full_tangent_kernel(network, params, INPUTS, by=LAYERS).shape == (21, 21)
    with pytest.raises(AssertionError, match="Jacobian"):
        tangent_kernel(network, params, INPUTS, block_rows=7)
    with pytest.raises(AssertionError, match="Jacobian"):
        full_tangent_kernel(network, params, INPUTS, by=NEURAL_TANGENTS)
