"""The loss and correctness of each row."""

import contextlib
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

DTYPES = ("float16", "bfloat16", "float32", "float64")
NARROW = ("float16", "bfloat16")
NO_FLOAT64 = ("tpu", "METAL")  # backends; a TPU adds two float32 numbers in place of one float64


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


def squared_error(outputs: Float[Array, "rows outputs"], targets: Shaped[Array, "rows ..."]) -> Float[Array, " rows"]:
    """The squared error of each row, averaged over the outputs."""
    return jnp.mean((outputs - as_values(targets, outputs)) ** 2, axis=-1)


def class_logits(outputs: Float[Array, "rows outputs"]) -> Float[Array, "rows classes"]:
    """A logit for each class: the outputs, or 0 and z if there is a single output z for two classes."""
    return jnp.pad(outputs, ((0, 0), (1, 0))) if outputs.shape[-1] == 1 else outputs


def cross_entropy(logits: Float[Array, "rows outputs"], labels: Int[Array, " rows"]) -> Float[Array, " rows"]:
    """The cross-entropy of each row, accurate to a few roundoff errors however small it is.

    -log softmax(z)_c = m + log(e^-m + Σ_{k≠c} e^(z_k - z_c - m)),  m = max_k z_k - z_c >= 0

    A float32 log-softmax loses everything below 6e-8 next to the 1 from the label's term. Here that term stays outside
    the sum: the logarithm is log1p(Σ_{k≠c} ... + expm1(-m)), with m = 0 if the label's logit is the largest. Its
    derivatives of every order are then accurate too: p_k for k ≠ c, and -Σ_{k≠c} p_k for the label.

    Args:
      logits: z, or a single z for two classes (see class_logits).
      labels: c.

    Returns:
      The losses, in nats; NaN if a logit is NaN or infinite.
    """
    logits = class_logits(logits)
    return _exact_cross_entropy(logits, jax.nn.one_hot(labels, logits.shape[-1], dtype=bool))


def _exact_cross_entropy(
    logits: Float[Array, "rows classes"], labeled: Bool[Array, "rows classes"]
) -> Float[Array, " rows"]:
    # 0 times an infinite logit makes its row NaN; otherwise e^-inf = 0 would hide a diverged network.
    own = jnp.sum(jnp.where(labeled, logits, 0 * logits), axis=-1, keepdims=True)
    # The loss does not depend on the shift m, so neither do its derivatives.
    shift = jax.lax.stop_gradient(jnp.max(logits, axis=-1, keepdims=True) - own)
    others = jnp.sum(jnp.where(labeled, 0.0, jnp.exp(logits - own - shift)), axis=-1)
    shift = shift[..., 0]
    return shift + jnp.log1p(others + jnp.expm1(-shift))


def brier(logits: Float[Array, "rows outputs"], labels: Int[Array, " rows"]) -> Float[Array, " rows"]:
    """The squared error of each row's class probabilities, accurate to a few roundoff errors however small it is.

    Σ_k (p_k - [k = c])² = (Σ_{k≠c} p_k)² + Σ_{k≠c} p_k²,  p = softmax(z)

    1 - p_c is computed as the sum of the other probabilities: in float32, p_c - 1 is 0 below 6e-8, and so would be its
    gradient.

    Args:
      logits: z, or a single z for two classes (see class_logits).
      labels: c.

    Returns:
      The losses, from 0 to 2; NaN if a logit is NaN or infinite.

    Reference: G. W. Brier (1950), Verification of forecasts expressed in terms of probability.
    """
    logits = class_logits(logits)
    labeled = jax.nn.one_hot(labels, logits.shape[-1], dtype=bool)
    # 0 times an infinite logit is NaN; otherwise the softmax would hide a logit of -inf.
    others = jnp.where(labeled, 0.0, jax.nn.softmax(logits)) + 0 * logits
    return jnp.sum(others, axis=-1) ** 2 + jnp.sum(others**2, axis=-1)


def stablemax(
    logits: Float[Array, "rows outputs"], labels: Int[Array, " rows"], dtype: str = "float32"
) -> Float[Array, " rows"]:
    """The cross-entropy of each row with StableMax in place of softmax, accurate however small it is.

    -log(s(z_c) / Σ_k s(z_k)),  s(z) = z + 1 for z >= 0, 1 / (1 - z) for z < 0

    It is computed as the cross_entropy of log s(z), because s(z)² in the derivative of a ratio overflows in float16.

    Args:
      logits: z, or a single z for two classes (see class_logits).
      labels: c.
      dtype: a word in DTYPES: what the loss and its gradient are computed in.

    Returns:
      The losses, in nats and in the dtype of the logits; NaN if a logit is NaN or infinite.

    Raises:
      UserError: the device has no float64, or the dtype is another word.

    Reference: Prieto et al. (2025), Grokking at the Edge of Numerical Stability. Their code computes the logarithm of
    the ratio, and needs float64 for small losses; this form does not.
    """

    def losses(z: Float[Array, "rows classes"], labeled: Bool[Array, "rows classes"]) -> Float[Array, " rows"]:
        # Not a jnp.where of both branches: the one not taken is infinite at z = 1, and its derivative would be NaN.
        return _exact_cross_entropy(jnp.log1p(jnp.maximum(z, 0)) - jnp.log1p(-jnp.minimum(z, 0)), labeled)

    return _computed_in(dtype, losses, logits, labels)


def naive_cross_entropy(
    logits: Float[Array, "rows outputs"], labels: Int[Array, " rows"], dtype: str = "float32"
) -> Float[Array, " rows"]:
    """The cross-entropy of each row as libraries compute it, each operation rounded to a dtype.

    log Σ_k e^(z_k - m) - (z_c - m),  m = max_k z_k

    Once the other classes' terms are below half a unit in the last place of 1 (6e-8 in float32), the sum is 1. The loss
    and its derivative by z_c are then exactly 0, while the derivatives by the other logits remain p_k: the "softmax
    collapse". Use cross_entropy, which has none, unless you study this.

    Args:
      logits: z, or a single z for two classes (see class_logits).
      labels: c.
      dtype: a word in DTYPES: what the loss and its gradient are computed in. The weights keep their own.

    Returns:
      The losses, in nats and in the dtype of the logits; NaN if a logit is NaN or infinite.

    Raises:
      UserError: the device has no float64, or the dtype is another word.

    Reference: Prieto et al. (2025), Grokking at the Edge of Numerical Stability. Their code casts the logits of a
    float32 network in the same way.
    """

    def losses(z: Float[Array, "rows classes"], labeled: Bool[Array, "rows classes"]) -> Float[Array, " rows"]:
        # The loss does not depend on the shift, so neither do its derivatives.
        shifted = z - jax.lax.stop_gradient(jnp.max(z, axis=-1, keepdims=True))
        total = jnp.sum(jnp.exp(shifted), axis=-1)
        return jnp.log(total) - jnp.sum(jnp.where(labeled, shifted, 0), axis=-1)

    return _computed_in(dtype, losses, logits, labels)


def residual(view: "LossView", boundary_weight: Float[Array, ""] | float = 1.0) -> Float[Array, " rows"]:
    """How far each row is from satisfying the task's differential equation, or its boundary condition.

    The mean over all training rows is  mean r² + c mean (u - g)²  with the residual r inside, the condition u = g on
    the boundary, and c = boundary_weight. So r² counts 1/(1 - s) and (u - g)² counts c/s, with the share s of boundary
    rows. A minibatch has this mean in expectation. At test rows the loss is r², or (u - g)² on the boundary.

    Args:
      view: rows of a task with an equation, and the network.
      boundary_weight: c.

    Returns:
      The losses.

    Raises:
      UserError: the task has no equation.

    Reference: Raissi, Perdikaris, Karniadakis (2019), Physics-informed neural networks, Sec. 3.1.
    """
    on_boundary = view.task.on_boundary(view.inputs)
    # Not view.outputs: computing and differentiating the outputs again would take an eighth of a step.
    inside, outputs = view.task.residual(functools.partial(view.network, view.params), view.inputs)
    losses = jnp.where(on_boundary, squared_error(outputs, view.targets), inside**2)
    if view.split != "train":
        return losses
    share = jnp.asarray(view.task.boundary_share(), losses.dtype)
    return losses * jnp.where(on_boundary, boundary_weight / jnp.maximum(share, 1e-9), 1 / (1 - share))


def _computed_in(
    dtype: str, losses: Callable, logits: Float[Array, "rows outputs"], labels: Int[Array, " rows"]
) -> Float[Array, " rows"]:
    """losses(logits, mask of the labels' logits), computed in a dtype; gradients come back in that of the logits."""
    _require_dtype(dtype)
    is_missing = dtype == "float64" and jax.default_backend() in NO_FLOAT64
    words = f"loss.dtype is 'float64', which {jax.default_backend()} devices do not have"
    require(not is_missing, f"{words}; it must be one of {', '.join(DTYPES[:-1])}")
    logits = class_logits(logits)
    labeled = jax.nn.one_hot(labels, logits.shape[-1], dtype=bool)
    # 0 times an infinite logit is NaN; otherwise a logit of -inf, from a diverged network, would not show.
    logits = logits + 0 * logits
    # JAX makes no float64 unless told so. Only what is traced in this context has it, so that weights, data and keys
    # keep their dtypes.
    with jax.enable_x64(True) if dtype == "float64" else contextlib.nullcontext():
        return losses(logits.astype(dtype), labeled).astype(logits.dtype)


def _require_dtype(dtype: Any) -> None:
    require(dtype in DTYPES, f"loss.dtype is {written(dtype)}; it must be one of {', '.join(DTYPES)}")


# Word in training.loss -> the loss of each row; parameters after the first two are fields.
LOSSES: dict[str, Callable] = {
    "mse": squared_error,
    "cross_entropy": cross_entropy,
    "brier": brier,
    "stablemax": stablemax,
    "naive_cross_entropy": naive_cross_entropy,
    "residual": residual,
}
OF_VALUES = ("mse", "residual")  # those that a regression allows


def row_losses(
    outputs: Float[Array, "rows outputs"], targets: Shaped[Array, "rows ..."], loss: str, **fields: Any
) -> Float[Array, " rows"]:
    """The loss of each row.

    "mse": the squared error averaged over the outputs (PyTorch's MSELoss), with labels as one-hot vectors.
    "cross_entropy": -log softmax(outputs)[label]; for a single output z the logistic loss, -log σ(z) for label 1 and
    -log σ(-z) for label 0 (PyTorch's BCEWithLogitsLoss).
    "brier": the squared error of softmax(outputs), summed over the classes.
    "stablemax": cross-entropy with s(z) = z + 1 for z >= 0 and 1 / (1 - z) for z < 0 in place of e^z, computed in
    loss.dtype: float16, bfloat16, float32 or float64.
    "naive_cross_entropy": cross-entropy as libraries compute it, with each operation rounded to loss.dtype. Its
    gradient by the label's logit is exactly 0 for losses below 6e-8 in float32.
    "residual": for a task with a differential equation, the squared residual of the equation inside, and
    loss.boundary_weight times the squared error on the boundary; each is averaged over its own training rows. It needs
    the network besides outputs and targets.
    """
    require(loss != "residual", "loss 'residual' takes a LossView; its rows cannot be computed from outputs alone")
    return LOSSES[loss](outputs, targets, **fields)


def row_correct(
    outputs: Float[Array, "rows outputs"], targets: Shaped[Array, "rows ..."], threshold: Float[Array, ""] | float
) -> Bool[Array, " rows"]:
    """Whether each row is correct: the label's logit is the largest, or the mean squared error is below threshold."""
    if is_classification(targets):
        return jnp.argmax(class_logits(outputs), axis=-1) == targets
    return squared_error(outputs, targets) < threshold


class LossView(NamedTuple):
    """The argument of a loss that takes a single argument.

    Attributes:
      network: params, inputs -> trained outputs (scaled, centered, linearized), for any inputs.
      params: the weights; gradients are taken with respect to them.
      inputs, targets: rows of the batch; unused rows repeat the first one, and their losses do not count.
      outputs: network(params, inputs).
      step: number of the step, from 0.
      key: a different random key for each step.
      task: the run's task.
      split: "train" or "test": which rows these are.
    """

    network: Callable[[Any, Any], Float[Array, "rows outputs"]]
    params: Any
    inputs: Any
    targets: Shaped[Array, "rows ..."]
    outputs: Float[Array, "rows outputs"]
    step: Int[Array, ""] | int
    key: Key[Array, ""]
    task: Any
    split: str


class Loss(Part, kw_only=False):
    """The loss of each row: a function of outputs and targets, or of a LossView."""

    section = "loss"
    inner = "fn"

    fn: Built
    views: Any = static(False, "whether the function takes a LossView instead of outputs and targets")
    for_labels: Any = static(False, "whether targets must be labels")
    by_word: Any = static(False, "whether the loss was chosen by name")

    def check(self) -> None:
        """Raises UserError if a loss of LOSSES has a field that is not allowed."""
        given = self.fn.given if self.by_word else {}
        if "dtype" in given:
            _require_dtype(given["dtype"])
        weight = given.get("boundary_weight", 0)
        require(weight is not None and weight >= 0, f"loss.boundary_weight is {weight}; it must be 0 or above")

    def shown(self) -> dict[str, Field]:
        """The parameters of the function; the loss's own fields follow from it."""
        return self.fn.schema

    def rows(self, view: LossView) -> Float[Array, " rows"]:
        """The loss of each row."""
        return self.fn(view) if self.views else self.fn(view.outputs, view.targets)

    @property
    def is_narrow(self) -> bool:
        """Whether the loss is computed in fewer bits than float32."""
        return self.by_word and self.fn.values().get("dtype") in NARROW

    def divided(self, temperature: Float[Array, ""] | float) -> "Loss":
        """The same loss of the outputs divided by a temperature."""

        def cooled(outputs: Float[Array, "rows outputs"]) -> Float[Array, "rows outputs"]:
            return outputs / jnp.asarray(temperature, outputs.dtype)

        def of_view(view: LossView) -> Float[Array, " rows"]:
            network = view.network
            return self.fn(
                view._replace(network=lambda w, inputs: cooled(network(w, inputs)), outputs=cooled(view.outputs))
            )

        def of_outputs(outputs: Float[Array, "rows outputs"], targets: Shaped[Array, "rows ..."]) -> Array:
            return self.fn(cooled(outputs), targets)

        made, skip = (of_view, 1) if self.views else (of_outputs, 2)
        return self.swapped(fn=Built(Called(self.name, made), {}, self.section, skip=skip))


def loss(function: Any, *, traced: tuple[str, ...] = (), static: tuple[str, ...] = (), **fields: Any) -> Loss:
    """Makes a custom loss.

    Args:
      function: outputs and targets -> the loss of each row, (rows,); or a function of one argument, a LossView, with
        network, params, inputs, targets, outputs, step, key, task and split; or a name in LOSSES.
      traced, static: undeclared parameters to trace (floats are traced by default) or keep static.
      **fields: other parameters of the function.

    Raises:
      UserError: the name or a parameter does not exist, or the argument is not a function.
    """
    if isinstance(function, str):
        require(function in LOSSES, f"training.loss is {written(function)}; it must be one of {', '.join(LOSSES)}")
        named = _named_loss(function)
        known = ", ".join(named.shown()) or "none"
        for name in (*traced, *static, *fields):
            require(name in named.shown(), f"loss {function!r} has no field {written(name)}; it has {known}")
        require(not (traced or static), "traced= and static= go with a function; the fields of a word are declared")
        return named.replace(**fields)
    require(callable(function), f"loss is {written(function)}; it must be a function, or one of {', '.join(LOSSES)}")
    views = _takes_a_view(function, fields)
    skip = 1 if views else 2
    return Loss(Built(function, fields, "loss", skip=skip, traced=traced, static=static), views=views)


def as_loss(given: Any) -> Loss:
    """Returns a Loss unchanged; wraps a name or a function in one with default parameters."""
    return given if isinstance(given, Loss) else loss(given)


@functools.cache
def _named_loss(word: str) -> Loss:
    views = _takes_a_view(LOSSES[word], {})
    built = Built(Called(word, LOSSES[word]), {}, "loss", skip=1 if views else 2)
    return Loss(built, views=views, for_labels=word not in OF_VALUES, by_word=True)


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
