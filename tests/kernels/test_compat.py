import importlib
import subprocess
import sys

import jax
import jax.core
import jax.interpreters.ad
import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax.errors import UserError
from grok_jax.kernels.compat import neural_tangents


def mlp(params, x):
    first, second = params
    return jnp.tanh(x @ first) @ second


def small_mlp():
    keys = jax.random.split(jax.random.key(0), 4)
    params = (jax.random.normal(keys[0], (3, 8)), jax.random.normal(keys[1], (8, 2)))
    return params, jax.random.normal(keys[2], (5, 3)), jax.random.normal(keys[3], (4, 3))


def jacobian(params, x):
    """Of every output of every row with respect to all parameters: (rows, outputs, parameters)."""
    blocks = jax.tree.leaves(jax.jit(jax.jacobian(mlp))(params, x))
    return jnp.concatenate([block.reshape(*block.shape[:2], -1) for block in blocks], axis=-1)


@pytest.fixture
def forgotten(monkeypatch):
    """neural-tangents as if it had not been imported yet."""
    for name in [name for name in sys.modules if name.split(".")[0] == "neural_tangents"]:
        monkeypatch.delitem(sys.modules, name)


def test_import_leaves_jax_as_it_was(forgotten):
    modules = (jax.core, jax.interpreters.ad)
    before = [dict(vars(module)) for module in modules]
    neural_tangents()
    assert [dict(vars(module)) for module in modules] == before
    assert "jax.util" not in sys.modules


def test_names_that_jax_has_are_not_replaced_during_the_import(forgotten, monkeypatch):
    own = type("Primitive", (), {})
    monkeypatch.setattr(jax.core, "Primitive", own, raising=False)
    nt = neural_tangents()
    assert importlib.import_module(f"{nt.__name__}._src.utils.rules").Primitive is own
    assert jax.core.Primitive is own


def test_import_needs_no_tensorflow_and_warns_of_nothing():
    code = (
        "import sys; from grok_jax.kernels.compat import neural_tangents; neural_tangents(); "
        "sys.exit(any(name in sys.modules for name in ('tensorflow', 'tf2jax')))"
    )
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.parametrize("missing", ["neural_tangents", "frozendict"])
def test_a_missing_package_is_a_user_error_with_the_command_that_installs_it(forgotten, monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(UserError, match=f"^{missing} is not installed.*pip install --no-deps neural-tangents==0.6.5"):
        neural_tangents()
    assert "neural_tangents.experimental" not in sys.modules


@pytest.mark.parametrize("implementation", [1, 2])
def test_empirical_ntk_equals_the_product_of_jacobians(implementation):
    params, x1, x2 = small_mlp()
    ntk_fn = neural_tangents().empirical_ntk_fn(mlp, trace_axes=(), implementation=implementation)
    expected = jnp.einsum("iap,jbp->ijab", jacobian(params, x1), jacobian(params, x2))
    np.testing.assert_allclose(jax.jit(ntk_fn)(x1, x2, params), expected, rtol=1e-5, atol=1e-5)


def test_gradient_descent_without_end_equals_kernel_regression():
    params, x_train, x_test = small_mlp()
    nt = neural_tangents()
    ntk_fn = jax.jit(nt.empirical_ntk_fn(mlp, implementation=1))
    k_train, k_test = ntk_fn(x_train, None, params), ntk_fn(x_test, x_train, params)
    f_train, f_test = mlp(params, x_train), mlp(params, x_test)
    targets = jnp.ones((5, 2))

    predict = nt.predict.gradient_descent_mse(k_train, targets)
    _, predicted = predict(None, f_train, f_test, k_test)

    expected = f_test + k_test @ np.linalg.solve(k_train, targets - f_train)
    np.testing.assert_allclose(predicted, expected, rtol=1e-4, atol=1e-4)


def test_linearized_model_adds_jacobian_times_step():
    params, x, _ = small_mlp()
    step = jax.tree.map(lambda p: 0.1 * jnp.cos(p), params)
    moved = jax.tree.map(jnp.add, params, step)
    flat = jnp.concatenate([leaf.ravel() for leaf in jax.tree.leaves(step)])
    expected = mlp(params, x) + jacobian(params, x) @ flat
    linearized = neural_tangents().linearize(mlp, params)
    np.testing.assert_allclose(linearized(moved, x), expected, rtol=1e-5, atol=1e-5)


def test_stax_kernel_of_a_linear_layer_is_the_input_gram_matrix():
    _, x, _ = small_mlp()
    _, _, kernel_fn = neural_tangents().stax.Dense(16)
    np.testing.assert_allclose(kernel_fn(x, None, "nngp"), x @ x.T / x.shape[1], rtol=1e-5, atol=1e-6)
