"""The three networks of the model efficiency paper."""

import jax
import jax.numpy as jnp
import pytest

import grok_jax
from configs.model_efficiency.architectures import (
    ARCHITECTURES,
    POWER,
    RECIPE,
    SMALL,
    TINY,
    base,
    fractions_axis,
    half_of,
    networks_axis,
    set_architecture,
)
from grok_jax.models import init_params
from grok_jax.training.grid import parse_grid

EMBEDDINGS = {"token_embedding", "position_embedding", "unembedding"}
READOUTS = {"lstm": "readout", "token_mlp": "layer_2"}


def config_of(name):
    return set_architecture(grok_jax.default_config("modular_arithmetic", "mlp", "adamw"), name)


def counts(name, p, **changes):
    """Parameters of each part."""
    fields = {**config_of(name).model.to_dict(), **changes}
    module = grok_jax.model(fields.pop("name"), **fields).build(p, p + 1)
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


@pytest.mark.parametrize(("changes", "size"), [({}, 395_520), ({"mlp_bias": False}, 394_240)])
def test_the_transformer_has_the_parameters_of_its_notes_with_and_without_biases(changes, size):
    parts = counts("transformer", 113, **changes)
    assert sum(own for part, own in parts.items() if part not in EMBEDDINGS) == size


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


@pytest.mark.parametrize("networks", [ARCHITECTURES, SMALL, TINY])
def test_on_an_axis_of_networks_the_transformer_alone_has_minibatches_and_a_warm_up(networks):
    (axis,) = parse_grid(networks_axis(networks, batch=60, rate=3e-3))
    points = [dict(zip(axis.fields, point, strict=True)) for point in axis.values]
    assert {field: points[0][f"model.{field}"] for field in POWER} == POWER
    assert [tuple(point[field] for field in RECIPE) for point in points] == [
        (60, 10.0, 1e-3),
        (None, None, 3e-3),
        (None, None, 3e-3),
    ]


def test_the_transformer_has_that_recipe_where_it_is_alone_too():
    config = base("transformer")
    assert (config.training.batch_size, config.optimizer.warmup_steps) == (512, 10)


def test_a_minibatch_is_half_of_the_training_pairs_where_that_is_less_than_512():
    (axis,) = parse_grid(fractions_axis(97, (0.05, 0.1, 0.2)))
    assert axis.values == ((0.05, 235), (0.1, 470), (0.2, 512))
    assert (half_of(7, 0.3), half_of(97, 0.05)) == (7, 235)
