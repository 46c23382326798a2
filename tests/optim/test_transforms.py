"""Each transform against its equation."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from grok_jax.optim import (
    add_decay_to_initial,
    add_update_noise,
    constant_norm,
    perturb_weights,
    warm_up,
)

PARAMS = {"kernel": jnp.array([[3.0, 0.0], [0.0, 0.0]]), "bias": jnp.array([0.0, 4.0])}  # norm 5


def norm64(tree):
    """The L2 norm of all leaves together, in float64."""
    return np.sqrt(sum(np.sum(np.asarray(leaf, np.float64) ** 2) for leaf in jax.tree.leaves(tree)))


def assert_trees_close(ours, expected, **tolerances):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, **tolerances), ours, expected)


def test_constant_norm_rescales_all_parameters_together():
    tx = constant_norm()
    updates = {"kernel": jnp.array([[3.0, 0.0], [0.0, 0.0]]), "bias": jnp.array([8.0, -4.0])}  # p + u has norm 10
    updates, _ = tx.update(updates, tx.init(PARAMS), PARAMS)
    expected = {"kernel": jnp.array([[3.0, 0.0], [0.0, 0.0]]), "bias": jnp.array([4.0, 0.0])}
    assert_trees_close(optax.apply_updates(PARAMS, updates), expected, rtol=1e-6)


def test_constant_norm_holds_to_float_precision_over_2000_steps():
    key = jax.random.key(0)
    params = [jax.random.normal(jax.random.fold_in(key, i), shape) for i, shape in enumerate([(200, 100), (100,)])]
    tx = optax.chain(optax.scale_by_adam(), optax.scale_by_learning_rate(1e-2), constant_norm())

    def step(t, carry):
        params, state = carry
        # The part along -p would make the norm grow; the sine keeps the weights moving.
        updates, state = tx.update(jax.tree.map(lambda p: jnp.sin(9 * p + t / 50) - p, params), state, params)
        return optax.apply_updates(params, updates), state

    trained, _ = jax.jit(lambda params: jax.lax.fori_loop(0, 2000, step, (params, tx.init(params))))(params)
    assert norm64(optax.tree.sub(trained, params)) > 0.1 * norm64(params)
    assert abs(norm64(trained) / norm64(params) - 1) < 1e-6


def test_constant_norm_leaves_zero_weights_at_zero():
    tx = constant_norm()
    zeros = jax.tree.map(jnp.zeros_like, PARAMS)
    for updates in (zeros, PARAMS):
        moved, _ = tx.update(updates, tx.init(zeros), zeros)
        assert_trees_close(moved, zeros)


def test_decay_to_initial_adds_decay_times_distance():
    tx = add_decay_to_initial(0.5)
    initial = jax.tree.map(jnp.ones_like, PARAMS)
    updates = jax.tree.map(lambda p: jnp.full_like(p, 10.0), PARAMS)
    updates, _ = tx.update(updates, tx.init(PARAMS), PARAMS, initial_params=initial)
    expected = {"kernel": jnp.array([[11.0, 9.5], [9.5, 9.5]]), "bias": jnp.array([9.5, 11.5])}
    assert_trees_close(updates, expected)


@pytest.mark.parametrize("tx", [constant_norm(), add_decay_to_initial(0.1)])
def test_transforms_of_the_weights_say_that_they_need_them(tx):
    with pytest.raises(ValueError, match="needs the weights"):
        tx.update(PARAMS, tx.init(PARAMS), initial_params=PARAMS)


def test_warm_up_is_the_step_over_ten_then_one():
    tx = warm_up(10)
    state, factors = tx.init(PARAMS), []
    for _ in range(13):
        updates, state = tx.update({"w": jnp.array(1.0)}, state)
        factors.append(updates["w"])
    np.testing.assert_allclose(factors, np.minimum(np.arange(13) / 10, 1), rtol=1e-6)


def test_warm_up_of_zero_steps_is_none_also_when_traced():
    def first_update(steps):
        tx = warm_up(steps)
        return tx.update(PARAMS, tx.init(PARAMS))[0]

    assert_trees_close(first_update(0), PARAMS)
    updates = jax.vmap(first_update)(jnp.array([0, 10]))
    assert_trees_close(jax.tree.map(lambda u: u[0], updates), PARAMS)
    assert_trees_close(jax.tree.map(lambda u: u[1], updates), jax.tree.map(jnp.zeros_like, PARAMS))


def noise_of_transform(params, key, sigma):
    tx = add_update_noise(sigma)
    ones = jax.tree.map(jnp.ones_like, params)
    return optax.tree.sub(tx.update(ones, tx.init(params), key=key)[0], ones)


def noise_of_weights(params, key, sigma):
    return optax.tree.sub(perturb_weights(params, key, sigma), params)


noises = pytest.mark.parametrize("noise", [noise_of_transform, noise_of_weights])


@noises
def test_noise_has_mean_zero_and_the_given_deviation(noise):
    drawn = noise({"w": jnp.ones((200, 200))}, jax.random.key(0), 0.3)["w"]
    np.testing.assert_allclose(jnp.mean(drawn), 0, atol=5 * 0.3 / 200)
    np.testing.assert_allclose(jnp.std(drawn), 0.3, rtol=0.02)


@noises
def test_noise_differs_between_leaves_and_between_keys(noise):
    key = jax.random.key(0)
    params = {"a": jnp.zeros(1000), "b": jnp.zeros(1000)}
    first, second = (noise(params, jax.random.fold_in(key, step), 1.0) for step in range(2))
    correlations = np.corrcoef([first["a"], first["b"], second["a"], second["b"]])
    assert np.abs(correlations - np.eye(4)).max() < 5 / np.sqrt(1000)


@noises
def test_vmapped_noise_is_that_of_each_run_alone(noise):
    sigmas = jnp.array([0.0, 0.1, 2.0])
    keys = jax.vmap(jax.random.key)(jnp.arange(3))
    together = jax.vmap(noise, in_axes=(None, 0, 0))(PARAMS, keys, sigmas)
    for i, sigma in enumerate(sigmas):
        alone = noise(PARAMS, jax.random.key(i), sigma)
        assert_trees_close(jax.tree.map(lambda n, i=i: n[i], together), alone, rtol=1e-6)


def test_gradient_at_perturbed_weights_is_that_at_the_noisy_point():
    def noisy(params):
        return perturb_weights(params, jax.random.key(0), 0.5)

    gradient = jax.grad(lambda params: optax.tree.norm(noisy(params), squared=True))(PARAMS)
    assert_trees_close(gradient, jax.tree.map(lambda p: 2 * p, noisy(PARAMS)), rtol=1e-6)
