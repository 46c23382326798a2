"""One real image as a function of its coordinates: some pixels to train on, the rest to test on."""

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Array, Float, Key
from PIL import Image

from grok_jax.errors import require
from grok_jax.fields import static, traced
from grok_jax.tasks.drawing import divided, floor_share, shuffled_splits
from grok_jax.tasks.examples import Data, Examples, Rows
from grok_jax.tasks.mnist import EMBEDDED, load_embedded
from grok_jax.tasks.task import Task

SIDES = {"china": 427, "digit": 28}  # pixels along each side of the largest central square
BYTES_OF_A_PIXEL = 100  # during load: coordinates and colors in 64 bits, and their copies


def load_photograph() -> Image.Image:
    """The photograph china.jpg in the scikit-learn package: 640 x 427 pixels, in color.

    It is by danielbuechele (flickr.com/photos/danielbuechele/6061409035), under the license CC BY 2.0.

    Raises:
      UserError: scikit-learn is not installed.
    """
    # Looks for the folder alone: importing the package takes a second.
    spec = importlib.util.find_spec("sklearn")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    require(bool(folders), "task.image is 'china', a photograph in the package scikit-learn; pip install scikit-learn")
    with Image.open(Path(folders[0]) / "datasets" / "images" / "china.jpg") as image:
        return image.convert("RGB")


def load_digit(place: int) -> Image.Image:
    """A digit of MNIST, 28 x 28 pixels, in gray: one of the 5000 that need no download, sorted by class."""
    return Image.fromarray(load_embedded().inputs[place].reshape(28, 28))


def shrunk(image: Image.Image, size: int) -> Float[np.ndarray, "size size channels"]:
    """The largest central square of an image, downscaled to size x size pixels, with intensities from 0 to 1."""
    side = min(image.size)
    left, top = ((length - side) // 2 for length in image.size)
    square = image.crop((left, top, left + side, top + side))
    pixels = np.asarray(square.resize((size, size), Image.Resampling.LANCZOS), np.float32) / 255
    return pixels.reshape(size, size, -1)


def grid_points(size: int) -> Float[np.ndarray, "pixels 2"]:
    """The coordinates (x, y) of the pixels of a square, row by row: x to the right, y down, both from -1 to 1."""
    along = np.linspace(-1, 1, size, dtype=np.float32)
    y, x = np.meshgrid(along, along, indexing="ij")
    return np.stack([x.ravel(), y.ravel()], axis=1)


class ImageField(Task):
    """The intensities of an image at its coordinates: inputs (x, y) in [-1, 1]², targets from 0 to 1 (RGB, or gray).

    A random train_fraction of the pixels is trained on, and the rest is tested on, so the test error says how well the
    network fills in what it has not seen. The image "china" is a photograph, "digit" one of MNIST's. Both are
    downscaled from their largest central square. The metric "psnr" gives the errors in decibels.

    Reference: Tancik et al. (2020), Fourier Features Let Networks Learn High Frequency Functions in Low Dimensional
    Domains, Sec. 6.1; Sitzmann et al. (2020), Implicit Neural Representations with Periodic Activation Functions.
    """

    called = "image_field"

    image: Any = static("china", "the photograph china.jpg of scikit-learn, or a digit of MNIST", one_of=tuple(SIDES))
    size: Any = static(28, "pixels along each side, after downscaling", at_least=2)
    grayscale: Any = static(False, "whether a photograph is turned to gray; digits are gray")
    digit: Any = static(0, "which of the 5000 digits, sorted by class", at_least=0, at_most=EMBEDDED - 1)
    train_fraction: Any = traced(0.25, "share of the pixels to train on", above=0, below=1)

    def check(self) -> None:
        """Raises UserError if the image has fewer pixels, or if a split would be empty."""
        most = SIDES[self.image]
        require(
            self.size <= most,
            f"task.size is {self.size}; task.image={self.image!r} has {most} x {most} pixels and allows 2 to {most}",
        )
        self.rows()

    def rows(self) -> Rows:
        """A train_fraction of the pixels to train on, and the rest to test on."""
        return divided(self.train_fraction, self.size**2, "pixels")

    def output_size(self) -> int:
        """One output for gray, three for red, green and blue."""
        return 1 if self.grayscale or self.image == "digit" else 3

    def load(self) -> Examples:
        """All pixels, row by row: inputs (pixels, 2) and targets (pixels, outputs)."""
        image = load_photograph() if self.image == "china" else load_digit(self.digit)
        if self.grayscale:
            image = image.convert("L")
        return Examples(grid_points(self.size), shrunk(image, self.size).reshape(self.size**2, -1))

    def pool_bytes(self) -> int:
        """Upper bound on the bytes that load needs for the pixels."""
        return BYTES_OF_A_PIXEL * self.size**2

    def draw(self, key: Key[Array, ""], pool: Examples | None, capacity: Rows) -> Data:
        """Random pixels of the image."""
        del pool  # Only its length counts.
        pixels = self.size**2
        train_size = floor_share(self.train_fraction, pixels)
        return shuffled_splits(key, pixels, train_size, pixels - train_size, capacity)
