"""Atomic file writes, and checksums."""

import contextlib
import hashlib
import secrets
from collections.abc import Iterator
from pathlib import Path

PARTIAL = ".partial"  # suffix of a file's name until it is complete


@contextlib.contextmanager
def whole_file(path: Path, *, rivals: bool = False) -> Iterator[Path]:
    """Gives the body a temporary path to write to, then moves that file into place in one step.

    If the body or the move fails, the old file stays and the temporary one is removed.

    Args:
      path: the final path of the file.
      rivals: whether other processes may write the same file at the same time, so that each needs a unique name.

    Raises:
      OSError: the file cannot be moved into place. Errors in the body pass through.
    """
    own = f".{secrets.token_hex(4)}" if rivals else ""
    partial = path.with_name(f"{path.name}{own}{PARTIAL}")
    try:
        yield partial
        partial.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):  # report the first error
            partial.unlink(missing_ok=True)
        raise


def sha256_of(path: Path) -> str:
    """The SHA-256 checksum of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
