"""Regression on a polynomial of one or a few directions of Gaussian inputs (Kumar et al. 2024, Eq. 3)."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from grok_jax.errors import require
from grok_jax.fields import static, traced
from grok_jax.models.activations import MOST_DEGREE, hermite
from grok_jax.tasks.drawing import normal_rows, own_split, with_noise
from grok_jax.tasks.examples import Data, Examples, Rows
from grok_jax.tasks.task import Task

TARGETS = ("quadratic", "hermite")


class SingleIndex(Task):
    """A polynomial of the projections of x ~ N(0, I/D) on random directions β_k ~ N(0, I) (+ noise in training).

    "quadratic":  y(x) = c ½ Σ_k (β_k · x)²  (Eq. 3 of Kumar et al. 2024 for one direction and c = 1);
    "hermite":    y(x) = c Σ_k He_n(u_k),  u_k = √D β_k · x / |β_k|,  with the probabilists' He_n of degree n.

    Given β, u ~ N(0, 1) for x ~ N(0, I/D), so He_n(u) has mean 0, variance n! and information exponent n
    exactly. The paper's Sec. 15 does not say how several directions combine or which H_n is meant.
    """

    called = "single_index"

    features: Any = static(100, "dimension D of the inputs", at_least=1)
    target: Any = static("quadratic", "polynomial of the projections", one_of=TARGETS)
    degree: Any = static(3, "degree n of the Hermite polynomial, for target='hermite'", at_least=1, at_most=MOST_DEGREE)
    directions: Any = static(1, "number of directions β_k, whose polynomials are summed", at_least=1)
    test_size: Any = static(1000, "number of test rows", at_least=1)
    train_size: Any = traced(550, "number of training rows", at_least=1)
    target_scale: Any = traced(1.0, "factor c of the targets", above=0)
    noise: Any = traced(None, "standard deviation of noise on the training targets; None adds none", at_least=0)

    def rows(self) -> Rows:
        """train_size and test_size."""
        return Rows(self.train_size, self.test_size)

    def output_size(self) -> int:
        """One output."""
        return 1

    def draw(self, key: Key[Array, ""], pool: Examples | None, capacity: Rows) -> Data:
        """Fresh rows; directions, training inputs, test inputs and unscaled noise have separate keys."""
        del pool  # Every run draws its own.
        directions = self.target_directions(key)
        train_key, test_key, noise_key = (jax.random.fold_in(key, i) for i in range(1, 4))
        train_inputs = normal_rows(train_key, capacity.train, self.features) * self.features**-0.5
        test_inputs = normal_rows(test_key, capacity.test, self.features) * self.features**-0.5
        train_targets = with_noise(self.target_values(train_inputs, directions), self.noise, noise_key)
        return Data(
            train=own_split(Examples(train_inputs, train_targets), self.train_size),
            test=own_split(Examples(test_inputs, self.target_values(test_inputs, directions)), self.test_size),
        )

    def target_directions(self, key: Key[Array, ""]) -> Float[Array, "directions features"]:
        """The directions β_k ~ N(0, I) that the run with this data key must find, one per row."""
        return normal_rows(jax.random.fold_in(key, 0), self.directions, self.features)

    def target_values(
        self, inputs: Float[Array, "rows features"], directions: Float[Array, "directions features"]
    ) -> Float[Array, "rows 1"]:
        """The noiseless target at the inputs x, summed over the directions β_k."""
        if self.target == "quadratic":
            return self.target_scale * 0.5 * jnp.sum((inputs @ directions.T) ** 2, axis=1, keepdims=True)
        lengths = jnp.linalg.norm(directions, axis=1, keepdims=True)
        u = inputs @ (directions * directions.shape[1] ** 0.5 / lengths).T
        return self.target_scale * jnp.sum(hermite(u, self.degree), axis=1, keepdims=True)

    def solution(self, key: Key[Array, ""], model: Any, params: Any) -> dict[str, Float[Array, "features width"]]:
        """Weights of a committee machine that solve the task exactly.

        w_i = ± β √(c/(αε)), half of each sign, so that w̄ = 0 and M = c ββᵀ/(αε)

        Args:
          key: key of the run's data.
          model: a committee of even width with φ(z) = z + (ε/2) z², readouts fixed to 1, not centered.
          params: initial parameters, for their shapes.

        Returns:
          Parameters like `params`.

        Raises:
          UserError: this target or model has no known solution.

        Reference: Kumar et al. (2024), below Eq. 6.
        """
        plain = self.target == "quadratic" and self.directions == 1
        require(plain, "model.solution_share needs task.target='quadratic' and task.directions=1")
        known = model.name == "committee" and model.hermite_degree is None and not model.train_readout
        require(
            known and not model.centered and model.width % 2 == 0,
            "model.solution_share needs model.name='committee' with even width, hermite_degree=None, "
            "train_readout=False and centered=False, for which a solution is known",
        )
        length = jnp.sqrt(self.target_scale / (model.output_scale * model.epsilon))
        direction = self.target_directions(key)[0] * length
        signs = jnp.where(jnp.arange(model.width) % 2 == 0, 1.0, -1.0)
        return {**params, "kernel": direction[:, None] * signs[None, :]}
