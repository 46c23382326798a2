"""Volume rendering against closed forms, and the radiance field against its plainest program."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax.errors import UserError
from grok_jax.models import Nerf, init_params
from grok_jax.models.model import model
from grok_jax.models.radiance import along_rays, composite

RAYS = np.array([[0, 0, 4, 0, 0.6, -0.8], [1, -3, 2, 0.0, 1.0, 0.0]], np.float32)


@pytest.mark.parametrize("samples", [1, 7])
def test_a_constant_medium_has_the_closed_form_at_any_number_of_segments(samples):
    density, color, depth = 0.7, jnp.array([0.2, 0.5, 1.0]), 3.0
    colors = jnp.broadcast_to(color, (1, samples, 3))
    seen = composite(jnp.full((1, samples), density), colors, depth / samples)
    np.testing.assert_allclose(seen[0], color * (1 - np.exp(-density * depth)), rtol=1e-5)


def test_two_slabs_hide_each_other_as_they_should():
    front, back = jnp.array([1.0, 0, 0]), jnp.array([0, 1.0, 0])
    seen = composite(jnp.array([[0.4, 2.0]]), jnp.stack([front, back])[None], 0.5)
    expected = (1 - np.exp(-0.2)) * front + np.exp(-0.2) * (1 - np.exp(-1.0)) * back
    np.testing.assert_allclose(seen[0], expected, rtol=1e-5)


def test_a_wall_shows_its_own_color_alone():
    colors = jnp.array([[[0.3, 0.6, 0.9], [1.0, 1.0, 1.0]]])
    np.testing.assert_allclose(composite(jnp.array([[1e4, 50.0]]), colors, 1.0)[0], colors[0, 0], rtol=1e-6)


def test_samples_are_the_centers_of_equal_segments():
    points = along_rays(jnp.asarray(RAYS), 1.0, 3.0, 4)
    for ray, of_ray in zip(RAYS, points, strict=True):
        np.testing.assert_allclose(of_ray, [ray[:3] + d * ray[3:] for d in (1.25, 1.75, 2.25, 2.75)], rtol=1e-5)


def test_the_network_equals_explicit_loops():
    module = Nerf((5,), 3, octaves=2, samples=3, near=1.0, far=2.5)
    params = init_params(module, jax.random.key(0), jnp.asarray(RAYS))
    layers = [{k: np.array(v, np.float64) for k, v in params["field"][f"layer_{i}"].items()} for i in (0, 1)]
    for ray, color in zip(RAYS, module.apply({"params": params}, jnp.asarray(RAYS)), strict=True):
        seen, passed = np.zeros(3), 1.0
        for distance in (1.25, 1.75, 2.25):
            x = ray[:3] + distance * ray[3:]
            angles = np.array([2.0**k * np.pi * coordinate for coordinate in x for k in range(2)])
            hidden = np.concatenate([x, np.cos(angles), np.sin(angles)]) @ layers[0]["kernel"] + layers[0]["bias"]
            s, *z = np.maximum(hidden, 0) @ layers[1]["kernel"] + layers[1]["bias"]
            through = np.exp(-0.5 * np.log1p(np.exp(s)))
            seen += passed * (1 - through) / (1 + np.exp(-np.array(z)))
            passed *= through
        np.testing.assert_allclose(color, seen, rtol=1e-4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"samples": 0}, "model.samples is 0; it must be above 0"),
        ({"octaves": 21}, "model.octaves is 21; it must be above 0 and at most 20"),
        ({"near": 3.0, "far": 2.0}, r"model.near is 3.0 and model.far is 2.0; a ray must end after it begins"),
    ],
)
def test_impossible_fields_are_user_errors(changes, message):
    with pytest.raises(UserError, match=message):
        model("nerf", **changes)


@pytest.mark.parametrize(("width", "outputs"), [(2, 3), (6, 1)])
def test_what_is_not_rays_and_colors_is_refused_in_one_line(width, outputs):
    with pytest.raises(UserError, match="model 'nerf' turns rays of 6 numbers into 3 colors; the task gives") as caught:
        init_params(Nerf((4,), outputs), jax.random.key(0), jnp.zeros((2, width)))
    assert "\n" not in str(caught.value)
