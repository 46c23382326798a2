"""What all optimizers have in common."""

import optax
from jaxtyping import ArrayLike, Real

from grok_jax.parts import Part


class Optimizer(Part):
    """Base of all optimizers.

    Attributes:
      weight_noise: standard deviation of the noise that is added to the weights in each gradient; None for none.
    """

    section = "optimizer"
    weight_noise = None

    def build(self, output_scale: Real[ArrayLike, ""]) -> optax.GradientTransformationExtraArgs:
        """The optax chain of one run, used as tx.update(gradients, state, params, initial_params=..., key=...).

        Args:
          output_scale: α, the factor of the model's outputs.
        """
        raise NotImplementedError(f"optimizer {self.name!r} has no method build")
