"""The digits: embedded, and full where GROK_JAX_DATA has them."""

import gzip
import hashlib
import struct

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax.errors import UserError
from grok_jax.tasks import Mnist, mnist


@pytest.fixture(scope="module")
def embedded():
    return mnist.load_embedded()


@pytest.fixture(scope="module")
def full(data_folder):
    assert (data_folder / "mnist").is_dir()
    return mnist.load_full()


def test_embedded_digits_are_500_of_each_class(embedded):
    assert embedded.inputs.shape == (5000, 784)
    assert embedded.inputs.dtype == np.uint8
    np.testing.assert_array_equal(np.bincount(embedded.targets), [500] * 10)


def test_embedded_digits_are_pictures_that_nearest_class_means_recognize(embedded):
    order = np.random.default_rng(0).permutation(5000)
    pixels, labels = embedded.inputs[order].astype(float), embedded.targets[order]
    means = np.stack([pixels[:2500][labels[:2500] == k].mean(axis=0) for k in range(10)])
    distances = ((pixels[2500:, None, :] - means[None, :, :]) ** 2).sum(axis=-1)
    assert np.mean(distances.argmin(axis=1) == labels[2500:]) > 0.75


def test_embedded_training_rows_are_of_every_class(draw, embedded):
    task = Mnist(train_size=1000)
    counts = np.bincount(embedded.targets[np.asarray(draw(task).train.index)], minlength=10)
    assert counts.min() > 60


def test_embedded_test_rows_do_not_depend_on_the_training_size(draw):
    a, b = (draw(Mnist(train_size=n, test_size=500)).test.index for n in (10, 4500))
    np.testing.assert_array_equal(a, b)


def test_without_a_test_size_all_that_is_left_is_tested():
    assert Mnist(train_size=1000).rows() == (1000, 4000)
    assert Mnist(source="full", train_size=1000).rows() == (1000, 10000)


def test_pixels_are_scaled_to_the_unit_interval(embedded):
    shown = Mnist().present(jax.tree.map(jnp.asarray, embedded))
    assert shown.inputs.dtype == jnp.float32
    assert (float(shown.inputs.min()), float(shown.inputs.max())) == (0.0, 1.0)
    np.testing.assert_allclose(shown.inputs[7], embedded.inputs[7] / 255, rtol=1e-6)


def test_messiness_one_is_the_raw_image(embedded):
    stored = jax.tree.map(lambda x: jnp.asarray(x[::500]), embedded)
    raw = Mnist().present(stored)
    np.testing.assert_array_equal(Mnist(messiness=1.0).present(stored).inputs, raw.inputs)


@pytest.mark.parametrize(("template", "value"), [("centered", lambda k: k / 9 - 0.5), ("label", lambda k: k)])
def test_messiness_zero_is_a_constant_image_of_the_label(embedded, template, value):
    stored = jax.tree.map(lambda x: jnp.asarray(x[::500]), embedded)
    shown = Mnist(messiness=0.0, template=template).present(stored)
    expected = np.array([value(k) for k in range(10)])
    np.testing.assert_allclose(shown.inputs, np.broadcast_to(expected[:, None], (10, 784)), atol=1e-6)


def test_messiness_interpolates_linearly(embedded):
    stored = jax.tree.map(lambda x: jnp.asarray(x[::500]), embedded)
    at = lambda m: Mnist(messiness=m).present(stored).inputs  # noqa: E731
    np.testing.assert_allclose(at(0.3), 0.3 * at(1.0) + 0.7 * at(0.0), atol=1e-6)


def test_full_draws_keep_to_their_part_of_the_files(draw):
    task = Mnist(source="full", train_size=60000)
    train, test = draw(task)
    np.testing.assert_array_equal(np.sort(train.index), np.arange(60000))
    np.testing.assert_array_equal(np.sort(test.index), np.arange(60000, 70000))


def test_first_digits_are_in_the_order_of_the_files(draw):
    train, test = draw(Mnist(source="full", subset="first", train_size=1000, test_size=3))
    np.testing.assert_array_equal(train.index, np.arange(1000))
    np.testing.assert_array_equal(test.index, [60000, 60001, 60002])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train_size": 7000}, "task.train_size is 7000; the embedded MNIST digits allow 1 to 4999"),
        (
            {"train_size": 1001, "test_size": 4000},
            "task.train_size is 1001; the embedded MNIST digits, 4000 of them for testing, allow 1 to 1000",
        ),
        ({"test_size": 5000}, "task.test_size is 5000; the embedded MNIST digits allow 1 to 4999"),
        (
            {"source": "full", "train_size": 60001},
            "task.train_size is 60001; the MNIST training digits allow 1 to 60000",
        ),
        ({"source": "full", "test_size": 10001}, "task.test_size is 10001; the MNIST test digits allow 1 to 10000"),
        ({"source": "fashion"}, "task.source is 'fashion'; it must be one of embedded, full"),
        ({"subset": "last"}, "task.subset is 'last'; it must be one of random, first"),
        ({"subset": "first"}, "task.subset is 'first'; the embedded MNIST digits are sorted by class"),
        ({"template": "flat"}, "task.template is 'flat'; it must be one of centered, label"),
        ({"messiness": 1.2}, "task.messiness is 1.2; it must be from 0 to 1"),
    ],
)
def test_impossible_fields_are_user_errors(changes, message):
    with pytest.raises(UserError, match=message):
        Mnist(**changes)


def test_full_digits_are_read_from_the_idx_files_of_the_data_folder(tmp_path, monkeypatch):
    # Small files of the same format: 3 training digits and 2 test digits of 2 x 2 pixels.
    written = {}
    for name, count in (("train", 3), ("t10k", 2)):
        images = np.arange(count * 4).reshape(count, 2, 2) + (100 if name == "t10k" else 0)
        written[f"{name}-images-idx3-ubyte.gz"] = bytes([0, 0, 8, 3]) + struct.pack(">3I", *images.shape), images
        written[f"{name}-labels-idx1-ubyte.gz"] = bytes([0, 0, 8, 1]) + struct.pack(">I", count), np.arange(count)
    (tmp_path / "mnist").mkdir()
    sums = {}
    for name, (header, values) in written.items():
        content = gzip.compress(header + values.astype(np.uint8).tobytes())
        (tmp_path / "mnist" / name).write_bytes(content)
        sums[name] = hashlib.sha256(content).hexdigest()
    monkeypatch.setenv("GROK_JAX_DATA", str(tmp_path))
    monkeypatch.setattr(mnist, "SHA256", sums)
    pool = mnist.load_full()
    np.testing.assert_array_equal(pool.inputs, [*np.arange(12).reshape(3, 4), *(np.arange(8).reshape(2, 4) + 100)])
    np.testing.assert_array_equal(pool.targets, [0, 1, 2, 0, 1])


def test_a_corrupt_mnist_file_is_a_user_error_of_one_line(tmp_path, monkeypatch):
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist/train-images-idx3-ubyte.gz").write_bytes(gzip.compress(b"not digits"))
    monkeypatch.setenv("GROK_JAX_DATA", str(tmp_path))
    with pytest.raises(UserError, match=r"^\S*train-images-idx3-ubyte.gz is corrupt: [^\n]+$"):
        Mnist(source="full").load()


def test_full_mnist_has_its_counts_and_labels(full):
    assert full.inputs.shape == (70000, 784)
    train, test = np.bincount(full.targets[:60000]), np.bincount(full.targets[60000:])
    np.testing.assert_array_equal(train, [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
    np.testing.assert_array_equal(test, [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])


def test_embedded_digits_contain_the_first_thousand_training_digits_with_their_labels(embedded, full):
    labels = {picture.tobytes(): label for picture, label in zip(*embedded, strict=True)}
    assert all(labels.get(x.tobytes()) == y for x, y in zip(full.inputs[:1000], full.targets[:1000], strict=True))


def test_no_test_digit_is_among_the_embedded_ones(embedded, full):
    known = {picture.tobytes() for picture in embedded.inputs}
    assert not any(picture.tobytes() in known for picture in full.inputs[60000:])
