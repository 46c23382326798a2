"""The IDX reader, on small files written here."""

import gzip
import struct

import numpy as np
import pytest

from grok_jax.errors import UserError
from grok_jax.tasks.readers.idx import read_idx


def write(path, values, kind=8, dims=None, gz=True):
    header = bytes([0, 0, kind, values.ndim]) + struct.pack(f">{values.ndim}I", *(dims or values.shape))
    content = header + values.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(content) if gz else content)
    return path


@pytest.mark.parametrize("shape", [(300,), (4, 3, 2)])
def test_values_written_are_values_read(tmp_path, shape):
    values = np.arange(np.prod(shape)).reshape(shape) % 256
    read = read_idx(write(tmp_path / "a.gz", values), dims=len(shape))
    np.testing.assert_array_equal(read, values)
    assert read.dtype == np.uint8


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": 13}, "begins with 00 00 0d 02, not with 00 00 08 02"),
        ({"dims": (2, 4)}, "has 6 values, but its header says 2 x 4"),
        ({"dims": (2, 2)}, "has 6 values, but its header says 2 x 2"),
        ({"gz": False}, "cannot be read as a gzip file"),
    ],
)
def test_files_of_another_kind_or_length_are_user_errors_of_one_line(tmp_path, changes, message):
    path = write(tmp_path / "a.gz", np.zeros((2, 3)), **changes)
    with pytest.raises(UserError, match=message) as error:
        read_idx(path, dims=2)
    assert "\n" not in str(error.value)


def test_labels_where_images_are_due_are_a_user_error(tmp_path):
    with pytest.raises(UserError, match="in 3 dimensions: it begins with 00 00 08 01"):
        read_idx(write(tmp_path / "a.gz", np.zeros(30)), dims=3)


@pytest.mark.parametrize("damage", [lambda b: b[:-9], lambda b: b[:12] + b"\xff" * 5 + b[17:], lambda b: b""])
def test_damaged_gzip_files_are_user_errors(tmp_path, damage):
    path = write(tmp_path / "a.gz", np.arange(400) % 251)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UserError, match=r"^\S+a\.gz [^\n]+$"):
        read_idx(path, dims=1)
