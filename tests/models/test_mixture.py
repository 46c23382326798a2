"""The mixture of two circuits."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import grok_jax
from grok_jax.errors import UserError
from grok_jax.models.mixture import Mixture

LOGITS = jnp.array([[[1.0, 2.0, 3.0], [0.0, -1.0, 5.0]], [[4.0, 0.0, 0.0], [1.0, 1.0, 1.0]]])


def test_the_output_is_the_sum_of_both_circuits_by_their_weights():
    params = {"m1": 2.0, "m2": 3.0, "g1": -1.0, "g2": 0.5}
    mixed = Mixture().apply({"params": jax.tree.map(jnp.float32, params)}, LOGITS)
    np.testing.assert_allclose(mixed, 6 * LOGITS[:, 0] - 0.5 * LOGITS[:, 1], rtol=1e-6)


def test_first_factors_begin_at_zero_and_second_ones_at_the_speeds():
    params = Mixture(memorizing_speed=10.0, generalizing_speed=1.0).lazy_init(jax.random.key(0), LOGITS)["params"]
    assert {name: float(w) for name, w in params.items()} == {"m1": 0.0, "m2": 10.0, "g1": 0.0, "g2": 1.0}


def test_a_speed_below_zero_is_a_user_error():
    config = grok_jax.default_config("circuit_logits", "mixture", "gd")
    config.model.memorizing_speed = -1.0
    with pytest.raises(UserError, match=r"model\.memorizing_speed is -1"):
        grok_jax.check(config)
