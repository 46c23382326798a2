"""Which method computes the full kernel of a lazy baseline, and that both give the same one."""

import sys

import flax.linen as nn
import jax
import numpy as np
import pytest

from grok_jax.errors import UserError
from grok_jax.kernels import baseline_method, full_tangent_kernel, tangent
from grok_jax.kernels.tangent import LAYERS, NEURAL_TANGENTS
from grok_jax.models.committee import Committee
from grok_jax.models.mlp import MLP

INPUTS = jax.random.normal(jax.random.key(0), (9, 4))
LAYERED = {"mlp, 1 output": MLP((6,), 1), "mlp, 10 outputs": MLP((6, 5), 10), "committee": Committee(8, 0.3)}


def network_of(module):
    def network(params, inputs):
        return 3 * module.apply({"params": params}, inputs)

    return network, module.init(jax.random.key(1), INPUTS)["params"]


@pytest.fixture(params=LAYERED.values(), ids=LAYERED)
def layered(request):
    return network_of(request.param)


@pytest.fixture
def without_neural_tangents(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "neural_tangents"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "neural_tangents", None)


def test_both_methods_give_the_same_kernel(layered):
    kernels = [full_tangent_kernel(*layered, INPUTS, by=by) for by in (NEURAL_TANGENTS, LAYERS)]
    np.testing.assert_allclose(*kernels, rtol=2e-5, atol=2e-5 * np.abs(kernels[0]).max())


def test_neural_tangents_gives_the_same_bits_twice(layered):
    one, two = (np.asarray(full_tangent_kernel(*layered, INPUTS, by=NEURAL_TANGENTS)) for _ in range(2))
    assert one.tobytes() == two.tobytes()


def test_up_to_a_number_of_products_neural_tangents_is_asked_and_above_it_the_layers(layered, monkeypatch):
    network, params = layered
    outputs, size = network(params, INPUTS).shape[1], sum(leaf.size for leaf in jax.tree.leaves(params))
    monkeypatch.setattr(tangent, "MOST_PRODUCTS", 9**2 * outputs**2 * size)
    assert baseline_method(network, params, INPUTS) == NEURAL_TANGENTS
    monkeypatch.setattr(tangent, "MOST_PRODUCTS", 9**2 * outputs**2 * size - 1)
    assert baseline_method(network, params, INPUTS) == LAYERS


def test_the_layers_are_taken_where_the_gradients_of_a_row_exceed_a_block(layered, monkeypatch):
    network, params = layered
    gradients = network(params, INPUTS).shape[1] * sum(leaf.size for leaf in jax.tree.leaves(params))
    monkeypatch.setattr(tangent, "BLOCK_BYTES", 4 * gradients)
    assert baseline_method(network, params, INPUTS) == NEURAL_TANGENTS
    monkeypatch.setattr(tangent, "BLOCK_BYTES", 4 * gradients - 1)
    assert baseline_method(network, params, INPUTS) == LAYERS


@pytest.mark.parametrize(("rows", "by"), [(200, NEURAL_TANGENTS), (1000, LAYERS)])
def test_neural_tangents_is_asked_for_200_digits_and_the_layers_for_1000(rows, by):
    module, found = MLP((200, 200), 10), []

    def look(key, inputs):
        params = module.init(key, inputs)["params"]
        found.append(baseline_method(lambda w, x: module.apply({"params": w}, x), params, inputs))

    jax.eval_shape(look, jax.random.key(0), jax.ShapeDtypeStruct((rows, 784), np.float32))
    assert found == [by]


def test_a_network_of_other_layers_asks_neural_tangents_whatever_its_size(monkeypatch):
    monkeypatch.setattr(tangent, "MOST_PRODUCTS", 1)
    assert baseline_method(*network_of(nn.Dense(2)), INPUTS) == NEURAL_TANGENTS


def test_without_neural_tangents_the_layers_are_taken(layered, without_neural_tangents):
    assert baseline_method(*layered, INPUTS) == LAYERS


def test_without_neural_tangents_a_network_of_other_layers_is_refused_in_one_line(without_neural_tangents):
    network, params = network_of(nn.Dense(2))
    by = baseline_method(network, params, INPUTS)
    with pytest.raises(UserError, match=r"^neural_tangents is not installed, and kernels need it: pip install") as e:
        full_tangent_kernel(network, params, INPUTS, by=by)
    assert "\n" not in str(e.value)


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"by": "jacobians"}, r"^by is 'jacobians'; there are neural-tangents, layers$"),
        ({"by": LAYERS}, r"^the network has parameters outside affine layers; use 'neural-tangents'$"),
        ({"by": LAYERS, "block_rows": 2}, r"^block_rows is 2; only 'neural-tangents' takes blocks$"),
    ],
    ids=["another method", "other layers", "blocks of layers"],
)
def test_a_method_that_cannot_be_is_refused_in_one_line(chosen, said):
    with pytest.raises(UserError, match=said):
        full_tangent_kernel(*network_of(nn.Dense(2)), INPUTS, **chosen)
