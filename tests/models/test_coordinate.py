"""Networks of coordinates against PyTorch, closed forms and the papers' statistics."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from grok_jax.errors import UserError
from grok_jax.models import MLP, FourierMLP, Siren, init_params
from grok_jax.models.coordinate import fourier_features, gaussian_frequencies
from grok_jax.models.model import model

POINTS = jax.random.uniform(jax.random.key(3), (9, 2), minval=-1.0)
WIDE = init_params(Siren((500, 400), 300, omega=10.0), jax.random.key(0), POINTS)


def test_siren_equals_pytorch_with_the_same_weights():
    torch = pytest.importorskip("torch", reason="parity with PyTorch needs torch")
    module = Siren((16, 12), 3, first_omega=20.0, omega=7.0)
    params = init_params(module, jax.random.key(0), POINTS)
    hidden = torch.tensor(np.array(POINTS))
    for i, omega in enumerate((20.0, 7.0, None)):
        kernel, bias = (torch.tensor(np.array(params[f"layer_{i}"][name])) for name in ("kernel", "bias"))
        hidden = torch.nn.functional.linear(hidden, kernel.T, bias)
        hidden = hidden if omega is None else torch.sin(omega * hidden)
    np.testing.assert_allclose(module.apply({"params": params}, POINTS), hidden.numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("layer", "bound"), [("layer_0", 1 / 2), ("layer_1", (6 / 500) ** 0.5 / 10), ("layer_2", (6 / 400) ** 0.5 / 10)]
)
def test_sirens_matrices_are_uniform_within_the_papers_bounds(layer, bound):
    drawn = np.ravel(WIDE[layer]["kernel"]) / bound
    assert np.abs(drawn).max() <= 1
    assert stats.kstest(drawn, stats.uniform(-1, 2).cdf).pvalue > 1e-3


def test_sirens_biases_are_those_of_pytorchs_linear():
    drawn = np.ravel(WIDE["layer_1"]["bias"]) * 500**0.5
    assert stats.kstest(drawn, stats.uniform(-1, 2).cdf).pvalue > 1e-3


def test_what_enters_each_hidden_sine_of_a_wide_siren_is_standard_normal():
    x = jax.random.uniform(jax.random.key(1), (200, 1), minval=-1.0)
    params = init_params(Siren((1024, 1024, 1024), 1), jax.random.key(0), x)
    hidden = x
    for i in range(3):
        entering = 30 * (hidden @ params[f"layer_{i}"]["kernel"] + params[f"layer_{i}"]["bias"][None])
        hidden = jnp.sin(entering)
        if i > 0:  # Sitzmann et al., Theorem 1.8; their biases, which it leaves out, add 0.3 = 30² / (3 · 1024)
            assert np.std(entering) == pytest.approx((1 + 30**2 / (3 * 1024)) ** 0.5, rel=0.05)


def test_fourier_features_have_the_gaussian_kernel_of_their_frequencies():
    sigma, count = 0.4, 50_000
    features = fourier_features(POINTS, gaussian_frequencies(0, sigma, 2, count))
    apart = np.sum((POINTS[:, None] - POINTS[None]) ** 2, axis=-1)
    np.testing.assert_allclose(features @ features.T / count, np.exp(-2 * (np.pi * sigma) ** 2 * apart), atol=0.02)


def test_a_fourier_mlp_is_an_mlp_of_fourier_features():
    module = FourierMLP((16,), 3, frequencies=8, sigma=0.5, frequency_seed=4)
    params = init_params(module, jax.random.key(0), POINTS)
    features = fourier_features(POINTS, gaussian_frequencies(4, 0.5, 2, 8))
    expected = MLP((16,), 3).apply({"params": params}, features)
    np.testing.assert_allclose(module.apply({"params": params}, POINTS), expected, rtol=1e-6)


def test_the_frequencies_are_not_among_the_weights():
    params = init_params(FourierMLP((16,), 3, frequencies=8), jax.random.key(0), POINTS)
    assert jax.tree.map(jnp.shape, params) == {
        "layer_0": {"kernel": (16, 16), "bias": (16,)},
        "layer_1": {"kernel": (16, 3), "bias": (3,)},
    }


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("siren", {"omega": 0.0}, "model.omega is 0.0; it must be above 0"),
        ("siren", {"first_omega": -1.0}, "model.first_omega is -1.0; it must be above 0"),
        ("fourier_mlp", {"frequencies": 0}, "model.frequencies is 0; it must be above 0"),
        ("fourier_mlp", {"sigma": -0.1}, "model.sigma is -0.1; it must be 0 or above"),
        ("fourier_mlp", {"frequency_seed": 0.5}, "model.frequency_seed is 0.5; it must be a whole number"),
    ],
)
def test_impossible_fields_are_user_errors(name, changes, message):
    with pytest.raises(UserError, match=message):
        model(name, **changes)


@pytest.mark.parametrize("module", [Siren((4,), 3), FourierMLP((4,), 3)], ids=["siren", "fourier_mlp"])
def test_tokens_are_refused_and_not_multiplied_as_numbers(module):
    with pytest.raises(UserError, match=f"model '{module.called}' takes numbers, but the task gives tokens"):
        init_params(module, jax.random.key(0), jax.ShapeDtypeStruct((2, 3), jnp.int32))
