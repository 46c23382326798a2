"""Views of a scene in space: the colors of rays from some cameras to train on, from others to test on."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from grok_jax.errors import require
from grok_jax.fields import static, traced
from grok_jax.models.radiance import FAR, NEAR, RAY, RGB, along_rays, composite
from grok_jax.tasks.drawing import Scalar, pool_split
from grok_jax.tasks.examples import Data, Examples, Rows, Split
from grok_jax.tasks.task import Task

SAMPLES = 256  # segments of a ray of the true scene
LENGTH = (FAR - NEAR) / SAMPLES
DISTANCE = (NEAR + FAR) / 2  # of the cameras from the center of the scene
HALF_WIDTH = 0.25  # of a picture, at distance 1 from its camera; nearly all of the scene is in it
BYTES_OF_A_SEGMENT = 128  # during load: points, density, color and their copies


class Scene(NamedTuple):
    """Colored balls of fog, whose density is Gaussian."""

    centers: Float[np.ndarray, "blobs 3"]
    radii: Float[np.ndarray, " blobs"]  # standard deviations
    densities: Float[np.ndarray, " blobs"]  # at the centers, per unit of length
    colors: Float[np.ndarray, "blobs rgb"]  # from 0 to 1


def random_scene(seed: int, blobs: int) -> Scene:
    """Centers within 0.6 of the origin, radii from 0.1 to 0.25, densities from 5 to 20, and any colors."""
    drawn = np.random.default_rng(seed)
    directions = drawn.normal(size=(blobs, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    centers = 0.6 * drawn.uniform(size=(blobs, 1)) ** (1 / 3) * directions
    sizes = drawn.uniform(0.1, 0.25, size=blobs), drawn.uniform(5, 20, size=blobs)
    scene = Scene(centers, *sizes, drawn.uniform(size=(blobs, RGB)))
    return Scene(*(array.astype(np.float32) for array in scene))


def field_of(
    scene: Scene, points: Float[Array, "rays samples 3"]
) -> tuple[Float[Array, "rays samples"], Float[Array, "rays samples rgb"]]:
    """The density of the scene at some points, and its color there: the mean of the blobs', weighted by density.

    σ(x) = Σ_k σ_k exp(-|x - c_k|² / (2 r_k²)),  c(x) = Σ_k σ_k exp(...) c_k / σ(x)
    """
    apart = jnp.sum((points[:, :, None] - scene.centers[None, None]) ** 2, axis=-1)
    logs = jnp.log(scene.densities)[None, None] - apart / (2 * scene.radii**2)[None, None]
    # A softmax, so that the color is defined where every density underflows.
    return jnp.sum(jnp.exp(logs), axis=-1), jax.nn.softmax(logs) @ scene.colors


def camera_places(views: int) -> Float[np.ndarray, "views 3"]:
    """Places spread evenly over a sphere around the scene, along a spiral."""
    i = np.arange(views)
    height, turn = 1 - (2 * i + 1) / views, np.pi * (3 - np.sqrt(5)) * i
    across = np.sqrt(1 - height**2)
    return DISTANCE * np.stack([across * np.cos(turn), across * np.sin(turn), height], axis=1)


def rays_of(place: Float[np.ndarray, "3"], size: int) -> Float[np.ndarray, "pixels 6"]:
    """The rays of one picture, row by row from its upper left: origin, and direction of length 1.

    The camera looks at the origin, with the third axis up.
    """
    forward = -place / np.linalg.norm(place)
    right = np.cross(forward, [0, 0, 1])
    right /= np.linalg.norm(right)
    up = np.cross(right, forward)
    along = HALF_WIDTH * (2 * (np.arange(size) + 0.5) / size - 1)
    y, x = (grid.ravel()[:, None] for grid in np.meshgrid(-along, along, indexing="ij"))
    directions = forward + x * right + y * up
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return np.concatenate([np.broadcast_to(place, directions.shape), directions], axis=1).astype(np.float32)


class RadianceField(Task):
    """The colors that cameras around a scene see: inputs are rays (origin and direction), targets RGB from 0 to 1.

    The scene is a few colored balls of fog with Gaussian density; its pictures are rendered with 256 segments for each
    ray. The key draws train_views cameras to train on. The others are for testing, so the test error says how well a
    network knows the scene from sides that it has not seen. The model "nerf" learns it, and the metric "psnr" gives
    the errors in decibels.

    Reference: Mildenhall et al. (2020), NeRF: Representing Scenes as Neural Radiance Fields for View Synthesis.
    """

    called = "radiance_field"

    blobs: Any = static(5, "balls of fog in the scene", at_least=1)
    scene: Any = static(0, "seed of the scene", at_least=0)
    views: Any = static(20, "number of cameras", at_least=2)
    size: Any = static(16, "pixels along each side of a picture", at_least=1)
    train_views: Any = traced(10, "number of cameras to train on; the others are for testing", at_least=1)

    def check(self) -> None:
        """Raises UserError if no camera is left for testing."""
        require(
            self.train_views < self.views,
            f"task.train_views is {self.train_views}; with task.views={self.views} it must be from 1 to "
            f"{self.views - 1}, so that a camera is left for testing",
        )

    def rows(self) -> Rows:
        """The pixels of the cameras to train on, and of the others."""
        return Rows(self.train_views * self.size**2, (self.views - self.train_views) * self.size**2)

    def output_size(self) -> int:
        """Red, green and blue."""
        return RGB

    def load(self) -> Examples:
        """The pixels of all cameras, picture by picture: inputs (rows, 6) and targets (rows, 3)."""
        scene = Scene(*(array.astype(np.float64) for array in random_scene(self.scene, self.blobs)))
        pictures = [rays_of(place, self.size) for place in camera_places(self.views)]
        # In float64, so that the colors are the same on all devices: shards from a GPU and a CPU share their data.
        with jax.enable_x64(True), jax.default_matmul_precision("highest"):
            seen = jax.jit(lambda rays: composite(*field_of(scene, along_rays(rays, NEAR, FAR, SAMPLES)), LENGTH))
            colors = [np.asarray(seen(rays.astype(np.float64)), np.float32) for rays in pictures]
        return Examples(np.concatenate(pictures), np.concatenate(colors))

    def pool_bytes(self) -> int:
        """Upper bound on the bytes that load needs: all pixels, and the segments of one picture for each blob."""
        pixels = self.size**2
        return pixels * (3 * 4 * (RAY + RGB) * self.views + BYTES_OF_A_SEGMENT * SAMPLES * self.blobs)

    def draw(self, key: Key[Array, ""], pool: Examples | None, capacity: Rows) -> Data:
        """The pixels of random cameras: those to train on from the front of their order, the others from its back."""
        del pool  # Only its length counts.
        order = jax.random.permutation(key, self.views)
        train, test = self.rows()
        return Data(self._pixels(order, capacity.train, train), self._pixels(order[::-1], capacity.test, test))

    def _pixels(self, order: Int[Array, " views"], capacity: int, size: Scalar) -> Split:
        places = jnp.arange(capacity)
        return pool_split(order[places // self.size**2] * self.size**2 + places % self.size**2, size)
