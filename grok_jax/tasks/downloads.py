"""The folder of real data, and files that are downloaded into it once, with their checksums."""

import os
from collections.abc import Sequence
from pathlib import Path

import pooch

from grok_jax.errors import UserError, require


def data_folder() -> Path:
    """Where real data lies: the folder that GROK_JAX_DATA names, or the user's cache folder."""
    return Path(os.environ.get("GROK_JAX_DATA") or pooch.os_cache("grok_jax"))


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
        found = pooch.file_hash(str(path))
        require(
            found == sha256,
            f"{path} is corrupt: its sha256 is {found[:16]}..., not {sha256[:16]}...; delete it and run again",
        )
        return path
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
