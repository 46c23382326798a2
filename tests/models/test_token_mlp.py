"""The MLP over embeddings side by side."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import grok_jax
from grok_jax.errors import UserError
from grok_jax.models import init_params
from grok_jax.models.mlp import MLP
from grok_jax.models.model import model

PAIRS = jnp.array([(a, b, 5) for a in range(5) for b in range(5)], jnp.int32)  # 25 rows of 6 tokens
FEW = PAIRS[::5]


def made(**changes):
    module = model("token_mlp", **{"widths": (7, 6), "embedding_width": 4} | changes).build(5, 6)
    return module, jax.jit(lambda key: init_params(module, key, PAIRS))(jax.random.key(0))


CASES = [{}, {"parametrization": "ntk", "initializer": "normal", "use_bias": False}, {"widths": ()}]


@pytest.mark.sampled
@pytest.mark.parametrize("inputs", [PAIRS, FEW], ids=["by token", "by row"])
@pytest.mark.parametrize("changes", CASES, ids=["plain", "ntk without biases", "linear"])
def test_the_output_is_the_mlp_of_the_embeddings_side_by_side(changes, inputs):
    module, params = made(**changes)
    table = params["token_embedding"]["embedding"]
    layers = {name: part for name, part in params.items() if name != "token_embedding"}
    names = ("widths", "activation", "use_bias", "initializer", "init_std", "parametrization")
    plain = MLP(outputs=5, **{name: getattr(module, name) for name in names})
    expected = plain.apply({"params": layers}, table[inputs].reshape(len(inputs), 12))
    np.testing.assert_allclose(jax.jit(module.apply)({"params": params}, inputs), expected, rtol=2e-5, atol=1e-6)


def test_the_gradient_by_token_is_that_by_row():
    module, params = made()

    def total(w, inputs):
        return jnp.sum(jnp.sin(module.apply({"params": w}, inputs)))

    gradient = jax.jit(jax.grad(total))
    parts = [gradient(params, PAIRS[start : start + 5]) for start in range(0, 25, 5)]
    by_row = jax.tree.map(lambda *leaves: sum(leaves), *parts)
    by_token = gradient(params, PAIRS)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5), by_token, by_row)


def test_the_operands_cannot_change_places():
    module, params = made()
    outputs = np.asarray(module.apply({"params": params}, PAIRS)).reshape(5, 5, -1)
    assert np.abs(outputs - outputs.swapaxes(0, 1)).max() > 1e-3


def test_the_first_layer_starts_as_one_over_all_embeddings():
    _, params = made(widths=(500,), embedding_width=10)
    kernel = params["layer_0"]["kernel"]
    assert kernel.shape == (30, 500)
    assert np.abs(kernel).max() == pytest.approx(30**-0.5, rel=0.01)


def test_it_trains_on_a_task_of_tokens():
    config = grok_jax.default_config("modular_arithmetic", "token_mlp", "adam")
    config.task.p, config.task.encoding, config.task.train_fraction = 5, "tokens", 0.8
    config.model.widths, config.model.embedding_width = (16, 16), 8
    config.training.loss, config.training.steps, config.training.records = "cross_entropy", 300, 2
    runs = grok_jax.sweep(config, progress=False)
    assert float(runs["train_accuracy"].isel(step=-1).squeeze()) == 1.0


def test_numbers_as_inputs_and_an_impossible_width_are_user_errors():
    with pytest.raises(UserError, match="model 'token_mlp' takes tokens"):
        init_params(model("token_mlp").build(4, None), jax.random.key(0), PAIRS)
    with pytest.raises(UserError, match=r"model\.embedding_width is 0; it must be above 0"):
        model("token_mlp", embedding_width=0)
    with pytest.raises(UserError, match=r"model\.widths"):
        model("token_mlp", widths=(0,))
