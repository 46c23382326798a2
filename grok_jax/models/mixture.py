"""A mixture of two trained networks, with four parameters."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, Num

from grok_jax.errors import require
from grok_jax.fields import traced

Scalar = Float[Array, ""] | float


class Mixture(nn.Module):
    """f(x) = w_m1 w_m2 C_mem(x) + w_g1 w_g2 C_gen(x), where x holds the logits of both circuits.

    Initially w_m1 = w_g1 = 0, so w_m2 and w_g2 set how fast each circuit grows: d(w1 w2)/dt = -(w1² + w2²) dL/dw.
    """

    called = "mixture"

    memorizing_speed: Any = traced(1.0, "initial w_m2, how fast the memorizing circuit grows", at_least=0)
    generalizing_speed: Any = traced(1.0, "initial w_g2, how fast the generalizing circuit grows", at_least=0)

    @nn.compact
    def __call__(self, inputs: Num[Array, "rows ..."]) -> Float[Array, "rows classes"]:
        shape = inputs.shape[1:]
        require(
            len(shape) == 2 and shape[0] == 2,
            "model 'mixture' takes the logits of two circuits, (rows, 2, classes), as in task 'circuit_logits'; "
            f"inputs have shape (rows, {', '.join(map(str, shape))})",
        )

        def begin(key: Key[Array, ""], value: Scalar) -> Float[Array, ""]:
            del key  # Nothing is drawn.
            return jnp.asarray(value, jnp.float32)

        starts = {"m1": 0.0, "m2": self.memorizing_speed, "g1": 0.0, "g2": self.generalizing_speed}
        w = {name: self.param(name, begin, value) for name, value in starts.items()}
        memorizing, generalizing = mixture_weights(w)
        return memorizing * inputs[:, 0] + generalizing * inputs[:, 1]


def mixture_weights(params: dict[str, Array]) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """w_mem = w_m1 w_m2 and w_gen = w_g1 w_g2."""
    return params["m1"] * params["m2"], params["g1"] * params["g2"]
