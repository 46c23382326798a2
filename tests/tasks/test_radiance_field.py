"""Views of a scene of fog: its field, its cameras, and pictures that equal an integral."""

import jax
import numpy as np
import pytest
from scipy.integrate import quad

import grok_jax
from grok_jax.errors import UserError
from grok_jax.models.radiance import FAR, NEAR
from grok_jax.tasks import RadianceField
from grok_jax.tasks.radiance_field import DISTANCE, SAMPLES, Scene, camera_places, field_of, random_scene, rays_of

SCENE = random_scene(0, 3)


def plain_field(scene, x):
    """Density and color at one point, in 64 bits."""
    each = scene.densities * np.exp(-np.sum((x - scene.centers) ** 2, axis=1) / (2 * scene.radii**2))
    return each.sum(), each @ scene.colors / each.sum()


def test_the_field_is_a_sum_of_gaussians():
    points = np.random.default_rng(0).uniform(-0.7, 0.7, size=(2, 5, 3)).astype(np.float32)
    density, color = field_of(SCENE, points)
    expected = [[plain_field(SCENE, x) for x in ray] for ray in points]
    np.testing.assert_allclose(density, [[d for d, _ in ray] for ray in expected], rtol=1e-4)
    np.testing.assert_allclose(color, [[c for _, c in ray] for ray in expected], rtol=1e-4)


def test_a_point_where_every_density_underflows_has_a_color():
    density, color = field_of(SCENE, np.full((1, 1, 3), 50.0, np.float32))
    assert float(density[0, 0]) == 0
    assert np.isfinite(color).all()


def test_a_pixel_is_the_volume_integral_along_its_ray():
    task = RadianceField(scene=0, blobs=3, views=3, size=4, train_views=1)
    pixels, scene = task.load(), Scene(*(np.asarray(a, np.float64) for a in SCENE))
    place = int(np.argmax(pixels.targets.sum(axis=1)))
    origin, direction = np.split(pixels.inputs[place].astype(float), 2)

    def passed(t):
        return np.exp(-quad(lambda u: plain_field(scene, origin + u * direction)[0], NEAR, t, limit=200)[0])

    def arriving(t, channel):
        density, color = plain_field(scene, origin + t * direction)
        return passed(t) * density * color[channel]

    seen = [quad(arriving, NEAR, FAR, args=(channel,), limit=200, epsrel=1e-4)[0] for channel in range(3)]
    np.testing.assert_allclose(pixels.targets[place], seen, atol=2e-3)


def test_pictures_have_all_digits_of_float32_whatever_precision_a_device_prefers():
    task = RadianceField(scene=0, blobs=3, views=2, size=4, train_views=1)
    pixels, length = task.load(), (FAR - NEAR) / SAMPLES
    with jax.default_matmul_precision("bfloat16"):
        assert (task.load().targets == pixels.targets).all()
    wide = Scene(*(array.astype(np.float64) for array in SCENE))
    origin, direction = np.split(pixels.inputs[5].astype(np.float64), 2)
    left, seen = 1.0, np.zeros(3)
    for i in range(SAMPLES):
        density, color = plain_field(wide, origin + (NEAR + length * (i + 0.5)) * direction)
        seen += left * -np.expm1(-density * length) * color
        left *= np.exp(-density * length)
    np.testing.assert_allclose(pixels.targets[5], seen, rtol=2e-7)


def test_cameras_stand_around_the_scene_at_one_distance():
    places = camera_places(50)
    np.testing.assert_allclose(np.linalg.norm(places, axis=1), DISTANCE, rtol=1e-6)
    np.testing.assert_allclose(places.mean(axis=0), 0, atol=0.1 * DISTANCE)


def test_a_camera_looks_at_the_origin_with_up_upward_and_right_to_the_right():
    rays = rays_of(np.array([0.0, -DISTANCE, 0.0]), 3).reshape(3, 3, 6)  # from the front: right is +x, up is +z
    np.testing.assert_allclose(rays[1, 1, 3:], [0, 1, 0], atol=1e-6)
    assert rays[0, 1, 5] > 0 > rays[2, 1, 5]
    assert rays[1, 0, 3] < 0 < rays[1, 2, 3]
    np.testing.assert_allclose(np.linalg.norm(rays[..., 3:], axis=-1), 1, rtol=1e-6)


def test_every_picture_is_wholly_in_training_or_wholly_in_testing(draw):
    task = RadianceField(views=5, size=3, train_views=2)
    train, test = ({int(i) // 9 for i in split.index} for split in draw(task))
    assert (len(train), len(test)) == (2, 3)
    assert train | test == set(range(5))


def test_the_scene_is_the_same_for_every_data_key_and_another_for_another_seed(draw):
    assert draw(RadianceField(views=4, size=2, train_views=1)).train.examples is None
    one, other = (RadianceField(views=4, size=2, train_views=1, scene=seed).load().targets for seed in (0, 1))
    assert np.abs(one - other).max() > 0.1


def test_no_camera_left_for_testing_is_a_user_error():
    message = "task.train_views is 20; with task.views=20 it must be from 1 to 19, so that a camera is left for testing"
    with pytest.raises(UserError, match=message):
        RadianceField(train_views=20)


@pytest.mark.slow
def test_a_network_that_learns_some_views_knows_the_others():
    config = grok_jax.default_config("radiance_field", "nerf", "adam")
    config.training.steps, config.training.records, config.training.batch_size = 150, 2, 256
    config.optimizer.learning_rate, config.model.widths = 3e-3, (32, 32)
    config.model.octaves, config.model.samples = 3, 16
    loss = grok_jax.sweep(config, progress=False).test_loss.values[-1]
    assert loss < RadianceField().load().targets.var() / 4
