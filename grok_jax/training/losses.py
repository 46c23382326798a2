"""The loss and correctness of each row."""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, Shaped

from grok_jax.errors import require, written
from grok_jax.fields import Field, static
from grok_jax.parts import Built, Called, Part

LOSSES = ("mse", "cross_entropy", "brier")


def is_classification(targets: Shaped[Array | jax.ShapeDtypeStruct, "rows ..."]) -> bool:
    """Whether the targets are class labels (integers)."""
    return jnp.issubdtype(targets.dtype, jnp.integer)


def as_values(
    targets: Shaped[Array, "rows ..."], outputs: Float[Array, "rows outputs"]
) -> Float[Array, "rows outputs"]:
    """Targets as output values: labels become one-hot vectors, or -1 and 1 for a single output."""
    if not is_classification(targets):
        return targets
    if outputs.shape[-1] == 1:
        return (2 * targets - 1).astype(outputs.dtype)[:, None]
    return jax.nn.one_hot(targets, outputs.shape[-1], dtype=outputs.dtype)


def class_logits(outputs: Float[Array, "rows outputs"]) -> Float[Array, "rows classes"]:
    """A logit for each class: the outputs, or 0 and z if there is a single output z for two classes."""
    return jnp.pad(outputs, ((0, 0), (1, 0))) if outputs.shape[-1] == 1 else outputs


def cross_entropy(logits: Float[Array, "rows classes"], labels: Int[Array, " rows"]) -> Float[Array, " rows"]:
    """The cross-entropy of each row, accurate to a few roundoff errors however small it is.

    -log softmax(z)_c = m + log(e^-m + Σ_{k≠c} e^(z_k - z_c - m)),  m = max_k z_k - z_c >= 0

    A float32 log-softmax loses everything below 6e-8 next to the 1 from the label's term. Here that term stays outside
    the sum: the logarithm is log1p(Σ_{k≠c} ... + expm1(-m)), with m = 0 if the label's logit is the largest. Its
    derivatives of every order are then accurate too: p_k for k ≠ c, and -Σ_{k≠c} p_k for the label.

    Args:
      logits: z.
      labels: c.

    Returns:
      The losses, in nats; NaN if a logit is NaN or infinite.
    """
    labeled = jax.nn.one_hot(labels, logits.shape[-1], dtype=bool)
    # 0 times an infinite logit makes its row NaN; otherwise e^-inf = 0 would hide a diverged network.
    own = jnp.sum(jnp.where(labeled, logits, 0 * logits), axis=-1, keepdims=True)
    # The loss does not depend on the shift m, so neither do its derivatives.
    shift = jax.lax.stop_gradient(jnp.max(logits, axis=-1, keepdims=True) - own)
    others = jnp.sum(jnp.where(labeled, 0.0, jnp.exp(logits - own - shift)), axis=-1)
    shift = shift[..., 0]
    return shift + jnp.log1p(others + jnp.expm1(-shift))


def brier(logits: Float[Array, "rows classes"], labels: Int[Array, " rows"]) -> Float[Array, " rows"]:
    """The squared error of each row's class probabilities, accurate to a few roundoff errors however small it is.

    Σ_k (p_k - [k = c])² = (Σ_{k≠c} p_k)² + Σ_{k≠c} p_k²,  p = softmax(z)

    1 - p_c is computed as the sum of the other probabilities: in float32, p_c - 1 is 0 below 6e-8, and so would be its
    gradient.

    Args:
      logits: z.
      labels: c.

    Returns:
      The losses, from 0 to 2; NaN if a logit is NaN or infinite.

    Reference: G. W. Brier (1950), Verification of forecasts expressed in terms of probability.
    """
    labeled = jax.nn.one_hot(labels, logits.shape[-1], dtype=bool)
    # 0 times an infinite logit is NaN; otherwise the softmax would hide a logit of -inf.
    others = jnp.where(labeled, 0.0, jax.nn.softmax(logits)) + 0 * logits
    return jnp.sum(others, axis=-1) ** 2 + jnp.sum(others**2, axis=-1)


def row_losses(
    outputs: Float[Array, "rows outputs"], targets: Shaped[Array, "rows ..."], loss: str
) -> Float[Array, " rows"]:
    """The loss of each row.

    "mse": the squared error averaged over the outputs (PyTorch's MSELoss), with labels as one-hot vectors.
    "cross_entropy": -log softmax(outputs)[label]; for a single output z the logistic loss, -log σ(z) for label 1 and
    -log σ(-z) for label 0 (PyTorch's BCEWithLogitsLoss).
    "brier": the squared error of softmax(outputs), summed over the classes.
    """
    if loss == "cross_entropy":
        return cross_entropy(class_logits(outputs), targets)
    if loss == "brier":
        return brier(class_logits(outputs), targets)
    return jnp.mean((outputs - as_values(targets, outputs)) ** 2, axis=-1)


def row_correct(
    outputs: Float[Array, "rows outputs"], targets: Shaped[Array, "rows ..."], threshold: Float[Array, ""] | float
) -> Bool[Array, " rows"]:
    """Whether each row is correct: the label's logit is the largest, or the mean squared error is below threshold."""
    if is_classification(targets):
        return jnp.argmax(class_logits(outputs), axis=-1) == targets
    return row_losses(outputs, targets, "mse") < threshold


class LossView(NamedTuple):
    """The argument of a loss that takes a single argument.

    Attributes:
      network: params, inputs -> trained outputs (scaled, centered, linearized), for any inputs.
      params: the weights; gradients are taken with respect to them.
      inputs, targets: rows of the batch; unused rows repeat the first one, and their losses do not count.
      outputs: network(params, inputs).
      step: number of the step, from 0.
      key: a different random key for each step.
    """

    network: Callable[[Any, Any], Float[Array, "rows outputs"]]
    params: Any
    inputs: Any
    targets: Shaped[Array, "rows ..."]
    outputs: Float[Array, "rows outputs"]
    step: Int[Array, ""] | int
    key: Key[Array, ""]


class Loss(Part, kw_only=False):
    """The loss of each row: a function of outputs and targets, or of a LossView."""

    section = "loss"
    inner = "fn"

    fn: Built
    views: Any = static(False, "whether the function takes a LossView instead of outputs and targets")
    for_labels: Any = static(False, "whether targets must be labels")
    by_word: Any = static(False, "whether the loss was chosen by name")

    def shown(self) -> dict[str, Field]:
        """The parameters of the function; the loss's own fields follow from it."""
        return self.fn.schema

    def rows(self, view: LossView) -> Float[Array, " rows"]:
        """The loss of each row."""
        return self.fn(view) if self.views else self.fn(view.outputs, view.targets)


def loss(function: Any, *, traced: tuple[str, ...] = (), static: tuple[str, ...] = (), **fields: Any) -> Loss:
    """Makes a custom loss.

    Args:
      function: outputs and targets -> the loss of each row, (rows,); or a function of one argument, a LossView, with
        network, params, inputs, targets, outputs, step and key; or a name in LOSSES.
      traced, static: undeclared parameters to trace (floats are traced by default) or keep static.
      **fields: other parameters of the function.

    Raises:
      UserError: the name or a parameter does not exist, or the argument is not a function.
    """
    if isinstance(function, str):
        require(function in LOSSES, f"training.loss is {written(function)}; it must be one of {', '.join(LOSSES)}")
        return _named_loss(function)
    require(callable(function), f"loss is {written(function)}; it must be a function, or one of {', '.join(LOSSES)}")
    views = _takes_a_view(function, fields)
    options: dict[str, Any] = {"skip": 1 if views else 2, "traced": traced, "static": static}
    return Loss(Built(function, fields, "loss", **options), views=views)


def as_loss(given: Any) -> Loss:
    """Returns a Loss unchanged; wraps a name or a function in one with default parameters."""
    return given if isinstance(given, Loss) else loss(given)


@functools.cache
def _named_loss(word: str) -> Loss:
    made = Called(word, functools.partial(row_losses, loss=word))
    return Loss(Built(made, {}, "loss", skip=2), for_labels=word != "mse", by_word=True)


def require_outputs_alone(run: Any) -> None:
    """Raises UserError if a run's loss cannot be computed from outputs and targets alone."""
    require(
        not run.loss.views,
        f"loss {run.loss.name!r} takes a LossView; this measurement needs a loss of outputs and targets",
    )


def _takes_a_view(function: Callable, fields: Mapping[str, Any]) -> bool:
    """Whether a function has exactly one required parameter besides its fields."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return sum(p.default is p.empty and p.name not in fields for p in positional) == 1
