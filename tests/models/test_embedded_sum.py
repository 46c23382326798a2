"""The table of embeddings with a decoder of their sum."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import grok_jax
from grok_jax.errors import UserError
from grok_jax.models.mlp import MLP
from grok_jax.models.model import model

TOKENS = jnp.array([[0, 3], [2, 2], [4, 1]])


@pytest.fixture(scope="module")
def made():
    module = model("embedded_sum", widths=(6,), representation_dim=3).build(4, 5)
    return module, module.lazy_init(jax.random.key(0), TOKENS)["params"]


def test_the_output_is_the_decoder_of_the_sum_of_the_embeddings(made):
    module, params = made
    table = np.asarray(params["representation"])
    sums = jnp.stack([table[0] + table[3], 2 * table[2], table[4] + table[1]])
    decoder = {name: part for name, part in params.items() if name != "representation"}
    expected = MLP((6,), 4).apply({"params": decoder}, sums)
    np.testing.assert_allclose(module.apply({"params": params}, TOKENS), expected, rtol=1e-5)


def test_the_decoder_begins_as_an_mlp_of_the_same_key(made):
    _, params = made
    alone = MLP((6,), 4).lazy_init(jax.random.key(0), jnp.zeros((3, 3)))["params"]
    jax.tree.map(np.testing.assert_array_equal, alone, {name: params[name] for name in alone})
    assert set(params) - set(alone) == {"representation"}


def test_embeddings_are_standard_normal():
    module = model("embedded_sum", representation_dim=100).build(4, 50)
    table = module.lazy_init(jax.random.key(0), TOKENS)["params"]["representation"]
    assert table.shape == (50, 100)
    assert np.std(table) == pytest.approx(1, rel=0.05)


@pytest.mark.slow
def test_a_frozen_table_is_the_task_that_embeds():
    """What the landscape of a figure rests on: the run that holds its representation still is the run on its sums."""
    apart = {"optimizer.apart": ("representation",), "optimizer.apart_learning_rate": 0.0}
    ends = []
    for name, fields in (("mlp", {}), ("embedded_sum", {"task.encoding": "tokens", **apart})):
        config = grok_jax.default_config("toy_addition", name, "adam")
        config.optimizer.constant_norm, config.model.init_scale, config.task.messiness = True, 2.0, 0.3
        config.model.widths = (8,)
        config.training.steps, config.training.records = 20, 2
        config.update_from_flattened_dict(fields)
        ends.append(grok_jax.sweep(config, progress=False).isel(step=-1))
    for name in ("train_loss", "test_loss"):
        np.testing.assert_allclose(ends[0][name], ends[1][name], rtol=1e-4)


def test_numbers_as_inputs_and_an_impossible_dimension_are_user_errors():
    with pytest.raises(UserError, match="takes tokens"):
        model("embedded_sum").build(4, None).lazy_init(jax.random.key(0), TOKENS)
    with pytest.raises(UserError, match=r"model\.representation_dim is 0; it must be"):
        model("embedded_sum", representation_dim=0)
