"""The fully connected network."""

from types import SimpleNamespace

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, Shaped

from grok_jax.components import require_at_least_zero, require_one_of, require_widths
from grok_jax.errors import require
from grok_jax.models.activations import ACTIVATIONS
from grok_jax.models.base import Model, register_model
from grok_jax.models.embedding import SideBySide

INITS = ("pytorch", "normal")
PARAMETRIZATIONS = ("standard", "ntk")


class Layer(nn.Module):
    """One affine map: x W + b ("standard"), or x W / √fan_in + b ("ntk").

    Attributes:
      features: number of outputs.
      use_bias: whether there is a b.
      initializer: "pytorch": W and b uniform in ±1/√fan_in; "normal": W ~ N(0, init_std²), b = 0.
      init_std: standard deviation of the weights under "normal"; "pytorch" has none to set.
      parametrization: "standard" or "ntk".
    """

    features: int
    use_bias: bool
    initializer: str
    init_std: float | int | Float[Array, ""]
    parametrization: str

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of W and b."""
        return ("kernel", "bias") if self.use_bias else ("kernel",)

    def factor(self, fan_in: int) -> float:
        """What multiplies x W."""
        return fan_in**-0.5 if self.parametrization == "ntk" else 1.0

    @nn.compact
    def __call__(self, inputs: Float[Array, "*batch fan_in"] | SideBySide) -> Float[Array, "*batch features"]:
        fan_in = inputs.shape[-1]

        def uniform(key: Key[Array, ""], shape: tuple[int, ...]) -> Float[Array, "..."]:
            bound = fan_in**-0.5
            return jax.random.uniform(key, shape, minval=-bound, maxval=bound)

        def normal(key: Key[Array, ""], shape: tuple[int, ...]) -> Float[Array, "..."]:
            return self.init_std * jax.random.normal(key, shape)

        def zeros(key: Key[Array, ""], shape: tuple[int, ...]) -> Float[Array, "..."]:
            del key  # Nothing is drawn.
            return jnp.zeros(shape)

        kernel_init, bias_init = (uniform, uniform) if self.initializer == "pytorch" else (normal, zeros)
        out = inputs @ self.param("kernel", kernel_init, (fan_in, self.features))
        if self.parametrization == "ntk":
            out = out * self.factor(fan_in)
        if self.use_bias:
            bias = self.param("bias", bias_init, (self.features,))
            out = out + jnp.expand_dims(bias, range(out.ndim - 1))
        return out


class MLP(nn.Module):
    """The fully connected network, input -> widths -> outputs, with nothing after the last layer.

    h_0 = x,  h_{l+1} = φ(h_l W_l + b_l),  f(x) = h_L W_L + b_L; in the "ntk" parametrization each product
    h W is divided by √fan_in. The parameters are layer_0/kernel, layer_0/bias, layer_1/kernel, ...

    Attributes:
      widths: numbers of hidden units; () makes a linear model.
      outputs: number of outputs.
      activation: φ, a name in ACTIVATIONS.
      use_bias: whether layers have biases.
      initializer: "pytorch" (weights and biases uniform in ±1/√fan_in) or "normal" (weights N(0, init_std²),
        biases 0).
      init_std: standard deviation of the weights under "normal"; may be traced.
      parametrization: "standard" or "ntk".

    The modular network of Kumar et al. (2024), Sec. 8.3, after Gromov (2023), is widths=(100,),
    activation="quadratic", use_bias=False, initializer="normal", parametrization="ntk".
    """

    widths: tuple[int, ...]
    outputs: int
    activation: str = "relu"
    use_bias: bool = True
    initializer: str = "pytorch"
    init_std: float | int | Float[Array, ""] = 1.0
    parametrization: str = "standard"

    @nn.compact
    def __call__(self, inputs: Shaped[Array, "batch ..."]) -> Float[Array, "batch outputs"]:
        require(
            jnp.issubdtype(inputs.dtype, jnp.floating),
            "model 'mlp' takes numbers, and the task gives tokens (whole numbers); choose a model that embeds tokens, "
            "or task.encoding='one_hot' where the task has it",
        )
        return self.through_layers(inputs.reshape(inputs.shape[0], -1))

    def through_layers(self, hidden: Float[Array, "batch features"] | SideBySide) -> Float[Array, "batch outputs"]:
        """What the layers make of their first input, one after the other."""
        for i, features in enumerate((*self.widths, self.outputs)):
            if i > 0:
                hidden = ACTIVATIONS[self.activation](hidden)
            layer = Layer(
                features, self.use_bias, self.initializer, self.init_std, self.parametrization, name=f"layer_{i}"
            )
            hidden = layer(hidden)
        return hidden


def check_mlp(fields: SimpleNamespace) -> None:
    """Raises UserError unless the fields describe a network."""
    require_widths(fields, section="model")
    require_one_of(fields, "activation", tuple(ACTIVATIONS), section="model")
    require_one_of(fields, "init", INITS, section="model")
    require_one_of(fields, "parametrization", PARAMETRIZATIONS, section="model")
    require_at_least_zero(fields, "init_std", section="model")
    require(
        fields.init == "normal" or fields.init_std == 1.0,
        f"model.init_std is {fields.init_std}, which only model.init='normal' uses; model.init is {fields.init!r}",
    )


def build_mlp(fields: SimpleNamespace, outputs: int, vocabulary: int | None) -> MLP:
    """The network that the config's model section describes."""
    del vocabulary  # The network itself refuses tokens.
    return MLP(
        widths=tuple(fields.widths),
        outputs=outputs,
        activation=fields.activation,
        use_bias=fields.use_bias,
        initializer=fields.init,
        init_std=fields.init_std,
        parametrization=fields.parametrization,
    )


register_model(
    Model(
        name="mlp",
        static={
            "widths": (100, 100),
            "activation": "relu",
            "use_bias": True,
            "init": "pytorch",
            "parametrization": "standard",
        },
        traced={"init_std": 1.0},
        check=check_mlp,
        build=build_mlp,
    )
)
