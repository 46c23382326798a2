"""One run against the plainest loop that does the same."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from grok_jax.models import init_params, outputs
from grok_jax.models.mlp import MLP
from grok_jax.optim import AdamW
from grok_jax.tasks import Rows
from grok_jax.tasks.task import fetch_rows
from grok_jax.training.config import from_config
from grok_jax.training.dynamics import BLOCK, DATA, INIT
from grok_jax.training.run import Run

STEPS = 5


init = jax.jit(Run.init, static_argnames="capacity")
advance, measure = jax.jit(Run.advance), jax.jit(Run.measure)


def train(config, steps=STEPS, capacity=None):
    """The states of one run before and after some steps, its data, and what was measured of both."""
    run = config if isinstance(config, Run) else from_config(config)
    start, fixed = init(run, None, capacity=capacity or run.rows())
    end = advance(run, start, fixed, None, 0, steps)
    states = {"start": (start, 0), "end": (end, steps)}
    measured = {name: measure(run, state, fixed, None, step) for name, (state, step) in states.items()}
    return start, end, fixed, measured


def key_of(stream):
    return jax.random.fold_in(jax.random.key(0), stream)


def test_a_run_equals_a_plain_loop_written_by_hand(small_config):
    config = small_config(**{"model.init_scale": 2.0, "optimizer.weight_decay": 0.1})
    _, end, _, measured = train(config)

    task = from_config(config).seeded().task
    train_split, _ = task.draw(key_of(DATA), None, Rows(12, 6))
    x, y = fetch_rows(train_split, None, jnp.arange(12), task)
    module = MLP(widths=(8,), outputs=5, activation="tanh")
    params = init_params(module, key_of(INIT), x, 2.0)
    optimizer = AdamW(weight_decay=0.1).build(1.0)
    state = optimizer.init(params)

    @jax.jit
    def step(params, state):
        gradient = jax.grad(lambda p: jnp.mean((module.apply({"params": p}, x) - y) ** 2))(params)
        updates, state = optimizer.update(gradient, state, params, initial_params=params)
        return optax.apply_updates(params, updates), state

    for _ in range(STEPS):
        params, state = step(params, state)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-6), end.params, params)
    loss = jnp.mean((module.apply({"params": params}, x) - y) ** 2)
    np.testing.assert_allclose(measured["end"]["train_loss"], loss, rtol=1e-5)


def test_a_run_with_fewer_rows_than_its_program_holds_is_the_run_alone(small_config):
    alone, padded = (train(small_config(), capacity=capacity)[3]["end"] for capacity in (Rows(12, 6), Rows(50, 9)))
    for name in alone:
        np.testing.assert_allclose(alone[name], padded[name], rtol=2e-5)


def test_minibatches_of_a_padded_run_are_those_of_the_run_alone(small_config):
    config = small_config(**{"training.batch_size": 5})
    alone, padded = (train(config, capacity=capacity)[1].params for capacity in (Rows(12, 6), Rows(50, 6)))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6), alone, padded)


def test_a_batch_of_all_rows_is_the_full_batch(small_config):
    full, batch = (train(small_config(**{"training.batch_size": size}))[3]["end"] for size in (None, 12))
    np.testing.assert_allclose(full["train_loss"], batch["train_loss"], rtol=1e-4)


def test_a_centred_run_starts_from_zero_outputs(small_config):
    config = small_config(**{"model.centered": True, "model.output_scale": 3.0})
    _, _, fixed, measured = train(config)
    targets = fixed.data.train.examples.targets[fixed.data.train.index]
    np.testing.assert_allclose(measured["start"]["train_loss"], jnp.mean(targets**2), rtol=1e-5)
    np.testing.assert_allclose(measured["start"]["relative_distance"], 0)


def test_scaled_learning_rate_keeps_the_first_step_of_the_function_at_every_laziness(small_config):
    fields = {"model.centered": True, "optimizer.scale_learning_rate": True, "optimizer.learning_rate": 1e-3}
    losses = []
    for scale in (1.0, 1e3):
        run = from_config(small_config(**{**fields, "model.output_scale": scale})).at("optimizer.name", "gd")
        losses.append(train(run, steps=1)[3]["end"]["train_loss"])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)


def test_equal_task_seeds_share_data_and_differ_in_initialization(small_config):
    runs = [train(small_config(**{"seed": seed, "task.seed": 7}), steps=0) for seed in (0, 1)]
    first, second = (fixed.data.train.examples.inputs for _, _, fixed, _ in runs)
    np.testing.assert_array_equal(first, second)
    kernels = [start.params["layer_0"]["kernel"] for start, *_ in runs]
    assert not np.allclose(*kernels)


def test_weight_noise_moves_training_and_leaves_measuring_alone(small_config):
    _, quiet, _, before = train(small_config())
    _, noisy, _, after = train(small_config(**{"optimizer.weight_noise": 0.1}))
    assert not np.allclose(quiet.params["layer_0"]["kernel"], noisy.params["layer_0"]["kernel"])
    np.testing.assert_allclose(before["start"]["train_loss"], after["start"]["train_loss"], rtol=1e-6)


@pytest.mark.sampled
@pytest.mark.parametrize("batch_size", [None, 5, 60])
def test_measured_loss_of_many_rows_in_chunks_is_the_plain_mean(batch_size, small_config):
    config = small_config(**{"task.train_size": 2300, "training.batch_size": batch_size})
    start, _, fixed, measured = train(config, steps=0)
    split = fixed.data.train
    module = MLP(widths=(8,), outputs=5, activation="tanh")
    predicted = outputs(module, start.params, split.examples.inputs[split.index])
    expected = jnp.mean((predicted - split.examples.targets[split.index]) ** 2)
    np.testing.assert_allclose(measured["start"]["train_loss"], expected, rtol=1e-5)


@pytest.mark.parametrize("batch_size", [None, 5])
def test_steps_in_two_calls_are_bitwise_those_of_one(batch_size, small_config):
    run = from_config(small_config(**{"training.batch_size": batch_size, "optimizer.update_noise": 0.01}))
    start, fixed = init(run, None, capacity=run.rows())
    whole = advance(run, start, fixed, None, 0, 9)
    halves = advance(run, advance(run, start, fixed, None, 0, 4), fixed, None, 4, 5)
    jax.tree.map(np.testing.assert_array_equal, whole, halves)


@pytest.mark.parametrize("batch_size", [None, 5])
@pytest.mark.parametrize("steps", [BLOCK - 1, BLOCK, 2 * BLOCK + 3])
def test_steps_in_blocks_of_known_length_are_bitwise_those_of_one_loop(steps, batch_size, small_config, monkeypatch):
    config = small_config(**{"training.batch_size": batch_size})
    _, end, *_ = train(config, steps)
    monkeypatch.setattr(jax, "default_backend", lambda: "an accelerator")
    monkeypatch.setitem(globals(), "advance", jax.jit(lambda *args: Run.advance(*args)))
    _, blocks, *_ = train(config, steps)
    jax.tree.map(np.testing.assert_array_equal, blocks, end)


def test_a_run_whose_data_shrink_goes_on_as_one_with_fewer_data(small_config):
    _, end, _, measured = train(small_config(**{"training.shrink_step": 3, "training.shrink_to": 0.5}))
    _, half_way, _, _ = train(small_config(), steps=3)
    run = from_config(small_config(**{"task.train_size": 6}))
    _, fixed = init(run, None, capacity=run.rows())
    expected = advance(run, half_way, fixed, None, 3, 2)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), end, expected)
    loss = measure(run, expected, fixed, None, 5)["train_loss"]
    np.testing.assert_allclose(measured["end"]["train_loss"], loss, rtol=1e-5)


def test_before_they_shrink_all_data_are_measured(small_config):
    _, _, _, shrinking = train(small_config(**{"training.shrink_step": STEPS, "training.shrink_to": 0.5}))
    _, _, _, plain = train(small_config())
    np.testing.assert_allclose(shrinking["end"]["train_loss"], plain["end"]["train_loss"], rtol=1e-6)
