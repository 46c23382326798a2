"""The committee machine against explicit loops, its summary statistics, and the paper's kernels."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax.errors import UserError
from grok_jax.models import MODELS
from grok_jax.models.committee import Committee, summary_statistics

INPUTS = jax.random.normal(jax.random.key(7), (6, 4))
POLYNOMIALS = {None: lambda z: z**2, 3: lambda z: z**3 - 3 * z, 4: lambda z: z**4 - 6 * z**2 + 3}


def init(module):
    return jax.jit(module.init)(jax.random.key(0), INPUTS)["params"]


def fields(**changes):
    return SimpleNamespace(**{**MODELS["committee"].defaults, **changes})


def tangent_kernel(module, params, inputs):
    """The plain product of Jacobians, times N: the paper's normalisation."""
    jacobian = jax.jit(jax.jacobian(lambda p: module.apply({"params": p}, inputs)[:, 0]))(params)
    flat = jnp.concatenate([leaf.reshape(len(inputs), -1) for leaf in jax.tree.leaves(jacobian)], axis=1)
    return module.width * flat @ flat.T


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


def test_tangent_kernel_is_equation_5_of_the_paper():
    module = Committee(9, 0.3)
    params = init(module)
    mean, moment = summary_statistics(params)
    overlap, linear = INPUTS @ INPUTS.T, INPUTS @ mean
    expected = overlap * (1 + 0.3 * (linear[:, None] + linear[None, :]) + 0.3**2 * INPUTS @ moment @ INPUTS.T)
    np.testing.assert_allclose(tangent_kernel(module, params, INPUTS), expected, rtol=1e-3, atol=1e-4)


def test_wide_network_with_trained_readouts_starts_at_the_kernel_of_equation_23():
    module = Committee(50_000, 0.5, train_readout=True)
    kernel = tangent_kernel(module, init(module), INPUTS)
    overlap, squares = INPUTS @ INPUTS.T, jnp.sum(INPUTS**2, axis=1)
    expected = 2 * overlap + 1.5 * 0.5**2 * overlap**2 + 0.25 * 0.5**2 * squares[:, None] * squares[None, :]
    np.testing.assert_allclose(kernel, expected, atol=0.05 * np.abs(expected).max())


def test_weights_and_trained_readouts_are_standard_normal():
    params = init(Committee(4000, 0.25, train_readout=True))
    for drawn in params.values():
        assert float(jnp.mean(drawn)) == pytest.approx(0, abs=0.08)
        assert float(jnp.std(drawn)) == pytest.approx(1, abs=0.05)


def test_weights_and_readouts_are_drawn_independently():
    params = init(Committee(4000, 0.25, train_readout=True))
    assert abs(np.corrcoef(params["kernel"][0], params["readout"])[0, 1]) < 0.08


def test_fixed_readouts_are_no_parameters():
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
    module = MODELS["committee"].build(fields(width=7, epsilon=0.02, hermite_degree=3, train_readout=True), 1)
    assert module == Committee(7, 0.02, 3, True)


def test_a_task_of_several_outputs_is_refused():
    with pytest.raises(UserError, match="model 'committee' has 1 output, but the task needs 10"):
        MODELS["committee"].build(fields(), 10)


def test_defaults_pass_the_check():
    MODELS["committee"].check(fields())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": 0}, "model.width is 0; it must be a whole number above 0"),
        ({"width": 2.5}, "model.width is 2.5"),
        ({"hermite_degree": 0}, "model.hermite_degree is 0; it must be None"),
        ({"epsilon": -0.1}, "model.epsilon is -0.1; it must be 0 or above"),
    ],
)
def test_impossible_fields_are_refused_in_one_line(changes, message):
    with pytest.raises(UserError, match=message) as caught:
        MODELS["committee"].check(fields(**changes))
    assert "\n" not in str(caught.value)
