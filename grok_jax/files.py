"""Files that are there whole or not at all, and their checksums."""

import contextlib
import hashlib
import secrets
from collections.abc import Iterator
from pathlib import Path

PARTIAL = ".partial"  # what a file's name ends in until it is whole


@contextlib.contextmanager
def whole_file(path: Path, *, rivals: bool = False) -> Iterator[Path]:
    """Gives the body another path to write to; what is there at its end is put in place in one step.

    Where the body or the last step fails, what was there before stays, and nothing is left beside it.

    Args:
      path: of the file.
      rivals: whether other processes may write the same file at the same time, so that each needs a name of its own.

    Raises:
      OSError: the file cannot be put in place; and whatever the body raises.
    """
    own = f".{secrets.token_hex(4)}" if rivals else ""
    partial = path.with_name(f"{path.name}{own}{PARTIAL}")
    try:
        yield partial
        partial.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):  # the first error is the one to tell
            partial.unlink(missing_ok=True)
        raise


def sha256_of(path: Path) -> str:
    """The checksum of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
