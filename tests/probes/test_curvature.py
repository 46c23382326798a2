"""The loss around the weights on their sphere: against closed forms, against full Hessians and SciPy, and in runs."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree
from scipy.sparse.linalg import LinearOperator, eigsh

import grok_jax
from grok_jax.probes.curvature import (
    SMALLEST_ANGLE,
    angle_between,
    lanczos,
    measure_curvature,
    random_tangents,
    rise_angle,
    sphere_hessian_product,
)

EIGENVALUES = np.r_[-2.0, np.linspace(0, 1, 197), 7.0, 9.0]
ROTATION = np.linalg.qr(np.random.default_rng(0).normal(size=(200, 200)))[0]
MATRIX = jnp.float32(ROTATION * EIGENVALUES @ ROTATION.T)
START = jnp.float32(np.random.default_rng(1).normal(size=200))


def hessian_on_sphere(loss, weights):
    """The Hessian of the loss of r (w + v) / |w + v| at v = 0, in an orthonormal basis of the tangent space."""
    basis = jnp.float32(np.linalg.svd(np.asarray(weights)[None])[2][1:])
    radius = jnp.linalg.norm(weights)

    def moved(c):
        toward = weights / radius + c @ basis
        return loss(radius * toward / jnp.linalg.norm(toward))

    return basis, jax.hessian(moved)(jnp.zeros(len(basis)))


def two_layers(weights):
    """The squared error of the linear network w_1 w_2 x on the target x / 2, where the mean of x² is 1."""
    return (weights[0] * weights[1] - 0.5) ** 2


def deep_linear(weights):
    """The squared error of a linear network 3-2-2 on other linear targets."""
    first, second = weights[:6].reshape(3, 2), weights[6:].reshape(2, 2)
    inputs = jnp.float32(np.random.default_rng(2).normal(size=(20, 3)))
    return jnp.mean((inputs @ first @ second - inputs[:, :2]) ** 2)


def test_the_curvature_at_the_minimum_of_two_linear_layers_is_the_closed_form():
    # On the circle of radius r, w_1 w_2 = r² sin(2 θ) / 2, so the second derivative at a minimum is 2 (r² cos(2 θ))².
    radius = 1.3
    angle = np.arcsin(1 / radius**2) / 2
    weights = jnp.float32(radius * np.array([np.cos(angle), np.sin(angle)]))
    along = jnp.float32([-np.sin(angle), np.cos(angle)])
    found = along @ sphere_hessian_product(two_layers, weights)(along)
    np.testing.assert_allclose(found, 2 * (radius**2 * np.cos(2 * angle)) ** 2, rtol=1e-4)


def test_products_with_the_hessian_on_the_sphere_are_those_with_the_full_one_at_any_weights():
    weights = jnp.float32(np.random.default_rng(3).normal(size=10))
    basis, hessian = hessian_on_sphere(deep_linear, weights)
    products = jax.vmap(sphere_hessian_product(deep_linear, weights))(basis)
    np.testing.assert_allclose(products @ basis.T, hessian, rtol=1e-3, atol=1e-3)


def test_the_weights_are_in_the_null_space_of_the_hessian_on_the_sphere():
    weights = jnp.float32(np.random.default_rng(3).normal(size=10))
    product = sphere_hessian_product(deep_linear, weights)(weights)
    assert np.linalg.norm(product) < 1e-4 * np.linalg.norm(product + weights)


def test_lanczos_finds_separated_ends_in_few_iterations():
    found = jax.jit(lambda start: lanczos(lambda v: MATRIX @ v, start, 20))(START)
    np.testing.assert_allclose(found, (-2, 9), rtol=1e-4)


def test_lanczos_finds_what_scipy_finds():
    operator = LinearOperator(MATRIX.shape, lambda v: np.asarray(MATRIX) @ v, dtype=np.float32)
    theirs = [eigsh(operator, 1, which=which, return_eigenvectors=False)[0] for which in ("SA", "LA")]
    np.testing.assert_allclose(lanczos(lambda v: MATRIX @ v, START, 30), theirs, rtol=1e-4)


def test_lanczos_with_as_many_iterations_as_dimensions_is_exact():
    values = jnp.array([0.3, -1.0, 4.0, 4.5, 2.0])
    found = lanczos(lambda v: values * v, jnp.ones(5), 5)
    np.testing.assert_allclose(found, (-1, 4.5), rtol=1e-5)


@pytest.mark.parametrize(("start", "ends"), [([0, 1, 0, 0], (3, 3)), ([1, 2, 0, 0], (-1, 3)), ([1, 0, 1, 1], (-1, 5))])
def test_lanczos_stays_in_the_space_that_its_start_generates(start, ends):
    values = jnp.array([-1.0, 3.0, 5.0, 0.5])
    found = lanczos(lambda v: values * v, jnp.asarray(start, float), 4)
    np.testing.assert_allclose(found, ends, rtol=1e-5)


@pytest.mark.parametrize("level", [1e-6, 1e-3, 0.1, 1.0, 4.4])
def test_the_angle_of_a_rise_on_a_quadratic_is_the_closed_form(level):
    # l = λ w_2² / 2 at w = (r, 0) becomes λ r² sin² φ / 2 toward the second axis.
    curvature, radius = 1.0, 3.0
    found = rise_angle(lambda w: curvature * w[1] ** 2 / 2, jnp.array([radius, 0.0]), jnp.array([0.0, 1.0]), level)
    np.testing.assert_allclose(found, np.arcsin(np.sqrt(2 * level / curvature) / radius), rtol=6e-3)


def test_a_level_above_the_whole_circle_is_never_reached():
    found = rise_angle(lambda w: w[1] ** 2 / 2, jnp.array([3.0, 0.0]), jnp.array([0.0, 1.0]), 4.6)
    assert found == np.inf


def test_a_loss_that_is_there_already_rises_at_the_smallest_angle():
    found = rise_angle(lambda w: w[0] ** 2, jnp.array([3.0, 0.0]), jnp.array([0.0, 1.0]), 1.0)
    np.testing.assert_allclose(found, SMALLEST_ANGLE, rtol=1e-6)


def test_random_directions_are_unit_vectors_orthogonal_to_the_weights_and_uncorrelated():
    found = random_tangents(jax.random.key(0), jnp.array([1.0, 2.0, -2.0, 0.5]), 20_000)
    np.testing.assert_allclose(jnp.linalg.norm(found, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(found @ jnp.array([1.0, 2.0, -2.0, 0.5]), 0, atol=1e-5)
    unit = jnp.array([1.0, 2.0, -2.0, 0.5]) / np.sqrt(9.25)
    np.testing.assert_allclose(found.T @ found / 20_000, (jnp.eye(4) - jnp.outer(unit, unit)) / 3, atol=0.01)


@pytest.mark.parametrize("angle", [0.0, 1e-5, 0.3, np.pi / 2, 3.0])
def test_an_angle_between_vectors_of_any_length_is_exact_even_if_small(angle):
    found = angle_between(jnp.array([2.0, 0.0]), 5 * jnp.float32([np.cos(angle), np.sin(angle)]))
    np.testing.assert_allclose(found, angle, rtol=1e-5)


def test_a_vector_of_zeros_has_no_angle():
    assert angle_between(jnp.zeros(3), jnp.ones(3)) == 0


def config_of(**fields):
    """A deep linear network on linear targets, at constant norm."""
    config = grok_jax.default_config(task="teacher_student", model="mlp", optimizer="adam")
    config.task.widths, config.task.features, config.task.outputs = (), 3, 2
    config.task.train_size, config.task.test_size = 20, 5
    config.model.widths, config.model.use_bias = (2,), False
    config.optimizer.before, config.optimizer.constant_norm, config.optimizer.learning_rate = "along_sphere", True, 0.01
    config.training.probes = ("curvature",)
    config.training.steps, config.training.records = 400, 3
    config.update_from_flattened_dict(fields)
    return config


def read(probed):
    """What the probe measures in many directions, and its parts from a Hessian in full."""

    def loss(flat):
        error = probed.network(unflat(flat), probed.train.inputs) - probed.train.targets
        return probed.train_weights @ jnp.mean(error**2, axis=-1)

    weights, unflat = ravel_pytree(probed.params)
    return measure_curvature(probed, directions=2000, iterations=9), hessian_parts(loss, weights)


def hessian_parts(loss, weights):
    radius = jnp.linalg.norm(weights)
    hessian = radius**2 * jax.hessian(loss)(weights) - (weights @ jax.grad(loss)(weights)) * jnp.eye(weights.size)
    across = jnp.eye(weights.size) - jnp.outer(weights, weights) / radius**2
    return jnp.linalg.eigvalsh(across @ hessian @ across)


@pytest.fixture(scope="module")
def trained():
    ((_, found),) = grok_jax.observe(read, config_of(), step=400)
    return found


def test_the_ends_at_a_minimum_of_a_run_are_those_of_its_full_hessian(trained):
    found, eigenvalues = trained
    np.testing.assert_allclose(found["highest_curvature"], eigenvalues[-1], rtol=1e-3)
    # Of the eigenvalues on the whole space, one more is 0: that of the weights themselves.
    assert found["lowest_curvature"] >= eigenvalues[0] - 1e-3 * eigenvalues[-1]


def test_the_mean_curvature_is_the_trace_over_the_dimension_of_the_sphere(trained):
    found, eigenvalues = trained
    np.testing.assert_allclose(found["mean_curvature"], eigenvalues.sum() / (eigenvalues.size - 1), rtol=0.05)


@pytest.fixture(scope="module")
def recorded():
    return grok_jax.sweep(config_of(), {"seed": range(2)}, progress=False)


def test_the_angle_from_the_start_is_that_of_the_distance_on_the_sphere(recorded):
    np.testing.assert_allclose(
        2 * np.sin(recorded["angle_from_start"] / 2), recorded["relative_distance"], rtol=1e-4, atol=1e-6
    )
    assert (recorded["angle_from_start"].isel(step=-1) > 0.1).all()


def doubling(**fields):
    return grok_jax.sweep(config_of(**fields), {"seed": range(2)}, progress=False)["doubling_angle"].isel(step=-1)


def tripled(outputs, targets):
    return 3 * jnp.mean((outputs - targets) ** 2, axis=-1)


def test_the_doubling_angle_does_not_depend_on_the_units_of_the_loss(recorded):
    own = recorded["doubling_angle"].isel(step=-1)
    np.testing.assert_allclose(doubling(**{"training.loss": f"{__name__}:tripled"}), own, rtol=0.02)


def test_the_doubling_angle_of_a_loss_near_zero_is_that_of_the_floor(recorded):
    longer = doubling(**{"training.steps": 800})
    np.testing.assert_allclose(longer, recorded["doubling_angle"].isel(step=-1), rtol=0.05)
    assert (longer > 10 * SMALLEST_ANGLE).all()


def test_a_linearized_twin_is_refused():
    run = grok_jax.from_config(config_of(**{"training.probes": (), "model.linearized": True}))
    with pytest.raises(grok_jax.UserError, match=r"probe 'curvature' needs model\.linearized=False"):
        run.replace(metrics=("curvature",))


def test_a_loss_that_other_outputs_cannot_be_given_is_refused():
    run = grok_jax.from_config(config_of(**{"training.probes": ()}))
    with pytest.raises(grok_jax.UserError, match="takes a LossView; this measurement needs a loss of outputs and"):
        run.replace(loss=lambda view: jnp.mean(view.outputs**2, axis=-1)).replace(metrics=("curvature",))
