"""An image as a function of its coordinates."""

import importlib.util

import numpy as np
import pytest
from PIL import Image

from grok_jax.errors import UserError
from grok_jax.tasks import ImageField
from grok_jax.tasks.image_field import grid_points, load_photograph, shrunk
from grok_jax.tasks.mnist import load_embedded


def striped(width, height):
    """An image with its column in red and its row in green."""
    across, down = np.meshgrid(np.arange(width), np.arange(height))
    return Image.fromarray(np.stack([across, down, 0 * down], axis=2).astype(np.uint8))


def test_a_digit_has_the_pixels_of_mnist():
    pixels = ImageField(image="digit", digit=17).load()
    np.testing.assert_allclose(pixels.targets[:, 0], load_embedded().inputs[17] / 255, rtol=1e-6)


def test_x_grows_to_the_right_and_y_down():
    image = shrunk(striped(5, 5), 5).reshape(25, 3) * 255
    np.testing.assert_allclose(image[:, :2] / 2 - 1, grid_points(5), atol=1e-6)


@pytest.mark.parametrize(("width", "height"), [(9, 5), (5, 9)])
def test_the_square_is_the_central_one(width, height):
    image = shrunk(striped(width, height), 5) * 255
    assert tuple(image[0, 0, :2].round()) == ((width - 5) // 2, (height - 5) // 2)
    assert tuple(image[-1, -1, :2].round()) == ((width + 3) // 2, (height + 3) // 2)


def test_downscaling_keeps_the_mean_intensity():
    whole, small = (shrunk(load_photograph(), size) for size in (427, 61))
    np.testing.assert_allclose(small.mean(axis=(0, 1)), whole.mean(axis=(0, 1)), atol=2e-3)


def test_a_gray_photograph_is_the_luma_of_its_colors():
    color, gray = (ImageField(size=20, grayscale=gray).load().targets for gray in (False, True))
    np.testing.assert_allclose(gray[:, 0], color @ np.array([0.299, 0.587, 0.114]), atol=0.02)


@pytest.mark.parametrize(
    ("changes", "outputs"), [({}, 3), ({"grayscale": True}, 1), ({"image": "digit"}, 1)], ids=["color", "gray", "digit"]
)
def test_there_is_an_output_for_each_channel(changes, outputs):
    task = ImageField(size=4, **changes)
    assert task.output_size() == outputs
    assert task.load().targets.shape == (16, outputs)


def test_train_and_test_pixels_are_all_pixels(draw):
    task = ImageField(size=7, train_fraction=0.4)
    train, test = draw(task)
    assert sorted([*train.index.tolist(), *test.index.tolist()]) == list(range(49))


def test_a_missing_photograph_is_a_user_error(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"task\.image is 'china', a photograph in the package scikit-learn"):
        ImageField().load()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"image": "cat"}, "task.image is 'cat'; it must be one of china, digit"),
        ({"size": 1}, "task.size is 1; it must be 2 or above"),
        ({"size": 428}, "task.size is 428; task.image='china' has 427 x 427 pixels and allows 2 to 427"),
        ({"image": "digit", "size": 29}, "task.size is 29; task.image='digit' has 28 x 28 pixels and allows 2 to 28"),
        ({"digit": 5000}, "task.digit is 5000; it must be from 0 to 4999"),
        ({"train_fraction": 1.0}, "task.train_fraction is 1.0; it must be above 0 and below 1"),
        ({"size": 2, "train_fraction": 0.2}, "task.train_fraction is 0.2, which takes 0 of 4 pixels; 1 to 3 are"),
    ],
)
def test_impossible_fields_are_user_errors(changes, message):
    with pytest.raises(UserError, match=message):
        ImageField(**changes)
