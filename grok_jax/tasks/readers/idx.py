"""The IDX format of the MNIST files: big-endian sizes, then bytes."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from grok_jax.errors import UserError, require

UNSIGNED_BYTES = 8


def read_idx(path: Path, dims: int) -> UInt8[np.ndarray, "..."]:
    """Reads a gzipped IDX file of unsigned bytes.

    The file holds two zero bytes, the type (8: unsigned byte), the number of dimensions, each dimension as a
    big-endian 32-bit integer, and the values with the last dimension fastest.

    Args:
      path: the .gz file.
      dims: the required number of dimensions (3: images, 1: labels).

    Returns:
      The values.

    Raises:
      UserError: the file is not a gzip file, is truncated, or is not such an IDX file.
    """
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} cannot be read as a gzip file ({error})") from error
    start = 4 + 4 * dims
    magic = bytes([0, 0, UNSIGNED_BYTES, dims])
    require(
        len(content) >= start and content[:4] == magic,
        f"{path} is not an IDX file of unsigned bytes in {dims} dimensions:"
        f" it begins with {content[:4].hex(' ') or 'nothing'}, not with {magic.hex(' ')}",
    )
    shape = tuple(int(n) for n in np.frombuffer(content, ">u4", count=dims, offset=4))
    require(
        len(content) - start == math.prod(shape),
        f"{path} has {len(content) - start} values, but its header says {' x '.join(map(str, shape))}",
    )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
