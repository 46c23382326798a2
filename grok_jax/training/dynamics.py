"""One training run as pure functions: init, advance, measure, observe.

All training in the project goes through these functions. A grid maps them over runs (program.py); the host calls them
segment by segment (chunks.py).
"""

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, Key

from grok_jax.models import init_params, outputs, relative_distance, weight_norm
from grok_jax.optim import perturb_weights
from grok_jax.tasks import Data, Examples, Rows, Split
from grok_jax.tasks.task import fetch_rows
from grok_jax.training.batches import Batch, full_batch, minibatch, share_of
from grok_jax.training.losses import Loss, LossView, row_correct
from grok_jax.training.metrics import Probed

DATA, INIT, BATCH, NOISE = range(4)  # folded into a seed, so that equal seeds give independent draws
WEIGHTS, UPDATE, DROPOUT, LOSS = range(4)  # folded into a step's key: where its noise is used
# Fixed, because another implementation (rbg) draws different numbers for a run alone and for the same run under vmap.
KEYS = "threefry2x32"
Step = Int[Array, ""] | int
BLOCK = 32  # number of steps whose batches are drawn together
# Rows to evaluate at once: a few minibatches, so that measuring needs little more memory than training; within limits.
EVALUATION_BATCHES, EVALUATION_ROWS = 4, (100, 1000)


class Moving(NamedTuple):
    """What a step changes."""

    params: Any
    opt_state: Any


class Fixed(NamedTuple):
    """What stays as init made it. It depends only on the hyperparameters, so it is never saved."""

    initial_params: Any
    data: Data
    initial_outputs: tuple[Array, Array] | None  # f(w_0, x) of training and test rows, for the centered predictor


def init(run: Any, pool: Examples | None, capacity: Rows, params: Any = None) -> tuple[Moving, Fixed]:
    """The initial state of a run.

    Args:
      run: the run; its traced fields are numbers or tracers.
      pool: the examples that all runs of its task share.
      capacity: the maximum numbers of training and test rows over all runs of the program.
      params: w_0; None draws it.
    """
    with _precision(run):
        module = network_of(run)
        data = Data(*run.task.draw(stream(run.task, DATA), pool, capacity))
        if params is None:
            shown = jax.eval_shape(lambda: fetch_rows(data.train, pool, jnp.arange(1), run.task))
            params = init_params(module, stream(run.model, INIT), shown.inputs, run.model.init_scale)
            params = run.task.start(stream(run.task, DATA), run.model, params)
            params = _toward_solution(run, params)
        data = run.task.relabel(data, functools.partial(outputs, module), params)
        offsets = None
        if run.model.centered:
            train, test = (_all_outputs(run, module, params, split, pool) for split in data)
            offsets = train, test
        return Moving(params, chain_of(run).init(params)), Fixed(params, data, offsets)


def advance(run: Any, moving: Moving, fixed: Fixed, pool: Examples | None, start: Step, steps: Step) -> Moving:
    """The state after `steps` (traced) optimizer steps; `start` is the number of the first one."""
    with _precision(run):
        module, chain = network_of(run), chain_of(run)
        draw, gather = _batches(run, fixed, pool)
        noise_key = stream(run.training, NOISE)

        def step(number: Step, batch: Batch | None, moving: Moving) -> Moving:
            rows, offset, weights = gather(number, batch)
            key = jax.random.fold_in(noise_key, number)
            objective = functools.partial(_objective, run, module)
            gradient = jax.grad(objective)(moving.params, fixed.initial_params, rows, offset, weights, number, key)
            updates, opt_state = chain.update(
                gradient,
                moving.opt_state,
                moving.params,
                initial_params=fixed.initial_params,
                key=jax.random.fold_in(key, UPDATE),
            )
            return Moving(optax.apply_updates(moving.params, updates), opt_state)

        def block(first: Step, count: Step, moving: Moving) -> Moving:
            """Takes `count` steps, at most BLOCK."""
            batches = draw(first + jnp.arange(BLOCK)) if draw else None

            def one(place: Step, moving: Moving) -> Moving:
                return step(first + place, jax.tree.map(lambda leaf: leaf[place], batches), moving)

            return jax.lax.fori_loop(0, count, one, moving)

        return _in_blocks(block, start, steps, moving)


def _in_blocks(block: Callable, start: Step, steps: Step, moving: Moving) -> Moving:
    """Takes `steps` steps in blocks of BLOCK.

    On an accelerator, a loop of known length does not ask the host whether to continue, so whole blocks come first and
    a separate loop takes the rest. On CPU this gains nothing, and a single loop compiles in half the time.
    """
    if jax.default_backend() == "cpu" and isinstance(steps, jax.core.Tracer):

        def some(number: Int[Array, ""], moving: Moving) -> Moving:
            done = number * BLOCK
            return block(start + done, jnp.minimum(BLOCK, steps - done), moving)

        return jax.lax.fori_loop(0, -(-steps // BLOCK), some, moving)
    whole, rest = steps // BLOCK, steps % BLOCK
    moving = jax.lax.fori_loop(0, whole, lambda n, state: block(start + n * BLOCK, BLOCK, state), moving)
    return block(start + whole * BLOCK, rest, moving)


def measure(run: Any, moving: Moving, fixed: Fixed, pool: Examples | None, step: Step) -> dict[str, Float[Array, ""]]:
    """The values that every run records after `step` steps."""
    with _precision(run):
        module, offsets = network_of(run), fixed.initial_outputs or (None, None)
        measured: dict[str, Array] = {}
        for name, split, offset in zip(("train", "test"), _data_after(run, fixed, step), offsets, strict=True):
            loss, accuracy = _evaluate(run, module, moving, fixed, name, split, pool, offset, step)
            measured |= {f"{name}_loss": loss, f"{name}_accuracy": accuracy}
        measured["weight_norm"] = weight_norm(moving.params)
        measured["relative_distance"] = relative_distance(moving.params, fixed.initial_params)
        return measured


def observe(run: Any, read: Callable[..., Any], moving: Moving, fixed: Fixed, pool: Examples | None, step: Step) -> Any:
    """Applies `read` to a probe's view of the run after `step` steps."""
    with _precision(run):
        return read(_probed(run, moving, fixed._replace(data=_data_after(run, fixed, step)), pool, step))


def network_of(run: Any) -> nn.Module:
    """The flax module of a run."""
    return run.model.build(run.task.output_size(), run.task.vocabulary())


def chain_of(run: Any) -> optax.GradientTransformationExtraArgs:
    """The optax chain of a run."""
    return optax.with_extra_args_support(run.optimizer.build(run.model.output_scale))


def stream(part: Any, number: int) -> Key[Array, ""]:
    """The key of one stream of random draws from a part's seed."""
    return jax.random.fold_in(jax.random.key(part.seed, impl=KEYS), number)


@contextlib.contextmanager
def _precision(run: Any) -> Iterator[None]:
    # Libraries mix dtypes, so standard promotion is needed here even if the user's setting is stricter.
    with (
        jax.default_matmul_precision(run.training.matmul_precision),
        jax.numpy_dtype_promotion("standard"),
    ):
        yield


def _predict(
    run: Any,
    module: nn.Module,
    params: Any,
    initial: Any,
    inputs: Any,
    offset: Array | None,
    dropout_key: Array | None = None,
) -> Float[Array, "rows outputs"]:
    around = initial if run.model.linearized else None
    return outputs(module, params, inputs, run.model.output_scale, offset, around, dropout_key)


def _toward_solution(run: Any, params: Any) -> Any:
    """w_0 + c w_solution, if the run has a c (model.solution_share)."""
    share = run.model.solution_share
    if share is None:
        return params
    weights = run.task.solution(stream(run.task, DATA), run.model, params)
    return jax.tree.map(lambda start, end: start + share * end, params, weights)


def _seen_by_loss(
    run: Any,
    module: nn.Module,
    params: Any,
    initial: Any,
    rows: Examples,
    offset: Array | None,
    step: Step,
    key: Key[Array, ""],
    split: str,
    dropout_key: Array | None = None,
) -> LossView:
    def network(w: Any, inputs: Any) -> Float[Array, "rows outputs"]:
        start = outputs(module, initial, inputs) if run.model.centered else None
        return _predict(run, module, w, initial, inputs, start, dropout_key)

    predicted = _predict(run, module, params, initial, rows.inputs, offset, dropout_key)
    return LossView(network, params, rows.inputs, rows.targets, predicted, step, key, run.task, split)


def _objective(
    run: Any,
    module: nn.Module,
    params: Any,
    initial: Any,
    rows: Examples,
    offset: Array | None,
    weights: Float[Array, " rows"],
    step: Step,
    key: Key[Array, ""],
) -> Float[Array, ""]:
    """The training loss of one step; weight noise and dropout, if any, act only in this pass."""
    if run.optimizer.weight_noise is not None:
        params = perturb_weights(params, jax.random.fold_in(key, WEIGHTS), run.optimizer.weight_noise)
    own, dropout = jax.random.fold_in(key, LOSS), jax.random.fold_in(key, DROPOUT)
    seen = _seen_by_loss(run, module, params, initial, rows, offset, step, own, "train", dropout)
    return weights @ _loss_at(run, step).rows(seen)


def _loss_at(run: Any, step: Step) -> Loss:
    """The loss of outputs / T at a step, if the run has a temperature T; after n steps, that of step n."""
    start, end, path = (getattr(run.training, f"temperature{name}") for name in ("", "_end", "_path"))
    if start is None:
        return run.loss
    if end is None:
        return run.loss.divided(start)
    share = jnp.minimum(step / run.training.temperature_steps, 1)
    return run.loss.divided(start + share * (end - start) if path == "linear" else start * (end / start) ** share)


def _batches(run: Any, fixed: Fixed, pool: Examples | None) -> tuple[Callable | None, Callable]:
    """How a step gets its rows, as two functions, so that the batches of many steps can be drawn at once.

    Returns:
      draw: step numbers -> their batches; None if every step sees all rows.
      gather: step number, its batch -> (rows, their initial outputs or None, weights).
    """
    split, training = fixed.data.train, run.training
    capacity = split.index.shape[0]
    offsets = None if fixed.initial_outputs is None else fixed.initial_outputs[0]

    def rows_at(positions: Int[Array, " rows"]) -> tuple[Examples, Array | None]:
        return fetch_rows(split, pool, positions, run.task), None if offsets is None else offsets[positions]

    def size(number: Int[Array, ""]) -> Int[Array, ""]:
        return _rows_in_use(run, split.size, number)

    if training.batch_size is None:
        everything = full_batch(capacity, split.size)
        shown = rows_at(everything.positions)  # once, before the steps

        def weights(number: Int[Array, ""]) -> Array:
            return everything.weights if training.shrink_step is None else full_batch(capacity, size(number)).weights

        return None, lambda number, batch: (*shown, weights(number))
    key = stream(training, BATCH)

    def drawn(number: Int[Array, ""]) -> Batch:
        return minibatch(key, number, training.batch_size, capacity, size(number))

    return jax.vmap(drawn), lambda number, batch: (*rows_at(batch.positions), batch.weights)


def _rows_in_use(run: Any, size: Int[Array, ""], number: Int[Array, ""] | int) -> Int[Array, ""]:
    """How many training rows step `number` sees: all, or from training.shrink_step on only the first ones."""
    start, share = run.training.shrink_step, run.training.shrink_to
    if start is None:
        return size
    return jnp.where(number < start, size, share_of(share, size))


def _data_after(run: Any, fixed: Fixed, step: Step) -> Data:
    """The splits as the last of `step` steps saw them."""
    train, test = fixed.data
    return Data(train._replace(size=_rows_in_use(run, train.size, step - 1)), test)


def _evaluate(
    run: Any,
    module: nn.Module,
    moving: Moving,
    fixed: Fixed,
    name: str,
    split: Split,
    pool: Examples | None,
    offset: Array | None,
    step: Step,
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """The mean loss and accuracy over the rows of a split that are in use."""
    key = jax.random.fold_in(jax.random.fold_in(stream(run.training, NOISE), step), LOSS)

    def sums(positions: Int[Array, " n"]) -> tuple[Array, Array]:
        rows = fetch_rows(split, pool, positions, run.task)
        own = None if offset is None else offset[positions]
        seen = _seen_by_loss(run, module, moving.params, fixed.initial_params, rows, own, step, key, name)
        losses = _loss_at(run, step).rows(seen)
        correct = row_correct(seen.outputs, rows.targets, run.training.accuracy_threshold)
        counted = positions < split.size
        # where instead of a product: a NaN in an unused row must not spread, but a NaN in a used row must show.
        return jnp.sum(jnp.where(counted, losses, 0.0)), jnp.sum(jnp.where(counted, correct, False))

    parts_of_split = _in_chunks(sums, split.index.shape[0], run.training.batch_size)
    loss, correct = (jnp.sum(part) for part in parts_of_split)
    measured = jnp.stack([loss, correct]) / split.size
    loss, accuracy = jnp.where(jnp.isfinite(loss), measured, jnp.nan)
    return loss, accuracy


def _all_outputs(
    run: Any, module: nn.Module, params: Any, split: Split, pool: Examples | None
) -> Float[Array, "capacity outputs"]:
    """f(w, x) for every row of the split, unscaled."""
    rows = split.index.shape[0]

    def chunk(positions: Int[Array, " n"]) -> Array:
        return outputs(module, params, fetch_rows(split, pool, positions, run.task).inputs)

    stacked = _in_chunks(chunk, rows, run.training.batch_size)
    return stacked.reshape(-1, stacked.shape[-1])[:rows]


def _in_chunks(function: Callable, rows: int, batch_size: int | None) -> Any:
    """Stacks function(positions) over consecutive chunks of positions; the last positions may exceed the rows."""
    fewest, most = EVALUATION_ROWS
    size = min(rows, most, max(fewest, EVALUATION_BATCHES * (batch_size or rows)))
    starts = jnp.arange(0, rows, size)
    return jax.lax.map(lambda start: function(start + jnp.arange(size)), starts)


def _probed(run: Any, moving: Moving, fixed: Fixed, pool: Examples | None, step: Step) -> Probed:
    module = network_of(run)
    batches = [full_batch(split.index.shape[0], split.size) for split in fixed.data]
    splits = zip(fixed.data, batches, strict=True)
    train, test = (fetch_rows(split, pool, batch.positions, run.task) for split, batch in splits)
    start = fixed.initial_params

    def network(params: Any, inputs: Any) -> Array:
        return outputs(module, params, inputs, run.model.output_scale)

    train_outputs, test_outputs = (
        _predict(run, module, moving.params, start, rows.inputs, offset)
        for rows, offset in zip((train, test), fixed.initial_outputs or (None, None), strict=True)
    )
    return Probed(
        network,
        moving.params,
        start,
        start if run.model.linearized else moving.params,
        train,
        test,
        train_weights=batches[0].weights,
        test_weights=batches[1].weights,
        train_outputs=train_outputs,
        test_outputs=test_outputs,
        task=run.task,
        model=run.model,
        loss=_loss_at(run, step),
        training=run.training,
        data_key=stream(run.task, DATA),
    )
