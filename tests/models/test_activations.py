"""The named nonlinearities and the Hermite polynomials."""

import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax.models.activations import ACTIVATIONS, hermite

Z = np.linspace(-3, 3, 61, dtype=np.float32)


@pytest.mark.parametrize(
    ("name", "torch_name", "arguments"),
    [
        ("tanh", "Tanh", {}),
        ("relu", "ReLU", {}),
        ("leaky_relu", "LeakyReLU", {"negative_slope": 0.2}),
        ("gelu", "GELU", {}),
        ("identity", "Identity", {}),
    ],
)
def test_activation_equals_pytorch(name, torch_name, arguments):
    torch = pytest.importorskip("torch", reason="parity with PyTorch needs torch")
    theirs = getattr(torch.nn, torch_name)(**arguments)(torch.tensor(Z)).numpy()
    np.testing.assert_allclose(ACTIVATIONS[name](jnp.asarray(Z)), theirs, rtol=1e-5, atol=1e-6)


def test_quadratic_is_the_square():
    np.testing.assert_array_equal(ACTIVATIONS["quadratic"](jnp.asarray(Z)), Z**2)


@pytest.mark.parametrize("degree", range(7))
def test_hermite_equals_numpy(degree):
    coefficients = np.eye(degree + 1)[degree]
    expected = np.polynomial.hermite_e.hermeval(Z.astype(np.float64), coefficients)
    np.testing.assert_allclose(hermite(jnp.asarray(Z), degree), expected, rtol=1e-4, atol=1e-4)


def test_hermite_three_and_four_have_the_papers_form():
    z = jnp.asarray(Z)
    np.testing.assert_allclose(hermite(z, 3), Z**3 - 3 * Z, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(hermite(z, 4), Z**4 - 6 * Z**2 + 3, rtol=1e-5, atol=1e-4)
