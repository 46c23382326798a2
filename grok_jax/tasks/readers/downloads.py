"""The data folder, downloads into it with checksums, and a cache of arrays made from them."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

from grok_jax.errors import UserError, require
from grok_jax.files import sha256_of, whole_file


def data_folder() -> Path:
    """The folder of real data: GROK_JAX_DATA, or the user's cache folder."""
    return _folder("GROK_JAX_DATA")


def fetch_file(name: str, urls: Sequence[str], sha256: str) -> Path:
    """The path of a file in the data folder, which is downloaded first if it is missing.

    A download is written under a temporary name and moved into place once its checksum is verified, so the file is
    never incomplete. An existing file is never overwritten.

    Args:
      name: path within the data folder, such as "mnist/t10k-labels-idx1-ubyte.gz".
      urls: addresses of the file, tried in order.
      sha256: its checksum, in hexadecimal.

    Returns:
      The path of the file, with its checksum verified.

    Raises:
      UserError: the file has the wrong checksum, or is missing and no download worked.
    """
    path = data_folder() / name
    if path.is_file():
        found = sha256_of(path)
        require(
            found == sha256,
            f"{path} is corrupt: its sha256 is {found[:16]}..., not {sha256[:16]}...; delete it and run again",
        )
        return path
    import pooch  # here, because it is slow to import and most runs download nothing

    failures = []
    for url in urls:
        try:
            return Path(pooch.retrieve(url, known_hash=f"sha256:{sha256}", fname=path.name, path=path.parent))
        except (OSError, ValueError) as error:  # OSError: network, missing page or disk; ValueError: wrong checksum
            failures.append(f"{url}: {type(error).__name__}")
    raise UserError(
        f"{path} is missing and no download worked ({'; '.join(failures)});"
        " put the file there, or set GROK_JAX_DATA to the folder that has it"
    )


def cache_folder() -> Path:
    """The folder for arrays made from real data: GROK_JAX_CACHE, or the user's cache folder."""
    return _folder("GROK_JAX_CACHE")


def _folder(variable: str) -> Path:
    """The folder given by an environment variable, or the user's cache folder."""
    if named := os.environ.get(variable):
        return Path(os.path.expanduser(named))
    import pooch

    return Path(pooch.os_cache("grok_jax"))


def cached_arrays(
    name: str, make: Callable[[], Mapping[str, Shaped[np.ndarray, "..."]]]
) -> dict[str, Shaped[np.ndarray, "..."]]:
    """Arrays that are slow to make, made once and kept in the cache folder.

    The file is never incomplete, even if two processes make it at once; an unreadable file is made again. If the folder
    is not writable, nothing is cached.

    Args:
      name: name of the file without its suffix. It must reflect everything that the arrays depend on: the checksum of
        their source, options, the version of the code that makes them.
      make: returns the arrays by name.

    Returns:
      The arrays by name.
    """
    path = cache_folder() / f"{name}.npz"
    stored = _stored_arrays(path)
    if stored is not None:
        return stored
    made: dict[str, Any] = dict(make())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path, rivals=True) as partial, partial.open("wb") as file:
            np.savez(file, **made)
    except OSError:  # full disk or read-only folder; the arrays are usable without the cache
        pass
    return made


def _stored_arrays(path: Path) -> dict[str, Shaped[np.ndarray, "..."]] | None:
    """The arrays in a cache file; None if it is missing or damaged."""
    try:
        with path.open("rb") as file, np.load(file) as stored:
            return dict(stored)
    except Exception:  # A damaged file can raise many kinds of errors, including those of the header's parser.
        return None
