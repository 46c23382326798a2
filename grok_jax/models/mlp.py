"""The fully connected network."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, Shaped

from grok_jax.errors import require
from grok_jax.fields import static, traced
from grok_jax.models.activations import ACTIVATIONS
from grok_jax.models.embedding import SideBySide

INITS = ("pytorch", "normal")
PARAMETRIZATIONS = ("standard", "ntk")
MOST_LAYERS = 1000  # more is surely a mistake, and takes minutes to check


def require_numbers(model: str, inputs: Shaped[Array, "batch ..."]) -> None:
    """Raises UserError if a model that multiplies its inputs gets tokens."""
    require(
        jnp.issubdtype(inputs.dtype, jnp.floating),
        f"model {model!r} takes numbers, but the task gives tokens (whole numbers); choose a model that embeds tokens, "
        "or task.encoding='one_hot' if the task has it",
    )


class Layer(nn.Module):
    """One affine map: x W + b ("standard"), or x W / √fan_in + b ("ntk").

    Attributes:
      features: number of outputs.
      use_bias: whether there is a bias b.
      initializer: "pytorch": W and b uniform in ±1/√fan_in; "normal": W ~ N(0, init_std²), b = 0.
      init_std: standard deviation of the weights under "normal"; unused under "pytorch".
      parametrization: "standard" or "ntk".
      kernel_bound: W is uniform in ± this under "pytorch"; None takes 1/√fan_in.
      is_bias_zero: whether b = 0 at first under "pytorch", too.
    """

    features: int
    use_bias: bool
    initializer: str
    init_std: float | int | Float[Array, ""]
    parametrization: str
    kernel_bound: float | Float[Array, ""] | None = None
    is_bias_zero: bool = False

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of W and b."""
        return ("kernel", "bias") if self.use_bias else ("kernel",)

    def factor(self, fan_in: int) -> float:
        """The factor of x W."""
        return fan_in**-0.5 if self.parametrization == "ntk" else 1.0

    @nn.compact
    def __call__(self, inputs: Float[Array, "*batch fan_in"] | SideBySide) -> Float[Array, "*batch features"]:
        fan_in = inputs.shape[-1]

        def uniform(key: Key[Array, ""], shape: tuple[int, ...]) -> Float[Array, "..."]:
            bound = fan_in**-0.5 if self.kernel_bound is None or len(shape) == 1 else self.kernel_bound
            return jax.random.uniform(key, shape, minval=-bound, maxval=bound)

        def normal(key: Key[Array, ""], shape: tuple[int, ...]) -> Float[Array, "..."]:
            return self.init_std * jax.random.normal(key, shape)

        def zeros(key: Key[Array, ""], shape: tuple[int, ...]) -> Float[Array, "..."]:
            del key  # Nothing is drawn.
            return jnp.zeros(shape)

        kernel_init = uniform if self.initializer == "pytorch" else normal
        bias_init = uniform if self.initializer == "pytorch" and not self.is_bias_zero else zeros
        out = inputs @ self.param("kernel", kernel_init, (fan_in, self.features))
        if self.parametrization == "ntk":
            out = out * self.factor(fan_in)
        if self.use_bias:
            bias = self.param("bias", bias_init, (self.features,))
            out = out + jnp.expand_dims(bias, range(out.ndim - 1))
        return out


class MLP(nn.Module):
    """A fully connected network, input -> widths -> outputs, with a linear last layer.

    h_0 = x,  h_{l+1} = φ(h_l W_l + b_l),  f(x) = h_L W_L + b_L; in the "ntk" parametrization each product
    h W is divided by √fan_in. The parameters are layer_0/kernel, layer_0/bias, layer_1/kernel, ...

    The network of Kumar et al. (2024), Sec. 8.3, for modular addition, after Gromov (2023), has widths=(100,),
    activation="quadratic", use_bias=False, initializer="normal" and parametrization="ntk".
    """

    called = "mlp"

    widths: Any = static((100, 100), "hidden units of each layer; () is a linear model", above=0, most=MOST_LAYERS)
    outputs: Any = static(None, "number of outputs; None takes the task's", whole=True, above=0)
    activation: Any = static("relu", "activation function φ between the layers", one_of=ACTIVATIONS)
    use_bias: Any = static(True, "whether layers have biases b")
    initializer: Any = static(
        "pytorch", "pytorch: W, b uniform in ±1/√fan_in; normal: W ~ N(0, init_std²), b = 0", one_of=INITS
    )
    init_std: Any = traced(1.0, "standard deviation of the initial weights, if initializer is normal", at_least=0)
    parametrization: Any = static("standard", "ntk divides each product h W by √fan_in", one_of=PARAMETRIZATIONS)

    def check_fields(self) -> None:
        """Raises UserError if init_std is set but not used."""
        require(
            self.initializer == "normal" or self.init_std == 1.0,
            f"model.init_std is {self.init_std}, but only model.initializer='normal' uses it; model.initializer is "
            f"{self.initializer!r}",
        )

    @nn.compact
    def __call__(self, inputs: Shaped[Array, "batch ..."]) -> Float[Array, "batch outputs"]:
        require_numbers(self.called, inputs)
        return self.through_layers(inputs.reshape(inputs.shape[0], -1))

    def through_layers(self, hidden: Float[Array, "batch features"] | SideBySide) -> Float[Array, "batch outputs"]:
        """Applies the layers, one after the other."""
        first, *others = (
            Layer(features, self.use_bias, self.initializer, self.init_std, self.parametrization, name=f"layer_{i}")
            for i, features in enumerate((*self.widths, self.outputs))
        )
        out = first(hidden)
        for layer in others:
            out = layer(ACTIVATIONS[self.activation](out))
        return out
