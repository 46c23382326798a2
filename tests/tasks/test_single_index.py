"""The single- and multi-index task."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import eval_hermitenorm

from grok_jax import check, observe, sweep
from grok_jax.errors import UserError
from grok_jax.tasks import SingleIndex

QUADRATIC = {"features": 12, "train_size": 4000, "test_size": 200}


def directions_of(task):
    """The directions of the run whose data seed is 0."""
    return np.asarray(task.target_directions(jax.random.key(0)))


def test_quadratic_targets_are_half_the_squared_projection(draw):
    task = SingleIndex(**QUADRATIC)
    beta = directions_of(task)[0]
    for split in draw(task):
        x, y = map(np.asarray, split.examples)
        np.testing.assert_allclose(y[:, 0], (x @ beta) ** 2 / 2, rtol=1e-4, atol=1e-5)


def test_inputs_have_variance_one_over_the_dimension(draw):
    inputs = draw(SingleIndex(**QUADRATIC)).train.examples.inputs
    np.testing.assert_allclose(np.cov(inputs, rowvar=False), np.eye(12) / 12, atol=0.01)


def test_directions_are_standard_normal():
    task = SingleIndex(features=2000, directions=2)
    np.testing.assert_allclose(np.cov(directions_of(task)), np.eye(2), atol=0.1)


@pytest.mark.parametrize("degree", [1, 3, 4])
def test_hermite_targets_equal_scipy(degree):
    numbers = np.random.default_rng(0)
    x, beta = numbers.normal(size=(50, 9)) / 3, numbers.normal(size=(2, 9))
    u = 3 * x @ (beta / np.linalg.norm(beta, axis=1, keepdims=True)).T
    task = SingleIndex(features=9, target="hermite", degree=degree, directions=2)
    y = task.target_values(jnp.asarray(x), jnp.asarray(beta))
    np.testing.assert_allclose(y[:, 0], eval_hermitenorm(degree, u).sum(axis=1), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("degree", [3, 4])
def test_hermite_targets_have_mean_zero_variance_k_factorial_and_no_linear_part(degree):
    task = SingleIndex(features=4, target="hermite", degree=degree)
    beta = np.array([[0.5, -2.0, 1.0, 3.0]])
    # Exact averages over u ~ N(0, 1) by Gauss-Hermite quadrature along beta.
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    weights = weights / weights.sum()
    x = nodes[:, None] * beta / np.linalg.norm(beta) / 2  # sqrt(D) = 2
    y = np.asarray(task.target_values(jnp.asarray(x), jnp.asarray(beta)))[:, 0]
    moments = [weights @ y, weights @ (nodes * y), weights @ y**2]
    np.testing.assert_allclose(moments, [0, 0, math.factorial(degree)], atol=1e-3)


def test_several_directions_add_up():
    task = SingleIndex(features=6, directions=3)
    beta = jnp.sin(jnp.arange(18.0)).reshape(3, 6)
    x = jnp.linspace(-1.0, 2.0, 12).reshape(2, 6)
    parts = [task.target_values(x, beta[k : k + 1]) for k in range(3)]
    np.testing.assert_allclose(task.target_values(x, beta), sum(parts), rtol=1e-5)


@pytest.mark.parametrize("target", ["quadratic", "hermite"])
def test_the_scale_multiplies_targets_and_moves_no_input(draw, target):
    plain, scaled = (draw(SingleIndex(target=target, target_scale=scale, **QUADRATIC)) for scale in (1.0, 2.0))
    for one, other in zip(plain, scaled, strict=True):
        np.testing.assert_array_equal(one.examples.inputs, other.examples.inputs)
        np.testing.assert_allclose(2 * one.examples.targets, other.examples.targets, rtol=1e-6)


def test_noise_is_on_the_training_targets_alone(draw):
    clean, noisy = (draw(SingleIndex(noise=noise, **QUADRATIC)) for noise in (None, 0.5))
    np.testing.assert_array_equal(clean.test.examples.targets, noisy.test.examples.targets)
    assert np.std(noisy.train.examples.targets - clean.train.examples.targets) == pytest.approx(0.5, rel=0.1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"target": "cubic"}, "task.target is 'cubic'; it must be one of quadratic, hermite"),
        ({"degree": 0}, "task.degree is 0; it must be from 1 to"),
        ({"directions": 0}, "task.directions is 0; it must be 1 or above"),
        ({"train_size": -2}, "task.train_size is -2; it must be 1 or above"),
        ({"noise": -0.1}, "task.noise is -0.1; it must be 0 or above"),
    ],
)
def test_impossible_fields_are_user_errors(changes, message):
    with pytest.raises(UserError, match=message):
        SingleIndex(**changes)


SOLVED = {
    "task": {"name": "single_index", "features": 6, "train_size": 30, "test_size": 30},
    "model": {"name": "committee", "width": 4, "output_scale": 3.0, "init_scale": 0.0, "solution_share": 1.0},
    "optimizer": {"name": "gd", "learning_rate": 1e-3},
    "training": {"steps": 0, "records": 2},
}


def changed(**sections):
    return {name: {**task, **sections.get(name, {})} for name, task in SOLVED.items()}


def test_the_known_solution_has_no_loss():
    grid = {"model.epsilon": [0.25, 1.0], "task.target_scale": [1.0, 3.0], "seed": range(2)}
    ds = sweep(SOLVED, grid, progress=False)
    assert (ds.train_loss < 1e-9).all()
    assert (ds.test_loss < 1e-9).all()


def test_a_share_of_the_solution_is_added_to_the_initial_weights():
    grid = {"model.solution_share": [0.0, 0.5, 1.0]}
    alone, none = changed(model={"output_scale": 1.0}), changed(model={"init_scale": 1.0, "output_scale": 1.0})
    (_, full), *_ = reversed(list(observe(lambda run: run.params["kernel"], alone, grid)))
    starts = [params for _, params in observe(lambda run: run.params["kernel"], none, grid)]
    for share, start in zip((0.0, 0.5, 1.0), starts, strict=True):
        np.testing.assert_allclose(start, starts[0] + share * full, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"task": {"target": "hermite"}}, "task.target='quadratic' and task.directions=1"),
        ({"task": {"directions": 2}}, "task.target='quadratic' and task.directions=1"),
        ({"model": {"width": 5}}, "with even width"),
        ({"model": {"centered": True}}, "centered=False"),
        ({"model": {"hermite_degree": 3}}, "hermite_degree=None"),
        ({"model": {"train_readout": True}}, "train_readout=False"),
    ],
)
def test_a_share_of_an_unknown_solution_is_refused_in_one_line(sections, words):
    with pytest.raises(UserError, match=f"^model.solution_share needs .*{words}") as caught:
        check(changed(**sections))
    assert "\n" not in str(caught.value)


def test_a_task_without_a_known_solution_is_named():
    config = {"task": {"name": "teacher_student"}, "model": {"name": "mlp", "solution_share": 0.5}}
    with pytest.raises(UserError, match=r"needs a task with a known solution; task\.name is 'teacher_student'"):
        check(config)
