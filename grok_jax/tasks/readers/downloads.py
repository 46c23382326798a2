"""The folder of real data, files downloaded into it with their checksums, and what was made of them once."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from grok_jax.errors import UserError, require
from grok_jax.files import sha256_of, whole_file


def data_folder() -> Path:
    """Where real data lies: the folder that GROK_JAX_DATA names, or the user's cache folder."""
    return _folder("GROK_JAX_DATA")


def fetch_file(name: str, urls: Sequence[str], sha256: str) -> Path:
    """The path of a file in the data folder, downloaded first if it is not there.

    A download is written under another name and moved to its place when its checksum is right, so the file
    is never there by half. A file that is there is never overwritten.

    Args:
      name: path below the data folder, such as "mnist/t10k-labels-idx1-ubyte.gz".
      urls: addresses of the file, tried in order.
      sha256: its checksum, hexadecimal.

    Returns:
      The path of the file, its checksum verified.

    Raises:
      UserError: the file is there with another checksum, or is missing and no address gave it.
    """
    path = data_folder() / name
    if path.is_file():
        found = sha256_of(path)
        require(
            found == sha256,
            f"{path} is corrupt: its sha256 is {found[:16]}..., not {sha256[:16]}...; delete it and run again",
        )
        return path
    import pooch  # here, as it loads much, and most runs download nothing

    failures = []
    for url in urls:
        try:
            return Path(pooch.retrieve(url, known_hash=f"sha256:{sha256}", fname=path.name, path=path.parent))
        except (OSError, ValueError) as error:  # no network, no such page or disk trouble; a wrong checksum
            failures.append(f"{url}: {type(error).__name__}")
    raise UserError(
        f"{path} is missing and no download worked ({'; '.join(failures)});"
        " put the file there, or set GROK_JAX_DATA to the folder that has it"
    )


def cache_folder() -> Path:
    """Where arrays made of real data are kept: the folder that GROK_JAX_CACHE names, or the user's cache folder."""
    return _folder("GROK_JAX_CACHE")


def _folder(variable: str) -> Path:
    """The folder that an environment variable names, or the user's cache folder."""
    if named := os.environ.get(variable):
        return Path(os.path.expanduser(named))
    import pooch

    return Path(pooch.os_cache("grok_jax"))


def cached_arrays(
    name: str, make: Callable[[], Mapping[str, Shaped[np.ndarray, "..."]]]
) -> dict[str, Shaped[np.ndarray, "..."]]:
    """Arrays that take long to make, made once and kept in the cache folder.

    The file is never there by half, also where two processes make it at once; one that cannot be read is made again.
    Where the folder cannot be written, nothing is kept.

    Args:
      name: of the file, without its ending. It must tell apart whatever the arrays depend on: the checksum of their
        source, options, the version of the code that makes them.
      make: gives the arrays by name.

    Returns:
      The arrays by name.
    """
    path = cache_folder() / f"{name}.npz"
    stored = _stored_arrays(path)
    if stored is not None:
        return stored
    made = dict(make())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path, rivals=True) as partial, partial.open("wb") as file:
            np.savez(file, **made)
    except OSError:  # a full disk, a folder that is read-only; what was made is as good
        pass
    return made


def _stored_arrays(path: Path) -> dict[str, Shaped[np.ndarray, "..."]] | None:
    """The arrays of a file of the cache; None where it is missing or damaged."""
    try:
        with path.open("rb") as file, np.load(file) as stored:
            return dict(stored)
    except Exception:  # A damaged file raises errors of many kinds, those of the parser of its header among them.
        return None
