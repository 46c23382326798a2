"""The fully connected network against PyTorch, closed forms, and its plainest program."""

from collections import Counter

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from grok_jax.errors import UserError
from grok_jax.models import init_params, weight_norm
from grok_jax.models.mlp import MLP
from grok_jax.models.model import model

TORCH_ACTIVATIONS = {"tanh": "Tanh", "relu": "ReLU", "leaky_relu": "LeakyReLU", "gelu": "GELU"}


def init(module, inputs):
    return jax.jit(module.init)(jax.random.key(0), inputs)["params"]


# Shared by many tests, because each new shape costs a compilation.
INPUTS = jax.random.normal(jax.random.key(1), (7, 6))
PARAMS = init(MLP((16, 12), 3), INPUTS)
WIDE = init(MLP((400,), 500), jnp.zeros((1, 90)))


def torch_twin(params, activation):
    """The PyTorch network with the same weights."""
    torch = pytest.importorskip("torch", reason="parity with PyTorch needs torch")
    slope = {"negative_slope": 0.2} if activation == "leaky_relu" else {}
    modules = []
    for i in range(len(params)):
        kernel, bias = (torch.tensor(np.array(params[f"layer_{i}"][name])) for name in ("kernel", "bias"))
        linear = torch.nn.Linear(*kernel.shape)
        with torch.no_grad():
            linear.weight.copy_(kernel.T)
            linear.bias.copy_(bias)
        modules += [linear, getattr(torch.nn, TORCH_ACTIVATIONS[activation])(**slope)]
    return torch.nn.Sequential(*modules[:-1])


@pytest.mark.parametrize("activation", TORCH_ACTIVATIONS)
def test_forward_equals_pytorch_with_the_same_weights(activation):
    torch = pytest.importorskip("torch", reason="parity with PyTorch needs torch")
    theirs = torch_twin(PARAMS, activation)(torch.tensor(np.array(INPUTS))).detach().numpy()
    ours = MLP((16, 12), 3, activation=activation).apply({"params": PARAMS}, INPUTS)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_gradient_equals_pytorch_with_the_same_weights():
    torch = pytest.importorskip("torch", reason="parity with PyTorch needs torch")
    module = MLP((16, 12), 3, activation="relu")
    ours = jax.jit(jax.grad(lambda p: jnp.mean(module.apply({"params": p}, INPUTS) ** 2)))(PARAMS)
    twin = torch_twin(PARAMS, "relu")
    twin(torch.tensor(np.array(INPUTS))).square().mean().backward()
    for i, linear in enumerate(layer for layer in twin if isinstance(layer, torch.nn.Linear)):
        np.testing.assert_allclose(ours[f"layer_{i}"]["kernel"], linear.weight.grad.numpy().T, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(ours[f"layer_{i}"]["bias"], linear.bias.grad.numpy(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["kernel", "bias"])
@pytest.mark.parametrize("layer", ["layer_0", "layer_1"])
def test_pytorch_init_is_uniform_within_one_over_root_fan_in(layer, name):
    fan_in = WIDE[layer]["kernel"].shape[0]
    drawn = np.ravel(WIDE[layer][name]) * np.sqrt(fan_in)
    assert np.abs(drawn).max() <= 1
    assert stats.kstest(drawn, stats.uniform(-1, 2).cdf).pvalue > 1e-3


def test_pytorch_init_draws_what_torch_nn_linear_draws():
    torch = pytest.importorskip("torch", reason="parity with PyTorch needs torch")
    torch.manual_seed(0)
    linear = torch.nn.Linear(90, 400)
    layer = WIDE["layer_0"]
    assert stats.ks_2samp(np.ravel(layer["kernel"]), linear.weight.detach().numpy().ravel()).pvalue > 1e-3
    assert stats.ks_2samp(np.ravel(layer["bias"]), linear.bias.detach().numpy()).pvalue > 1e-3


def test_kernel_and_bias_are_drawn_independently():
    layer = WIDE["layer_0"]
    assert abs(np.corrcoef(layer["kernel"][0], layer["bias"])[0, 1]) < 0.2


def test_teacher_student_network_starts_at_squared_norm_75():
    module = MLP((100, 100), 5, activation="tanh")
    keys = jax.random.split(jax.random.key(0), 16)
    norms = [weight_norm(init_params(module, key, jnp.zeros((1, 5)))) for key in keys]
    assert np.mean(np.square(norms)) == pytest.approx(75.4, abs=1.5)  # The mean's standard error is 0.4.


def test_mnist_network_starts_at_norm_11_71():
    params = init(MLP((200, 200), 10), jnp.zeros((1, 28, 28)))
    assert float(weight_norm(params)) == pytest.approx(11.71, abs=0.06)  # The standard deviation is 0.015.


def test_normal_init_has_the_asked_spread_and_zero_biases():
    params = init(MLP((400,), 500, initializer="normal", init_std=0.05), jnp.zeros((1, 90)))
    assert stats.kstest(np.ravel(params["layer_0"]["kernel"]) / 0.05, stats.norm.cdf).pvalue > 1e-3
    assert not np.any(params["layer_0"]["bias"])


def test_init_std_may_differ_between_the_runs_of_one_program():
    def kernel(std):
        return init(MLP((8,), 2, initializer="normal", init_std=std), jnp.zeros((1, 3)))["layer_0"]["kernel"]

    one, three = jax.jit(jax.vmap(kernel))(jnp.array([1.0, 3.0]))
    np.testing.assert_allclose(three, 3 * one, rtol=1e-6)


def test_modular_network_has_the_form_of_the_lazy_to_rich_appendix():
    module = MLP((100,), 23, "quadratic", use_bias=False, initializer="normal", parametrization="ntk")
    inputs = jax.random.normal(jax.random.key(1), (4, 46))
    params = init(module, inputs)
    assert jax.tree.map(jnp.shape, params) == {"layer_0": {"kernel": (46, 100)}, "layer_1": {"kernel": (100, 23)}}
    first, second, x = (np.array(a, np.float64) for a in (*(params[f"layer_{i}"]["kernel"] for i in (0, 1)), inputs))
    expected = (x @ first / np.sqrt(46)) ** 2 @ second / np.sqrt(100)
    np.testing.assert_allclose(module.apply({"params": params}, inputs), expected, rtol=1e-4, atol=1e-5)


def test_images_are_flattened_row_by_row():
    module = MLP((16, 12), 3)
    flat = module.apply({"params": PARAMS}, INPUTS)
    np.testing.assert_array_equal(module.apply({"params": PARAMS}, INPUTS.reshape(7, 3, 2)), flat)


def test_no_hidden_layer_is_a_linear_model():
    layer = PARAMS["layer_0"]
    expected = INPUTS @ layer["kernel"] + layer["bias"][None, :]
    np.testing.assert_array_equal(MLP((), 16).apply({"params": {"layer_0": layer}}, INPUTS), expected)


def test_the_program_is_products_sums_and_activations_only():
    program = jax.make_jaxpr(MLP((16, 12), 3, activation="tanh").apply)({"params": PARAMS}, INPUTS)
    count = Counter(equation.primitive.name for equation in program.eqns)
    assert count == {"dot_general": 3, "add": 3, "broadcast_in_dim": 3, "tanh": 2}


def test_config_fields_reach_the_network():
    changes = {
        "widths": [7],
        "activation": "gelu",
        "use_bias": False,
        "initializer": "normal",
        "parametrization": "ntk",
    }
    module = model("mlp", **changes, init_std=2.0).build(3, None)
    assert module == MLP((7,), 3, "gelu", False, "normal", 2.0, "ntk")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"widths": (100, -5)}, r"model.widths is \(100, -5\); it must be a tuple of whole numbers above 0"),
        ({"widths": (0.5,)}, "model.widths is 0.5; it must be a whole number"),
        ({"widths": 200}, "model.widths is 200"),
        ({"activation": "swish"}, "model.activation is 'swish'; it must be one of tanh, relu, leaky_relu, gelu"),
        ({"initializer": "kaiming"}, "model.initializer is 'kaiming'; it must be one of pytorch, normal"),
        ({"parametrization": "mup"}, "model.parametrization is 'mup'; it must be one of standard, ntk"),
        ({"initializer": "normal", "init_std": -1.0}, "model.init_std is -1.0; it must be 0 or above"),
        ({"init_std": 0.05}, "model.init_std is 0.05, but only model.initializer='normal' uses it"),
    ],
)
def test_impossible_fields_are_refused_in_one_line(changes, message):
    with pytest.raises(UserError, match=message) as caught:
        model("mlp", **changes)
    assert "\n" not in str(caught.value)


def test_tokens_are_refused_and_not_multiplied_as_numbers():
    tokens = jax.ShapeDtypeStruct((2, 3), jnp.int32)
    with pytest.raises(UserError, match="one_hot") as caught:
        init_params(MLP((4,), 3), jax.random.key(0), tokens)
    assert "\n" not in str(caught.value)
