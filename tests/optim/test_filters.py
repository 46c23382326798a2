"""The filters of gradients: against PyTorch, against their equations, and in front of every optimizer."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from scipy.optimize import brentq

from grok_jax.optim import along_sphere, grokfast_ema, grokfast_ma, orthograd
from grok_jax.optim.optimizer import optimizer

STEPS = 10
RANDOM = np.random.default_rng(0)
SHAPES = {"bias": (3,), "kernel": (4, 3)}
START = {name: RANDOM.normal(size=shape) for name, shape in SHAPES.items()}
NOISE = {name: RANDOM.normal(size=(STEPS, *shape)) for name, shape in SHAPES.items()}
ADAMW = {"learning_rate": 0.03, "weight_decay": 0.5, "b2": 0.98}


def ours(**fields):
    """Weights after some steps of AdamW along the gradients p + noise."""
    tx = optimizer("adamw", **ADAMW, **fields).build(1.0)

    def step(carry, noise):
        params, state = carry
        updates, state = tx.update(optax.tree.add(params, noise), state, params)
        return (optax.apply_updates(params, updates), state), None

    start = jax.tree.map(jnp.asarray, START)
    return jax.jit(lambda noise: jax.lax.scan(step, (start, tx.init(start)), noise)[0][0])(NOISE)


def pytorchs(change):
    """The same with PyTorch; change(weights, gradient, memory) returns the gradient that the optimizer sees."""
    torch = pytest.importorskip("torch", reason="parity with PyTorch needs torch")
    params = {name: torch.tensor(start, requires_grad=True) for name, start in START.items()}
    memory = {name: [] for name in params}
    adamw = torch.optim.AdamW(params.values(), lr=0.03, betas=(0.9, 0.98), weight_decay=0.5)
    for step in range(STEPS):
        for name, p in params.items():
            weights = p.detach()
            p.grad = change(weights, weights + torch.tensor(NOISE[name][step]), memory[name])
        adamw.step()
    return {name: p.detach().numpy() for name, p in params.items()}


def exponential(weights, gradient, memory):
    """A Grokfast average that begins at the first gradient; decay rate 0.8, factor 3."""
    memory[:] = [0.8 * memory[0] + 0.2 * gradient] if memory else [gradient]
    return gradient + 3 * memory[0]


def moving(weights, gradient, memory):
    """The mean of the latest 4 gradients, once there are 4; factor 2."""
    memory[:] = [*memory, gradient][-4:]
    return gradient + 2 * sum(memory) / 4 if len(memory) == 4 else gradient


def turned(weights, gradient, memory):
    """The part that is orthogonal to the weights, as long as the gradient."""
    along = (weights * gradient).sum() / ((weights * weights).sum() + 1e-30)
    across = gradient - along * weights
    return across * (gradient.norm() / (across.norm() + 1e-30))


@pytest.mark.parametrize(
    ("fields", "change"),
    [
        ({"before": "grokfast_ema", "filter_decay": 0.8, "filter_gain": 3}, exponential),
        ({"before": "grokfast_ma", "filter_window": 4, "filter_gain": 2}, moving),
        ({"before": "orthograd"}, turned),
    ],
    ids=["ema", "ma", "orthograd"],
)
def test_adamw_behind_a_filter_is_pytorchs_adamw_on_filtered_gradients(fields, change):
    theirs = pytorchs(change)
    with jax.enable_x64(True):
        filtered, plain = ours(**fields), ours()
    for name, weights in theirs.items():
        np.testing.assert_allclose(filtered[name], weights, rtol=1e-9)
        assert np.abs(np.asarray(plain[name]) - weights).max() > 1e-3


@pytest.mark.parametrize("fields", [{"before": "grokfast_ema"}, {"before": "grokfast_ma", "filter_window": 4}])
def test_grokfast_with_gain_zero_is_bitwise_adamw(fields):
    jax.tree.map(np.testing.assert_array_equal, ours(**fields, filter_gain=0), ours())


@pytest.mark.parametrize(("word", "transform"), [("ema", grokfast_ema(0.98, 2.0)), ("ma", grokfast_ma(100, 5.0))])
def test_fields_left_alone_are_those_of_the_public_code(word, transform):
    gradients = jnp.sin(jnp.arange(120.0) ** 2)
    chained = optimizer("gd", before=f"grokfast_{word}", learning_rate=1.0).build(1.0)
    np.testing.assert_allclose(-outputs(chained, gradients), outputs(transform, gradients), rtol=1e-6)


def outputs(tx, gradients, params=None):
    """What a transform makes of gradients that come one after the other, from one leaf."""
    params = gradients[0] if params is None else params

    def step(state, gradient):
        update, state = tx.update(gradient, state, params)
        return state, update

    return jax.lax.scan(step, tx.init(params), gradients)[1]


def test_the_first_average_is_the_first_gradient():
    gradients = jnp.array([[3.0, -7.1], [1.0, 2.0]])
    for decay in (0.0, 0.3, 0.98):
        first, second = outputs(grokfast_ema(decay, 1.0), gradients) - gradients
        np.testing.assert_array_equal(first, gradients[0])
        np.testing.assert_allclose(second, decay * gradients[0] + (1 - decay) * gradients[1], rtol=1e-6)


@pytest.mark.parametrize("window", [1, 2, 5])
def test_the_moving_average_acts_from_the_first_whole_window_on(window):
    gradients = np.random.default_rng(1).normal(size=(13, 2)).astype(np.float32)
    added = outputs(grokfast_ma(window, 2.0), jnp.asarray(gradients)) - gradients
    np.testing.assert_array_equal(added[: window - 1], 0)
    for last in range(window - 1, 13):
        mean = gradients[last + 1 - window : last + 1].mean(axis=0)
        np.testing.assert_allclose(added[last], 2 * mean, rtol=1e-5, atol=1e-6)


def test_the_moving_average_of_small_gradients_forgets_the_rounding_of_large_ones():
    large, small = (size * np.random.default_rng(2).normal(size=(40, 3)) for size in (1e4, 1e-4))
    gradients = np.concatenate([large, small]).astype(np.float32)
    with_mean = outputs(grokfast_ma(10, 1.0), jnp.asarray(gradients))
    added = np.float64(with_mean[70:]) - gradients[70:]
    means = np.stack([gradients[last - 9 : last + 1].mean(axis=0) for last in range(70, 80)])
    np.testing.assert_allclose(added, means, rtol=0, atol=1e-9)


def test_traced_gains_and_decay_rates_of_vmapped_runs_are_those_of_each_alone():
    gradients = jnp.asarray(np.random.default_rng(3).normal(size=(7, 2)), jnp.float32)
    decays, gains = jnp.array([0.2, 0.9]), jnp.array([0.5, 4.0])

    def both(decay, gain):
        return outputs(grokfast_ema(decay, gain), gradients), outputs(grokfast_ma(3, gain), gradients)

    together = jax.vmap(both)(decays, gains)
    for i in range(2):
        alone = both(decays[i], gains[i])
        jax.tree.map(lambda a, b, i=i: np.testing.assert_allclose(a[i], b, rtol=1e-6), together, alone)


def test_orthograd_is_orthogonal_to_each_array_of_weights_and_keeps_the_norm():
    params, gradients = jax.tree.map(jnp.float32, START), jax.tree.map(lambda n: 5 * jnp.float32(n[0]), NOISE)
    updates, _ = orthograd().update(gradients, optax.EmptyState(), params)
    for name, update in updates.items():
        norm = np.linalg.norm(gradients[name])
        np.testing.assert_allclose(np.linalg.norm(update), norm, rtol=1e-6)
        assert abs(np.vdot(update, params[name])) < 1e-6 * norm * np.linalg.norm(params[name])


def test_orthograd_leaves_the_gradient_of_weights_at_zero_alone():
    gradient = jnp.array([3.0, -1.0])
    update, _ = orthograd().update(gradient, optax.EmptyState(), jnp.zeros(2))
    np.testing.assert_allclose(update, gradient, rtol=1e-6)


@pytest.mark.parametrize("weights", [[0.3], [0.3, -1.7, 0.1], [1e-4, 7.0]])
def test_orthograd_of_a_gradient_along_the_weights_is_zero_and_no_rounding_error(weights):
    weights = jnp.array(weights)
    for factor in (0.7, -1.1, 1e-3):
        update, _ = orthograd().update(factor * weights, optax.EmptyState(), weights)
        np.testing.assert_array_equal(update, 0)


def test_orthograd_of_a_zero_gradient_is_zero():
    update, _ = orthograd().update(jnp.zeros(3), optax.EmptyState(), jnp.ones(3))
    np.testing.assert_array_equal(update, 0)


def test_orthograd_says_that_it_needs_the_weights():
    with pytest.raises(ValueError, match="needs the weights"):
        orthograd().update(jnp.ones(3), optax.EmptyState())


def test_the_part_along_the_sphere_is_the_gradient_less_its_part_along_all_weights_together():
    params, gradients = jax.tree.map(jnp.float32, START), jax.tree.map(lambda n: jnp.float32(n[0]), NOISE)
    updates, _ = along_sphere().update(gradients, optax.EmptyState(), params)
    p, g, u = (np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(x)]) for x in (params, gradients, updates))
    np.testing.assert_allclose(u, g - (p @ g) / (p @ p) * p, rtol=1e-5, atol=1e-6)


def test_the_part_along_a_sphere_that_is_a_point_is_the_whole_gradient():
    gradient = jnp.array([3.0, -1.0])
    update, _ = along_sphere().update(gradient, optax.EmptyState(), jnp.zeros(2))
    np.testing.assert_array_equal(update, gradient)


def test_the_part_along_the_sphere_needs_the_weights():
    with pytest.raises(ValueError, match="needs the weights"):
        along_sphere().update(jnp.ones(3), optax.EmptyState())


@pytest.mark.parametrize(("before", "is_minimum"), [("along_sphere", True), ("nothing", False)])
def test_adam_at_constant_norm_rests_at_the_minimum_on_the_sphere_only_if_it_sees_the_part_along_it(before, is_minimum):
    # w A w / 2 - b w on |w| = 1. At the minimum (A - μ) w = b, with μ below every eigenvalue.
    curvatures, b = np.array([1.0, 2.0, 8.0]), np.array([2.0, -3.0, 4.0])
    lowest = brentq(lambda mu: np.linalg.norm(b / (curvatures - mu)) - 1, -100, 0.9)
    tx = optimizer("adam", learning_rate=3e-3, before=before, constant_norm=True).build(1.0)

    def step(carry, _):
        params, state = carry
        updates, state = tx.update(jnp.float32(curvatures) * params - jnp.float32(b), state, params)
        return (optax.apply_updates(params, updates), state), None

    start = jnp.array([0.0, 0.6, 0.8])
    (reached, _), _ = jax.jit(lambda: jax.lax.scan(step, (start, tx.init(start)), None, 5000))()
    distance = np.linalg.norm(reached - b / (curvatures - lowest))
    assert distance < 1e-3 if is_minimum else distance > 0.05


def test_clipping_comes_before_a_filter():
    tx = optimizer("gd", learning_rate=1.0, clip_norm=1.0, before="grokfast_ma", filter_window=1, filter_gain=2).build(
        1
    )
    gradient = jnp.array([30.0, 40.0])
    updates, _ = tx.update(gradient, tx.init(gradient), gradient)
    np.testing.assert_allclose(updates, [-1.8, -2.4], rtol=1e-6)


def test_weight_decay_through_the_gradient_is_not_filtered():
    params, gradient = jnp.array([10.0, 20.0]), jnp.array([1.0, -2.0])
    fields = {"before": "grokfast_ma", "filter_window": 1, "filter_gain": 3, "learning_rate": 1.0}
    tx = optimizer("gd", weight_decay=0.1, **fields).build(1.0)
    updates, _ = tx.update(gradient, tx.init(params), params)
    np.testing.assert_allclose(updates, -(4 * gradient + 0.1 * params), rtol=1e-6)
