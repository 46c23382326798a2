"""Muon: which parameters it moves, and how."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from grok_jax.errors import UserError
from grok_jax.optim import scale_by_muon
from grok_jax.optim.muon import OUTER, hidden_matrices
from grok_jax.optim.optimizer import optimizer

STEPS = 6
RANDOM = np.random.default_rng(0)
SHAPES = {
    "block": {"wide": (3, 7), "tall": (8, 4), "bias": (4,), "stack": (2, 3, 3)},
    "token_embedding": {"embedding": (9, 3)},
    "unembedding": {"kernel": (3, 9)},
}
HIDDEN = {
    "block": {"wide": True, "tall": True, "bias": False, "stack": False},
    "token_embedding": {"embedding": False},
    "unembedding": {"kernel": False},
}


def drawn(size=()):
    """Random arrays of the parameters' shapes, after axes of the given size."""
    shapes = {name: dict(part) for name, part in SHAPES.items()}
    return jax.tree.map(
        lambda shape: jnp.float32(RANDOM.normal(size=(*size, *shape))), shapes, is_leaf=lambda s: isinstance(s, tuple)
    )


PARAMS, GRADIENTS = drawn(), drawn((STEPS,))
FIELDS = {"learning_rate": 0.03, "weight_decay": 0.4}


def trained(tx, params=PARAMS, gradients=GRADIENTS):
    """Weights after some steps along given gradients, so that no parameter depends on another."""

    def step(carry, gradient):
        params, state = carry
        updates, state = tx.update(gradient, state, params)
        return (optax.apply_updates(params, updates), state), None

    return jax.jit(lambda params: jax.lax.scan(step, (params, tx.init(params)), gradients)[0][0])(params)


@pytest.fixture(scope="module")
def by_muon():
    return trained(optimizer("muon", **FIELDS, momentum=0.9).build(1.0))


def test_muon_moves_matrices_that_are_neither_embeddings_nor_readouts():
    assert hidden_matrices(PARAMS, OUTER) == HIDDEN


def test_names_of_outer_parts_may_be_others():
    assert hidden_matrices({"layer_0": PARAMS["block"], "out": PARAMS["block"]}, ("out",)) == {
        "layer_0": HIDDEN["block"],
        "out": dict.fromkeys(PARAMS["block"], False),
    }


def test_hidden_matrices_move_as_with_optax_contrib(by_muon):
    theirs = optax.contrib.muon(**FIELDS, beta=0.9)
    for name in ("wide", "tall"):
        expected = trained(theirs, PARAMS["block"][name], GRADIENTS["block"][name])
        np.testing.assert_allclose(by_muon["block"][name], expected, rtol=1e-5, atol=1e-6)


def test_all_other_parameters_move_as_with_adamw(by_muon):
    by_adamw = trained(optimizer("adamw", **FIELDS).build(1.0))
    for hidden, one, other in zip(*map(jax.tree.leaves, (HIDDEN, by_muon, by_adamw)), strict=True):
        assert hidden != np.allclose(one, other, rtol=1e-5, atol=1e-6)


def test_adam_learning_rate_is_a_factor_of_rate_and_decay_of_other_parameters(by_muon):
    scaled = trained(optimizer("muon", **FIELDS, momentum=0.9, adam_learning_rate=0.1).build(1.0))
    slow = trained(optimizer("adamw", learning_rate=0.003, weight_decay=0.4).build(1.0))
    for hidden, one, muon, adamw in zip(*map(jax.tree.leaves, (HIDDEN, scaled, by_muon, slow)), strict=True):
        np.testing.assert_allclose(one, muon if hidden else adamw, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shape", [(30, 30), (40, 10), (10, 40)])
def test_the_update_of_a_matrix_has_singular_values_near_one_times_the_factor_of_its_shape(shape):
    gradient = jnp.float32(np.random.default_rng(1).normal(size=shape))
    tx = scale_by_muon(0.95)
    update, _ = tx.update(gradient, tx.init(gradient))
    values = np.linalg.svd(update, compute_uv=False) / max(1, shape[1] / shape[0]) ** 0.5
    assert np.all((values > 0.6) & (values < 1.3))


def test_the_update_of_a_matrix_has_its_singular_vectors():
    gradient = np.random.default_rng(2).normal(size=(6, 6)).astype(np.float32)
    tx = scale_by_muon(0.95)
    update, _ = tx.update(jnp.asarray(gradient), tx.init(jnp.asarray(gradient)))
    left, _, right = np.linalg.svd(gradient)
    turned = left.T @ np.asarray(update) @ right.T
    np.testing.assert_allclose(turned, np.diag(np.diag(turned)), atol=1e-4)
    assert np.all(np.diag(turned) > 0.5)


def test_a_model_without_hidden_matrices_is_a_user_error():
    for params, message in (
        ({"bias": jnp.ones(3)}, r"the model has none: its parts are bias; choose another"),
        ({"unembedding": PARAMS["unembedding"]}, "of which optimizer.outer leaves unembedding to AdamW"),
    ):
        with pytest.raises(UserError, match=message):
            optimizer("muon").build(1.0).init(params)


def test_an_outer_part_that_the_model_lacks_is_answered_with_those_it_has():
    tx = optimizer("muon", outer=("layer_9",)).build(1.0)
    with pytest.raises(UserError, match=r"optimizer.outer names \['layer_9'\]; the model's parts are block, token_em"):
        tx.init(PARAMS)
