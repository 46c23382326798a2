"""The base class of all optimizers."""

import optax
from jaxtyping import ArrayLike, Real

from grok_jax.parts import Part


class Optimizer(Part):
    """Base of all optimizers.

    Attributes:
      weight_noise: standard deviation of the noise added to the weights for each gradient; None for none.
    """

    section = "optimizer"
    weight_noise = None

    def build(self, output_scale: Real[ArrayLike, ""]) -> optax.GradientTransformationExtraArgs:
        """The optax chain of one run; call tx.update(gradients, state, params, initial_params=..., key=...).

        Args:
          output_scale: α, the factor of the model's outputs.
        """
        raise NotImplementedError(f"optimizer {self.name!r} has no method build")

    def check_steps(self, steps: int) -> None:
        """Raises UserError if a run of this many steps is too short for one of the fields."""
