"""One training run as pure functions: init, advance, measure, observe.

Everything in the project that trains goes through these. A grid maps them over runs (program.py); the host
calls them segment by segment (sweep.py).
"""

import functools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, Key

from grok_jax.errors import require
from grok_jax.models import MODELS, init_params, outputs, relative_distance, weight_norm
from grok_jax.optim import OPTIMIZERS, perturb_weights
from grok_jax.tasks import TASKS, Data, Examples, Rows, Split, Task, fetch
from grok_jax.training.batches import Batch, full_batch, minibatch, share_of
from grok_jax.training.losses import row_correct, row_losses
from grok_jax.training.probes import Probed
from grok_jax.training.settings import Static, section_fields

DATA, INIT, BATCH, NOISE = range(4)  # what fold_in makes of a seed, so that equal seeds give independent draws
WEIGHTS, UPDATE, DROPOUT = range(3)  # and of a step's key: what its noise is added to
# Named, because a seed of another implementation (rbg) draws other numbers alone than among mapped runs.
KEYS = "threefry2x32"
# Rows evaluated at once: some minibatches, as measuring is not to need much more memory than training; within limits.
EVALUATION_BATCHES, EVALUATION_ROWS = 4, (100, 1000)

Hyper = dict[str, Array]  # dotted name -> scalar


class Moving(NamedTuple):
    """What a step changes."""

    params: Any
    opt_state: Any


class Fixed(NamedTuple):
    """What stays as init made it; a function of the hyper-parameters alone, so never saved."""

    initial_params: Any
    data: Data
    initial_outputs: tuple[Array, Array] | None  # f(w_0, x) of train and test rows, for the centred predictor


class Run(NamedTuple):
    """The functions of one run (or, in program.py, of a grid).

    Attributes:
      init: hyper, pool -> (Moving, Fixed).
      advance: moving, fixed, hyper, pool, start, steps -> Moving after `steps` (traced) optimiser steps, of
        which the first is number `start`.
      measure: moving, fixed, hyper, pool, step -> {name: scalar}, what every run records after `step` steps.
      observe: read -> a function moving, fixed, hyper, pool, step, *given -> read(what a probe sees, *given).
    """

    init: Callable
    advance: Callable
    measure: Callable
    observe: Callable[[Callable[..., Any]], Callable]


class _Parts(NamedTuple):
    """A run's config with its parts built from one run's (possibly traced) hyper-parameters."""

    task: Task
    task_fields: SimpleNamespace
    model_fields: SimpleNamespace
    module: nn.Module
    optimizer: optax.GradientTransformationExtraArgs
    optimizer_fields: SimpleNamespace
    training: SimpleNamespace


def make_run(static: Static, capacity: Rows) -> Run:
    """The pure functions of one run.

    Args:
      static: what the program is compiled for.
      capacity: the most training and test rows of any run that will use these functions.
    """

    def init(hyper: Hyper, pool: Examples | None) -> tuple[Moving, Fixed]:
        parts = _build(static, hyper)
        data = parts.task.draw(_stream(parts.task_fields, DATA), parts.task_fields, pool, capacity)
        shown = jax.eval_shape(lambda: _fetch(parts, data.train, pool, jnp.arange(1)))
        params = init_params(
            parts.module, _stream(parts.model_fields, INIT), shown.inputs, parts.model_fields.init_scale
        )
        if parts.task.start:
            params = parts.task.start(_stream(parts.task_fields, DATA), parts.task_fields, parts.model_fields, params)
        params = _toward_solution(parts, params)
        if parts.task.relabel:
            network = functools.partial(outputs, parts.module)
            data = parts.task.relabel(data, network, params, parts.task_fields)
        offsets = None
        if parts.model_fields.centered:
            offsets = tuple(_all_outputs(parts, params, split, pool) for split in data)
        return Moving(params, parts.optimizer.init(params)), Fixed(params, data, offsets)

    def advance(
        moving: Moving, fixed: Fixed, hyper: Hyper, pool: Examples | None, start: Int[Array, ""], steps: Int[Array, ""]
    ) -> Moving:
        parts = _build(static, hyper)
        next_batch = _batches(parts, fixed, pool, capacity)
        noise_key = _stream(parts.training, NOISE)

        def step(number: Int[Array, ""], moving: Moving) -> Moving:
            rows, offset, weights = next_batch(number)
            key = jax.random.fold_in(noise_key, number)
            gradient = jax.grad(_objective)(moving.params, fixed.initial_params, parts, rows, offset, weights, key)
            updates, opt_state = parts.optimizer.update(
                gradient,
                moving.opt_state,
                moving.params,
                initial_params=fixed.initial_params,
                key=jax.random.fold_in(key, UPDATE),
            )
            return Moving(optax.apply_updates(moving.params, updates), opt_state)

        return jax.lax.fori_loop(start, start + steps, step, moving)

    def measure(
        moving: Moving, fixed: Fixed, hyper: Hyper, pool: Examples | None, step: Int[Array, ""]
    ) -> dict[str, Float[Array, ""]]:
        parts = _build(static, hyper)
        offsets = fixed.initial_outputs or (None, None)
        measured = {}
        for name, split, offset in zip(("train", "test"), _data_after(parts, fixed, step), offsets, strict=True):
            loss, accuracy = _evaluate(parts, moving, fixed, split, pool, offset)
            measured |= {f"{name}_loss": loss, f"{name}_accuracy": accuracy}
        measured["weight_norm"] = weight_norm(moving.params)
        measured["relative_distance"] = relative_distance(moving.params, fixed.initial_params)
        return measured

    def observe(read: Callable[..., Any]) -> Callable:
        def observed(
            moving: Moving, fixed: Fixed, hyper: Hyper, pool: Examples | None, step: Int[Array, ""], *given: Any
        ) -> Any:
            parts = _build(static, hyper)
            return read(_probed(parts, moving, fixed._replace(data=_data_after(parts, fixed, step)), pool), *given)

        return precisely(observed)

    def precisely(function: Callable) -> Callable:
        def run_function(*args: Any) -> Any:
            precision = dict(static.training)["matmul_precision"]
            # Libraries mix kinds of numbers, whatever a user allows in programs of their own.
            with jax.default_matmul_precision(precision), jax.numpy_dtype_promotion("standard"):
                return function(*args)

        return run_function

    return Run(precisely(init), precisely(advance), precisely(measure), observe)


def _build(static: Static, hyper: Hyper) -> _Parts:
    task_fields, model_fields, optimizer_fields, training = (
        section_fields(static, hyper, section) for section in ("task", "model", "optimizer", "training")
    )
    task = TASKS[task_fields.name]
    module = MODELS[model_fields.name].build(model_fields, task.outputs(task_fields), task.vocabulary(task_fields))
    if optimizer_fields.scale_learning_rate:
        # Kumar et al., App. 8.1: eta = eta_0 / alpha^2 keeps the early dynamics of f the same at every alpha.
        optimizer_fields.learning_rate = optimizer_fields.learning_rate / model_fields.output_scale**2
    optimizer = OPTIMIZERS[optimizer_fields.name].build(optimizer_fields)
    return _Parts(task, task_fields, model_fields, module, optimizer, optimizer_fields, training)


def _stream(fields: SimpleNamespace, stream: int) -> Key[Array, ""]:
    return jax.random.fold_in(jax.random.key(fields.seed, impl=KEYS), stream)


def _fetch(parts: _Parts, split: Split, pool: Examples | None, positions: Int[Array, " n"]) -> Examples:
    return fetch(split, pool, positions, parts.task, parts.task_fields)


def _predict(
    parts: _Parts, params: Any, initial: Any, inputs: Any, offset: Array | None, dropout_key: Array | None = None
) -> Float[Array, "rows outputs"]:
    around = initial if parts.model_fields.linearized else None
    return outputs(parts.module, params, inputs, parts.model_fields.output_scale, offset, around, dropout_key)


def _toward_solution(parts: _Parts, params: Any) -> Any:
    """w_0 + c w_solution, where the config gives a c."""
    share = parts.model_fields.solution_share
    if share is None:
        return params
    solution = parts.task.solution
    require(
        solution is not None,
        f"model.solution_share needs a task whose solution is known; task.name is {parts.task.name!r}",
    )
    weights = solution(_stream(parts.task_fields, DATA), parts.task_fields, parts.model_fields, params)
    return jax.tree.map(lambda start, end: start + share * end, params, weights)


def _objective(
    params: Any,
    initial: Any,
    parts: _Parts,
    rows: Examples,
    offset: Array | None,
    weights: Float[Array, " rows"],
    key: Key[Array, ""],
) -> Float[Array, ""]:
    """The training loss of one step; weight noise and dropout, where the config has them, act in this pass only."""
    if parts.optimizer_fields.weight_noise is not None:
        params = perturb_weights(params, jax.random.fold_in(key, WEIGHTS), parts.optimizer_fields.weight_noise)
    predicted = _predict(parts, params, initial, rows.inputs, offset, jax.random.fold_in(key, DROPOUT))
    return weights @ row_losses(predicted, rows.targets, parts.training.loss)


def _batches(parts: _Parts, fixed: Fixed, pool: Examples | None, capacity: Rows) -> Callable:
    """Step number -> (rows, their initial outputs or None, weights)."""
    split = fixed.data.train
    offsets = None if fixed.initial_outputs is None else fixed.initial_outputs[0]

    def gather(batch: Batch) -> tuple[Examples, Array | None, Array]:
        offset = None if offsets is None else offsets[batch.positions]
        return _fetch(parts, split, pool, batch.positions), offset, batch.weights

    def size(number: Int[Array, ""]) -> Int[Array, ""]:
        return _rows_in_use(parts, split.size, number)

    if parts.training.batch_size is None:
        rows, offset, weights = gather(full_batch(capacity.train, split.size))
        if parts.training.shrink_step is None:
            return lambda number: (rows, offset, weights)
        return lambda number: (rows, offset, full_batch(capacity.train, size(number)).weights)
    key = _stream(parts.training, BATCH)
    return lambda number: gather(minibatch(key, number, parts.training.batch_size, capacity.train, size(number)))


def _rows_in_use(parts: _Parts, size: Int[Array, ""], number: Int[Array, ""]) -> Int[Array, ""]:
    """How many training rows step `number` sees: all, or from training.shrink_step on the first ones of them."""
    start, share = parts.training.shrink_step, parts.training.shrink_to
    if start is None:
        return size
    return jnp.where(number < start, size, share_of(share, size))


def _data_after(parts: _Parts, fixed: Fixed, step: Int[Array, ""]) -> Data:
    """The splits as the last of `step` steps saw them."""
    train, test = fixed.data
    return Data(train._replace(size=_rows_in_use(parts, train.size, step - 1)), test)


def _evaluate(
    parts: _Parts, moving: Moving, fixed: Fixed, split: Split, pool: Examples | None, offset: Array | None
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Mean loss and accuracy over the rows of a split in use."""

    def sums(positions: Int[Array, " n"]) -> tuple[Array, Array]:
        rows = _fetch(parts, split, pool, positions)
        own = None if offset is None else offset[positions]
        predicted = _predict(parts, moving.params, fixed.initial_params, rows.inputs, own)
        losses = row_losses(predicted, rows.targets, parts.training.loss)
        correct = row_correct(predicted, rows.targets, parts.training.accuracy_threshold)
        counted = positions < split.size
        # where, not a product: a row out of use must not spread a NaN, and a NaN in use must be seen.
        return jnp.sum(jnp.where(counted, losses, 0.0)), jnp.sum(jnp.where(counted, correct, False))

    parts_of_split = _in_chunks(sums, split.index.shape[0], parts.training.batch_size)
    loss, correct = (jnp.sum(part) for part in parts_of_split)
    measured = jnp.stack([loss, correct]) / split.size
    loss, accuracy = jnp.where(jnp.isfinite(loss), measured, jnp.nan)
    return loss, accuracy


def _all_outputs(parts: _Parts, params: Any, split: Split, pool: Examples | None) -> Float[Array, "capacity outputs"]:
    """f(w, x) of every row of the split, unscaled."""
    rows = split.index.shape[0]

    def chunk(positions: Int[Array, " n"]) -> Array:
        return outputs(parts.module, params, _fetch(parts, split, pool, positions).inputs)

    stacked = _in_chunks(chunk, rows, parts.training.batch_size)
    return stacked.reshape(-1, stacked.shape[-1])[:rows]


def _in_chunks(function: Callable, rows: int, batch_size: int | None) -> Any:
    """function(positions) of consecutive chunks of positions, stacked; the last positions may lie beyond the rows."""
    fewest, most = EVALUATION_ROWS
    size = min(rows, most, max(fewest, EVALUATION_BATCHES * (batch_size or rows)))
    starts = jnp.arange(0, rows, size)
    return jax.lax.map(lambda start: function(start + jnp.arange(size)), starts)


def _probed(parts: _Parts, moving: Moving, fixed: Fixed, pool: Examples | None) -> Probed:
    batches = [full_batch(split.index.shape[0], split.size) for split in fixed.data]
    splits = zip(fixed.data, batches, strict=True)
    train, test = (_fetch(parts, split, pool, batch.positions) for split, batch in splits)
    start = fixed.initial_params

    def network(params: Any, inputs: Any) -> Array:
        return outputs(parts.module, params, inputs, parts.model_fields.output_scale)

    seen = (
        _predict(parts, moving.params, start, rows.inputs, offset)
        for rows, offset in zip((train, test), fixed.initial_outputs or (None, None), strict=True)
    )
    return Probed(
        network,
        moving.params,
        start,
        start if parts.model_fields.linearized else moving.params,
        train,
        test,
        *(batch.weights for batch in batches),
        *seen,
        task=parts.task_fields,
        model=parts.model_fields,
        training=parts.training,
        data_key=_stream(parts.task_fields, DATA),
    )
