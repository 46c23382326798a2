"""The three networks of the model efficiency paper."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import pytest

import grok_jax
from configs.model_efficiency.architectures import ARCHITECTURES, set_architecture
from grok_jax.models import MODELS, init_params

EMBEDDINGS = {"token_embedding", "position_embedding", "unembedding"}
READOUTS = {"lstm": "readout", "token_mlp": "layer_2"}


def config_of(name):
    return set_architecture(grok_jax.default_config("modular_arithmetic", "mlp", "adamw"), name)


def counts(name, p):
    """Parameters of each part."""
    fields = config_of(name).model.to_dict()
    model = MODELS[fields.pop("name")]
    module = model.build(SimpleNamespace(**fields), p, p + 1)
    tokens = jnp.zeros((1, 3), jnp.int32)
    shapes = jax.eval_shape(lambda: init_params(module, jax.random.key(0), tokens))
    return {part: sum(leaf.size for leaf in jax.tree.leaves(leaves)) for part, leaves in shapes.items()}


@pytest.mark.parametrize("p", [53, 97, 113])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_each_network_has_three_to_four_hundred_thousand_parameters_beside_embeddings(name, p):
    parts = counts(name, p)
    own = {part: size for part, size in parts.items() if part not in EMBEDDINGS}
    assert 3e5 <= sum(own.values()) <= 4e5
    without_readout = sum(own.values()) - own.get(READOUTS.get(config_of(name).model.name), 0)
    assert 3e5 <= without_readout <= 4e5


@pytest.mark.parametrize(("name", "layers"), [("transformer", 2), ("LSTM", 2), ("MLP", 3)])
def test_each_network_has_the_papers_number_of_layers(name, layers):
    blocks = [part for part in counts(name, 7) if part.startswith(("block_", "layer_"))]
    assert len(blocks) == layers


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_config_of_each_network_can_train_and_stays_locked(name):
    config = config_of(name)
    grok_jax.check(config)
    with pytest.raises(AttributeError):
        config.model.depth = 3
