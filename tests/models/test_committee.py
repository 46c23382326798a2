"""The committee machine against explicit loops, and its summary statistics."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import grok_jax
from grok_jax.errors import UserError
from grok_jax.models import committee
from grok_jax.models.committee import Committee, summary_statistics
from grok_jax.models.model import model

INPUTS = jax.random.normal(jax.random.key(7), (6, 4))
POLYNOMIALS = {None: lambda z: z**2, 3: lambda z: z**3 - 3 * z, 4: lambda z: z**4 - 6 * z**2 + 3}


def init(module):
    return jax.jit(module.init)(jax.random.key(0), INPUTS)["params"]


@pytest.mark.parametrize("train_readout", [False, True])
@pytest.mark.parametrize("degree", POLYNOMIALS)
def test_output_equals_explicit_loops(degree, train_readout):
    module = Committee(5, 0.25, hermite_degree=degree, train_readout=train_readout)
    params = init(module)
    kernel, readout = np.array(params["kernel"], np.float64), np.array(params.get("readout", np.ones(5)))
    expected = np.zeros((len(INPUTS), 1))
    for row, x in enumerate(np.array(INPUTS, np.float64)):
        for unit in range(5):
            z = kernel[:, unit] @ x
            expected[row, 0] += readout[unit] * (z + 0.25 / 2 * POLYNOMIALS[degree](z)) / 5
    np.testing.assert_allclose(module.apply({"params": params}, INPUTS), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("train_readout", [False, True])
def test_summary_statistics_fix_the_function(train_readout):
    module = Committee(9, 0.3, train_readout=train_readout)
    params = init(module)
    mean, moment = summary_statistics(params)
    expected = INPUTS @ mean + 0.3 / 2 * jnp.einsum("bi,ij,bj->b", INPUTS, moment, INPUTS)
    np.testing.assert_allclose(module.apply({"params": params}, INPUTS)[:, 0], expected, rtol=1e-4, atol=1e-5)


def test_large_committees_are_computed_from_moments_alone(monkeypatch):
    params, inputs = {"kernel": jax.random.normal(jax.random.key(0), (4, 40))}, INPUTS
    with_hidden_layer = Committee(40, 0.3).apply({"params": params}, inputs[:3])  # few rows
    assert committee._moments_are_cheaper(6, 4, 40)
    assert not committee._moments_are_cheaper(3, 4, 10)

    def refuse(*args):
        raise AssertionError("a hidden layer was asked for")

    monkeypatch.setattr(committee, "Layer", refuse)
    np.testing.assert_allclose(Committee(40, 0.3).apply({"params": params}, inputs)[:3], with_hidden_layer, rtol=1e-4)


def test_gradients_through_moments_are_those_of_the_hidden_layer(monkeypatch):
    params = {"kernel": jax.random.normal(jax.random.key(0), (4, 40))}

    def gradient():
        return jax.grad(lambda w: jnp.sum(jnp.sin(Committee(40, 0.3).apply({"params": w}, INPUTS))))(params)["kernel"]

    from_moments = gradient()
    monkeypatch.setattr(committee, "_moments_are_cheaper", lambda *sizes: False)
    np.testing.assert_allclose(from_moments, gradient(), rtol=1e-4, atol=1e-5)


def test_weights_and_trained_readouts_are_standard_normal():
    params = init(Committee(4000, 0.25, train_readout=True))
    for drawn in params.values():
        assert float(jnp.mean(drawn)) == pytest.approx(0, abs=0.08)
        assert float(jnp.std(drawn)) == pytest.approx(1, abs=0.05)


def test_weights_and_readouts_are_drawn_independently():
    params = init(Committee(4000, 0.25, train_readout=True))
    assert abs(np.corrcoef(params["kernel"][0], params["readout"])[0, 1]) < 0.08


def test_fixed_readouts_are_not_parameters():
    assert set(init(Committee(5, 0.25))) == {"kernel"}


def test_epsilon_may_differ_between_the_runs_of_one_program():
    params = init(Committee(5, 0.25))
    epsilons = jnp.array([0.0, 0.02, 0.25])
    together = jax.jit(jax.vmap(lambda eps: Committee(5, eps).apply({"params": params}, INPUTS)))(epsilons)
    for eps, one in zip(epsilons, together, strict=True):
        np.testing.assert_allclose(
            one, Committee(5, float(eps)).apply({"params": params}, INPUTS), rtol=1e-5, atol=1e-6
        )


def test_config_fields_reach_the_network():
    module = model("committee", width=7, epsilon=0.02, hermite_degree=3, train_readout=True).build(1, None)
    assert module == Committee(7, 0.02, 3, True)


def test_a_task_of_several_outputs_is_refused():
    config = grok_jax.default_config("teacher_student", "committee")
    with pytest.raises(UserError, match=r"'committee' gives .* of shape \(3, 1\) for 3 rows; task .* has 5 outputs"):
        grok_jax.check(config)


def test_tokens_are_refused_and_not_multiplied_as_numbers():
    with pytest.raises(UserError, match="model 'committee' takes numbers, but the task gives tokens"):
        Committee().lazy_init(jax.random.key(0), jnp.zeros((2, 3), int))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": 0}, "model.width is 0; it must be above 0"),
        ({"width": 2.5}, "model.width is 2.5"),
        ({"hermite_degree": 0}, "model.hermite_degree is 0; it must be above 0 and at most 100"),
        ({"epsilon": -0.1}, "model.epsilon is -0.1; it must be 0 or above"),
    ],
)
def test_impossible_fields_are_refused_in_one_line(changes, message):
    with pytest.raises(UserError, match=message) as caught:
        model("committee", **changes)
    assert "\n" not in str(caught.value)
