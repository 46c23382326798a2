"""Losses and correctness, row by row."""

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
    """True where the targets are class labels (integers)."""
    return jnp.issubdtype(targets.dtype, jnp.integer)


def as_values(
    targets: Shaped[Array, "rows ..."], outputs: Float[Array, "rows outputs"]
) -> Float[Array, "rows outputs"]:
    """The values that the outputs should have: one-hot vectors for labels; of a single output -1 or 1 for 0 or 1."""
    if not is_classification(targets):
        return targets
    if outputs.shape[-1] == 1:
        return (2 * targets - 1).astype(outputs.dtype)[:, None]
    return jax.nn.one_hot(targets, outputs.shape[-1], dtype=outputs.dtype)


def class_logits(outputs: Float[Array, "rows outputs"]) -> Float[Array, "rows classes"]:
    """A logit for each class: the outputs, or 0 and z where one output z is all that two classes have."""
    return jnp.pad(outputs, ((0, 0), (1, 0))) if outputs.shape[-1] == 1 else outputs


def cross_entropy(logits: Float[Array, "rows classes"], labels: Int[Array, " rows"]) -> Float[Array, " rows"]:
    """The cross-entropy of each row, right to a few roundings however small it is.

    -log softmax(z)_c = m + log(e^-m + Σ_{k≠c} e^(z_k - z_c - m)),  m = max_k z_k - z_c >= 0

    A float32 log-softmax loses all below 6e-8 to the 1 that the label's term adds. Here that term stays outside the
    sum: the logarithm is log1p(Σ_{k≠c} ... + expm1(-m)), with m = 0 where the label's logit is the largest. Its
    derivatives of every order come right by themselves: p_k for k ≠ c, and -Σ_{k≠c} p_k for the label.

    Args:
      logits: z.
      labels: c.

    Returns:
      The losses, in nats; NaN where a logit is NaN or infinite.
    """
    labeled = jax.nn.one_hot(labels, logits.shape[-1], dtype=bool)
    # 0 times an infinite logit makes its row NaN; left out, e^-inf = 0 would hide a diverged network.
    own = jnp.sum(jnp.where(labeled, logits, 0 * logits), axis=-1, keepdims=True)
    # The loss does not depend on m, a mere shift, so neither do its derivatives.
    shift = jax.lax.stop_gradient(jnp.max(logits, axis=-1, keepdims=True) - own)
    others = jnp.sum(jnp.where(labeled, 0.0, jnp.exp(logits - own - shift)), axis=-1)
    shift = shift[..., 0]
    return shift + jnp.log1p(others + jnp.expm1(-shift))


def brier(logits: Float[Array, "rows classes"], labels: Int[Array, " rows"]) -> Float[Array, " rows"]:
    """The squared error of the class probabilities of each row, right to a few roundings however small it is.

    Σ_k (p_k - [k = c])² = (Σ_{k≠c} p_k)² + Σ_{k≠c} p_k²,  p = softmax(z)

    What p_c lacks of 1 is the sum of the others: a float32 p_c - 1 is 0 below 6e-8, and so would be its gradient.

    Args:
      logits: z.
      labels: c.

    Returns:
      The losses, from 0 to 2; NaN where a logit is NaN or infinite.

    Reference: G. W. Brier (1950), Verification of forecasts expressed in terms of probability.
    """
    labeled = jax.nn.one_hot(labels, logits.shape[-1], dtype=bool)
    # 0 times an infinite logit is NaN; left out, a softmax hides one of -inf.
    others = jnp.where(labeled, 0.0, jax.nn.softmax(logits)) + 0 * logits
    return jnp.sum(others, axis=-1) ** 2 + jnp.sum(others**2, axis=-1)


def row_losses(
    outputs: Float[Array, "rows outputs"], targets: Shaped[Array, "rows ..."], loss: str
) -> Float[Array, " rows"]:
    """The loss of each row.

    "mse": the squared error averaged over the outputs (PyTorch's MSELoss), labels as one-hot vectors.
    "cross_entropy": -log softmax(outputs)[label]; of a single output z the logistic loss, -log σ(z) for label 1 and
    -log σ(-z) for label 0 (PyTorch's BCEWithLogitsLoss).
    "brier": the squared error of softmax(outputs), summed over the classes.
    """
    if loss == "cross_entropy":
        return cross_entropy(class_logits(outputs), targets)
    if loss == "brier":
        return brier(class_logits(outputs), targets)
    return jnp.mean((outputs - as_values(targets, outputs)) ** 2, axis=-1)


def row_correct(
    outputs: Float[Array, "rows outputs"], targets: Shaped[Array, "rows ..."], threshold: Float[Array, ""]
) -> Bool[Array, " rows"]:
    """Whether each row is right: the label's logit is the largest, or the mean squared error is below threshold."""
    if is_classification(targets):
        return jnp.argmax(class_logits(outputs), axis=-1) == targets
    return row_losses(outputs, targets, "mse") < threshold


class LossView(NamedTuple):
    """What a loss of one argument sees of a step.

    Attributes:
      network: params, inputs -> outputs as they are trained (scaled, centered, linearized), for any inputs.
      params: the weights; gradients are taken with respect to them.
      inputs, targets: rows of the batch; rows out of use repeat the first one, and their losses do not count.
      outputs: network(params, inputs).
      step: number of the step, from 0.
      key: a key of its own for each step.
    """

    network: Callable[[Any, Any], Float[Array, "rows outputs"]]
    params: Any
    inputs: Any
    targets: Shaped[Array, "rows ..."]
    outputs: Float[Array, "rows outputs"]
    step: Int[Array, ""]
    key: Key[Array, ""]


class Loss(Part, kw_only=False):
    """The loss of each row: a function of outputs and targets, or of a LossView."""

    section = "loss"
    inner = "fn"

    fn: Built
    views: Any = static(False, "whether the function takes a LossView, not outputs and targets")
    for_labels: Any = static(False, "whether targets must be labels")
    by_word: Any = static(False, "whether it is chosen by a word")

    def shown(self) -> dict[str, Field]:
        """The parameters of the function; the loss's own fields follow from it."""
        return self.fn.schema

    def rows(self, view: LossView) -> Float[Array, " rows"]:
        """The loss of each row."""
        return self.fn(view) if self.views else self.fn(view.outputs, view.targets)


def loss(function: Any, *, traced: tuple[str, ...] = (), static: tuple[str, ...] = (), **fields: Any) -> Loss:
    """A loss of one's own.

    Args:
      function: outputs and targets -> the loss of each row, (rows,); or a function of one argument, a LossView, with
        network, params, inputs, targets, outputs, step and key. Or one of the words in LOSSES.
      traced, static: undeclared parameters that are to be traced (a float is, by itself) or static.
      **fields: its other parameters.

    Raises:
      UserError: no such word or parameter, or no function.
    """
    if isinstance(function, str):
        require(function in LOSSES, f"training.loss is {written(function)}; it must be one of {', '.join(LOSSES)}")
        return _named_loss(function)
    require(callable(function), f"loss is {written(function)}; it must be a function, or one of {', '.join(LOSSES)}")
    views = _takes_a_view(function, fields)
    options = {"skip": 1 if views else 2, "traced": traced, "static": static}
    return Loss(Built(function, fields, "loss", **options), views=views)


def as_loss(given: Any) -> Loss:
    """A Loss as it is, a word or a function as one with all at its defaults."""
    return given if isinstance(given, Loss) else loss(given)


@functools.cache
def _named_loss(word: str) -> Loss:
    made = Called(word, functools.partial(row_losses, loss=word))
    return Loss(Built(made, {}, "loss", skip=2), for_labels=word != "mse", by_word=True)


def require_outputs_alone(run: Any) -> None:
    """Raises UserError where a run's loss cannot be had of other outputs than those of a step."""
    require(
        not run.loss.views,
        f"loss {run.loss.name!r} takes a LossView; what is measured here needs one of outputs and targets",
    )


def _takes_a_view(function: Callable, fields: Mapping[str, Any]) -> bool:
    """Whether a function has one parameter that must be given, beside its fields."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return sum(p.default is p.empty and p.name not in fields for p in positional) == 1
