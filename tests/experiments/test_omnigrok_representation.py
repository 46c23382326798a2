"""Where a table of embeddings stands between two others."""

import jax.numpy as jnp
import numpy as np
import pytest

import grok_jax
from experiments.omnigrok.representation import measure_representation, project, unevenness
from grok_jax.errors import UserError

RNG = np.random.default_rng(0)
RANDOM = jnp.asarray(RNG.normal(size=(10, 2)), jnp.float32)
LINE = jnp.stack([jnp.linspace(-1, 1, 10), jnp.zeros(10)], axis=1)


def run(**fields):
    config = grok_jax.default_config("toy_addition", "embedded_sum", "gd")
    config.task.encoding, config.model.widths = "tokens", (6,)
    config.training.probes, config.training.records = ("experiments.omnigrok.representation:representation",), 2
    config.update_from_flattened_dict({"training.steps": 0, **fields})
    return grok_jax.sweep(config, progress=False).isel(step=-1)


@pytest.mark.parametrize("scale", [1.0, 0.2, 5.0])
def test_a_table_between_both_has_its_messiness_at_any_scale(scale):
    found = project(scale * (0.3 * RANDOM + 0.7 * LINE), RANDOM, LINE)
    np.testing.assert_allclose(found, [0.3, scale, 0.0], atol=1e-5)


def test_what_is_orthogonal_to_both_is_residual_in_proportion_to_its_square():
    basis, _ = np.linalg.qr(np.stack([RANDOM.ravel(), LINE.ravel(), RNG.normal(size=20)], axis=1))
    inside = 0.6 * RANDOM + 0.4 * LINE
    outside = basis[:, 2].reshape(10, 2) * np.linalg.norm(inside) * 0.5
    found = project(inside + jnp.asarray(outside, jnp.float32), RANDOM, LINE)
    np.testing.assert_allclose(found, [0.6, 1.0, 0.25 / 1.25], rtol=1e-4)


def test_any_evenly_spaced_line_has_no_unevenness_and_a_random_table_much():
    shifted = jnp.array([[3.0, -1.0]]) + jnp.arange(7)[:, None] * jnp.array([[0.4, -0.2]])
    assert unevenness(shifted) == pytest.approx(0, abs=1e-5)
    assert unevenness(RANDOM) > 0.5


def test_half_of_the_variance_off_the_line_is_half_uneven():
    place = jnp.linspace(-1, 1, 5)
    bump = jnp.array([1.0, -2.0, 2.0, -2.0, 1.0])  # orthogonal to a constant and to the line
    bump = bump * jnp.linalg.norm(place) / jnp.linalg.norm(bump)
    assert unevenness(jnp.stack([place, bump], axis=1)) == pytest.approx(0.5, rel=1e-5)


def test_a_run_begins_where_its_task_puts_it():
    start = run(**{"task.messiness": 0.3, "model.init_scale": 2.0})
    np.testing.assert_allclose([start["messiness"], start["representation_scale"]], [0.3, 1.0], rtol=1e-5)
    assert float(start["residual_share"]) == pytest.approx(0, abs=1e-6)


def test_decoder_norm_is_that_of_all_weights_but_the_table():
    start, twice = run(), run(**{"model.init_scale": 2.0})
    # At messiness 0 the table is the line: 10 points from -1 to 1.
    table = np.sum(np.linspace(-1, 1, 10) ** 2)
    assert float(start["weight_norm"] ** 2 - start["decoder_norm"] ** 2) == pytest.approx(table, rel=1e-4)
    assert float(twice["decoder_norm"]) == pytest.approx(2 * float(start["decoder_norm"]), rel=1e-5)


def test_the_span_is_the_way_from_messiness_0_to_1():
    def tables(probed):
        return probed.params["representation"], measure_representation(probed)["representation_span"]

    config = grok_jax.default_config("toy_addition", "embedded_sum", "gd")
    config.task.encoding, config.model.widths = "tokens", (6,)
    (_, (line, span)), (_, (random, same)) = grok_jax.observe(tables, config, "task.messiness=0., 1.")
    np.testing.assert_allclose([span, same], np.linalg.norm(random - line), rtol=1e-5)


def test_a_run_without_a_table_is_a_user_error():
    config = grok_jax.default_config("toy_addition", "mlp", "gd")
    config.training.probes = ("experiments.omnigrok.representation:representation",)
    with pytest.raises(UserError, match="probe 'representation' needs"):
        grok_jax.check(config)
